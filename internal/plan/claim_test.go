package plan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// claimant is an ArizeRole that is so many minutes old, holds nothing and wants the given name.
func claimant(key string, age int, name string, changes ...func(*Claim)) Claim {
	claim := rival(key, "", name)
	claim.Created = now.Add(-time.Duration(age) * time.Minute)
	for _, change := range changes {
		change(&claim)
	}
	return claim
}

func carries(id string) func(*Claim) { return func(c *Claim) { c.RoleID, c.Carries = id, true } }

func means(id string) func(*Claim) { return func(c *Claim) { c.RoleID = id } }

func isCreating(name string) func(*Claim) { return func(c *Claim) { c.Pending = name } }

func isSending(desired Desired) func(*Claim) {
	return func(c *Claim) { c.Pending, c.Digest = desired.Name, desired.Digest() }
}

func elsewhere(c *Claim) { c.SameAccount = false }

func inactive(c *Claim) { c.Active = false }

func suspendedClaim(c *Claim) { c.Active, c.Suspended = false, true }

// free are those of the claims that nobody else precedes. Each claim sees the others from its own account.
func free(claims []Claim, remote []arize.Role) (keys []string) {
	for i, self := range claims {
		rivals := append(append([]Claim{}, claims[:i]...), claims[i+1:]...)
		if !self.SameAccount { // turn around who is elsewhere
			self.SameAccount = true
			for j := range rivals {
				rivals[j].SameAccount = !rivals[j].SameAccount
			}
		}
		if holder(self, seenBy(self, remote), rivals) == nil {
			keys = append(keys, self.Key.String())
		}
	}
	return keys
}

func seenBy(self Claim, remote []arize.Role) Observed {
	s := scene{Input: Input{Self: self, Desired: Desired{Name: self.Name}, Policy: Policy{RoleID: self.RoleID}}, remote: remote}
	s.observe()
	return s.Observed
}

func TestHolder(t *testing.T) {
	viewer := []arize.Role{remote("r1", name("Viewer"))}
	both := []arize.Role{remote("r1", name("Viewer")), remote("r2", name("Editor"))}
	for name, row := range map[string]struct {
		a, b   Claim
		remote []arize.Role
		want   string
	}{
		"different names do not meet": {a: claimant("n/a", 1, "Viewer"), b: claimant("n/b", 2, "Editor"), want: "n/a n/b"},
		"of one name the older":       {a: claimant("n/a", 1, "Viewer"), b: claimant("n/b", 2, "Viewer"), want: "n/b"},
		"of one age the first by name": {
			a: claimant("n/a", 1, "Viewer"), b: claimant("n/b", 1, "Viewer"), want: "n/a",
		},
		"of one age the first by namespace": {
			a: claimant("n/a", 1, "Viewer"), b: claimant("m/b", 1, "Viewer"), want: "m/b",
		},
		"the older by name, for a role that exists": {
			a: claimant("n/a", 1, "Viewer"), b: claimant("n/b", 2, "Viewer"), remote: viewer, want: "n/b",
		},
		"of one name in two accounts both": {
			a: claimant("n/a", 1, "Viewer"), b: claimant("n/b", 2, "Viewer", elsewhere), want: "n/a n/b",
		},
		"of one name in two accounts both, although a role exists in one": {
			a: claimant("n/a", 1, "Viewer"), b: claimant("n/b", 2, "Viewer", elsewhere), remote: viewer, want: "n/a n/b",
		},
		"of one id the older": {
			a: claimant("n/a", 1, "Viewer", means("r1")), b: claimant("n/b", 2, "Editor", means("r1")), remote: viewer, want: "n/b",
		},
		"of one id in two accounts the older": {
			a: claimant("n/a", 1, "Viewer", means("r1")), b: claimant("n/b", 2, "Editor", means("r1"), elsewhere), remote: viewer, want: "n/b",
		},
		"of one id the younger that carries it": {
			a: claimant("n/a", 1, "Viewer", carries("r1")), b: claimant("n/b", 2, "Editor", means("r1")), remote: viewer, want: "n/a",
		},
		"of one id in two accounts the one that carries it": {
			a: claimant("n/a", 1, "Viewer", carries("r1"), elsewhere), b: claimant("n/b", 2, "Editor", means("r1")), remote: viewer, want: "n/a",
		},
		"of two that carry one id the older": {
			a: claimant("n/a", 1, "Viewer", carries("r1")), b: claimant("n/b", 2, "Editor", carries("r1"), elsewhere), remote: viewer, want: "n/b",
		},
		"the one that carries the role over an older one that wants its name": {
			a: claimant("n/a", 1, "Viewer", carries("r1")), b: claimant("n/b", 2, "Viewer"), remote: viewer, want: "n/a",
		},
		"the one that carries the role, in another account too": {
			a: claimant("n/a", 1, "Viewer", carries("r1"), elsewhere), b: claimant("n/b", 2, "Viewer"), remote: viewer, want: "n/a",
		},
		"the one that carries a role over an older one that carries none, though its role was renamed": {
			a: claimant("n/a", 1, "Reader", carries("r1")), b: claimant("n/b", 2, "Reader"), remote: viewer, want: "n/a",
		},
		"the one that carries a role over an older one that carries none, though its role is gone": {
			a: claimant("n/a", 1, "Reader", carries("r9")), b: claimant("n/b", 2, "Reader"), want: "n/a",
		},
		"the one whose role has the name over an older one with a role of another name": {
			a: claimant("n/a", 1, "Viewer", carries("r1")), b: claimant("n/b", 2, "Viewer", carries("r2")), remote: both, want: "n/a",
		},
		"the older where neither's role has the name": {
			a: claimant("n/a", 1, "Reader", carries("r1")), b: claimant("n/b", 2, "Reader", carries("r2")), remote: both, want: "n/b",
		},
		"both of two that exchange their names": {
			a: claimant("n/a", 1, "Editor", carries("r1")), b: claimant("n/b", 2, "Viewer", carries("r2")), remote: both, want: "n/a n/b",
		},
		"both where one gives up the name that the other wants": {
			a: claimant("n/a", 1, "Reader", carries("r1")), b: claimant("n/b", 2, "Viewer"), remote: viewer, want: "n/a n/b",
		},
		"the older, of one that means the id and one that means the name": {
			a: claimant("n/a", 1, "Reader", means("r1")), b: claimant("n/b", 2, "Viewer"), remote: viewer, want: "n/b",
		},
		"the older, of one that means the name and one that means the id": {
			a: claimant("n/a", 2, "Reader", means("r1")), b: claimant("n/b", 1, "Viewer"), remote: viewer, want: "n/a",
		},
		"the one that is creating the role over an older one": {
			a: claimant("n/a", 1, "Viewer", isCreating("Viewer")), b: claimant("n/b", 2, "Viewer"), want: "n/a",
		},
		"the older of two that are creating the role": {
			a: claimant("n/a", 1, "Viewer", isCreating("Viewer")), b: claimant("n/b", 2, "Viewer", isCreating("Viewer")), want: "n/b",
		},
		"the older, when the other is creating a role of another name": {
			a: claimant("n/a", 1, "Viewer", isCreating("Editor")), b: claimant("n/b", 2, "Viewer"), want: "n/b",
		},
		"the one that carries the role over one that is creating it": {
			a: claimant("n/a", 1, "Viewer", carries("r1")), b: claimant("n/b", 2, "Viewer", isCreating("Viewer")), remote: viewer, want: "n/a",
		},
		"the one that is creating the role over one that would rename its own": {
			a: claimant("n/a", 1, "Viewer", isCreating("Viewer")), b: claimant("n/b", 2, "Viewer", carries("r2")), remote: both[1:], want: "n/a",
		},
		"the older although it is suspended": {
			a: claimant("n/a", 1, "Viewer"), b: claimant("n/b", 2, "Viewer", inactive), want: "n/b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, claims := range [][]Claim{{row.a, row.b}, {row.b, row.a}} {
				got := free(claims, row.remote)
				if claims[0].Key == row.b.Key && len(got) == 2 {
					got[0], got[1] = got[1], got[0]
				}
				if got := strings.Join(got, " "); got != row.want {
					t.Errorf("holds, asked in the order %s, %s: got %q, want %q", claims[0].Key, claims[1].Key, got, row.want)
				}
			}
		})
	}
}

