package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// obstructed says that another role is in the way of a rename. A name that may not
// be corrected any more has no way to be in.
func obstructed(in Input, step Step) bool {
	named := in.Observed.Named
	fought := step.Correction && in.History.stuck(in.Now).Has(FieldName)
	return named != nil && named.ID != step.ID && !fought
}

// aroundName plans an update whose new name another remote role has. Names that
// are exchanged among ArizeRoles resolve by themselves: one of the circle steps
// aside to a temporary name. What does not concern the name is written at once.
func aroundName(in Input, step Step, drift Drift) Step {
	named := *in.Observed.Named
	rival := heldBy(named.ID, in.Rivals)
	first, circle := breaker(in)
	aside := rival != nil && circle && first == in.Self.Key
	if aside && mayReturn(in, step) {
		temporary := temporaryName(in.Self.UID)
		step.Verb, step.Fields = Update, FieldName
		step.Patch = arize.RolePatch{Name: &temporary}
		step.Verdict = Verdict{Progressing, fmt.Sprintf("Exchanging names with ArizeRole %s through a temporary name.", rival.Key)}
		return step
	}
	if rest := step.Fields &^ FieldName; rest != 0 {
		step.Verb, step.Fields, step.Patch = Update, rest, patch(in.Desired, rest)
		return step
	}
	if aside {
		return refused(in, step, fightVerdict(in.History, FieldName))
	}
	step.Fields, step.Correction = 0, false
	if circle {
		step.Nudge = first
	}
	if rival != nil {
		return waitFor(*rival, step, drift)
	}
	step.Verb, step.Drift = Refuse, drift
	if named.Predefined {
		step.Verdict = predefined(named).Verdict
		return step
	}
	step.Verdict = Verdict{NameTaken, fmt.Sprintf("Arize has another role %q already (id %s), so this one cannot be renamed. Rename or delete that role, or choose another `spec.name`.",
		named.Name, named.ID)}
	return step
}

// waitFor completes a step that cannot be taken while another ArizeRole has the
// name. The drift counts only where that one does not mean to move.
func waitFor(rival Claim, step Step, drift Drift) Step {
	name := step.Wanted.Name
	if rival.Active && rival.Name != name {
		step.Verb = Keep
		step.Verdict = Verdict{Progressing, fmt.Sprintf("Waiting for ArizeRole %s to give up the name %q.", rival.Key, name)}
		return step
	}
	step.Verb, step.Drift = Refuse, drift
	if rival.Name == name {
		step.Verdict = Verdict{Claimed, fmt.Sprintf("ArizeRole %s holds the name %q; choose another `spec.name`.", rival.Key, name)}
		return step
	}
	step.Verdict = Verdict{Claimed, fmt.Sprintf("ArizeRole %s has the name %q in Arize and does not give it up, for it is suspended, reports only or is being deleted. Resume or delete it, or choose another `spec.name`.",
		rival.Key, name)}
	return step
}

// breaker is the one that breaks the circle which the wanted names form through
// self: the first of its members. There is none where they form no circle, or where
// one of them does not act on what it wants.
func breaker(in Input) (first Key, circle bool) {
	chain := in.Observed.Chain
	if len(chain) == 0 || chain[len(chain)-1].Key != in.Self.Key {
		return Key{}, false
	}
	first = in.Self.Key
	for _, other := range chain[:len(chain)-1] {
		if !other.Active {
			return Key{}, false
		}
		if other.Key.String() < first.String() {
			first = other.Key
		}
	}
	return first, true
}

// mayReturn says that after stepping aside the wanted name may be taken, too: two
// corrections of the name. Who exchanges names again and again is not followed.
func mayReturn(in Input, step Step) bool {
	return !step.Correction || in.History.corrections(FieldName, in.Now)+2 <= MaxCorrections
}

// Chain follows wanted names: who holds the role that has this name, who holds
// the one that has the name which that one wants, and so on. It ends with self
// where the names form a circle through self.
func Chain(self Claim, named func(name string) (arize.Role, bool), holder func(id string) (Claim, bool)) []Claim {
	var chain []Claim
	met := map[Key]bool{}
	for name := self.Name; ; {
		role, exists := named(name)
		if !exists {
			return chain
		}
		next, held := holder(role.ID)
		if !held || met[next.Key] {
			return chain
		}
		chain = append(chain, next)
		met[next.Key] = true
		if next.Key == self.Key {
			return chain
		}
		name = next.Name
	}
}

// temporaryName is a name that nobody would choose, and always the same one for
// an ArizeRole, so that a crash half-way leaves nothing new behind.
func temporaryName(uid string) string {
	sum := sha256.Sum256([]byte(uid))
	return "arize-operator renaming " + hex.EncodeToString(sum[:6])
}
