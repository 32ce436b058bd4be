// Package arizetest is a simulated Arize: the part of its REST API v2 that this project uses, over state in memory, as
// strict as the real one. It is for tests (in a process, without sockets or goroutines of its own, so that
// testing/synctest works) and, served by cmd/arize-sim, for demos and tests of whole processes.
//
//	srv := arizetest.NewServer(arizetest.Options{})
//	client := srv.Client() // requests to arizetest.URL, with the key arizetest.DefaultKey
//	srv.AddFault(arizetest.Fault{Kind: arizetest.FaultClose, Stage: arizetest.AfterCommit, Method: "POST", Times: 1})
//	...
//	role, found := srv.RoleByName("AI Engineer")
//
// It shares no code with the client on purpose: otherwise both could have the same mistake.
//
// # What is decided here because Arize does not say
//
//   - 400 is for what can't be understood as the operation's request: a body that is no JSON object, or not announced as
//     application/json; a query parameter that is unknown, repeated, empty or out of range; a cursor that is not ours; an id
//     in the path that does not have the form of one (padded base64 of Kind:number:suffix).
//   - 422 is for what was understood and breaks a rule of a field: missing, unknown, of the wrong type, or of a value that is not
//     allowed. This includes the empty PATCH, and a description of "" (omit it, or clear it with null).
//   - 401 comes before everything but the 404 of a path that does not exist; then 429; then faults; then the rest: 400 for the
//     id, 404, 403 for predefined roles, 400 and 422 for the body, 409.
//   - Lists are ordered from the newest to the oldest. A cursor belongs to its list, filter and account.
//   - The values of error_code are ours.
//   - Permissions that have the right form are accepted, even if unknown (see Settings.RefuseUnknownPermissions).
//
// # The control API
//
// Under /_sim/, without a key: whoever can reach the simulator may use it. Bodies are JSON. GET /_sim/ lists the
// operations. A failure is {"error": "..."}; a success without a body is a 204. No key is ever sent back.
//
//	GET    /_sim/health
//	GET    /_sim/accounts
//
//	GET    /_sim/roles                  all roles; for this and the next: ?account=name, else the default account
//	POST   /_sim/roles                  {"name", "permissions", "description", ...}: add a role behind everybody's back
//	GET    /_sim/roles/{id or name}
//	PATCH  /_sim/roles/{id or name}     {"name", "description", "permissions", "add_permissions", "remove_permissions"}
//	DELETE /_sim/roles/{id or name}     even if it is bound or predefined
//	GET    /_sim/bindings
//	POST   /_sim/bindings               {"role" (a name) or "role_id", "user_id", "resource_type", "resource_id"}
//	DELETE /_sim/bindings/{id}
//
//	GET    /_sim/keys                   fingerprints and accounts
//	POST   /_sim/keys                   {"key", "account"}: add a key, and its account if it is new
//	DELETE /_sim/keys                   {"key"}: revoke it
//	DELETE /_sim/keys/{fingerprint}
//
//	GET    /_sim/settings
//	PATCH  /_sim/settings               some fields of [Settings], such as {"latency": "50ms"}
//	DELETE /_sim/settings               back to what they were at the start
//	GET    /_sim/faults                 with counts of what they hit
//	POST   /_sim/faults                 a [Fault], such as {"kind": "close", "stage": "after-commit", "method": "POST", "times": 1}
//	DELETE /_sim/faults
//	DELETE /_sim/faults/{id}
//
//	GET    /_sim/paused                 requests that a fault of kind pause holds; ?wait=10s waits for the first
//	POST   /_sim/paused/{seq}/release   lets one go on
//	POST   /_sim/paused/{seq}/drop      closes its connection
//	POST   /_sim/paused/release         lets all go on
//
//	GET    /_sim/requests               the log and the counts; ?after=seq, ?route=, ?account=, ?mutated=true
//	DELETE /_sim/requests               forgets both
//	GET    /_sim/counts
//
// So, to change a role behind the operator's back:
//
//	curl -X PATCH localhost:9090/_sim/roles/AI%20Engineer -d '{"add_permissions": ["PROJECT_DELETE"]}'
package arizetest
