package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// creating is the step that posts reader.
var creating = Step{Verb: Create, Verdict: says(Progressing), Origin: Created, Spec: reader.Spec(), Fields: FieldExistence}

func inMode(mode Mode) func(*scene) { return with(func(in *Input) { in.Policy.Mode = mode }) }

func adopting(policy Adoption) func(*scene) {
	return with(func(in *Input) { in.Policy.Adoption = policy })
}

func byID(id string) func(*scene) { return with(func(in *Input) { in.Policy.RoleID = id }) }

func newSpec(s *scene) { s.Record.Observed = false }

func suspend(s *scene) { s.Policy.Suspend = true }

func TestNewArizeRole(t *testing.T) {
	decideRows(t, map[string]row{
		"creates a role that does not exist": {input(), creating},
		"creates it beside a role of another name": {
			input(exists(remote("r1", name("Viewer")))), creating,
		},
		"creates it beside a role of nearly the same name": {
			input(exists(remote("r1", name("reader")))), creating,
		},
		"does not create a role that was only looked at before, when it is there": {
			input(owns("r1", ""), exists(remote("r1"))),
			Step{Verb: Adopt, Verdict: says(InSync), ID: "r1", Origin: Adopted, Settled: true},
		},
		"creates a role that was only looked at before, when it is gone": {input(owns("r1", "")), creating},
	})
}

func TestAdoption(t *testing.T) {
	identical := remote("r1", permissions("DATASET_READ", "PROJECT_READ"))
	different := remote("r1", description("Other."))
	adopt := Step{Verb: Adopt, Verdict: says(InSync), ID: "r1", Origin: Adopted, Settled: true}
	overwrite := Step{
		Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Adopted, Settled: true,
		Fields: FieldDescription, Patch: arize.RolePatch{Description: &reader.Description},
	}
	refuse := func(reason Reason) Step { return Step{Verb: Refuse, Verdict: says(reason), Settled: true} }
	claimed := Step{Verb: Refuse, Verdict: says(Claimed)}
	waiting := Step{Verb: Keep, Verdict: says(Progressing), Settled: true}
	for policy, want := range map[Adoption]struct{ identical, different Step }{
		AdoptIfIdentical:       {adopt, refuse(NameTaken)},
		AdoptNever:             {refuse(NameTaken), refuse(NameTaken)},
		AdoptAlways:            {adopt, overwrite},
		"":                     {refuse(NameTaken), refuse(NameTaken)},
		"FromANewerApiVersion": {refuse(NameTaken), refuse(NameTaken)},
	} {
		t.Run(string(policy), func(t *testing.T) {
			decideRows(t, map[string]row{
				"an identical role":                        {input(adopting(policy), exists(identical)), want.identical},
				"a different role":                         {input(adopting(policy), exists(different)), want.different},
				"a predefined role":                        {input(adopting(policy), exists(remote("r1", predefinedRole))), refuse(Predefined)},
				"a role that a rival holds":                {input(adopting(policy), exists(identical), rivalry(rival("b/b", "r1", "Reader"))), claimed},
				"a different role that a rival holds":      {input(adopting(policy), exists(different), rivalry(rival("b/b", "r1", "Reader"))), claimed},
				"a role that its rival is about to rename": {input(adopting(policy), exists(identical), rivalry(rival("b/b", "r1", "Viewer"))), waiting},
				"a role that its rival may have created":   {input(adopting(policy), exists(remote("r1")), rivalry(claimant("b/b", 90, "Viewer", isSending(reader)))), waiting},
				"a role that its rival may have created, which only reports": {
					input(adopting(policy), exists(remote("r1")), rivalry(claimant("b/b", 90, "Viewer", isSending(reader), inactive))), waiting,
				},
				"a role that nobody looks for who may have created it": {
					input(adopting(policy), exists(remote("r1")), rivalry(claimant("b/b", 90, "Viewer", isSending(reader), suspendedClaim))), refuse(Claimed),
				},
				"a different role than its rival was creating": {input(adopting(policy), exists(different), rivalry(claimant("b/b", 90, "Viewer", isSending(reader)))), want.different},
				"a role that no longer has an owner, by name":  {input(owns("gone", Created), newSpec, adopting(policy), exists(identical)), want.identical},
			})
		})
	}
}

