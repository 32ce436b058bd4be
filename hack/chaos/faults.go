package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// faults are what goes wrong with requests, on either side of the manager.
var faults = []action{
	{"Arize limits the rate", 3, (*soak).throttle},
	{"Arize fails", 4, (*soak).breakDown},
	{"requests to Arize are lost", 3, (*soak).loseRequests},
	{"answers of Arize are lost", 5, (*soak).loseAnswers},
	{"answers of Arize are damaged", 3, (*soak).damageAnswers},
	{"Arize is slow", 3, (*soak).slowDown},
	{"a request takes effect late", 3, (*soak).delayEffect},
	{"Arize behaves otherwise", 2, (*soak).changeSettings},
	{"connections to Arize break", 2, (*soak).cutArize},
	{"connections to the apiserver break", 1, (*soak).cutAPIServer},
	{"writes to the apiserver are lost", 3, (*soak).loseWrites},
	{"the cache falls behind", 3, (*soak).stallWatches},
}

var (
	writing = []string{http.MethodPost, http.MethodPatch, http.MethodDelete}
	asking  = append([]string{http.MethodGet, ""}, writing...)
)

// strike adds a fault that is spent after a few requests, or some seconds.
func (s *soak) strike(fault arizetest.Fault) (string, error) {
	fault.Times = max(fault.Times, 1)
	id := s.arize.AddFault(fault)
	s.later(time.Duration(1+s.random.IntN(6))*time.Second, "a fault passes", func(context.Context) error {
		s.arize.RemoveFault(id)
		return nil
	})
	return fmt.Sprintf("%s %s, %d times, %s %d", fault.Kind, fault.Method, fault.Times, fault.Stage, fault.Status), nil
}

func (s *soak) throttle(context.Context) (string, error) {
	return s.strike(arizetest.Fault{
		Kind: arizetest.FaultStatus, Status: http.StatusTooManyRequests, Method: pick(s, asking),
		RetryAfter: pick(s, []string{"", "1", "2"}), Times: 1 + s.random.IntN(4),
	})
}

func (s *soak) breakDown(context.Context) (string, error) {
	fault := arizetest.Fault{Kind: arizetest.FaultHTML, Method: pick(s, asking), Times: 1 + s.random.IntN(4)}
	fault.Stage = pick(s, []arizetest.Stage{arizetest.BeforeCommit, arizetest.BeforeCommit, arizetest.AfterCommit})
	if s.random.IntN(3) > 0 {
		fault.Kind, fault.Status = arizetest.FaultStatus, pick(s, []int{500, 502, 503, 504})
	}
	return s.strike(fault)
}

func (s *soak) loseRequests(context.Context) (string, error) {
	return s.strike(arizetest.Fault{Kind: arizetest.FaultClose, Method: pick(s, asking), Times: 1 + s.random.IntN(2)})
}

func (s *soak) loseAnswers(context.Context) (string, error) {
	return s.strike(arizetest.Fault{
		Kind: arizetest.FaultClose, Stage: arizetest.AfterCommit, Method: pick(s, writing), Times: 1 + s.random.IntN(2),
	})
}

func (s *soak) damageAnswers(context.Context) (string, error) {
	return s.strike(arizetest.Fault{Method: pick(s, asking), Kind: pick(s, []arizetest.FaultKind{
		arizetest.FaultEmpty, arizetest.FaultCut, arizetest.FaultCutConnection, arizetest.FaultGarbage, arizetest.FaultContentType,
	})})
}

func (s *soak) slowDown(context.Context) (string, error) {
	return s.strike(arizetest.Fault{
		Kind: arizetest.FaultDelay, Delay: time.Duration(200+s.random.IntN(2500)) * time.Millisecond,
		Stage:  pick(s, []arizetest.Stage{arizetest.BeforeCommit, arizetest.AfterCommit}),
		Method: pick(s, asking), Times: 1 + s.random.IntN(4),
	})
}

// delayEffect breaks the connection of a write that Arize goes on with all the same, some seconds later.
func (s *soak) delayEffect(context.Context) (string, error) {
	delay := time.Duration(500+s.random.IntN(4000)) * time.Millisecond
	return s.strike(arizetest.Fault{
		Kind: arizetest.FaultDelay, Detached: true, Delay: delay,
		Method: pick(s, writing), Hook: func(arizetest.Request) {
			s.landing.Store(time.Now().Add(delay + time.Second).UnixNano())
			time.AfterFunc(100*time.Millisecond, s.door.cut)
		},
	})
}

// mayLand says that a creation may yet take effect although it was repeated meanwhile. The operator keeps the name of its
// role for so long; but if a stranger frees the name, or a process that was started anew does, a second role can be made.
func (s *soak) mayLand() bool { return time.Now().UnixNano() < s.landing.Load() }

// changeSettings makes Arize one of the servers that it might be.
func (s *soak) changeSettings(context.Context) (string, error) {
	var what string
	s.arize.ChangeSettings(func(settings *arizetest.Settings) {
		switch s.random.IntN(4) {
		case 0:
			settings.PageCap = s.random.IntN(10)
			what = fmt.Sprintf("pages of %d", settings.PageCap)
		case 1:
			settings.EmptyPages = !settings.EmptyPages
			what = fmt.Sprintf("empty pages: %t", settings.EmptyPages)
		case 2:
			settings.ClockOffset = time.Duration(s.random.IntN(9)-4) * time.Minute
			what = fmt.Sprintf("its clock is off by %s", settings.ClockOffset)
		default:
			settings.LatencyJitter = time.Duration(s.random.IntN(200)) * time.Millisecond
			what = fmt.Sprintf("latency up to %s", settings.LatencyJitter)
		}
	})
	return what, nil
}

func (s *soak) cutArize(context.Context) (string, error) {
	s.door.cut()
	return "all of them", nil
}

func (s *soak) cutAPIServer(context.Context) (string, error) {
	s.front.cut()
	return "all of them", nil
}

// loseWrites breaks the connections of the next writes of ArizeRoles, before or after the apiserver did them.
func (s *soak) loseWrites(context.Context) (string, error) {
	at, times := pick(s, []moment{beforehand, afterwards}), int32(1+s.random.IntN(3)) //nolint:gosec // a small number
	s.front.lose(at, times, func(asked access) bool { return asked.writes() && concernsRole(asked.Path) })
	return fmt.Sprintf("%d, %s they were done", times, at), nil
}

// stallWatches lets the manager believe for a while that nothing happens.
func (s *soak) stallWatches(context.Context) (string, error) {
	if slices.ContainsFunc(s.repairs, func(r repair) bool { return r.what == "the cache catches up" }) {
		return "", nil
	}
	s.front.stall("")
	wait := time.Duration(500+s.random.IntN(3500)) * time.Millisecond
	s.later(wait, "the cache catches up", func(context.Context) error {
		s.front.resume()
		return nil
	})
	return wait.String(), nil
}
