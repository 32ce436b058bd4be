package plan

import "github.com/arize-operator/arize-operator/internal/arize"

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
		if wait := landing(in); wait > 0 {
			return Step{Verb: Wait, Again: wait}
		}
		return erase(in.Observed.Pending.ID, in.Observed.Pending)
	}
	if wait, may := mayStillLand(in); may {
		return wait
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