func TestEachFieldIsWrittenAlone(t *testing.T) {
	changes := map[Fields]func(*arize.Role){
		FieldName:        name("Viewer"),
		FieldDescription: description("Other."),
		FieldPermissions: permissions("PROJECT_READ", "SPACE_READ"),
	}
	for fields := FieldName; fields <= FieldName|FieldDescription|FieldPermissions; fields++ {
		drifted := remote("r1")
		for field, change := range changes {
			if fields.Has(field) {
				change(&drifted)
			}
		}
		want := Step{
			Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true,
			Fields: fields, Patch: patch(reader, fields),
		}
		correction := want
		correction.Correction = true
		decideRows(t, map[string]row{
			fmt.Sprintf("%s after a change of the spec", fields): {input(owns("r1", Created), newSpec, exists(drifted)), want},
			fmt.Sprintf("%s after a change in Arize", fields):    {input(owns("r1", Created), exists(drifted)), correction},
		})
	}
}

func TestOwnRole(t *testing.T) {
	inSync := func(origin Origin) Step {
		return Step{Verb: Keep, Verdict: says(InSync), ID: "r1", Origin: origin, Settled: true}
	}
	recreating := creating
	recreating.Correction = true
	cleared := NewDesired("Reader", "", reader.Permissions)
	decideRows(t, map[string]row{
		"in sync, created": {input(owns("r1", Created), exists(remote("r1"))), inSync(Created)},
		"in sync, adopted": {input(owns("r1", Adopted), exists(remote("r1"))), inSync(Adopted)},
		"in sync, whatever the adoption policy is by now": {
			input(owns("r1", Adopted), adopting(AdoptNever), exists(remote("r1"))), inSync(Adopted),
		},
		"adopted and different, whatever the adoption policy is by now": {
			input(owns("r1", Adopted), adopting(AdoptNever), exists(remote("r1", description("")))),
			Step{
				Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Adopted, Settled: true, Correction: true,
				Fields: FieldDescription, Patch: arize.RolePatch{Description: &reader.Description},
			},
		},
		"a description that the spec no longer has is cleared": {
			input(owns("r1", Created), newSpec, with(func(in *Input) { in.Desired = cleared }), exists(remote("r1"))),
			Step{
				Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true,
				Fields: FieldDescription, Patch: arize.RolePatch{Description: new("")},
			},
		},
		"deleted in Arize is created again":                 {input(owns("r1", Created)), recreating},
		"adopted and deleted in Arize is created again":     {input(owns("r1", Adopted)), recreating},
		"deleted and replaced by hand is not simply taken":  {input(owns("r1", Created), exists(remote("r2", description("")))), Step{Verb: Refuse, Verdict: says(NameTaken), Settled: true}},
		"deleted and replaced by an identical one is taken": {input(owns("r1", Created), exists(remote("r2"))), Step{Verb: Adopt, Verdict: says(InSync), ID: "r2", Origin: Adopted, Settled: true}},
		"that became predefined is left alone":              {input(owns("r1", Created), exists(remote("r1", predefinedRole, description("")))), Step{Verb: Refuse, Verdict: says(Predefined), Settled: true}},
	})
}

