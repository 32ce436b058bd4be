package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Below, ours is r1, which is to be named Reader, and r2 has that name.
var (
	oursIsViewer = func(s *scene) { owns("r1", Created)(s); exists(remote("r1", name("Viewer")))(s) }
	otherHasName = exists(remote("r2"))
	viewerDrift  = Drift{Name: new("Viewer")}
)

func rename(to string) Step {
	return Step{
		Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true,
		Fields: FieldName, Patch: arize.RolePatch{Name: &to},
	}
}

func aside(uid string) Step { return rename(temporaryName(uid)) }

func stuckWith(reason Reason, drift Drift) Step {
	return Step{Verb: Refuse, Verdict: says(reason), ID: "r1", Origin: Created, Settled: true, Drift: drift}
}

func TestRename(t *testing.T) {
	waiting := Step{Verb: Keep, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true}
	rest := Step{
		Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true,
		Fields: FieldDescription, Patch: arize.RolePatch{Description: &reader.Description},
	}
	alsoDescribed := func(s *scene) { s.remote[0].Description = "Other." }
	decideRows(t, map[string]row{
		"to a free name":                       {input(oursIsViewer, newSpec), rename("Reader")},
		"to a name that a stranger's role has": {input(oursIsViewer, newSpec, otherHasName), stuckWith(NameTaken, viewerDrift)},
		"to a name that a predefined role has": {input(oursIsViewer, newSpec, exists(remote("r2", predefinedRole))), stuckWith(Predefined, viewerDrift)},
		"to a name that is being given up":     {input(oursIsViewer, newSpec, otherHasName, rivalry(rival("b/b", "r2", "Writer"))), waiting},
		"to a name that is kept by a suspended rival, which wants another": {
			input(oursIsViewer, newSpec, otherHasName, rivalry(claimant("b/b", 1, "Writer", carries("r2"), inactive))), stuckWith(Claimed, viewerDrift),
		},
		"to a name that a rival holds": {
			input(oursIsViewer, newSpec, otherHasName, rivalry(rival("b/b", "r2", "Reader"))),
			Step{Verb: Refuse, Verdict: says(Claimed), ID: "r1", Drift: viewerDrift},
		},
		"to a name that a rival in another account holds": {
			input(oursIsViewer, newSpec, otherHasName, rivalry(claimant("b/b", 1, "Reader", carries("r2"), elsewhere))), stuckWith(Claimed, viewerDrift),
		},
		"leaves the rest for no later: a stranger's role has the name": {input(oursIsViewer, newSpec, alsoDescribed, otherHasName), rest},
		"leaves the rest for no later: a predefined role has the name": {input(oursIsViewer, newSpec, alsoDescribed, exists(remote("r2", predefinedRole))), rest},
		"leaves the rest for no later: a rival is giving up the name":  {input(oursIsViewer, newSpec, alsoDescribed, otherHasName, rivalry(rival("b/b", "r2", "Writer"))), rest},
		"to a name that, so says a half-updated inventory, our own role has": {
			input(oursIsViewer, newSpec, func(s *scene) { s.remote = append(s.remote, remote("r1")) }), rename("Reader"),
		},
	})
}

// member is ArizeRole team/<key>, which holds the remote role of that key and wants the name Reader or another.
func member(key, wants string, changes ...func(*Claim)) Claim {
	claim := rival("team/"+key, key, wants)
	for _, change := range changes {
		change(&claim)
	}
	return claim
}

