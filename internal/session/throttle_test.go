package session_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/session"
)

// throng is a manager with many roles to create, in a bubble of testing/synctest: its
// workers ask the budget, write to Kubernetes, send one request, and look after others
// while a role has to wait.
type throng struct {
	limits  session.Limits
	server  arizetest.Settings
	workers int
	roles   int
	write   time.Duration // at most, for what is written to Kubernetes before a request
}

// outcome is what the server saw.
type outcome struct {
	requests, refused int
	visits            int           // of roles to the budget
	took              time.Duration // until the last role was created
}

func (o outcome) share() float64 { return float64(o.refused) / float64(o.requests) }

func (o outcome) String() string {
	return fmt.Sprintf("%d of %d requests refused (%.1f %%) in %v, %d visits", o.refused, o.requests, 100*o.share(), o.took, o.visits)
}

func (c throng) run(t *testing.T) (seen outcome) {
	synctest.Test(t, func(t *testing.T) {
		srv := arizetest.NewServer(arizetest.Options{Now: time.Now})
		srv.ChangeSettings(func(s *arizetest.Settings) { *s = c.server })
		a := &account{t: t, srv: srv, registry: session.NewRegistry(time.Now, func(session.Key) {})}
		var err error
		a.Session, err = a.registry.Open(key, a.options(arizetest.DefaultKey), c.limits)
		a.must(err)
		began := time.Now()
		workers := make(chan struct{}, c.workers)
		var all sync.WaitGroup
		var mu sync.Mutex
		for i := range c.roles {
			all.Go(func() {
				visits := a.create(fmt.Sprintf("role-%d", i), workers, c.write)
				mu.Lock()
				defer mu.Unlock()
				seen.visits += visits
			})
		}
		all.Wait()
		seen.took = time.Since(began)
		for _, request := range srv.Requests() {
			seen.requests++
			if request.Status == 429 {
				seen.refused++
			}
		}
	})
	return seen
}

// create creates a role, as often as it takes. It says how often it asked the budget.
func (a *account) create(name string, workers chan struct{}, write time.Duration) (visits int) {
	for failures := 0; ; visits++ {
		workers <- struct{}{}
		wait := a.Admit("team/"+name, session.Person)
		if wait == 0 {
			pass(rand.N(write + 1)) //nolint:gosec // nobody gains by guessing it
			_, err := a.Create(a.t.Context(), arize.RoleSpec{Name: name, Permissions: []string{"PROJECT_READ"}})
			a.Release()
			if err == nil {
				<-workers
				return visits
			}
			failures++
			wait = max(time.Second<<min(failures-1, 5), a.Pause())
		}
		<-workers
		pass(wait)
	}
}

// pass lets time go by, in a bubble of testing/synctest.
func pass(d time.Duration) { <-time.After(d) }