func TestRoleID(t *testing.T) {
	refuse := func(reason Reason) Step { return Step{Verb: Refuse, Verdict: says(reason), Settled: true} }
	adopt := Step{Verb: Adopt, Verdict: says(InSync), ID: "r1", Origin: Adopted, Settled: true}
	rename := Step{
		Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Adopted, Settled: true,
		Fields: FieldName, Patch: arize.RolePatch{Name: &reader.Name},
	}
	decideRows(t, map[string]row{
		"is consent to adopt":                               {input(byID("r1"), adopting(AdoptNever), exists(remote("r1"))), adopt},
		"is consent to change":                              {input(byID("r1"), adopting(AdoptNever), exists(remote("r1", name("Viewer")))), rename},
		"precedes the name":                                 {input(byID("r1"), exists(remote("r1", name("Viewer"))), exists(remote("r2", name("Other")))), rename},
		"that does not exist is never created":              {input(byID("r1")), refuse(NotFound)},
		"that does not exist is not replaced by a namesake": {input(byID("r1"), exists(remote("r2"))), refuse(NotFound)},
		"that vanished is never created again":              {input(byID("r1"), owns("r1", Adopted)), refuse(NotFound)},
		"of a predefined role":                              {input(byID("r1"), exists(remote("r1", predefinedRole))), refuse(Predefined)},
		"that a rival holds": {
			input(byID("r1"), exists(remote("r1")), rivalry(rival("b/b", "r1", "Other"))),
			Step{Verb: Refuse, Verdict: says(Claimed)},
		},
		"that an older rival means too": {
			input(byID("r1"), exists(remote("r1")), rivalry(Claim{Key: Key{"b", "b"}, Created: now.Add(-2 * time.Hour), RoleID: "r1", Name: "Other"})),
			Step{Verb: Refuse, Verdict: says(Claimed)},
		},
		"of the role that was created already changes nothing": {
			input(byID("r1"), owns("r1", Created), exists(remote("r1"))),
			Step{Verb: Keep, Verdict: says(InSync), ID: "r1", Origin: Created, Settled: true},
		},
		"of another role than the recorded one, which a rival holds": {
			input(byID("r2"), owns("r1", Created), exists(remote("r2")), rivalry(rival("b/b", "r2", "Other"))),
			Step{Verb: Refuse, Verdict: says(Claimed)},
		},
		"whose new name another role has": {
			input(byID("r1"), exists(remote("r1", name("Viewer"))), exists(remote("r2"))),
			Step{Verb: Refuse, Verdict: says(NameTaken), ID: "r1", Origin: Adopted, Settled: true, Drift: Drift{Name: new("Viewer")}},
		},
	})
}

func TestReport(t *testing.T) {
	report := func(id string, origin Origin, drift Drift) Step {
		return Step{Verb: Keep, Verdict: says(Reporting), ID: id, Origin: origin, Drift: drift, Settled: true}
	}
	other := Drift{Description: new("Other.")}
	decideRows(t, map[string]row{
		"says that everything is to be added": {input(inMode(Report)), report("", "", MissingRole(reader))},
		"looks at a role of that name":        {input(inMode(Report), exists(remote("r1"))), report("r1", "", Drift{})},
		"says what differs":                   {input(inMode(Report), exists(remote("r1", description("Other.")))), report("r1", "", other)},
		"does so whatever the adoption policy": {
			input(inMode(Report), adopting(AdoptNever), exists(remote("r1", description("Other.")))), report("r1", "", other),
		},
		"leaves what is ours on record":             {input(inMode(Report), owns("r1", Created), exists(remote("r1"))), report("r1", Created, Drift{})},
		"says what differs of a role of ours":       {input(inMode(Report), owns("r1", Adopted), exists(remote("r1", description("Other.")))), report("r1", Adopted, other)},
		"does not create again":                     {input(inMode(Report), owns("r1", Created)), report("", "", MissingRole(reader))},
		"looks at the role of an id":                {input(inMode(Report), byID("r1"), exists(remote("r1", description("Other.")))), report("r1", "", other)},
		"does not rename":                           {input(inMode(Report), byID("r1"), exists(remote("r1", name("Viewer")))), report("r1", "", Drift{Name: new("Viewer")})},
		"does not rename where the name is blocked": {input(inMode(Report), byID("r1"), exists(remote("r1", name("Viewer"))), exists(remote("r2"))), report("r1", "", Drift{Name: new("Viewer")})},
		"says that an id does not exist":            {input(inMode(Report), byID("r1")), Step{Verb: Refuse, Verdict: says(NotFound), Settled: true}},
		"says that a role is predefined":            {input(inMode(Report), exists(remote("r1", predefinedRole))), Step{Verb: Refuse, Verdict: says(Predefined), Settled: true}},
		"says that a rival holds the role": {
			input(inMode(Report), exists(remote("r1")), rivalry(rival("b/b", "r1", "Reader"))), Step{Verb: Refuse, Verdict: says(Claimed)},
		},
		"is what a mode that we do not know comes to": {
			input(inMode("FromANewerApiVersion"), exists(remote("r1", description("Other.")))), report("r1", "", other),
		},
	})
}