// Of all that mean one thing one has to be free to act, else all wait for ever; and no two, else they fight.
func TestClaimsNeitherBlockAllNorAllowTwo(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time
	for range 20_000 {
		remote := []arize.Role{remote("r0", name("N0")), remote("r1", name("N1")), remote("r2", name("N3"))}
		claims := make([]Claim, 2+random.IntN(4))
		for i := range claims {
			claims[i] = claimant(fmt.Sprintf("n/%d", i), random.IntN(3), fmt.Sprintf("N%d", random.IntN(3)))
			switch random.IntN(4) {
			case 0:
				carries(fmt.Sprintf("r%d", i))(&claims[i]) // each another one; there is no r3 and r4
			case 1:
				means(fmt.Sprintf("r%d", random.IntN(3)))(&claims[i])
			case 2:
				isCreating(claims[i].Name)(&claims[i])
			}
		}
		free := free(claims, remote)
		if len(free) == 0 {
			t.Fatalf("nobody is free to act among %+v", claims)
		}
		for _, a := range claims {
			for _, b := range claims {
				_, same := contested(a, b, seenBy(a, remote))
				if a.Key.String() < b.Key.String() && same && strings.Contains(fmt.Sprint(free), a.Key.String()) && strings.Contains(fmt.Sprint(free), b.Key.String()) {
					t.Fatalf("both of two that contest are free: %+v and %+v", a, b)
				}
			}
		}
	}
}

func TestClaimed(t *testing.T) {
	refuse := Step{Verb: Refuse, Verdict: says(Claimed)}
	owned := Step{Verb: Refuse, Verdict: says(Claimed), ID: "r1", Drift: Drift{Name: new("Viewer")}}
	decideRows(t, map[string]row{
		"the loser by age creates nothing":     {input(rivalry(claimant("a/a", 90, "Reader"))), refuse},
		"the holder by age creates":            {input(rivalry(claimant("a/a", 30, "Reader"))), creating},
		"the loser adopts nothing":             {input(adopting(AdoptAlways), exists(remote("r1", description(""))), rivalry(claimant("a/a", 90, "Reader"))), refuse},
		"the loser finds no pending creation":  {input(pending(reader, time.Minute), exists(remote("r1")), rivalry(rival("a/a", "r1", "Reader"))), refuse},
		"the loser in mode Report is told too": {input(inMode(Report), rivalry(claimant("a/a", 90, "Reader"))), refuse},
		"the loser with a role of its own leaves it as it is, and shows what differs": {
			input(owns("r1", Created), exists(remote("r1", name("Viewer"))), exists(remote("r2")), rivalry(rival("a/a", "r2", "Reader"))), owned,
		},
	})
}

func TestClaimedNamesTheHolderAmongMany(t *testing.T) {
	got := Decide(input(
		exists(remote("r1")),
		rivalry(claimant("a/older", 90, "Reader")), rivalry(rival("b/holder", "r1", "Reader")), rivalry(claimant("c/oldest", 99, "Reader")),
	)).Verdict
	if got.Reason != Claimed || !strings.Contains(got.Message, "b/holder") {
		t.Errorf("got %v, want b/holder named", got)
	}
}
