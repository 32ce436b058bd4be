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
	result, err := run(t.Context(), settings{roles: 30, latency: 5 * time.Millisecond, concurrency: 16, say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + result.markdown())
	for _, broken := range result.broken() {
		t.Error(broken)
	}
	if got, want := len(result.rows), len((&bench{}).scenarios()); got != want {
		t.Errorf("%d scenarios were played, and not %d", got, want)
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
	b := &bench{settings: settings{roles: 1, concurrency: 1}, alone: 100}
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
			m.requests = append(m.requests, request("GET /v2/roles/{role_id}", "", "", 200))
		}, "other requests than these and lists: 1, and not 0"},
		"a failed request": {b.checkCreate, created, func(m *measurement) { m.requests[0].Status = 503 }, "requests that failed: 1, and not 0"},
		"a fourth write": {b.checkCreate, created, func(m *measurement) {
			m.accesses = append(m.accesses, write(roleResource, "a"))
		}, "writes of one ArizeRole: 4, more than 3"},
		"a write of something else": {b.checkCreate, created, func(m *measurement) {
			m.accesses = append(m.accesses, write("secrets", "s"))
		}, "other writes: 1, and not 0"},
		"a drift that costs what it may": {b.checkDrift, corrected, func(*measurement) {}, ""},
		"a PATCH of too much": {b.checkDrift, corrected, func(m *measurement) {
			m.requests[2].Body = `{"name":"a","permissions":[]}`
		}, "a PATCH of name, permissions, and not of permissions"},
		"a page that is read twice": {b.checkDrift, corrected, func(m *measurement) {
			m.requests = append(m.requests, m.requests[1])
		}, "pages of lists: 3, and not 2"},
		"an edit that waits for a sweep": {b.checkEdit, measurement{
			requests: []arizetest.Request{request(updateRole, "", `{"description":"x"}`, 200)},
			accesses: []stack.Access{write(roleResource, "a")},
		}, func(m *measurement) { m.accesses = nil }, "writes of ArizeRoles: 0, and not 1"},
		"much memory":               {b.checkSize, created, func(m *measurement) { m.memory.Peak = 101 * mib }, "more than 100"},
		"a goroutine for each role": {b.checkSize, created, func(m *measurement) { m.goroutines = 1000 }, "goroutines: 1000"},
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
