package plan

import (
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// ClockSkew is how far Arize's clock may be behind ours before a role that we
// created looks older than the intent to create it.
const ClockSkew = 10 * time.Minute

// deletion decides about an ArizeRole that is being deleted: only what is provably
// ours is deleted, and only when the policy says so.
func deletion(in Input) Step {
	ours := in.Record.Owned() || in.Record.Pending != nil
	switch {
	case in.LetGo, !ours:
		return Step{Verb: Release}
	case in.Policy.Suspend, in.Policy.readOnly(), in.Policy.Orphan:
		return Step{Verb: Release, ID: in.Record.RoleID, Orphaned: true}
	case in.Record.Owned() && heldElsewhere(in.Record.RoleID, in.Self, in.Rivals):
		return Step{Verb: Release} // the holder goes on with it
	}
	switch in.Account.Gate {
	case GateStarting:
		return Step{Verb: Wait}
	case GateOpen:
	case GateDeleteOnly:
		if unresolved(in) {
			return blocked(in.Account.Message)
		}
	default:
		return blocked(in.Account.Message)
	}
	if unresolved(in) {
		return deletePending(in)
	}
	return deleteOwned(in)
}

func deleteOwned(in Input) Step {
	if in.Policy.OnlyOwn && in.Record.Origin == Adopted {
		return Step{Verb: Release, ID: in.Record.RoleID, Orphaned: true}
	}
	role := in.Observed.Role
	if role != nil && role.ID != in.Record.RoleID {
		role = nil
	}
	if role != nil && role.Predefined {
		return Step{Verb: Release} // a predefined role is nobody's, whatever the record says
	}
	if wait := landing(in); wait > 0 {
		return Step{Verb: Wait, Again: wait}
	}
	return erase(in.Record.RoleID, role)
}

func deletePending(in Input) Step {
	if !in.Observed.Since.After(in.History.Uncertain) {
		return Step{Verb: Wait, Sweep: true}
	}
	if proven(in) {
		return erase(in.Observed.Pending.ID, in.Observed.Pending)
	}
	if step, wait := settled(in); wait {
		return step
	}
	if in.Record.Owned() {
		return deleteOwned(in) // it was missed when it was to be created again; asking costs little
	}
	return Step{Verb: Release}
}

func erase(id string, seen *arize.Role) Step {
	return Step{Verb: Delete, ID: id, Seen: seen, Unseen: true, Verdict: Verdict{Progressing, "Deleting the role in Arize."}}
}

func blocked(why string) Step {
	return Step{
		Verb: Refuse, Unseen: true,
		Verdict: Verdict{DeletionBlocked, "The role in Arize cannot be deleted now: " + why + " " + orphanHint},
	}
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
// very same just as well and goes first.
func contestedAuthorship(in Input, role arize.Role) bool {
	return slices.ContainsFunc(in.Rivals, func(rival Claim) bool {
		return rival.Carries && rival.RoleID == role.ID ||
			rival.SameAccount && rival.Pending == role.Name && rival.Digest == in.Record.Pending.Digest && precedes(rival, in.Self, role.ID)
	})
}

// settled waits until a request that was cut off can have no late effect, and
// then for a list that is newer.
func settled(in Input) (Step, bool) {
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