func TestSuspend(t *testing.T) {
	keep := func(id string, origin Origin, drift Drift) Step {
		return Step{Verb: Keep, Verdict: says(Suspended), ID: id, Origin: origin, Drift: drift}
	}
	unseen := Step{Verb: Keep, Verdict: says(Suspended), Unseen: true}
	gate := func(gate Gate) func(*scene) { return with(func(in *Input) { in.Account.Gate = gate }) }
	other := Drift{Description: new("Other.")}
	decideRows(t, map[string]row{
		"creates nothing": {input(suspend), keep("", "", Drift{})},
		"adopts nothing":  {input(suspend, exists(remote("r1"))), keep("", "", Drift{})},
		"corrects nothing, and shows what differs":    {input(suspend, owns("r1", Created), exists(remote("r1", description("Other.")))), keep("r1", Created, other)},
		"keeps an adopted role adopted":               {input(suspend, owns("r1", Adopted), exists(remote("r1"))), keep("r1", Adopted, Drift{})},
		"does not create again":                       {input(suspend, owns("r1", Created)), keep("", "", MissingRole(reader))},
		"takes nothing by its id":                     {input(suspend, byID("r1"), exists(remote("r1", description("Other.")))), keep("r1", "", other)},
		"says so while the account is closed":         {input(suspend, gate(GateClosed)), unseen},
		"says so before the account is known":         {input(suspend, gate(GateStarting)), unseen},
		"judges nothing that is in doubt":             {input(suspend, owns("r1", Created), with(func(in *Input) { in.Observed.Doubt = true })), unseen},
		"goes before a request for a fresh look":      {input(suspend, with(func(in *Input) { in.Requested = true })), keep("", "", Drift{})},
		"goes before a claim":                         {input(suspend, rivalry(rival("a/a", "", "Reader"))), keep("", "", Drift{})},
		"goes before mode Report":                     {input(suspend, inMode(Report)), keep("", "", Drift{})},
		"leaves a pending creation pending for later": {input(suspend, pending(reader, time.Minute), exists(remote("r1"))), keep("", "", Drift{})},
	})
}

func TestAccount(t *testing.T) {
	gate := func(gate Gate) func(*scene) {
		return with(func(in *Input) { in.Account = Account{gate, "The account is not ready."} })
	}
	refuse := Step{Verb: Refuse, Verdict: says(AccountNotReady), Unseen: true}
	decideRows(t, map[string]row{
		"that is not known yet is waited for":  {input(gate(GateStarting)), Step{Verb: Wait}},
		"that is closed":                       {input(gate(GateClosed)), refuse},
		"that only deletes":                    {input(gate(GateDeleteOnly)), refuse},
		"that is closed, with a role of ours":  {input(gate(GateClosed), owns("r1", Created), exists(remote("r1", description("")))), refuse},
		"that is closed, with a rival":         {input(gate(GateClosed), rivalry(rival("a/a", "", "Reader"))), refuse},
		"that is closed, with a fresh request": {input(gate(GateClosed), with(func(in *Input) { in.Requested = true })), refuse},
	})
}

func TestFreshLook(t *testing.T) {
	requested := with(func(in *Input) { in.Requested = true })
	looked := with(func(in *Input) { in.Requested, in.Looked = true, true })
	doubt := with(func(in *Input) { in.Observed.Doubt = true })
	demanded := func(ago time.Duration) func(*scene) {
		return with(func(in *Input) { in.Requested, in.History.Demand = true, now.Add(-ago) })
	}
	look := Step{Verb: Look, ID: "r1"}
	sweep := Step{Verb: Wait, Sweep: true}
	inSync := Step{Verb: Keep, Verdict: says(InSync), ID: "r1", Origin: Created, Settled: true}
	recreating := creating
	recreating.Correction = true
	decideRows(t, map[string]row{
		"reads the role": {input(requested, owns("r1", Created), exists(remote("r1"))), look},
		"reads a role that the last sweep missed":       {input(requested, owns("r1", Created)), look},
		"reads the role of an id":                       {input(requested, byID("r1")), look},
		"is taken once":                                 {input(looked, owns("r1", Created), exists(remote("r1"))), inSync},
		"lists when there is no id":                     {input(demanded(time.Second)), sweep},
		"waits for a list that began after the request": {input(demanded(time.Minute)), sweep},
		"is content with a list that did":               {input(demanded(time.Minute + 1)), creating},
		"lists after a 404":                             {input(doubt, owns("r1", Created), exists(remote("r1"))), sweep},
		"lists after a 404 to the look itself":          {input(looked, doubt, owns("r1", Created)), sweep},
		"lists after a 404 for an id":                   {input(doubt, byID("r1")), sweep},
		"believes that a role is gone after the list":   {input(looked, owns("r1", Created)), recreating},
	})
}

