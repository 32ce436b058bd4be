package session

import (
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// inventory is the last complete list of an account's roles with all news since.
// The clock that orders sweeps and news is a counter: what was written or read
// after a sweep began is newer than anything that the sweep brings.
type inventory struct {
	clock uint64
	since time.Time // when the last complete sweep began; zero before the first
	roles map[string]arize.Role
	names map[string]string // name to id
	// news holds, by id, when a role was last written or read outside of a sweep.
	// An id that is in here and not in roles was deleted.
	news   map[string]uint64
	doubts map[string]uint64 // ids for which Arize said 404
}

func newInventory() inventory {
	return inventory{
		roles: map[string]arize.Role{}, names: map[string]string{},
		news: map[string]uint64{}, doubts: map[string]uint64{},
	}
}

// tick is the present moment; everything that happens later has a higher one.
func (v *inventory) tick() uint64 {
	v.clock++
	return v.clock
}

// learn takes a role as Arize answered it to a request that began at the moment
// asked. A write is always news; a read is not when a write came in between.
func (v *inventory) learn(role arize.Role, asked uint64, written bool) {
	if !written && v.news[role.ID] > asked {
		return
	}
	v.news[role.ID] = v.tick()
	delete(v.doubts, role.ID)
	v.put(role)
}

// forget notes that a role was deleted.
func (v *inventory) forget(id string) {
	v.news[id] = v.tick()
	delete(v.doubts, id)
	v.remove(id)
}

// doubt notes that Arize said 404 for a role. That may mean that the key lost its
// rights, so the role stays until a list that began later misses it too.
func (v *inventory) doubt(id string) { v.doubts[id] = v.tick() }

func (v *inventory) put(role arize.Role) {
	v.remove(role.ID)
	v.roles[role.ID] = role
	v.names[role.Name] = role.ID
}

func (v *inventory) remove(id string) {
	old, known := v.roles[id]
	if !known {
		return
	}
	delete(v.roles, id)
	if v.names[old.Name] == id {
		delete(v.names, old.Name)
	}
}

// sweep is one list of the account under way.
type sweep struct {
	began  time.Time
	moment uint64
	cursor string
	met    map[string]bool // cursors, for a list that goes round in circles
	roles  []arize.Role
}

func (v *inventory) begin(now time.Time) *sweep {
	return &sweep{began: now, moment: v.tick(), met: map[string]bool{}}
}

// Changes are the ids and names that look different from before.
type Changes struct {
	IDs, Names map[string]bool
}

// IsZero says that nothing changed.
func (c Changes) IsZero() bool { return len(c.IDs) == 0 }

func (c Changes) add(role arize.Role) {
	c.IDs[role.ID], c.Names[role.Name] = true, true
}

// merged is what the inventory will hold once the sweep is installed.
func (v *inventory) merged(s *sweep) map[string]arize.Role {
	roles := make(map[string]arize.Role, len(s.roles))
	for _, role := range s.roles {
		if old, known := v.roles[role.ID]; known && same(old, role) {
			role.Permissions = old.Permissions // share the memory of what did not change
		}
		roles[role.ID] = role
	}
	for id, moment := range v.news {
		if moment <= s.moment {
			continue
		}
		if role, exists := v.roles[id]; exists {
			roles[id] = role
		} else {
			delete(roles, id)
		}
	}
	return roles
}

// install makes the roles of a complete sweep, merged with the news since it
// began, the content of the inventory.
func (v *inventory) install(s *sweep, roles map[string]arize.Role) Changes {
	changes := Changes{IDs: map[string]bool{}, Names: map[string]bool{}}
	names := make(map[string]string, len(roles))
	for id, role := range roles {
		names[role.Name] = id
		if old, known := v.roles[id]; !known {
			changes.add(role)
		} else if !same(old, role) {
			changes.add(old)
			changes.add(role)
		}
	}
	for id, old := range v.roles {
		if _, still := roles[id]; !still {
			changes.add(old)
		}
	}
	for id, moment := range v.doubts {
		if moment <= s.moment {
			changes.IDs[id] = true // whoever doubted waits for this list
			delete(v.doubts, id)
		}
	}
	for id, moment := range v.news {
		if moment <= s.moment {
			delete(v.news, id)
		}
	}
	v.roles, v.names, v.since = roles, names, s.began
	return changes
}

func same(a, b arize.Role) bool {
	return a.Name == b.Name && a.Description == b.Description && a.Predefined == b.Predefined &&
		a.CreatedAt.Equal(b.CreatedAt) && slices.Equal(a.Permissions, b.Permissions)
}
