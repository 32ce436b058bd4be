package session

import (
	"context"
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// sweeper is the budget's name for the account's own requests; an ArizeRole's
// always has a slash.
const sweeper = "sweep"

// meanwhile is when to look again at a sweep that somebody else is busy with.
const meanwhile = time.Second

// WantSweep asks for a list that begins from now on; who is named when it is there.
// Asking again while waiting changes nothing: who needs a newer list than the one
// that comes has to say so then.
func (s *Session) WantSweep(who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, waits := s.waiting[who]; waits {
		return
	}
	s.wanted = s.inventory.tick()
	s.waiting[who] = s.wanted
}

// Outdated says that something just happened of which what is known is too old to
// tell: a list that begins from now on is needed, whatever those wait for who asked
// for one before.
func (s *Session) Outdated() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = s.inventory.tick()
}

// wish is what a person gave to ask for a sweep, and from when on one honours it.
type wish struct {
	value  string
	wanted uint64
}

// Request honours a person's request for a sweep, once for each value that is
// given in the same way. It does not wait for what Defer put off.
func (s *Session) Request(way, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests[way].value != value {
		s.wanted, s.deferred = s.inventory.tick(), time.Time{}
		s.requests[way] = wish{value, s.wanted}
	}
}

// Honoured says that the last complete list is newer than the last request that was given in this way.
func (s *Session) Honoured(way string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[way].wanted <= s.inventory.swept
}

// Defer puts off the next sweep, for the last one failed.
func (s *Session) Defer(wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deferred = s.now().Add(wait)
}

// Due says how long it is until the next sweep should begin or go on; zero or
// less means now. Before the first sweep it is always due.
func (s *Session) Due(interval time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	due := s.inventory.since.Add(interval)
	if s.list != nil || s.inventory.swept == 0 || s.wanted > s.inventory.swept {
		due = now
	}
	if s.deferred.After(due) {
		due = s.deferred
	}
	return due.Sub(now)
}

// Failures is how many sweeps failed in a row, and how often in a row the page at
// which the sweep goes on was refused for the rate.
func (s *Session) Failures() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.strikes.sweeps + s.strikes.refusals
}

// Swept is what came of a call to Sweep.
type Swept struct {
	Complete bool
	Began    time.Time
	Wait     time.Duration // when not complete: continue after this
	Changes  Changes
	Waiting  map[string]bool // who wanted this list
	Counts   Counts
}

// Counts are the numbers of roles in the account.
type Counts struct{ Predefined, Custom int }

// Sweep lists all roles, one request a page, as far as the budget allows; called
// again it continues where it stopped. When the list is complete, judge is shown
// which ids exist and returns the account's health, and only then anybody sees
// the result: a list that must not be believed is never acted on. Judge must not
// use the session.
func (s *Session) Sweep(ctx context.Context, lane Lane, judge func(exists func(id string) bool) Health) (Swept, error) {
	if !s.startSweep() {
		return Swept{Wait: meanwhile}, nil
	}
	defer s.endSweep()
	pages, wait := s.turnPage(lane)
	if wait > 0 {
		return Swept{Wait: wait}, nil
	}
	for page, err := range s.client.RolePages(ctx, arize.ListOptions{Cursor: pages.cursor}) {
		s.Release()
		if err == nil {
			err = s.readPage(pages, page)
		}
		if err != nil {
			s.interrupt(pages, err)
			return Swept{}, err
		}
		if !page.HasMore {
			return s.complete(pages, judge), nil
		}
		if _, wait := s.turnPage(lane); wait > 0 {
			return Swept{Wait: wait}, nil
		}
	}
	s.Release()
	return Swept{}, errUnended // the client has an error of its own for this
}

// startSweep keeps two callers from reading one list.
func (s *Session) startSweep() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sweeping {
		return false
	}
	s.sweeping = true
	return true
}

func (s *Session) endSweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweeping = false
}

// turnPage admits the request for the next page, or says how long to wait for it.
// A list begins with its first request, not when it begins to wait for that.
func (s *Session) turnPage(lane Lane) (*list, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if wait := s.budget.take(sweeper, lane, now); wait > 0 {
		return nil, wait
	}
	if s.list == nil {
		s.list = s.inventory.begin(now)
	} else {
		s.list.sent = s.inventory.tick()
	}
	return s.list, 0
}

// readPage takes a page that Arize answered.
func (s *Session) readPage(pages *list, page arize.RolePage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(nil, pages.sent)
	s.strikes.refusals = 0
	s.inventory.take(pages, page.Roles)
	if !page.HasMore {
		return nil
	}
	return pages.follow(page.NextCursor)
}

// interrupt ends a sweep that failed. After a 429, or when the caller gave up, it
// goes on at its page; after anything else a cursor may be worth nothing, and it
// begins anew.
func (s *Session) interrupt(pages *list, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(err, pages.sent)
	class := arize.ClassOf(err)
	keep := class == arize.ClassRateLimited || class == arize.ClassCanceled
	if !keep || pages.cursor == "" {
		s.list = nil
	}
	if class != arize.ClassCanceled && s.strikes.fail(class, s.health.State) {
		s.turn(failed(err))
	}
}

func (s *Session) complete(pages *list, judge func(exists func(id string) bool) Health) Swept {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := Swept{Complete: true, Began: pages.began, Changes: s.inventory.install(pages), Waiting: map[string]bool{}}
	for who, since := range s.waiting {
		if since < pages.moment {
			result.Waiting[who] = true
			delete(s.waiting, who)
		}
	}
	for _, held := range s.inventory.roles {
		if held.role.Predefined {
			result.Counts.Predefined++
		} else {
			result.Counts.Custom++
		}
	}
	s.list, s.strikes, s.deferred = nil, strikes{}, time.Time{}
	// Still under the lock: nobody has seen the list yet.
	s.turn(judge(func(id string) bool { return s.inventory.roles[id] != nil }))
	return result
}

// Concerns says whether a role with this name, or one of these ids, looks
// different from before.
func (s Swept) Concerns(name string, ids ...string) bool {
	return s.Changes.Names[name] || slices.ContainsFunc(ids, func(id string) bool { return s.Changes.IDs[id] })
}
