package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// sweeper is the budget's name for the account's own requests; an ArizeRole's
// always has a slash.
const sweeper = "sweep"

// WantSweep asks for a list that begins from now on; who is named when it is there.
func (s *Session) WantSweep(who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = s.now()
	s.waiting[who] = true
}

// Request honours a person's request for a sweep, once for each value. It does
// not wait for what Defer put off.
func (s *Session) Request(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.request != value {
		s.request, s.wanted, s.deferred = value, s.now(), time.Time{}
	}
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
	now, began := s.now(), s.inventory.since
	due := began.Add(interval)
	if s.sweep != nil || began.IsZero() || !s.wanted.Before(began) {
		due = now
	}
	if s.deferred.After(due) {
		due = s.deferred
	}
	return due.Sub(now)
}

// Failures is how many sweeps failed in a row.
func (s *Session) Failures() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.breaker.probes
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
// the result: a list that must not be believed is never acted on.
func (s *Session) Sweep(ctx context.Context, lane Lane, judge func(exists func(id string) bool) Health) (Swept, error) {
	progress := s.resume()
	if wait := s.Admit(sweeper, lane); wait > 0 {
		return Swept{Wait: wait}, nil
	}
	for page, err := range s.client.RolePages(ctx, arize.ListOptions{Cursor: progress.cursor}) {
		if err == nil && page.HasMore && progress.met[page.NextCursor] {
			err = errors.New("the list of roles repeats itself: Arize sent the same cursor twice")
		}
		if err != nil {
			s.interrupt(err)
			return Swept{}, err
		}
		progress.roles = append(progress.roles, page.Roles...)
		if !page.HasMore {
			break
		}
		progress.cursor, progress.met[page.NextCursor] = page.NextCursor, true
		if wait := s.Admit(sweeper, lane); wait > 0 {
			return Swept{Wait: wait}, nil
		}
	}
	return s.complete(progress, judge), nil
}

// resume is the sweep under way, or a new one.
func (s *Session) resume() *sweep {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sweep == nil {
		s.sweep = s.inventory.begin(s.now())
	}
	return s.sweep
}

// interrupt ends a sweep that failed. After a 429 it goes on at its page; after
// anything else a cursor may be worth nothing, and it begins anew.
func (s *Session) interrupt(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(err)
	class := arize.ClassOf(err)
	if class == arize.ClassCanceled {
		return
	}
	s.breaker.probes++
	if class != arize.ClassRateLimited {
		s.sweep = nil
	}
	if s.health.State != Healthy || class == arize.ClassForbidden {
		s.turn(failed(err))
	}
}

func (s *Session) complete(done *sweep, judge func(exists func(id string) bool) Health) Swept {
	s.mu.Lock()
	defer s.mu.Unlock()
	roles := s.inventory.merged(done)
	health := judge(func(id string) bool {
		_, exists := roles[id]
		return exists
	})
	result := Swept{Complete: true, Began: done.began, Changes: s.inventory.install(done, roles)}
	for _, role := range roles {
		if role.Predefined {
			result.Counts.Predefined++
		} else {
			result.Counts.Custom++
		}
	}
	result.Waiting, s.waiting = s.waiting, map[string]bool{}
	s.sweep, s.breaker, s.deferred = nil, breaker{}, time.Time{}
	s.turn(health)
	return result
}

// Concerns says whether a role with this name, or one of these ids, looks
// different from before.
func (s Swept) Concerns(name string, ids ...string) bool {
	return s.Changes.Names[name] || slices.ContainsFunc(ids, func(id string) bool { return s.Changes.IDs[id] })
}

// Usable says that there is a key to send requests with, for more than deletions.
func (s *Session) Usable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client != nil && !s.health.DeleteOnly
}