func TestExchangeOfNames(t *testing.T) {
	// Ours is team/reader.
	swap := func(key string, changes ...func(*Claim)) Input {
		return input(oursIsViewer, newSpec, exists(remote(key)), rivalry(member(key, "Viewer", changes...)))
	}
	circle := func(second, third string, changes ...func(*Claim)) Input {
		return input(oursIsViewer, newSpec,
			exists(remote(second)), rivalry(member(second, "Third")),
			exists(remote(third, name("Third"))), rivalry(member(third, "Viewer", changes...)))
	}
	waiting := Step{Verb: Keep, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true}
	nudging := func(first string) Step {
		step := waiting
		step.Nudge = Key{"team", first}
		return step
	}
	steppedAside := func(s *scene) { s.remote[0].Name = temporaryName("uid-reader") }
	decideRows(t, map[string]row{
		"the first of two steps aside":         {swap("zz"), aside("uid-reader")},
		"the other one waits":                  {swap("aa"), nudging("aa")},
		"who stepped aside waits for the name": {input(oursIsViewer, newSpec, steppedAside, exists(remote("zz")), rivalry(member("zz", "Viewer"))), waiting},
		"who stepped aside takes the name when it is free": {
			input(oursIsViewer, newSpec, steppedAside, exists(remote("zz", name("Viewer"))), rivalry(member("zz", "Viewer"))), rename("Reader"),
		},
		"the first of three steps aside":                       {circle("yy", "zz"), aside("uid-reader")},
		"the second of three waits":                            {circle("yy", "aa"), nudging("aa")},
		"the third of three waits":                             {circle("aa", "bb"), nudging("aa")},
		"nobody steps aside for a suspended one":               {swap("zz", inactive), stuckWith(Claimed, viewerDrift)},
		"nobody steps aside when one farther off is suspended": {circle("yy", "zz", inactive), waiting},
		"nobody steps aside for a stranger's role": {
			input(oursIsViewer, newSpec, exists(remote("yy")), rivalry(member("yy", "Third")), exists(remote("r3", name("Third")))), waiting,
		},
		"nobody steps aside in a chain that ends": {
			input(oursIsViewer, newSpec, exists(remote("yy")), rivalry(member("yy", "Third"))), waiting,
		},
		"nobody steps aside for a circle that it is not in": {
			input(oursIsViewer, newSpec,
				exists(remote("yy")), rivalry(member("yy", "Third")),
				exists(remote("zz", name("Third"))), rivalry(member("zz", "Reader"))), waiting,
		},
	})
}

func TestTemporaryName(t *testing.T) {
	got, other := temporaryName("uid-a"), temporaryName("uid-b")
	if got != temporaryName("uid-a") || got == other {
		t.Errorf("got %q and %q, want one name for each uid", got, other)
	}
	if strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789 -") != "" || len(got) > 255 {
		t.Errorf("%q is not a name that Arize allows", got)
	}
}

func TestChain(t *testing.T) {
	self := member("a", "B")
	for name, row := range map[string]struct {
		others []Claim
		names  map[string]string // name to id
		want   string
	}{
		"is empty when the name is free":              {nil, map[string]string{"A": "a"}, ""},
		"is empty when nobody's role has the name":    {nil, map[string]string{"A": "a", "B": "stranger"}, ""},
		"ends with self in a swap":                    {[]Claim{member("b", "A")}, map[string]string{"A": "a", "B": "b"}, "team/b team/a"},
		"ends with self in a circle of three":         {[]Claim{member("b", "C"), member("c", "A")}, map[string]string{"A": "a", "B": "b", "C": "c"}, "team/b team/c team/a"},
		"ends where a name is free":                   {[]Claim{member("b", "C")}, map[string]string{"A": "a", "B": "b"}, "team/b"},
		"ends where nobody's role has the name":       {[]Claim{member("b", "C")}, map[string]string{"A": "a", "B": "b", "C": "stranger"}, "team/b"},
		"ends at one that has the name that it wants": {[]Claim{member("b", "B")}, map[string]string{"A": "a", "B": "b"}, "team/b"},
		"ends in a circle without self":               {[]Claim{member("b", "C"), member("c", "B")}, map[string]string{"A": "a", "B": "b", "C": "c"}, "team/b team/c"},
	} {
		t.Run(name, func(t *testing.T) {
			named := func(name string) (arize.Role, bool) {
				id, exists := row.names[name]
				return arize.Role{ID: id, Name: name}, exists
			}
			holder := func(id string) (Claim, bool) {
				for _, claim := range append(row.others, self) {
					if claim.RoleID == id {
						return claim, true
					}
				}
				return Claim{}, false
			}
			var got []string
			for _, claim := range Chain(self, named, holder) {
				got = append(got, claim.Key.String())
			}
			if diff := cmp.Diff(strings.Join(got, " "), row.want); diff != "" {
				t.Errorf("Chain (-got +want):\n%s", diff)
			}
		})
	}
}
