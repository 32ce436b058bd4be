package arizetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// overSocket is a client of the same server through a real connection, a new one for every request.
func overSocket(t *testing.T, srv *arizetest.Server) *api {
	t.Helper()
	server := httptest.NewUnstartedServer(srv)
	server.Start()
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &api{t, client, server.URL, arizetest.DefaultKey}
}

// faultTest is a fault that hits a create.
type faultTest struct {
	fault   arizetest.Fault
	status  int    // 0: the client got no answer, or not all of it
	content string // type
	body    string // a part
	commits bool
}

func faultTests() map[string]faultTest {
	const problems, page, plain = "application/problem+json", "text/html", "text/plain"
	after := arizetest.AfterCommit
	return map[string]faultTest{
		"503":                {arizetest.Fault{Kind: arizetest.FaultStatus}, 503, problems, `"status":503`, false},
		"500, in words":      {arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Detail: "oops", ErrorCode: "x"}, 500, problems, `"detail":"oops","error_code":"x","request_id":"req_`, false},
		"500 after it":       {arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Stage: after}, 500, problems, `"status":500`, true},
		"own body":           {arizetest.Fault{Kind: arizetest.FaultStatus, Status: 418, Body: "tea", ContentType: plain}, 418, plain, "tea", false},
		"proxy":              {arizetest.Fault{Kind: arizetest.FaultHTML}, 502, page, "<html>", false},
		"proxy, 504 late":    {arizetest.Fault{Kind: arizetest.FaultHTML, Status: 504, Stage: after}, 504, page, "<html>", true},
		"proxy says 200":     {arizetest.Fault{Kind: arizetest.FaultHTML, Status: 200}, 200, page, "<html>", false},
		"redirect":           {arizetest.Fault{Kind: arizetest.FaultRedirect, Location: "/login"}, 307, "", "", false},
		"closed":             {arizetest.Fault{Kind: arizetest.FaultClose}, 0, "", "", false},
		"answer lost":        {arizetest.Fault{Kind: arizetest.FaultClose, Stage: after}, 0, "", "", true},
		"no body":            {arizetest.Fault{Kind: arizetest.FaultEmpty}, 201, "application/json", "", true},
		"half a body":        {arizetest.Fault{Kind: arizetest.FaultCut}, 201, "application/json", `{"id":`, true},
		"half an answer":     {arizetest.Fault{Kind: arizetest.FaultCutConnection}, 0, "", "", true},
		"huge":               {arizetest.Fault{Kind: arizetest.FaultHuge, Size: 1 << 20}, 201, "application/json", strings.Repeat("x", 1000), true},
		"slow":               {arizetest.Fault{Kind: arizetest.FaultSlowBody}, 201, "application/json", `"name":"x"`, true},
		"wrong content type": {arizetest.Fault{Kind: arizetest.FaultContentType}, 201, plain, `"name":"x"`, true},
		"garbage":            {arizetest.Fault{Kind: arizetest.FaultGarbage}, 201, "application/json", "\x00\x01", true},
		"delay":              {arizetest.Fault{Kind: arizetest.FaultDelay, Delay: time.Microsecond}, 201, "application/json", `"name":"x"`, true},
		"hook":               {arizetest.Fault{Kind: arizetest.FaultHook}, 201, "application/json", `"name":"x"`, true},
	}
}

func TestFaults(t *testing.T) {
	for name, test := range faultTests() {
		t.Run(name, func(t *testing.T) {
			srv, direct := newFaultySim(t, arizetest.Options{})
			direct.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			hooked := 0
			test.fault.Method, test.fault.Hook = http.MethodPost, func(r arizetest.Request) {
				hooked++
				if r.Mutated != (test.fault.Stage == arizetest.AfterCommit) && test.fault.Stage != "" {
					t.Errorf("at its stage, the request is %+v", r)
				}
			}
			srv.AddFault(test.fault)
			for _, a := range []*api{direct, overSocket(t, srv)} {
				strikes(t, srv, a, test)
			}
			if faults := srv.Faults(); hooked != 2 || faults[0].Hits != 2 || faults[0].Matched != 2 {
				t.Errorf("the hook was called %d times; %+v", hooked, faults)
			}
		})
	}
}

// A deletion has an answer without headers and without a body; no fault may stumble over that.
func TestFaultsOfAnAnswerWithoutABody(t *testing.T) {
	for name, test := range faultTests() {
		t.Run(name, func(t *testing.T) {
			srv, direct := newFaultySim(t, arizetest.Options{})
			direct.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			test.fault.Method = http.MethodDelete
			srv.AddFault(test.fault)
			for _, a := range []*api{direct, overSocket(t, srv)} {
				role := srv.AddRole(arizetest.Role{Name: "x", Permissions: []string{"A_B"}})
				got, err := a.send(http.MethodDelete, "/v2/roles/"+url.PathEscape(role.ID), nil)
				if _, still := srv.Role(role.ID); still == test.commits {
					t.Errorf("the role is there: %v; got %d, %v", still, got.Status, err)
				}
				srv.RemoveRole(role.ID)
			}
			if faults := srv.Faults(); faults[0].Hits != 2 {
				t.Errorf("it struck %d times, want 2", faults[0].Hits)
			}
		})
	}
}

