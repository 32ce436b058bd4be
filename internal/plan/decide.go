package plan

import (
	"fmt"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// rule returns a step when it is the one to decide.
type rule func(Input) (Step, bool)

// rules are asked in this order; the last one always has an answer.
var rules = []rule{
	suspended,       // a person said hands off
	accountClosed,   // nothing can be known or done
	freshLook,       // a person asked, or Arize contradicted the inventory
	claimed,         // somebody else holds it
	pendingCreation, // how did the last creation end?
	converge,        // make it so
}

// Decide says what to do next about one ArizeRole. It is pure: the same input
// gives the same step, and nothing is read or written.
func Decide(in Input) Step {
	if in.Deleting {
		return notTooSoon(in, notRefusedBefore(in, deletion(in)))
	}
	var step Step
	for i, decided := 0, false; i < len(rules) && !decided; i++ {
		step, decided = rules[i](in)
	}
	return notTooSoon(in, notRefusedBefore(in, noFight(in, step)))
}

func suspended(in Input) (Step, bool) {
	if !in.Policy.Suspend {
		return Step{}, false
	}
	step := Step{Verb: Keep, Verdict: Verdict{Suspended, "Suspended: the role in Arize is left alone until `spec.suspend` is removed."}}
	switch id := TargetID(in.Policy, in.Record); {
	case in.Account.Gate != GateOpen || in.Observed.Doubt:
		step.Unseen = true
	case id == "":
	case in.Observed.Role == nil:
		step.Drift = MissingRole(in.Desired)
	default:
		step.Seen, step.ID = in.Observed.Role, id
		if in.Record.Owned() && in.Record.RoleID == id {
			step.Origin = in.Record.Origin
		}
		step.Drift = Diff(in.Desired, *in.Observed.Role)
	}
	return step, true
}

func accountClosed(in Input) (Step, bool) {
	switch in.Account.Gate {
	case GateOpen:
		return Step{}, false
	case GateStarting:
		return Step{Verb: Wait}, true
	default:
		return Step{Verb: Refuse, Verdict: Verdict{AccountNotReady, in.Account.Message}, Unseen: true}, true
	}
}

func freshLook(in Input) (Step, bool) {
	known := TargetID(in.Policy, in.Record) != ""
	switch {
	case in.Requested && known && !in.Looked:
		return Step{Verb: Look, ID: TargetID(in.Policy, in.Record)}, true
	case in.Observed.Doubt, in.Requested && !known && !in.Observed.Since.After(in.History.Demand):
		return Step{Verb: Wait, Sweep: true}, true
	}
	return Step{}, false
}

func claimed(in Input) (Step, bool) {
	self := in.Self
	if id := TargetID(in.Policy, in.Record); id != "" && id != self.RoleID {
		self.RoleID, self.Carries = id, false // what is to be managed counts, not what was
	}
	rival := holder(self, in.Observed, in.Rivals)
	if rival == nil {
		return Step{}, false
	}
	message := fmt.Sprintf("ArizeRole %s holds this role of Arize; delete one of the two, or give this one another `spec.name`.", rival.Key)
	step := Step{Verb: Refuse, Verdict: Verdict{Claimed, message}}
	if role := in.Observed.Role; role != nil && in.Record.Owned() && in.Record.RoleID == role.ID {
		step.ID, step.Seen, step.Drift = role.ID, role, Diff(in.Desired, *role)
	}
	return step, true
}

// converge makes the remote role what is desired, or says why not.
func converge(in Input) (Step, bool) {
	step := convergeByID(in)
	step.Settled = step.Verb != Create
	return step, true
}

func convergeByID(in Input) Step {
	switch role := in.Observed.Role; {
	case TargetID(in.Policy, in.Record) == "":
		return convergeByName(in)
	case role != nil:
		return manage(in, *role, Adopted)
	case in.Policy.RoleID != "":
		message := fmt.Sprintf("Arize has no role with the id %q that the account's API key can see. "+
			"Correct `spec.roleID` in a new ArizeRole, or check the account.", in.Policy.RoleID)
		return Step{Verb: Refuse, Verdict: Verdict{NotFound, message}}
	default:
		return convergeByName(in) // deleted in Arize: create it again
	}
}

func convergeByName(in Input) Step {
	named := in.Observed.Named
	switch {
	case named == nil:
		return create(in)
	case named.Predefined:
		return predefined(*named)
	}
	if rival := heldBy(named.ID, in.Rivals); rival != nil {
		return waitFor(*rival, Step{Wanted: in.Desired}, Drift{})
	}
	if in.Policy.readOnly() {
		return manage(in, *named, "")
	}
	if rival := authorOf(*named, in.Rivals); rival != nil {
		return afterAuthor(*rival, *named)
	}
	if !mayAdopt(in, *named) {
		return Step{Verb: Refuse, Verdict: Verdict{NameTaken, nameTaken(in, *named)}}
	}
	return manage(in, *named, Adopted)
}

// afterAuthor leaves a role alone until the rival that may have created it knows whether it did.
func afterAuthor(rival Claim, role arize.Role) Step {
	if !rival.Suspended {
		return Step{Verb: Keep, Verdict: Verdict{Progressing, fmt.Sprintf("Waiting for ArizeRole %s, which may have created the role %q.", rival.Key, role.Name)}}
	}
	message := fmt.Sprintf("ArizeRole %s may have created the role %q (id %s), and does not look for it, for it is suspended. "+
		"Resume or delete it, or choose another `spec.name`.", rival.Key, role.Name, role.ID)
	return Step{Verb: Refuse, Verdict: Verdict{Claimed, message}}
}

func mayAdopt(in Input, role arize.Role) bool {
	switch in.Policy.Adoption {
	case AdoptAlways:
		return true
	case AdoptIfIdentical:
		return Diff(in.Desired, role).IsZero()
	default:
		return false
	}
}

func nameTaken(in Input, role arize.Role) string {
	why := "`adoptionPolicy: Never` forbids to take it over"
	if in.Policy.Adoption == AdoptIfIdentical {
		why = "it is not identical: " + Diff(in.Desired, role).Summary()
	}
	return fmt.Sprintf("Arize has a role %q already (id %s) and %s. To manage that role set `spec.roleID: %s` (or `adoptionPolicy: Always`), else choose another `spec.name`.",
		role.Name, role.ID, why, role.ID)
}

func create(in Input) Step {
	if in.Policy.readOnly() {
		drift := MissingRole(in.Desired)
		return Step{Verb: Keep, Verdict: reporting(drift), Drift: drift}
	}
	return Step{
		Verb: Create, Origin: Created, Spec: in.Desired.Spec(), Wanted: in.Desired,
		Fields: FieldExistence, Correction: in.Record.Owned(),
		Repeat:  in.Record.Pending != nil && repeats(in),
		Verdict: Verdict{Progressing, "Creating the role in Arize."},
	}
}

// manage keeps an existing remote role as desired. The origin is recorded unless
// the role is on record as ours already.
func manage(in Input, role arize.Role, origin Origin) Step {
	if role.Predefined {
		return predefined(role)
	}
	owned := in.Record.Owned() && in.Record.RoleID == role.ID
	if owned {
		origin = in.Record.Origin
	}
	drift := Diff(in.Desired, role)
	step := Step{ID: role.ID, Seen: &role, Wanted: in.Desired, Origin: origin, Verdict: inSync, Settled: true}
	switch {
	case in.Policy.readOnly():
		step.Verb, step.Verdict, step.Drift = Keep, reporting(drift), drift
		if !owned && origin != Created {
			step.Origin = "" // looking at a role makes it nobody's
		}
	case !drift.IsZero():
		return update(in, step, drift)
	case owned:
		step.Verb = Keep
	default:
		step.Verb = Adopt
	}
	return step
}

func update(in Input, step Step, drift Drift) Step {
	step.Correction = in.Record.Observed && in.Record.Owned()
	step.Fields = drift.Fields()
	step.Verdict = Verdict{Progressing, "Changing the role in Arize: " + drift.Summary() + "."}
	if wait := landing(in); wait > 0 && step.Fields.Has(FieldName) && !step.Correction {
		return Step{Verb: Wait, Again: wait}
	}
	if step.Fields.Has(FieldName) && obstructed(in, step) {
		return aroundName(in, step, drift)
	}
	step.Verb, step.Patch = Update, patch(in.Desired, step.Fields)
	return step
}

func predefined(role arize.Role) Step {
	message := fmt.Sprintf("The role %q (id %s) comes with Arize and cannot be changed or deleted. Choose another `spec.name`, or another `spec.roleID` in a new ArizeRole.", role.Name, role.ID)
	return Step{Verb: Refuse, Verdict: Verdict{Predefined, message}, Seen: &role}
}

func reporting(drift Drift) Verdict {
	if drift.IsZero() {
		return Verdict{Reporting, "The role in Arize is as declared; mode Report does not write to Arize."}
	}
	return Verdict{Reporting, fmt.Sprintf("Not as declared: %s; see `status.drift`. Mode Report does not write to Arize; set `spec.mode: Enforce` to correct it.", drift.Summary())}
}