// TestThrottle holds what a burst of 1000 creations costs in requests that are refused
// for coming too fast: none when the limit is the server's, and at most 3 % when it is
// ten times too high.
func TestThrottle(t *testing.T) {
	t.Parallel()
	limit := func(rate, burst int) session.Limits { return session.Limits{RequestsPerSecond: rate, Burst: burst} }
	for name, row := range map[string]struct {
		limits  session.Limits
		server  arizetest.Settings // as fast as the limits, unless it says otherwise
		workers int
		within  time.Duration
	}{
		"right":                             {limit(10, 20), arizetest.Settings{Latency: 50 * time.Millisecond}, 16, 100 * time.Second},
		"right, an irregular way":           {limit(10, 20), arizetest.Settings{LatencyJitter: 500 * time.Millisecond}, 16, 100 * time.Second},
		"right, a slow and irregular way":   {limit(10, 20), arizetest.Settings{LatencyJitter: 2 * time.Second}, 64, 2 * time.Minute},
		"right, one request at a time":      {limit(10, 1), arizetest.Settings{LatencyJitter: 100 * time.Millisecond}, 16, 4 * time.Minute},
		"right, fast":                       {limit(100, 100), arizetest.Settings{LatencyJitter: 100 * time.Millisecond}, 64, 15 * time.Second},
		"right, slow":                       {limit(1, 5), arizetest.Settings{LatencyJitter: time.Second}, 16, 1000 * time.Second},
		"ten times too high":                {limit(100, 200), arizetest.Settings{RequestsPerSecond: 10, Burst: 20, LatencyJitter: 100 * time.Millisecond}, 16, 3 * time.Minute},
		"ten times too high, all at once":   {limit(100, 200), arizetest.Settings{RequestsPerSecond: 10, Burst: 20, LatencyJitter: 100 * time.Millisecond}, 1000, 3 * time.Minute},
		"ten times too high, the rate only": {limit(100, 20), arizetest.Settings{RequestsPerSecond: 10, Burst: 20, LatencyJitter: 100 * time.Millisecond}, 16, 3 * time.Minute},
		"ten times too high, a slow way":    {limit(100, 200), arizetest.Settings{RequestsPerSecond: 10, Burst: 20, LatencyJitter: 600 * time.Millisecond}, 16, 3 * time.Minute},
		"ten times too high, by default":    {limit(10, 20), arizetest.Settings{RequestsPerSecond: 1, Burst: 2, LatencyJitter: 100 * time.Millisecond}, 16, 25 * time.Minute},
		"ten times too high, fast":          {limit(500, 500), arizetest.Settings{RequestsPerSecond: 50, Burst: 50, LatencyJitter: 100 * time.Millisecond}, 16, 40 * time.Second},
		"ten times too high, and no hint":   {limit(100, 200), arizetest.Settings{RequestsPerSecond: 10, Burst: 20, RetryAfter: arizetest.RetryAfterAbsent}, 16, 3 * time.Minute},
		"ten times too high, and a date":    {limit(100, 200), arizetest.Settings{RequestsPerSecond: 10, Burst: 20, RetryAfter: arizetest.RetryAfterDate}, 16, 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			allowed := 0.03
			if row.server.RequestsPerSecond == 0 {
				row.server.RequestsPerSecond, row.server.Burst = float64(row.limits.RequestsPerSecond), row.limits.Burst
				allowed = 0
			}
			seen := throng{row.limits, row.server, row.workers, 1000, 50 * time.Millisecond}.run(t)
			t.Log(seen)
			if seen.share() > allowed {
				t.Errorf("got %v, want at most %v %% refused", seen, 100*allowed)
			}
			if seen.took > row.within {
				t.Errorf("got %v, want it within %v", seen, row.within)
			}
		})
	}
}

// TestSweepGoesOnAmongCreations holds that a long queue of what people want does not
// keep the account from being looked at.
func TestSweepGoesOnAmongCreations(t *testing.T) {
	t.Parallel()
	const (
		waiting = 10_000
		many    = 30
	)
	a := pages(t, many, session.Limits{RequestsPerSecond: 10, Burst: 1})
	for i := range waiting {
		if a.Admit("team/"+strconv.Itoa(i), session.Person) == 0 {
			a.Release()
		}
	}
	began, told := a.clock(), time.Duration(0)
	for {
		swept, err := a.Sweep(t.Context(), session.Upkeep, believe)
		a.must(err)
		if swept.Complete {
			break
		}
		told = max(told, swept.Wait)
		a.pass(swept.Wait)
	}
	if got := a.clock().Sub(began); told > time.Second || got > many*time.Second {
		t.Errorf("%d pages took %v, and one of them waited for %v: want every tenth request to be one, at ten per second", many, got, told)
	}
	if wait := a.Admit("team/9999", session.Person); wait > waiting*time.Second/9 {
		t.Errorf("the last one is told to wait for %v: want a tenth of the requests to be upkeep's at most", wait)
	}
}
