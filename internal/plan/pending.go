package plan

import (
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// ClockSkew is how far Arize's clock may be behind ours before a role that we
// created looks older than the intent to create it.
const ClockSkew = 10 * time.Minute

// pendingCreation finds out how the last creation ended, before anything else is done about the role.
func pendingCreation(in Input) (Step, bool) {
	if !unresolved(in) || in.Policy.RoleID != "" {
		return Step{}, false
	}
	if !in.Observed.Since.After(in.History.Uncertain) {
		return Step{Verb: Wait, Sweep: true}, true // the answer was lost; a list tells
	}
	if proven(in) {
		return recordFirst(manage(in, *in.Observed.Pending, Created)), true
	}
	if !repeats(in) {
		// Nothing that we would do now would meet the first request, or know its
		// role again: be sure that it is over.
		return mayStillLand(in)
	}
	return Step{}, false
}

// repeats says that the same creation would be sent again: a role of the same name
// protects from a second one, and its digest proves either request.
func repeats(in Input) bool {
	pending := in.Record.Pending
	return !in.Policy.readOnly() && pending.Name == in.Desired.Name &&
		(pending.Digest == "" || pending.Digest == in.Desired.Digest())
}

// recordFirst puts off everything else until the id is on record: the proof of
// authorship is that the role is still as it was sent. An update follows at once.
func recordFirst(step Step) Step {
	if step.Verb == Update {
		step.Again = time.Millisecond
	}
	if step.Verb == Update || step.Verb == Refuse {
		step.Verb, step.Patch, step.Fields = Adopt, arize.RolePatch{}, 0
	}
	return step
}

// unresolved says that it matters how a creation ended: the one that was recorded
// before it is the role that we have, unless that was lost and is being replaced.
func unresolved(in Input) bool {
	role := in.Observed.Role
	over := in.Record.Owned() && role != nil && role.ID == in.Record.RoleID
	return in.Record.Pending != nil && !over
}

// proven says that the role with the name of the pending creation is the one that
// we created: new enough, exactly what was sent, and nobody else's. A role that was
// in the way of the very first try is none of that, however alike it is.
func proven(in Input) bool {
	role, pending := in.Observed.Pending, in.Record.Pending
	if role == nil || role.Predefined || role.Name != pending.Name || in.History.Foreign || contestedAuthorship(in, *role) {
		return false
	}
	if role.CreatedAt.Before(pending.Start.Add(-ClockSkew)) {
		return false
	}
	digest := pending.Digest
	if digest == "" {
		digest = in.Desired.Digest()
	}
	return AsDesired(*role).Digest() == digest
}

// contestedAuthorship says that a rival has the role on record, or was creating the
// very same just as well and goes first. One that lives may have created what it wants
// without regard to a departed one.
func contestedAuthorship(in Input, role arize.Role) bool {
	return slices.ContainsFunc(in.Rivals, func(rival Claim) bool {
		return rival.Carries && rival.RoleID == role.ID ||
			in.Self.Departed && rival.SameAccount && rival.Name == role.Name ||
			rival.SameAccount && rival.Pending == role.Name && rival.Digest == in.Record.Pending.Digest && precedes(rival, in.Self, role.ID)
	})
}

// mayStillLand says that a creation that was cut off may still take effect, or may have since the last list, and how to
// wait for the end of that.
func mayStillLand(in Input) (wait Step, may bool) {
	if in.History.Foreign {
		return Step{}, false // it was refused
	}
	over := lastTry(in).Add(in.InFlight)
	switch {
	case in.Observed.Since.After(over):
		return Step{}, false
	case in.Now.After(over):
		return Step{Verb: Wait, Sweep: true}, true
	default:
		// A little longer than needed: a sweep that begins in the same instant proves nothing.
		return Step{Verb: Wait, Again: over.Sub(in.Now) + time.Millisecond}, true
	}
}

// lastTry is when a request of the pending creation may last have been sent. The record keeps the time of the first
// one, and memory that of our own last one; of those of the process that worked before us nobody knows.
func lastTry(in Input) time.Time {
	last := in.Record.Pending.Start
	for _, at := range []time.Time{in.History.Uncertain, in.Began} {
		if at.After(last) {
			last = at
		}
	}
	return last
}

// landing is how long an earlier try of a creation may still take effect although the
// creation was repeated and succeeded. So long the role keeps its name, for the name
// is what keeps a second role from being made.
func landing(in Input) time.Duration {
	over := in.History.Repeated.Add(in.InFlight)
	if in.History.Repeated.IsZero() || in.Now.After(over) {
		return 0
	}
	return over.Sub(in.Now) + time.Millisecond
}
