package session_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/session"
)

const (
	listRoles  = "GET /v2/roles"
	getRole    = "GET /v2/roles/{role_id}"
	createRole = "POST /v2/roles"
	updateRole = "PATCH /v2/roles/{role_id}"
	deleteRole = "DELETE /v2/roles/{role_id}"
	listBinds  = "GET /v2/role-bindings"
)

var (
	start = time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)
	key   = session.Key{Namespace: "arize-system", Name: "production"}
	// plenty is a budget that nobody meets.
	plenty = session.Limits{RequestsPerSecond: 10_000, Burst: 10_000}
)

// account is a session with a simulated Arize behind it, and a clock that only
// tests move.
type account struct {
	*session.Session

	t        testing.TB
	srv      *arizetest.Server
	registry *session.Registry

	mu  sync.Mutex
	now time.Time
}

func newAccount(t testing.TB, limits session.Limits) *account {
	t.Helper()
	a := &account{t: t, now: start}
	a.srv = arizetest.NewServer(arizetest.Options{Now: a.clock})
	a.registry = session.NewRegistry(a.clock, func(session.Key) {})
	var err error
	if a.Session, err = a.registry.Open(key, a.options(arizetest.DefaultKey), limits); err != nil {
		t.Fatal(err)
	}
	a.Turned() // a new session says so once
	return a
}

func (a *account) options(secret string) arize.Options {
	apiKey, err := arize.NewAPIKey(secret)
	if err != nil {
		a.t.Fatal(err)
	}
	return arize.Options{BaseURL: "https://arize.test", APIKey: apiKey, Transport: a.srv.Client().Transport}
}

func (a *account) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *account) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

// believe is a judge who finds nothing wrong.
func believe(func(string) bool) session.Health { return session.Health{State: session.Healthy} }

// sweep sweeps in one go.
func (a *account) sweep() session.Swept {
	a.t.Helper()
	swept, err := a.Sweep(a.t.Context(), session.Upkeep, believe)
	if err != nil || !swept.Complete {
		a.t.Fatalf("sweep: got %+v, %v, want a complete one", swept, err)
	}
	a.pass(time.Second)
	return swept
}

// failSweep expects a sweep to fail like this.
func (a *account) failSweep(class arize.Class) {
	a.t.Helper()
	swept, err := a.Sweep(a.t.Context(), session.Upkeep, believe)
	if got := arize.ClassOf(err); got != class || swept.Complete {
		a.t.Fatalf("sweep: got %+v, %v (%v), want an error of class %v", swept, err, got, class)
	}
	a.pass(time.Second)
}

// fail makes requests of a route fail with a status, so many times.
func (a *account) fail(route string, status, times int) {
	method, path := split(route)
	a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Method: method, Route: path, Status: status, Times: times})
}

// late sends a request whose answer waits, having taken effect, until it is
// released. It has to be called in a bubble of testing/synctest.
func (a *account) late(route string, send func()) (release func()) {
	method, path := split(route)
	fault := a.srv.AddFault(arizetest.Fault{
		Kind: arizetest.FaultPause, Stage: arizetest.AfterCommit, Method: method, Route: path, Times: 1,
	})
	go send()
	synctest.Wait()
	a.srv.RemoveFault(fault)
	if paused := a.srv.Paused(); len(paused) == 0 || paused[len(paused)-1].Fault != fault {
		a.t.Fatalf("%s: got paused %+v, want it", route, paused)
	} else {
		seq := paused[len(paused)-1].Request.Seq
		release = func() {
			a.srv.Release(seq)
			synctest.Wait()
		}
	}
	return release
}

func split(route string) (method, path string) {
	for i := range route {
		if route[i] == ' ' {
			return route[:i], route[i+1:]
		}
	}
	return route, ""
}

// add adds a role behind the operator's back.
func (a *account) add(name string) arizetest.Role {
	return a.srv.AddRole(arizetest.Role{Name: name, Permissions: []string{"PROJECT_READ"}})
}

func (a *account) describe(id, description string) {
	a.srv.ChangeRole(id, func(r *arizetest.Role) { r.Description = description })
}

// described is the description of a role as the session sees it, or "gone".
func (a *account) described(id string) string {
	if role := a.Observe(id, "", "").Role; role != nil {
		return role.Description
	}
	return "gone"
}

func (a *account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *account) update(id, description string) {
	a.t.Helper()
	_, err := a.Update(a.t.Context(), id, arize.RolePatch{Description: &description})
	a.must(err)
}

// count is how many requests of a route came in since the last time.
func (a *account) count(route string) int {
	defer a.srv.ResetLog()
	return a.srv.Count(route)
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
