package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Claim is what one ArizeRole says about a remote role.
type Claim struct {
	Key     Key
	UID     string
	Created time.Time // of the ArizeRole
	RoleID  string    // the remote role that it means by id: recorded, else spec.roleID
	Carries bool      // its status records RoleID
	Pending string    // the name that it is creating right now
	Digest  string    // of what it is creating, as in Pending of its Record
	Name    string    // the name that it wants in Arize
	Active  bool      // it will act on what it wants: not suspended, reporting or being deleted
	// Suspended: it does not even look for what may have come of its creation.
	Suspended bool
	// SameAccount: its names live in the same Arize account as ours, so that equal
	// ones collide. Across accounts only ids can be compared.
	SameAccount bool
	// Departed: the ArizeRole is gone, and only its deletion is left to do. The living do not know what it claimed.
	Departed bool
}

// holder is the rival that holds what self means, or nil when self does. Of two
// that mean one remote role the one whose status carries its id holds it, then
// the one that is creating it, then one that has a role to give the name to, then
// the older, then the first by namespace/name.
func holder(self Claim, seen Observed, rivals []Claim) *Claim {
	var best *Claim
	for i := range rivals {
		rival := &rivals[i]
		id, same := contested(self, *rival, seen)
		if !same || !precedes(*rival, self, id) {
			continue
		}
		if best == nil || precedes(*rival, *best, id) {
			best = rival
		}
	}
	return best
}

// contested says whether two claims mean one remote role or one name, and the id
// that is at stake, if there is one.
func contested(self, rival Claim, seen Observed) (id string, same bool) {
	if id = meant(self, seen); id != "" && id == meant(rival, seen) {
		return id, !givesUp(self, rival) && !givesUp(rival, self)
	}
	if !rival.SameAccount || self.Name != rival.Name {
		return "", false
	}
	if seen.Named != nil {
		return seen.Named.ID, true
	}
	return "", true
}

// givesUp says that a carries the role that b means only because of its name, and
// wants another name for it: then b has to wait for the name, and that is all.
func givesUp(a, b Claim) bool { return a.Carries && b.RoleID == "" && a.Name != b.Name }

// meant is the remote role that a claim speaks of: by id, else by name.
func meant(c Claim, seen Observed) string {
	if c.RoleID != "" || !c.SameAccount {
		return c.RoleID
	}
	for _, role := range []*arize.Role{seen.Named, seen.Role} {
		if role != nil && role.Name == c.Name {
			return role.ID
		}
	}
	return ""
}

func precedes(a, b Claim, id string) bool {
	if a.Departed != b.Departed {
		return b.Departed
	}
	if a, b := rank(a, id), rank(b, id); a != b {
		return a < b
	}
	if !a.Created.Equal(b.Created) {
		return a.Created.Before(b.Created)
	}
	return strings.Compare(a.Key.String(), b.Key.String()) < 0
}

// rank is how much a claim has to show for itself, the most first.
func rank(c Claim, id string) int {
	switch {
	case c.Carries && c.RoleID == id:
		return 0 // what is at stake
	case c.Pending != "" && c.Pending == c.Name:
		return 1
	case c.Carries:
		return 2 // a role of its own, which is to have the name, or have it again
	default:
		return 3
	}
}

// heldElsewhere says that a rival precedes self as to the remote role that self has
// on record. What else the two contend for, as a name, is not that role.
func heldElsewhere(id string, self Claim, rivals []Claim) bool {
	return slices.ContainsFunc(rivals, func(rival Claim) bool {
		return rival.RoleID == id && precedes(rival, self, id)
	})
}

// authorOf is the rival that was creating a role exactly like this one, whatever it wants by now. It goes first: the role
// may be its own.
func authorOf(role arize.Role, rivals []Claim) *Claim {
	for i := range rivals {
		rival := &rivals[i]
		if rival.SameAccount && rival.Pending == role.Name && rival.Digest == AsDesired(role).Digest() {
			return rival
		}
	}
	return nil
}

// heldBy is the rival whose status carries the id.
func heldBy(id string, rivals []Claim) *Claim {
	for i := range rivals {
		if rivals[i].Carries && rivals[i].RoleID == id {
			return &rivals[i]
		}
	}
	return nil
}
