// Package controller holds the two reconcilers. Each pass loads what is to know,
// lets a pure function decide, acts with at most one write to Arize, and reports.
//
// The account's reconcile is the sweep: it lists the account's roles once per
// interval and wakes the ArizeRoles that look different from before. An ArizeRole
// in sync costs no request and has no timer.
package controller
