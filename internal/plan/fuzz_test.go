package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// FuzzDecide builds situations from bytes, few of each kind of thing, so that they collide. Whatever the situation, the
// properties below hold.
func FuzzDecide(f *testing.F) {
	for _, seed := range seeds(64) {
		f.Add(seed)
	}
	f.Fuzz(checkDecide)
}

// TestDecideInRandomSituations is a bit of fuzzing in every run of the tests.
func TestDecideInRandomSituations(t *testing.T) {
	for _, seed := range seeds(1000) {
		checkDecide(t, seed)
		if t.Failed() {
			t.Fatalf("the situation was %x", seed)
		}
	}
}

func seeds(n int) [][]byte {
	random := rand.NewChaCha8([32]byte{1})
	seeds := make([][]byte, n)
	for i := range seeds {
		seeds[i] = make([]byte, 160)
		_, _ = random.Read(seeds[i])
	}
	return seeds
}

func checkDecide(t *testing.T, data []byte) {
	t.Helper()
	s := situation(data)
	step := Decide(s.Input)
	if diff := cmp.Diff(step, Decide(s.Input)); diff != "" {
		t.Errorf("a second decision differs:\n%s", diff)
	}
	if diff := cmp.Diff(s.Input, situation(data).Input); diff != "" {
		t.Errorf("the input was changed (-now +before):\n%s", diff)
	}
	for name, holds := range properties {
		if !holds(s.Input, step) {
			t.Errorf("%s: %+v, decided on %+v", name, step, s.Input)
		}
	}
	settles(t, s)
}

// properties are what holds of every step for every input.
var properties = map[string]func(in Input, step Step) bool{
	"what must not be written is not": func(in Input, step Step) bool {
		forbidden := in.Policy.Suspend || in.Policy.Mode == Report || in.Deleting && in.Policy.Orphan
		return !step.Writes() || !forbidden
	},
	"what cannot be reached is not written": func(in Input, step Step) bool {
		return !step.Writes() || in.Account.Gate == GateOpen || step.Verb == Delete && in.Account.Gate == GateDeleteOnly
	},
	"being deleted means nothing but deletion": func(in Input, step Step) bool {
		return in.Deleting == (step.Verb == Delete || step.Verb == Release) || step.Verb == Wait || step.Verb == Refuse
	},
	"only what is ours is deleted": func(in Input, step Step) bool {
		return step.Verb != Delete || in.Record.Owned() && step.ID == in.Record.RoleID || isOurCreation(in, step.ID)
	},
	"what was adopted is not deleted unless that is declared": func(in Input, step Step) bool {
		return step.Verb != Delete || !in.Policy.OnlyOwn || in.Record.Origin != Adopted || step.ID != in.Record.RoleID
	},
	"only what we created is recorded as created": func(in Input, step Step) bool {
		onRecord := in.Record.Origin == Created && step.ID == in.Record.RoleID
		return step.Origin != Created || step.Verb == Create || onRecord || isOurCreation(in, step.ID)
	},
	"a name that is seen is not created": func(in Input, step Step) bool {
		return step.Verb != Create || in.Observed.Named == nil && in.Policy.RoleID == ""
	},
	"what fails is not tried again at once": func(in Input, step Step) bool {
		sends := step.Writes() || step.Verb == Look
		return !sends || in.History.Failures == 0 || in.Now.Sub(in.History.Failed) >= Backoff(in.History.Failures)
	},
	"nothing is created in ignorance": func(in Input, step Step) bool {
		told := in.Record.Pending == nil || in.Observed.Since.After(in.History.Uncertain)
		return step.Verb != Create || told && !in.Observed.Doubt
	},
	"no intent is dropped in ignorance": func(in Input, step Step) bool {
		return !step.Settled || !unresolved(in) || in.Observed.Since.After(in.History.Uncertain)
	},
	"no predefined role is written": func(in Input, step Step) bool {
		for _, role := range []*arize.Role{in.Observed.Role, in.Observed.Named, in.Observed.Pending} {
			if role != nil && role.Predefined && role.ID == step.ID && step.Writes() {
				return false
			}
		}
		return true
	},
	"no role is written that a rival carries and holds": func(in Input, step Step) bool {
		return !step.Writes() || step.ID == "" || !slices.ContainsFunc(in.Rivals, func(rival Claim) bool {
			return rival.Carries && rival.RoleID == step.ID && precedes(rival, in.Self, step.ID)
		})
	},
	"for a departed one nothing is deleted that one that lives may hold": func(in Input, step Step) bool {
		return step.Verb != Delete || !in.Self.Departed || !slices.ContainsFunc(in.Rivals, func(rival Claim) bool {
			return rival.RoleID == step.ID || step.ID != in.Record.RoleID && rival.SameAccount && rival.Name == step.Seen.Name
		})
	},
	"no role is renamed to a name that is seen": func(in Input, step Step) bool {
		to, named := step.Patch.Name, in.Observed.Named
		return to == nil || named == nil || named.ID == step.ID || *to != named.Name
	},
	"a write says what it writes": func(_ Input, step Step) bool {
		return step.Writes() == (step.Request() != "") &&
			(step.Verb == Update) == (step.Fields != 0 && !step.Patch.IsZero()) || step.Verb == Create
	},
	"a step that is reported has one sentence to say": func(_ Input, step Step) bool {
		if step.Verb == Wait || step.Verb == Look || step.Verb == Release {
			return true
		}
		_, known := policies[step.Verdict.Reason]
		return known && step.Verdict.Message != "" && !strings.Contains(step.Verdict.Message, "\n")
	},
	"what is seen is the role that is meant": func(_ Input, step Step) bool {
		return step.Seen == nil || step.ID == "" || step.Seen.ID == step.ID
	},
	"what is ours stays ours as it came to be": func(in Input, step Step) bool {
		keeps := (step.Verb == Keep || step.Verb == Adopt || step.Verb == Update) && step.ID != "" && step.ID == in.Record.RoleID
		return !keeps || !in.Record.Owned() || step.Origin == in.Record.Origin
	},
	"a foreign id is never put beside an origin on record": func(in Input, step Step) bool {
		return step.Verb != Refuse || step.Seen == nil || step.ID == "" || step.Unseen || !in.Record.Owned() || step.ID == in.Record.RoleID
	},
	"an adoption says of what, and how": func(_ Input, step Step) bool {
		return step.Verb != Adopt || step.ID != "" && step.Seen != nil && step.Origin != ""
	},
	"in sync is as declared": func(in Input, step Step) bool {
		return step.Verdict.Reason != InSync || Diff(in.Desired, *step.Seen).IsZero() && step.Drift.IsZero()
	},
}