func TestMessagesSayWhatToDo(t *testing.T) {
	holder := rivalry(rival("b/holder", "r2", "Reader"))
	for name, row := range map[string]struct {
		in   Input
		want []string
	}{
		"NameTaken names the role, what differs and the ways out": {
			input(exists(remote("r2", description("")))),
			[]string{`"Reader"`, "id r2", "its description differs", "`spec.roleID: r2`", "`adoptionPolicy: Always`", "`spec.name`"},
		},
		"NameTaken says that the policy forbids it": {
			input(adopting(AdoptNever), exists(remote("r2"))), []string{"id r2", "`adoptionPolicy: Never`", "`spec.roleID: r2`"},
		},
		"NameTaken of a rename names the obstacle": {
			input(owns("r1", Created), exists(remote("r1", name("Viewer"))), exists(remote("r2"))), []string{`"Reader"`, "id r2", "`spec.name`"},
		},
		"Claimed names the holder":     {input(holder, exists(remote("r2"))), []string{"b/holder", "`spec.name`"}},
		"Predefined names the role":    {input(exists(remote("r2", predefinedRole))), []string{`"Reader"`, "id r2", "`spec.name`"}},
		"NotFound names the id":        {input(byID("r9")), []string{`"r9"`, "`spec.roleID`"}},
		"Reporting says what differs":  {input(inMode(Report), exists(remote("r2", description("")))), []string{"its description differs", "`status.drift`", "`spec.mode: Enforce`"}},
		"Suspended says how to resume": {input(suspend), []string{"`spec.suspend`"}},
		"AccountNotReady passes on why": {
			input(with(func(in *Input) { in.Account = Account{GateClosed, "No such account."} })), []string{"No such account."},
		},
		"waiting for a name names who has it": {
			input(exists(remote("r2")), rivalry(rival("b/holder", "r2", "Viewer"))), []string{"b/holder", `"Reader"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Decide(row.in).Verdict.Message
			for _, want := range row.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %q, which lacks %q", got, want)
				}
			}
		})
	}
}

func TestStepsSayWhatWasSeenAndWhatIsWanted(t *testing.T) {
	seen := remote("r1", description(""))
	step := Decide(input(owns("r1", Created), exists(seen)))
	if diff := cmp.Diff(step.Seen, &seen); diff != "" {
		t.Errorf("Seen (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(step.Wanted, reader); diff != "" {
		t.Errorf("Wanted (-got +want):\n%s", diff)
	}
}

// many is a desired role with so many permissions.
func many(permissions int) Desired {
	list := make([]string, permissions)
	for i := range list {
		list[i] = fmt.Sprintf("RESOURCE%03d_READ", i)
	}
	return NewDesired("Reader", "May read.", list)
}

func BenchmarkDecide(b *testing.B) {
	desired := with(func(in *Input) { in.Desired = many(20) })
	role := arize.Role{ID: "r1", Name: "Reader", Description: "May read.", Permissions: many(20).Permissions}
	drifted := role
	drifted.Description = ""
	for name, in := range map[string]Input{
		"in sync": input(desired, owns("r1", Created), exists(role)),
		"drifted": input(desired, owns("r1", Created), exists(drifted)),
		"missing": input(desired),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				keptStep = Decide(in)
			}
		})
	}
}

var keptStep Step // keeps the compiler from leaving out what a benchmark measures
