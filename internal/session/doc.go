// Package session holds what the operator knows of each Arize account while it
// runs: a client, the budget of requests, the health that acts as a breaker, and
// the inventory of roles. A Session lives as long as its credentials do; when
// they change a new one takes its place, so that a late answer to the old key
// cannot be mistaken for news of the new one.
//
// No method sleeps. Where a request must wait, the caller is told for how long.
package session
