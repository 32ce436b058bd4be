package session

import (
	"cmp"
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// inventory is the last complete list of an account's roles with all news since.
//
// Its clock is a counter. Every request has two moments, when it was sent and when
// its answer came, and what the answer shows was true at some moment in between.
// So of two answers that one is newer whose request was sent after the other had
// come. For those that crossed see compare.
type inventory struct {
	clock  uint64
	swept  uint64    // when the last complete list began; zero before the first
	since  time.Time // the same, by the session's clock
	roles  map[string]*known
	names  map[string]*known // the newest of each name
	gone   map[string]uint64 // roles that were deleted since the last list began, and when
	doubts map[string]uint64 // roles for which Arize said 404, and when
	found  Changes           // what reads showed since the last list
}

// source is what kind of answer shows a role.
type source int

const (
	listed source = iota
	read
	updated
	created
)

// fact is a role as an answer showed it.
type fact struct {
	role       *arize.Role // shared with whoever observed it, so never changed
	sent, came uint64
	source     source
}

// known is a role of the inventory. Two can have the same name for a while: one
// was renamed after we saw it and the other before.
type known struct {
	fact
	seen uint64 // a list that began later and misses the role proves that it is gone
	twin *known // the next older one of that name
}

func newInventory() inventory {
	return inventory{
		roles: map[string]*known{}, names: map[string]*known{},
		gone: map[string]uint64{}, doubts: map[string]uint64{}, found: newChanges(),
	}
}

// tick is the present moment; everything that happens later has a higher one.
func (v *inventory) tick() uint64 {
	v.clock++
	return v.clock
}

// role is the role with an id, or nil.
func (v *inventory) role(id string) *arize.Role {
	if held := v.roles[id]; held != nil {
		return held.role
	}
	return nil
}

// named is the role with a name, or nil.
func (v *inventory) named(name string) *arize.Role {
	if held := v.names[name]; held != nil && name != "" {
		return held.role
	}
	return nil
}

// learn takes a role as Arize answered it to a request that was sent at a moment.
func (v *inventory) learn(role arize.Role, sent uint64, from source) {
	news := fact{role: &role, sent: sent, came: v.tick(), source: from}
	if v.doubts[role.ID] < sent {
		delete(v.doubts, role.ID)
	}
	held := v.roles[role.ID]
	switch {
	case held == nil && v.deleted(news):
		return
	case held != nil && !newer(news, held.fact):
		held.seen = max(held.seen, sent)
		return
	}
	if from == read && (held == nil || !same(held.role, &role)) {
		v.found.add(held, &role)
	}
	v.put(news)
}

// deleted says whether a role that is not there was deleted after a fact about it:
// by us, or by somebody else before the last list, which began later and misses it.
// That list proves nothing about a role whose creation it crossed.
func (v *inventory) deleted(news fact) bool {
	if news.source == created {
		return v.gone[news.role.ID] > news.sent
	}
	return max(v.gone[news.role.ID], v.swept) > news.sent
}

// newer says whether an answer shows a newer state than the one that is held. Where
// nothing tells, our own write is believed, and otherwise what is held.
func newer(news, held fact) bool {
	order := news.compare(held)
	return order > 0 || order == 0 && (news.source == updated || news.source == created)
}

// compare orders two facts by when they were true, as far as that can be known: of
// requests that crossed, Arize's own clock tells.
func (f fact) compare(g fact) int {
	switch {
	case f.sent > g.came:
		return 1
	case g.sent > f.came:
		return -1
	case f.role.UpdatedAt.IsZero() || g.role.UpdatedAt.IsZero():
		return 0
	default:
		return f.role.UpdatedAt.Compare(g.role.UpdatedAt)
	}
}

// forget notes that a role was deleted. Ids do not come back.
func (v *inventory) forget(id string) {
	v.gone[id] = v.tick()
	delete(v.doubts, id)
	v.remove(id)
}

// doubt notes that Arize said 404 for a role. That may mean that the key lost its
// rights, so the role stays until a list that began later misses it too.
func (v *inventory) doubt(id string) { v.doubts[id] = v.tick() }

func (v *inventory) put(news fact) {
	held := v.roles[news.role.ID]
	switch {
	case held != nil:
		v.unlink(held)
		held.seen = max(held.seen, news.sent)
	case news.source == created:
		held = &known{seen: news.came} // it came to exist at some moment before
	default:
		held = &known{seen: news.sent}
	}
	held.fact = news
	v.roles[news.role.ID] = held
	v.link(held)
}

func (v *inventory) remove(id string) {
	if held := v.roles[id]; held != nil {
		v.unlink(held)
		delete(v.roles, id)
	}
}

// link puts a role among those of its name, the newest first.
func (v *inventory) link(e *known) {
	first := v.names[e.role.Name]
	at := &first
	for *at != nil && cmp.Or((*at).compare(e.fact), cmp.Compare((*at).came, e.came), cmp.Compare(e.role.ID, (*at).role.ID)) > 0 {
		at = &(*at).twin
	}
	e.twin, *at = *at, e
	v.names[e.role.Name] = first
}

func (v *inventory) unlink(e *known) {
	first := v.names[e.role.Name]
	at := &first
	for *at != e {
		at = &(*at).twin
	}
	*at, e.twin = e.twin, nil
	if first == nil {
		delete(v.names, e.role.Name)
		return
	}
	v.names[e.role.Name] = first
}

func same(a, b *arize.Role) bool {
	return a.Name == b.Name && a.Description == b.Description && a.Predefined == b.Predefined &&
		a.CreatedAt.Equal(b.CreatedAt) && slices.Equal(a.Permissions, b.Permissions)
}
