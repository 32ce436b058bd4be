package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// now is when every decision in these tests is taken; the last sweep began a minute before.
var now = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

// reader is what every ArizeRole in these tests wants, unless its row says otherwise.
var reader = Desired{Name: "Reader", Description: "May read.", Permissions: []string{"DATASET_READ", "PROJECT_READ"}}

// scene is an Input together with the remote roles that its observations are taken from.
type scene struct {
	Input
	remote []arize.Role
}

// input is a new ArizeRole team/reader that wants reader, in an account in which nothing else is, changed by overrides.
// As the controller does, it takes Self's claim from the record and the observations from the remote roles.
func input(overrides ...func(*scene)) Input {
	s := scene{Input: Input{
		Now:      now,
		Self:     Claim{Key: Key{"team", "reader"}, UID: "uid-reader", Created: now.Add(-time.Hour), Active: true, SameAccount: true},
		Desired:  reader,
		Policy:   Policy{Mode: Enforce, Adoption: AdoptIfIdentical},
		Observed: Observed{Since: now.Add(-time.Minute)},
		InFlight: 30 * time.Second,
	}}
	for _, override := range overrides {
		override(&s)
	}
	s.claim()
	s.observe()
	return s.Input
}

func (s *scene) claim() {
	s.Self.Name, s.Self.RoleID = s.Desired.Name, s.Policy.RoleID
	if s.Record.Owned() {
		s.Self.RoleID, s.Self.Carries = s.Record.RoleID, true
	}
	if s.Record.Pending != nil {
		s.Self.Pending = s.Record.Pending.Name
	}
}

func (s *scene) observe() {
	s.Observed.Role, _ = s.find(func(r arize.Role) bool { return r.ID == TargetID(s.Policy, s.Record) })
	s.Observed.Named, _ = s.find(func(r arize.Role) bool { return r.Name == s.Desired.Name })
	s.Observed.Pending, _ = s.find(func(r arize.Role) bool { return r.Name == s.Self.Pending })
	if s.Self.Carries {
		s.Observed.Chain = Chain(s.Self, s.named, s.holder)
	}
}

func (s *scene) named(name string) (arize.Role, bool) {
	role, found := s.find(func(r arize.Role) bool { return r.Name == name })
	if !found {
		return arize.Role{}, false
	}
	return *role, true
}

func (s *scene) holder(id string) (Claim, bool) {
	for _, claim := range append([]Claim{s.Self}, s.Rivals...) {
		if claim.Carries && claim.RoleID == id {
			return claim, true
		}
	}
	return Claim{}, false
}

func (s *scene) find(is func(arize.Role) bool) (*arize.Role, bool) {
	for i := range s.remote {
		if is(s.remote[i]) {
			return &s.remote[i], true
		}
	}
	return nil, false
}

// with changes the Input itself.
func with(change func(*Input)) func(*scene) { return func(s *scene) { change(&s.Input) } }

// exists puts a role into Arize.
func exists(role arize.Role) func(*scene) {
	return func(s *scene) { s.remote = append(s.remote, role) }
}

// owns records that the remote role with this id is ours.
func owns(id string, origin Origin) func(*scene) {
	return func(s *scene) { s.Record.RoleID, s.Record.Origin, s.Record.Observed = id, origin, true }
}

// rivalry adds another ArizeRole.
func rivalry(claim Claim) func(*scene) {
	return func(s *scene) { s.Rivals = append(s.Rivals, claim) }
}

// remote is reader as Arize has it, changed by changes.
func remote(id string, changes ...func(*arize.Role)) arize.Role {
	role := arize.Role{
		ID: id, Name: reader.Name, Description: reader.Description, Permissions: reader.Permissions,
		CreatedAt: now.Add(-10 * time.Minute),
	}
	for _, change := range changes {
		change(&role)
	}
	return role
}

func name(name string) func(*arize.Role) { return func(r *arize.Role) { r.Name = name } }

func description(text string) func(*arize.Role) { return func(r *arize.Role) { r.Description = text } }