// strikes creates a role, which the fault hits, and cleans up.
func strikes(t *testing.T, srv *arizetest.Server, a *api, test faultTest) {
	t.Helper()
	got, err := a.send(http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}})
	switch {
	case test.status == 0:
		if err == nil {
			t.Errorf("got %d %q, want no answer", got.Status, got.Body)
		}
	case err != nil || got.Status != test.status || got.Header.Get("Content-Type") != test.content || !strings.Contains(got.Body, test.body):
		t.Errorf("got %d %q, %v, want %d %q: %.200q", got.Status, got.Header, err, test.status, test.content, got.Body)
	}
	role, found := srv.RoleByName("x")
	if found != test.commits {
		t.Errorf("the role is there: %v", found)
	}
	srv.RemoveRole(role.ID)

	type fact struct {
		Lost, Mutated bool
		Faults        []arizetest.FaultKind
	}
	requests := srv.Requests()
	last := requests[len(requests)-1]
	want := fact{test.status == 0, test.commits, []arizetest.FaultKind{test.fault.Kind}}
	if diff := cmp.Diff(want, fact{last.Lost, last.Mutated, last.Faults}); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	if test.status != 0 && last.Status != test.status {
		t.Errorf("the log says that %d was answered", last.Status)
	}
}

func TestWhichRequestsAFaultHits(t *testing.T) {
	requests := func(a *api, role arizetest.Role) []int {
		var statuses []int
		for range 3 {
			for _, r := range []struct{ method, path string }{
				{http.MethodGet, "/v2/roles"}, {http.MethodGet, rolePath(role.ID)}, {http.MethodDelete, rolePath(arizetest.UnknownRoleID)},
			} {
				got, err := a.send(r.method, r.path, nil)
				if err != nil {
					t.Fatal(err)
				}
				statuses = append(statuses, got.Status)
			}
		}
		return statuses
	}
	for name, test := range map[string]struct {
		fault arizetest.Fault
		want  []int
	}{
		"all":             {arizetest.Fault{}, []int{503, 503, 503, 503, 503, 503, 503, 503, 503}},
		"a method":        {arizetest.Fault{Method: "DELETE"}, []int{200, 200, 503, 200, 200, 503, 200, 200, 503}},
		"a route":         {arizetest.Fault{Route: "/v2/roles/{role_id}"}, []int{200, 503, 503, 200, 503, 503, 200, 503, 503}},
		"a role":          {arizetest.Fault{Role: "x"}, []int{200, 503, 404, 200, 503, 404, 200, 503, 404}},
		"another role":    {arizetest.Fault{Role: "y"}, []int{200, 200, 404, 200, 200, 404, 200, 200, 404}},
		"another account": {arizetest.Fault{Account: "other"}, []int{200, 200, 404, 200, 200, 404, 200, 200, 404}},
		"the second":      {arizetest.Fault{Nth: 2, Method: "GET"}, []int{200, 503, 404, 200, 200, 404, 200, 200, 404}},
		"twice":           {arizetest.Fault{Times: 2, Method: "GET"}, []int{503, 503, 404, 200, 200, 404, 200, 200, 404}},
	} {
		t.Run(name, func(t *testing.T) {
			srv, a := newSim(t, arizetest.Options{})
			role := a.create("x")
			test.fault.Kind = arizetest.FaultStatus
			srv.AddFault(test.fault)
			if diff := cmp.Diff(test.want, requests(a, role)); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAFaultOfARoleHitsItsCreationAndRename(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	y := a.create("y")
	srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Role: "x"})
	a.must(http.StatusServiceUnavailable, http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}}, nil)
	a.must(http.StatusServiceUnavailable, http.MethodPatch, rolePath(y.ID), object{"name": "x"}, nil)
	a.must(http.StatusOK, http.MethodPatch, rolePath(y.ID), object{"name": "z"}, nil)
}

func TestAFaultOfProbabilityIsRepeatable(t *testing.T) {
	play := func(seed uint64) string {
		var hits strings.Builder
		srv, a := newSim(t, arizetest.Options{Seed: seed})
		srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Probability: 0.3})
		for range 100 {
			got, err := a.send(http.MethodGet, rolePath(arizetest.UnknownRoleID), nil)
			if err != nil {
				t.Fatal(err)
			}
			hits.WriteString(strconv.Itoa(got.Status) + " ")
		}
		return hits.String()
	}
	first := play(1)
	if n := strings.Count(first, "503"); n < 10 || n > 50 {
		t.Errorf("%d of 100 were hit", n)
	}
	if first != play(1) || first == play(2) {
		t.Errorf("the seed does not decide")
	}
}

