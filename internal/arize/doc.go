// Package arize is a client of the part of the Arize REST API (v2) that deals with roles and role bindings. It knows
// nothing of Kubernetes and imports the standard library alone.
//
// What a caller may rely on:
//
//   - One call (for an iterator: one step) is one request. Nothing is retried, paced or slept on in here; whoever
//     calls owns the budget. One thing is beyond us: net/http sends a GET again when the kept-alive connection that it
//     picked turns out to be dead. Nothing that changes something is ever sent twice, see newTransport.
//   - Every request ends within Options.Timeout, its answer read or given up.
//   - Whatever answers (HTML, half a body, ten megabytes, somebody else's JSON) becomes an *Error, in bounded memory.
//     Machines branch on its Class, people read its Message.
//   - The API key leaves the process in the Authorization header and nowhere else: an APIKey does not print, and text
//     that comes from outside is searched for it.
//   - Answers are decoded leniently: what is unknown, missing or of the wrong type is skipped. Three things are not
//     negotiable, because acting without them would do harm: a single role has an id, a list is an array, and a
//     page says whether there are more.
package arize