func permissions(list ...string) func(*arize.Role) {
	return func(r *arize.Role) { r.Permissions = list }
}

func predefinedRole(r *arize.Role) { r.Predefined = true }

// rival is another ArizeRole of the same account, which carries the remote role id and wants the given name.
func rival(key, id, name string) Claim {
	namespace, object, _ := strings.Cut(key, "/")
	return Claim{
		Key: Key{namespace, object}, UID: "uid-" + key, Created: now.Add(-time.Minute),
		RoleID: id, Carries: id != "", Name: name, Active: true, SameAccount: true,
	}
}

// essence leaves out of a comparison what rows need not repeat: words, and copies of the input.
var essence = cmp.Options{
	cmpopts.IgnoreFields(Verdict{}, "Message"),
	cmpopts.IgnoreFields(Step{}, "Wanted", "Seen"),
	cmpopts.EquateEmpty(),
}

// row is a situation and the step that it asks for.
type row struct {
	in   Input
	want Step
}

func decideRows(t *testing.T, rows map[string]row) {
	t.Helper()
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(Decide(row.in), row.want, essence); diff != "" {
				t.Errorf("Decide (-got +want):\n%s", diff)
			}
		})
	}
}

// says builds the verdict of a row.
func says(reason Reason) Verdict { return Verdict{Reason: reason} }

func TestDesiredIsASet(t *testing.T) {
	got := NewDesired("Reader", "May read.", []string{"PROJECT_READ", "DATASET_READ", "PROJECT_READ"})
	if diff := cmp.Diff(got, reader); diff != "" {
		t.Errorf("NewDesired (-got +want):\n%s", diff)
	}
}

func TestDesiredLeavesTheGivenListAlone(t *testing.T) {
	given := []string{"PROJECT_READ", "DATASET_READ", "PROJECT_READ"}
	NewDesired("Reader", "", given)
	if diff := cmp.Diff(given, []string{"PROJECT_READ", "DATASET_READ", "PROJECT_READ"}); diff != "" {
		t.Errorf("the list (-got +want):\n%s", diff)
	}
}

func TestDigest(t *testing.T) {
	digest := reader.Digest()
	for name, row := range map[string]struct {
		of   Desired
		same bool
	}{
		"is the same for the same role":         {NewDesired(reader.Name, reader.Description, reader.Permissions), true},
		"does not see the order of permissions": {NewDesired(reader.Name, reader.Description, []string{"PROJECT_READ", "DATASET_READ"}), true},
		"sees the name":                         {NewDesired("Writer", reader.Description, reader.Permissions), false},
		"sees the description":                  {NewDesired(reader.Name, "", reader.Permissions), false},
		"sees a permission too few":             {NewDesired(reader.Name, reader.Description, reader.Permissions[:1]), false},
		"sees a permission too many":            {NewDesired(reader.Name, reader.Description, append([]string{"SPACE_READ"}, reader.Permissions...)), false},
		"tells permissions from a description":  {Desired{Name: reader.Name, Description: "DATASET_READ,PROJECT_READ\n" + reader.Description}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := row.of.Digest() == digest; got != row.same {
				t.Errorf("equal: got %t, want %t", got, row.same)
			}
		})
	}
}

func TestTargetID(t *testing.T) {
	for name, row := range map[string]struct {
		policy Policy
		record Record
		want   string
	}{
		"nothing is known":                        {Policy{}, Record{}, ""},
		"a person names the id":                   {Policy{RoleID: "r1"}, Record{}, "r1"},
		"the id is on record as created":          {Policy{}, Record{RoleID: "r1", Origin: Created}, "r1"},
		"the id is on record as adopted":          {Policy{}, Record{RoleID: "r1", Origin: Adopted}, "r1"},
		"the role was only looked at":             {Policy{}, Record{RoleID: "r1"}, ""},
		"what a person names precedes the record": {Policy{RoleID: "r1"}, Record{RoleID: "r2", Origin: Created}, "r1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := TargetID(row.policy, row.record); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
