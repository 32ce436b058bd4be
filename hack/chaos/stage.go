package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// stage is where everything plays: a control plane, the manager's binary behind a front, and a simulated Arize in this
// process, so that what happens in it can be seen while it happens.
type stage struct {
	*stack.Stack

	arize   *arizetest.Server
	door    *door // of arize
	front   *front
	ledger  *ledger
	manager *stack.Manager
	secrets []string // every key there ever was
}

// verbosity is the most that the manager can say.
const verbosity = "--zap-log-level=10"

// openStage starts everything but the manager.
func openStage(ctx context.Context, options stack.Options, sim arizetest.Options) (s *stage, err error) {
	s = &stage{arize: arizetest.NewServer(sim)}
	if s.Stack, err = stack.Start(ctx, options); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	s.ledger = newLedger(s.arize, s.liveRoles)
	if s.door, err = openDoor(ctx, s.arize); err != nil {
		return nil, err
	}
	if s.front, err = openFront(ctx, s.Operator(), s.ledger.answered); err != nil {
		return nil, err
	}
	s.manager, err = s.newManager(ctx, false)
	return s, err
}

func (s *stage) newManager(ctx context.Context, leaderElect bool) (*stack.Manager, error) {
	return s.NewManager(ctx, stack.ManagerOptions{
		LeaderElect: leaderElect, Through: s.front.url, Args: []string{verbosity},
	})
}

func (s *stage) close() error {
	var errs []error
	for _, d := range []*door{s.door, s.frontDoor()} {
		if d != nil {
			errs = append(errs, d.close())
		}
	}
	return errors.Join(append(errs, s.Close())...)
}

func (s *stage) frontDoor() *door {
	if s.front == nil {
		return nil
	}
	return s.front.door
}

// killManager pulls the plug of the manager.
func (s *stage) killManager() error { return s.manager.Kill() }

// startManager starts the manager unless it runs.
func (s *stage) startManager(ctx context.Context) error {
	if s.manager.Running() {
		return nil
	}
	return s.manager.Start(ctx)
}

// restartAPIServer pulls the plug of the apiserver; etcd keeps what it has.
func (s *stage) restartAPIServer(ctx context.Context) error {
	if err := s.APIServer.Kill(); err != nil {
		return err
	}
	return s.APIServer.Start(ctx)
}

// log is the request log of the simulated Arize, a line each, from a request on.
func (s *stage) log(filters ...arizetest.Filter) []string {
	var lines []string
	for _, r := range s.arize.Requests(filters...) {
		words := []string{r.Time.Format("15:04:05.000"), fmt.Sprintf("#%d", r.Seq), r.Account, r.Method, r.Path, "->", strconv.Itoa(r.Status)}
		if r.Method != http.MethodGet {
			words = append(words, r.RoleID, r.Body)
		}
		for word, is := range map[string]bool{"changed": r.Mutated, "lost": r.Lost, "under way": !r.Over} {
			if is {
				words = append(words, word)
			}
		}
		for _, kind := range r.Faults {
			if kind != arizetest.FaultHook { // which is the ledger's
				words = append(words, "fault:"+string(kind))
			}
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return lines
}
