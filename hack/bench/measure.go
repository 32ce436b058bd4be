package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// Routes of Arize.
const (
	listRoles  = "GET /v2/roles"
	getRole    = "GET /v2/roles/{role_id}"
	createRole = "POST /v2/roles"
	updateRole = "PATCH /v2/roles/{role_id}"
	deleteRole = "DELETE /v2/roles/{role_id}"
)

// Resources that the manager writes.
const (
	roleResource    = "arizeroles"
	accountResource = "arizeaccounts"
	eventResource   = "events"
)

// measurement is what a scenario cost.
type measurement struct {
	scenario   string
	took       time.Duration
	pages      int // of a sweep, at the end
	requests   []arizetest.Request
	accesses   []stack.Access // of the manager to the apiserver, but for those of leader election
	memory     stack.Memory
	goroutines int
	waits      []time.Duration // from creation to being in sync, of the roles that were created, sorted
	changed    time.Time       // when the scenario changed something in Arize, if it did
}

// mark is a moment from which is counted.
type mark struct {
	at       time.Time
	request  int64
	accesses int
}

// measure plays a scenario and counts what happens until everything is quiet again, which who polls never is.
func (b *bench) measure(ctx context.Context, s scenario, polls bool) (measurement, error) {
	quiet := b.quiet
	if polls {
		quiet = func(context.Context) error { return nil }
	}
	if s.prepare != nil {
		if err := s.prepare(ctx); err != nil {
			return measurement{}, fmt.Errorf("preparing: %w", err)
		}
		if err := quiet(ctx); err != nil {
			return measurement{}, err
		}
	}
	from, err := b.mark()
	if err != nil {
		return measurement{}, err
	}
	if err := s.play(ctx); err != nil {
		return measurement{}, err
	}
	took := time.Since(from.at)
	if err := quiet(ctx); err != nil {
		return measurement{}, err
	}
	m, err := b.since(ctx, from)
	m.scenario, m.took = s.name, took
	return m, err
}

func (b *bench) mark() (mark, error) {
	m := mark{at: time.Now()}
	accesses, err := b.stack.Audit.All()
	m.accesses = len(accesses)
	if requests := b.arize.Requests(); len(requests) > 0 {
		m.request = requests[len(requests)-1].Seq
	}
	b.changed = time.Time{}
	return m, err
}

func (b *bench) since(ctx context.Context, from mark) (measurement, error) {
	m := measurement{pages: b.pages(), requests: b.arize.Requests(arizetest.After(from.request)), waits: b.fleet.takeWaits(), changed: b.changed}
	accesses, err := b.stack.Audit.All()
	if err != nil {
		return m, err
	}
	m.accesses = work(accesses[from.accesses:])
	metrics, err := b.manager.Metrics(ctx)
	if err != nil {
		return m, err
	}
	m.goroutines = int(metrics.Sum("go_goroutines"))
	m.memory, err = b.manager.Memory()
	return m, err
}

// work leaves out leader election, which goes on all the time and has nothing to do with roles.
func work(accesses []stack.Access) []stack.Access {
	return slices.DeleteFunc(slices.Clone(accesses), func(a stack.Access) bool { return a.Resource.Resource == "leases" })
}

// quiet waits until the manager has nothing to do and has done nothing for a while: events go out behind its back.
func (b *bench) quiet(ctx context.Context) error {
	calm := max(500*time.Millisecond, 5*b.arize.Settings().Latency)
	var last [2]int
	var since time.Time
	seen, worked := 0, 0
	check := func() error {
		metrics, err := b.manager.Metrics(ctx)
		if err != nil {
			return err
		}
		if busy := metrics.Sum("workqueue_depth") + metrics.Sum("controller_runtime_active_workers"); busy > 0 {
			since = time.Time{}
			return fmt.Errorf("%v objects are queued or reconciled", busy)
		}
		accesses, err := b.stack.Audit.All()
		if err != nil {
			return err
		}
		worked, seen = worked+len(work(accesses[seen:])), len(accesses)
		if now := [2]int{b.arize.Count(listRoles), worked}; since.IsZero() || now != last {
			since, last = time.Now(), now
		}
		if time.Since(since) < calm {
			return errors.New("it has not been for long enough")
		}
		return nil
	}
	return persist(ctx, "the manager to be idle", func() int { return worked }, check)
}

// count is how many requests of a route there were.
func (m measurement) count(route string) int {
	return howMany(m.requests, func(r arizetest.Request) bool { return r.Route == route })
}

// others is how many requests there were of routes that have no column of their own.
func (m measurement) others() int {
	return len(m.requests) - m.count(listRoles) - m.count(createRole) - m.count(updateRole) - m.count(deleteRole)
}

// refused is how many requests Arize answered with an error, or not at all. Those that are under way are neither.
func (m measurement) refused() int {
	return howMany(m.requests, func(r arizetest.Request) bool {
		underWay := r.Status == 0 && !r.Over
		return !underWay && (r.Status < http.StatusOK || r.Status >= http.StatusBadRequest)
	})
}

// bodies are what was sent to a route.
func (m measurement) bodies(route string) []string {
	var bodies []string
	for _, request := range m.requests {
		if request.Route == route {
			bodies = append(bodies, request.Body)
		}
	}
	return bodies
}

// writes is how often the manager wrote a resource, or any if that is empty, its status included, whatever came of it.
func (m measurement) writes(resource string) int {
	return howMany(m.accesses, func(a stack.Access) bool {
		return a.Writes() && (resource == "" || a.Resource.Resource == resource)
	})
}

// writesPerRole is how often the ArizeRole that was written most often was.
func (m measurement) writesPerRole() int {
	most, written := 0, map[string]int{}
	for _, access := range m.accesses {
		if what := access.Resource; access.Writes() && what.Resource == roleResource && what.Group == v1alpha1.GroupVersion.Group {
			written[what.Name]++
			most = max(most, written[what.Name])
		}
	}
	return most
}

// reads is how often the manager asked the apiserver something, beside the lists and watches of its cache.
func (m measurement) reads() int {
	return howMany(m.accesses, func(a stack.Access) bool { return a.Verb == "get" })
}

// sweeps is how many lists were begun.
func (m measurement) sweeps() int {
	return howMany(m.requests, func(r arizetest.Request) bool {
		return r.Route == listRoles && !strings.Contains(r.Query, "cursor=")
	})
}

func howMany[T any](all []T, count func(T) bool) int {
	n := 0
	for _, one := range all {
		if count(one) {
			n++
		}
	}
	return n
}

// detection is how long a change in Arize went unnoticed: until the first correction was asked for.
func (m measurement) detection() time.Duration {
	for _, request := range m.requests {
		if request.Route == updateRole && !m.changed.IsZero() {
			return request.Time.Sub(m.changed)
		}
	}
	return 0
}

// correction is how long it took to correct everything, from the end of the sweep that found it.
func (m measurement) correction() time.Duration {
	var swept, corrected time.Time
	for _, request := range m.requests {
		switch {
		case request.Route == listRoles && corrected.IsZero():
			swept = request.Time
		case request.Route == updateRole:
			corrected = request.Time
		}
	}
	if swept.IsZero() || corrected.IsZero() {
		return 0
	}
	return corrected.Sub(swept) // both are arrivals, and both answers took as long
}