// isOurCreation says, independently of the code, whether a pending creation proves that the role is ours.
func isOurCreation(in Input, id string) bool {
	pending, role := in.Record.Pending, in.Observed.Pending
	if pending == nil || role == nil || role.ID != id || role.Predefined || !in.Observed.Since.After(in.History.Uncertain) {
		return false
	}
	for _, rival := range in.Rivals {
		if rival.Carries && rival.RoleID == id {
			return false
		}
	}
	sent := Desired{Name: pending.Name, Description: role.Description, Permissions: role.Permissions}
	return sent.Digest() == pending.Digest && role.CreatedAt.Sub(pending.Start) >= -ClockSkew
}

// settles takes the steps, as Arize would, until there is nothing more to do.
func settles(t *testing.T, s *scene) {
	t.Helper()
	var taken []Verb
	for range 12 {
		step := Decide(s.Input)
		taken = append(taken, step.Verb)
		if !s.take(step) {
			return
		}
	}
	t.Errorf("no end of it: %v", taken)
}

// take does to the scene what a step asks for, and says whether there may be more to do.
func (s *scene) take(step Step) bool {
	s.Now = s.Now.Add(time.Second)
	switch step.Verb {
	case Wait:
		if !step.Sweep && step.Again == 0 {
			return false
		}
		s.Now = s.Now.Add(step.Again)
		if step.Sweep {
			s.Observed.Since, s.Observed.Doubt = s.Now, false
		}
	case Look:
		s.Looked = true
	case Create:
		s.remote = append(s.remote, arize.Role{ID: "new", Name: step.Spec.Name, Description: step.Spec.Description, Permissions: step.Spec.Permissions, CreatedAt: s.Now})
		s.Record.RoleID, s.Record.Origin, s.Record.Pending = "new", step.Origin, nil
	case Adopt:
		s.Record.RoleID, s.Record.Origin, s.Record.Pending = step.ID, step.Origin, nil
	case Update:
		role, _ := s.find(func(r arize.Role) bool { return r.ID == step.ID })
		*role = apply(*role, step.Patch)
		s.Record.RoleID, s.Record.Origin = step.ID, step.Origin
		s.History = s.History.After(step, Did(new(*role), nil), s.Now)
	case Keep, Refuse, Delete, Release:
		return false
	}
	s.Record.Observed = true
	s.claim()
	s.observe()
	return true
}

// source makes small choices out of bytes.
type source struct{ data []byte }

// pick is a number below n; 0 when the bytes are used up.
func (c *source) pick(n int) int {
	if len(c.data) == 0 {
		return 0
	}
	chosen := int(c.data[0]) % n
	c.data = c.data[1:]
	return chosen
}

func (c *source) yes(oneIn int) bool { return c.pick(oneIn) == 1 }

