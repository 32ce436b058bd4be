package session

import (
	"errors"
	"maps"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// What can be wrong with a list beyond a single page.
var (
	errRepeats = errors.New("the list of roles repeats itself: Arize sent the same cursor twice")
	errUnended = errors.New("the list of roles does not end")
)

// list is a list of the account's roles under way, page by page. What it shows is
// kept aside until it is complete.
type list struct {
	began  time.Time
	moment uint64 // when it began
	sent   uint64 // when the present page was asked for
	cursor string
	met    map[string]bool // cursors, for a list that goes round in circles
	fresh  map[string]fact // what differs from the inventory
}

// begin is a list whose first page is about to be asked for.
func (v *inventory) begin(now time.Time) *list {
	moment := v.tick()
	return &list{began: now, moment: moment, sent: moment, met: map[string]bool{}, fresh: map[string]fact{}}
}

// follow goes on to the next page. It checks what the client checks too, for whom a
// list begins anew with each call of Sweep.
func (l *list) follow(cursor string) error {
	if l.met[cursor] {
		return errRepeats
	}
	if len(l.met) == arize.MaxPages {
		return errUnended
	}
	l.cursor, l.met[cursor] = cursor, true
	return nil
}

// take takes a page. Of roles that look as they did before nothing is kept but
// that they were seen, so that a list of an account in which nothing happens
// costs no memory.
func (v *inventory) take(l *list, page []arize.Role) {
	came := v.tick()
	for i := range page {
		role := &page[i]
		held := v.roles[role.ID]
		if held != nil && same(held.role, role) && held.role.UpdatedAt.Equal(role.UpdatedAt) {
			v.confirm(held, l.sent, came)
			continue
		}
		fresh := *role // not a pointer into the page, which would keep all of it
		if held != nil && same(held.role, role) {
			fresh.Permissions = held.role.Permissions
		}
		l.fresh[role.ID] = fact{role: &fresh, sent: l.sent, came: came, source: listed}
	}
}

// confirm notes that an answer showed what is held.
func (v *inventory) confirm(held *known, sent, came uint64) {
	alone := held.twin == nil && v.names[held.role.Name] == held
	if !alone { // it may be the newest of its name now
		v.unlink(held)
		defer v.link(held)
	}
	held.sent, held.came, held.seen = max(held.sent, sent), max(held.came, came), max(held.seen, sent)
}

// Changes are the ids and names that look different from before.
type Changes struct {
	IDs, Names map[string]bool
}

func newChanges() Changes { return Changes{IDs: map[string]bool{}, Names: map[string]bool{}} }

// add notes that a role, if it was there, looks different now, if it is there.
func (c Changes) add(was *known, is *arize.Role) {
	if was != nil {
		c.IDs[was.role.ID], c.Names[was.role.Name] = true, true
	}
	if is != nil {
		c.IDs[is.ID], c.Names[is.Name] = true, true
	}
}

// install makes a complete list, merged with the news since it began, the content
// of the inventory.
func (v *inventory) install(l *list) Changes {
	changes := v.found
	v.found = newChanges()
	for _, fresh := range l.fresh {
		v.merge(fresh, changes)
	}
	for id, held := range v.roles {
		if held.seen < l.moment {
			changes.add(held, nil)
			v.remove(id)
		}
	}
	for id, moment := range v.doubts {
		if moment < l.moment {
			changes.IDs[id] = true // whoever doubted waits for this list
			delete(v.doubts, id)
		}
	}
	maps.DeleteFunc(v.gone, func(_ string, moment uint64) bool { return moment < l.moment })
	v.swept, v.since = l.moment, l.began
	return changes
}

// merge takes a role that a list showed to differ from what was known then.
func (v *inventory) merge(fresh fact, changes Changes) {
	held := v.roles[fresh.role.ID]
	switch {
	case held == nil && v.gone[fresh.role.ID] > fresh.sent:
		return
	case held != nil && !newer(fresh, held.fact):
		held.seen = max(held.seen, fresh.sent)
		return
	case held == nil || !same(held.role, fresh.role):
		changes.add(held, fresh.role)
	}
	v.put(fresh)
}
