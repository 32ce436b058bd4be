package main

import (
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// What the operator promises to cost holds for few roles as it does for many.
func TestCosts(t *testing.T) {
	ctrl.SetLogger(logr.Discard())
	s := settings{
		roles: 30, latency: 5 * time.Millisecond, concurrency: 16, outage: 2 * time.Second, poll: 2 * time.Second,
		probe: 300 * time.Millisecond, brief: true, say: t.Logf,
	}
	measured, err := run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(measured.markdown())
	for _, broken := range measured.broken() {
		t.Error(broken)
	}
	for _, p := range (&bench{settings: s}).players() {
		for _, scenario := range p.scenarios {
			if played := measured.find(p.name, scenario.name) != nil; played == scenario.long {
				t.Errorf("%s of %s: played: %t", scenario.name, p.name, played)
			}
		}
	}
	if got := len(measured.find(operator, "create").ReadySeconds); got != 101 {
		t.Errorf("%d percentiles of the time to Ready", got)
	}
	if measured.find(operator, "drift of all").CorrectionSeconds == 0 || measured.WritesPerSecond == 0 {
		t.Errorf("a time was not measured: %+v", measured)
	}
}

func request(route, query, body string, status int) arizetest.Request {
	return arizetest.Request{Route: route, Query: query, Body: body, Status: status}
}

func write(resource, name string) stack.Access {
	return stack.Access{Verb: "patch", Resource: stack.Object{Group: "iam.arize-operator.io", Resource: resource, Name: name}}
}

// A benchmark whose checks cannot fail checks nothing.
func TestBrokenPromisesAreNoticed(t *testing.T) {
	b := &bench{settings: settings{roles: 1, concurrency: 1}, size: 1, alone: 100}
	created := measurement{
		pages: 1, goroutines: 110,
		requests: []arizetest.Request{request(createRole, "", "{}", 201)},
		accesses: []stack.Access{write(roleResource, "a"), write(roleResource, "a"), write(roleResource, "a"), write(eventResource, "e")},
	}
	corrected := measurement{
		pages:    2,
		requests: []arizetest.Request{request(listRoles, "limit=100", "", 200), request(listRoles, "cursor=x&limit=100", "", 200), request(updateRole, "", `{"permissions":[]}`, 200)},
		accesses: []stack.Access{write(accountResource, "default"), write(eventResource, "e")},
	}
	down := measurement{
		took:     time.Second,
		requests: []arizetest.Request{request(listRoles, "limit=100", "", 503)},
		accesses: []stack.Access{write(roleResource, "a"), write(accountResource, "default")},
	}
	sweep := measurement{
		pages:    1,
		requests: []arizetest.Request{request(listRoles, "limit=100", "", 200)},
		accesses: []stack.Access{write(accountResource, "default")},
	}
	polls := measurement{requests: []arizetest.Request{request(getRole, "", "", 200)}}
	for name, test := range map[string]struct {
		check func(*checker, measurement)
		of    measurement
		spoil func(*measurement)
		want  string // part of the only complaint; none when empty
	}{
		"a create that costs what it may": {b.checkCreate, created, func(*measurement) {}, ""},
		"a second POST": {b.checkCreate, created, func(m *measurement) {
			m.requests = append(m.requests, request(createRole, "", "{}", 201))
		}, "POSTs: 2, and not 1"},
		"a GET of a role": {b.checkCreate, created, func(m *measurement) {
			m.requests = append(m.requests, request(getRole, "", "", 200))
		}, "other requests than these and lists: 1, and not 0"},
		"a failed request": {b.checkCreate, created, func(m *measurement) { m.requests[0].Status = 503 }, "requests that failed: 1, and not 0"},
		"a fourth write": {b.checkCreate, created, func(m *measurement) {
			m.accesses = append(m.accesses, write(roleResource, "a"))
		}, "writes of one ArizeRole: 4, more than 3"},
		"a write of something else": {b.checkCreate, created, func(m *measurement) {
			m.accesses = append(m.accesses, write("secrets", "s"))
		}, "other writes: 1, and not 0"},
		"a drift that costs what it may": {b.checkDrift(1), corrected, func(*measurement) {}, ""},
		"a PATCH of too much": {b.checkDrift(1), corrected, func(m *measurement) {
			m.requests[2].Body = `{"name":"a","permissions":[]}`
		}, "a PATCH of name, permissions, and not of permissions"},
		"a page that is read twice": {b.checkDrift(1), corrected, func(m *measurement) {
			m.requests = append(m.requests, m.requests[1])
		}, "pages of lists: 3, and not 2"},
		"an edit that waits for a sweep": {b.checkEdit, measurement{
			requests: []arizetest.Request{request(updateRole, "", `{"description":"x"}`, 200)},
			accesses: []stack.Access{write(roleResource, "a")},
		}, func(m *measurement) { m.accesses = nil }, "writes of ArizeRoles: 0, and not 1"},
		"a deletion that asks again and again": {b.checkRemove, measurement{
			requests: []arizetest.Request{request(deleteRole, "", "", 204)},
			accesses: []stack.Access{write(roleResource, "a"), {Verb: "get"}},
		}, func(m *measurement) {
			m.accesses = append(m.accesses, stack.Access{Verb: "get"}, stack.Access{Verb: "get"})
		}, "reads of the apiserver: 3, more than 2"},
		"a drift of two of which one is corrected": {b.checkDrift(2), corrected, func(*measurement) {}, "PATCHes: 1, and not 2"},
		"a request of a role in an outage": {b.checkOutage, down, func(m *measurement) {
			m.requests = append(m.requests, request(createRole, "", "{}", 503))
		}, "other requests than lists: 1, and not 0"},
		"an outage that nobody is told of": {b.checkOutage, down, func(m *measurement) { m.accesses = m.accesses[1:] }, "writes of ArizeRoles: 0, and not 1"},
		"an outage that is no outage":      {b.checkOutage, down, func(m *measurement) { m.requests[0].Status = 200 }, "requests that did not fail: 1, and not 0"},
		"too many probes": {b.checkOutage, down, func(m *measurement) {
			for range 5 {
				m.requests = append(m.requests, m.requests[0])
			}
		}, "requests: 6, more than 5"},
		"a recovery that costs what it may": {b.checkRecovery, sweep, func(m *measurement) {
			m.accesses = append(m.accesses, write(roleResource, "a"))
		}, ""},
		"a recovery that nobody is told of": {b.checkRecovery, sweep, func(*measurement) {}, "writes of ArizeRoles: 0, and not 1"},
		"a failover that costs what it may": {b.checkFailover, sweep, func(*measurement) {}, ""},
		"a failover that reads more than a sweep": {b.checkFailover, sweep, func(m *measurement) {
			m.requests = append(m.requests, request(listRoles, "cursor=x&limit=100", "", 200))
		}, "pages of lists: 2, and not 1"},
		"a failover that writes a role": {b.checkFailover, sweep, func(m *measurement) {
			m.accesses = append(m.accesses, write(roleResource, "a"))
		}, "writes of ArizeRoles: 1, and not 0"},
		"a drift that is noticed and left": {b.checkDetect, sweep, func(*measurement) {}, "PATCHes: 0, and not 1"},
		"a sweep that is not complete": {b.checkDetect, corrected, func(m *measurement) {
			m.requests, m.accesses = m.requests[1:], m.accesses[1:]
		}, "pages of lists in sweeps that are not complete: 1, and not 0"},
		"polls": {b.checkTextbookIdle, polls, func(*measurement) {}, ""},
		"polls that are under way when the window closes": {b.checkTextbookIdle, polls, func(m *measurement) {
			m.requests = append(m.requests, arizetest.Request{Route: getRole})
		}, ""},
		"polls that are never answered": {b.checkTextbookIdle, polls, func(m *measurement) {
			m.requests = append(m.requests, arizetest.Request{Route: getRole, Over: true})
		}, "requests that failed: 1, and not 0"},
		"polls that change something": {b.checkTextbookIdle, polls, func(m *measurement) {
			m.requests = append(m.requests, request(updateRole, "", "{}", 200))
		}, "requests that are no GETs: 1, and not 0"},
		"a textbook that creates twice": {b.checkTextbookCreate, created, func(m *measurement) {
			m.requests = append(m.requests, m.requests[0])
		}, "POSTs: 2, and not 1"},
		"a textbook that deletes nothing": {b.checkTextbookRemove, created, func(*measurement) {}, "DELETEs: 0, and not 1"},
		"a textbook that ignores an edit": {b.checkTextbookEdit, created, func(*measurement) {}, "PATCHes: 0, and not 1"},
		"much memory":                     {b.checkSize, created, func(m *measurement) { m.memory.Peak = 101 * mib }, "more than 100"},
		"a goroutine for each role":       {b.checkSize, created, func(m *measurement) { m.goroutines = 1000 }, "goroutines: 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			m := test.of
			m.requests = append([]arizetest.Request(nil), m.requests...)
			test.spoil(&m)
			c := &checker{scenario: "test"}
			test.check(c, m)
			if test.want == "" && len(c.broken) > 0 {
				t.Errorf("complaints: %q", c.broken)
			}
			if test.want != "" && (len(c.broken) != 1 || !strings.Contains(c.broken[0], test.want)) {
				t.Errorf("complaints: %q, and not just %q", c.broken, test.want)
			}
		})
	}
}
