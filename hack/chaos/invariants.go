package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// invariants hold at every moment, whatever goes wrong. What can be judged request by request is the ledger's.
var invariants = []struct {
	name  string
	check func(*soak, context.Context) error
}{
	{"every write to Arize, and every claim of a remote role, is justified", (*soak).justified},
	{"no ArizeRole has two remote roles", (*soak).noTwins},
	{"no role is written without need", (*soak).noHotRole},
	{"no key and no panic is in the log", (*soak).nothingInLog},
	{"the manager runs", (*soak).managerRuns},
}

// check asks all invariants.
func (s *soak) check(ctx context.Context) error {
	for _, invariant := range invariants {
		if err := invariant.check(s, ctx); err != nil {
			return fmt.Errorf("%s: %w", invariant.name, err)
		}
	}
	return nil
}

func (s *soak) justified(context.Context) error { return errors.Join(s.ledger.violated()...) }

// noTwins looks for two remote roles that both are one ArizeRole's and nobody else's.
func (s *soak) noTwins(context.Context) error {
	there := map[string]bool{}
	for _, a := range s.accounts {
		for _, role := range s.arize.Account(a.arize).CustomRoles() {
			there[role.ID] = true
		}
	}
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for _, f := range s.ledger.files {
		var twins []string
		for id := range f.held {
			if there[id] {
				twins = append(twins, id)
			}
		}
		for id := range f.born {
			if there[id] && !f.held[id] {
				twins = append(twins, id)
			}
		}
		if len(twins) > 1 {
			return fmt.Errorf("ArizeRole %s has %v", f.key, twins)
		}
	}
	return nil
}

// Bounds of what one remote role may cost.
const (
	writesPerCause = 3  // a rename may go through a temporary name, and an answer may be lost
	freeWrites     = 4  // whatever was asked
	triesPerMinute = 40 // backoff begins anew with each start of the manager
)

// noHotRole bounds what is written to a role by what was done to it, and how often that is tried in a minute.
func (s *soak) noHotRole(context.Context) error {
	tries := map[string]int{}
	since := time.Now().Add(-time.Minute)
	for _, r := range s.arize.Requests(arizetest.After(s.newest), func(r arizetest.Request) bool { return r.RoleID != "" }) {
		if r.Time.Before(since) {
			continue
		}
		if tries[r.RoleID]++; tries[r.RoleID] > triesPerMinute {
			return fmt.Errorf("role %s was asked about %d times within a minute", r.RoleID, tries[r.RoleID])
		}
	}
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for id, r := range s.ledger.remotes {
		if allowed := freeWrites + writesPerCause*r.caused; r.written > allowed {
			return fmt.Errorf("role %s was written %d times after %d changes", id, r.written, r.caused)
		}
	}
	return nil
}

func (s *soak) managerRuns(context.Context) error {
	if s.manager.Running() {
		return nil
	}
	return errors.New("it ended by itself; the end of its log:\n" + s.manager.Tail())
}