func TestFaultsApplyInOrderUntilOneEndsTheRequest(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	var order []string
	note := func(name string) func(arizetest.Request) {
		return func(arizetest.Request) { order = append(order, name) }
	}
	srv.AddFault(arizetest.Fault{Kind: arizetest.FaultHook, Stage: arizetest.AfterCommit, Hook: note("after")})
	srv.AddFault(arizetest.Fault{Kind: arizetest.FaultHook, Hook: note("before")})
	id := srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Hook: note("status")})
	srv.AddFault(arizetest.Fault{Kind: arizetest.FaultHook, Hook: note("never")})
	a.must(http.StatusServiceUnavailable, http.MethodGet, "/v2/roles", nil, nil)
	if !srv.RemoveFault(id) || srv.RemoveFault(id) {
		t.Errorf("a fault can be removed once")
	}
	a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
	srv.ClearFaults()
	a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
	want := []string{"before", "status", "before", "never", "after"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
}

func TestClientsThatGiveUp(t *testing.T) {
	after := arizetest.AfterCommit
	for name, test := range map[string]struct {
		fault   arizetest.Fault
		commits bool
		took    time.Duration // until all was over
	}{
		"hang":             {arizetest.Fault{Kind: arizetest.FaultHang}, false, time.Second},
		"hang after it":    {arizetest.Fault{Kind: arizetest.FaultHang, Stage: after}, true, time.Second},
		"delay":            {arizetest.Fault{Kind: arizetest.FaultDelay, Delay: time.Hour}, false, time.Second},
		"delay after it":   {arizetest.Fault{Kind: arizetest.FaultDelay, Delay: time.Hour, Stage: after}, true, time.Second},
		"processed late":   {arizetest.Fault{Kind: arizetest.FaultDelay, Delay: time.Minute, Detached: true}, true, time.Minute},
		"pause":            {arizetest.Fault{Kind: arizetest.FaultPause}, false, time.Second},
		"pause after it":   {arizetest.Fault{Kind: arizetest.FaultPause, Stage: after}, true, time.Second},
		"body never comes": {arizetest.Fault{Kind: arizetest.FaultSlowBody, Delay: time.Hour}, true, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				over := make(chan arizetest.Request, 1)
				srv, a := newFaultySim(t, arizetest.Options{OnRequest: func(r arizetest.Request) { over <- r }})
				a.client.Timeout = time.Second
				srv.AddFault(test.fault)
				got, err := a.send(http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}})
				if err == nil || time.Since(start) != time.Second {
					t.Errorf("got %+v, %v after %v", got, err, time.Since(start))
				}
				r := <-over // time passes while all goroutines wait
				if took := time.Since(start); took != test.took {
					t.Errorf("it was over after %v, want %v", took, test.took)
				}
				if _, found := srv.RoleByName("x"); found != test.commits {
					t.Errorf("the role is there: %v", found)
				}
				if !r.Lost || !r.Over || r.Mutated != test.commits {
					t.Errorf("the log says %+v", r)
				}
				if len(srv.Paused()) > 0 {
					t.Errorf("paused for ever: %+v", srv.Paused())
				}
			})
		})
	}
}

func TestAClientOnASocketThatGivesUp(t *testing.T) {
	over := make(chan arizetest.Request, 1)
	srv := arizetest.NewServer(arizetest.Options{OnRequest: func(r arizetest.Request) { over <- r }})
	a := overSocket(t, srv)
	ctx, giveUp := context.WithCancel(t.Context())
	srv.AddFault(arizetest.Fault{
		Kind: arizetest.FaultHang, Stage: arizetest.AfterCommit, Hook: func(arizetest.Request) { giveUp() },
	})
	request := a.request(http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}})
	if _, err := a.do(request.WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if r := <-over; !r.Lost || !r.Mutated || r.Status != http.StatusCreated {
		t.Errorf("the log says %+v", r)
	}
}

func TestAHugeBodyStopsWithItsReader(t *testing.T) {
	srv, a := newFaultySim(t, arizetest.Options{})
	srv.AddFault(arizetest.Fault{Kind: arizetest.FaultHuge, Size: 1 << 40})
	for _, a := range []*api{a, overSocket(t, srv)} {
		response, err := a.client.Do(a.request(http.MethodGet, "/v2/roles", nil))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		if err != nil || len(data) != 1<<20 || json.Valid(data) {
			t.Errorf("got %d bytes, %v", len(data), err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSenselessFaultsArePointedOut(t *testing.T) {
	srv, _ := newSim(t, arizetest.Options{})
	for name, fault := range map[string]arizetest.Fault{
		"no kind":           {},
		"unknown kind":      {Kind: "x"},
		"unknown stage":     {Kind: arizetest.FaultClose, Stage: "x"},
		"garbage before it": {Kind: arizetest.FaultGarbage, Stage: arizetest.BeforeCommit},
		"certainty":         {Kind: arizetest.FaultClose, Probability: 2},
		"status":            {Kind: arizetest.FaultStatus, Status: 99},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: was added", name)
				}
			}()
			srv.AddFault(fault)
		}()
	}
}
