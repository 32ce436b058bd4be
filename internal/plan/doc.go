// Package plan decides what to do about one ArizeRole. It is pure: no I/O, no
// clock, no Kubernetes; a decision is a function of what is desired, what was
// observed in Arize, who else claims it, and what was tried before.
//
// Decide asks its rules in order and the first that applies decides:
//
//	being deleted     release what is not ours, suspended, reported or orphaned;
//	                  else delete by id, once it is known which id
//	suspended         keep
//	account not open  wait for its first sweep, or say why it is not ready
//	fresh look        read the role, or wait for a list, when a person asked or
//	                  Arize answered 404
//	claimed           refuse: another ArizeRole holds it
//	pending creation  find out how it ended; what is proven ours is ours
//	converge          nothing, create, adopt or update; or refuse with a reason
//
// Three filters follow: no field is corrected more than three times an hour, no
// request that Arize refused is repeated within the hour, and one that got no clear
// answer is repeated ever more slowly.
//
// Judge turns a step and the outcome of its request into a Verdict, and the table
// in verdict.go says what a verdict means for conditions and retries.
package plan