func (c *source) ago() time.Time {
	return now.Add(-[]time.Duration{time.Minute, 0, time.Second, 29 * time.Second, 31 * time.Second, 20 * time.Minute, time.Hour, -time.Second}[c.pick(8)])
}

func (c *source) id() string { return fmt.Sprintf("r%d", c.pick(4)) }

func (c *source) name() string { return fmt.Sprintf("Name %d", c.pick(4)) }

func (c *source) fields() (fields Fields) {
	for _, field := range []Fields{FieldName, FieldDescription, FieldPermissions, FieldExistence} {
		if c.yes(2) {
			fields |= field
		}
	}
	return fields
}

func (c *source) desired() Desired {
	all, kept := []string{"DATASET_READ", "MODEL_READ", "PROJECT_READ"}, []string{"SPACE_READ"}
	for bits := c.pick(4); bits > 0; bits /= 2 {
		kept = append(kept, all[bits%2])
	}
	return NewDesired(c.name(), []string{"", "May read."}[c.pick(2)], kept)
}

// situation builds what a controller may ask to be decided.
func situation(data []byte) *scene {
	c := &source{data}
	s := scene{Input: input()}
	s.Desired, s.InFlight, s.Observed.Since = c.desired(), 30*time.Second, c.ago()
	s.Policy = Policy{
		Mode: []Mode{Enforce, Enforce, Enforce, Report}[c.pick(4)], Adoption: []Adoption{AdoptIfIdentical, AdoptNever, AdoptAlways}[c.pick(3)],
		Orphan: c.yes(4), Suspend: c.yes(8),
	}
	s.Deleting, s.Requested, s.Looked, s.Observed.Doubt = c.yes(5), c.yes(8), c.yes(2), c.yes(8)
	s.LetGo = s.Deleting && c.yes(8)
	s.Account = Account{Gate: []Gate{0, 0, 0, 0, 0, 0, 0, 0, 0, GateOpen, GateStarting, GateClosed, GateDeleteOnly}[c.pick(13)], Message: "Not ready."}
	sent := s.record(c)
	for i := range c.pick(5) {
		like := []Desired{s.Desired, sent, c.desired()}[c.pick(3)]
		s.remote = append(s.remote, arize.Role{
			ID: fmt.Sprintf("r%d", i), Name: fmt.Sprintf("Name %d", (i+c.pick(2)*4)%5), Description: like.Description,
			Permissions: like.Permissions, Predefined: c.yes(6), CreatedAt: c.ago(),
		})
	}
	for i := range c.pick(4) {
		s.Rivals = append(s.Rivals, c.rival(i))
	}
	s.past(c)
	s.Began, s.Policy.OnlyOwn = c.ago(), c.yes(3)
	s.claim()
	s.Self.Departed = s.Deleting && c.yes(3)
	s.observe()
	return &s
}

// record is what the status may hold; admission does not let spec.roleID contradict it. It returns what a pending
// creation may have sent.
func (s *scene) record(c *source) (sent Desired) {
	s.Record.Observed = c.yes(2)
	if c.yes(2) {
		s.Record.RoleID, s.Record.Origin = c.id(), []Origin{Created, Adopted, ""}[c.pick(3)]
	}
	if c.yes(3) {
		sent = []Desired{s.Desired, c.desired()}[c.pick(2)]
		s.Record.Pending = &Pending{Name: sent.Name, Start: c.ago(), Digest: sent.Digest()}
	} else if c.yes(4) {
		s.Policy.RoleID = c.id()
		if s.Record.Owned() {
			s.Policy.RoleID = s.Record.RoleID
		}
	}
	return sent
}

func (c *source) rival(i int) Claim {
	claim := claimant(fmt.Sprintf("n%d/rival", i), c.pick(120), c.name())
	claim.Active, claim.SameAccount = !c.yes(4), !c.yes(4)
	switch c.pick(3) {
	case 1:
		claim.RoleID, claim.Carries = c.id(), !c.yes(3)
	case 2:
		isSending(c.desired())(&claim)
	}
	return claim
}

func (s *scene) past(c *source) {
	for range c.pick(5) {
		fields := c.fields()
		s.History.Corrections = append(s.History.Corrections, Correction{At: c.ago(), Fields: fields, Differs: fields & c.fields()})
	}
	if c.yes(3) {
		s.History.Uncertain = c.ago()
	}
	if c.yes(3) {
		s.History.Demand = c.ago()
	}
	if c.yes(6) {
		s.History.Failures, s.History.Failed = 1+c.pick(12), c.ago()
	}
	if !c.yes(3) {
		return
	}
	s.claim()
	s.observe()
	reason := []Reason{Rejected, Forbidden, NameTaken}[c.pick(3)]
	s.History.Refusal = &Refusal{Request: Decide(s.Input).Request(), Reason: reason, Message: "No.", At: c.ago()}
}
