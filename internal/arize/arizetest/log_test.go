package arizetest_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

func TestTheLogTellsWhatHappened(t *testing.T) {
	var last arizetest.Request
	srv, a := newSim(t, arizetest.Options{OnRequest: func(r arizetest.Request) { last = r }})
	role := a.create("x")
	a.must(http.StatusOK, http.MethodPatch, rolePath(role.ID), `{"description":"d"}`, nil)
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=1", nil, nil)
	a.with("wrong").must(http.StatusUnauthorized, http.MethodGet, rolePath(role.ID), nil, nil)
	a.must(http.StatusNotFound, http.MethodGet, "/v2/x", nil, nil)
	a.must(http.StatusMethodNotAllowed, http.MethodPut, "/v2/roles", nil, nil)
	want := []arizetest.Request{
		{
			Seq: 1, Account: "default", Method: "POST", Route: "POST /v2/roles", Path: "/v2/roles", RoleID: role.ID,
			Body: `{"name":"x","permissions":["PROJECT_READ"]}`, Status: 201, Mutated: true, Over: true,
		},
		{
			Seq: 2, Account: "default", Method: "PATCH", Route: "PATCH /v2/roles/{role_id}", Path: rolePath(role.ID),
			RoleID: role.ID, Body: `{"description":"d"}`, Status: 200, Mutated: true, Over: true,
		},
		{Seq: 3, Account: "default", Method: "GET", Route: "GET /v2/roles", Path: "/v2/roles", Query: "limit=1", Status: 200, Over: true},
		{Seq: 4, Method: "GET", Route: "GET /v2/roles/{role_id}", Path: rolePath(role.ID), RoleID: role.ID, Status: 401, Over: true},
		{Seq: 5, Method: "GET", Route: "GET (unknown)", Path: "/v2/x", Status: 404, Over: true},
		{Seq: 6, Account: "default", Method: "PUT", Route: "PUT /v2/roles", Path: "/v2/roles", Status: 405, Over: true},
	}
	if diff := cmp.Diff(want, srv.Requests(), cmpopts.IgnoreFields(arizetest.Request{}, "Time")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(srv.Requests(arizetest.After(5))[0], last); diff != "" {
		t.Errorf("OnRequest (-want +got):\n%s", diff)
	}
	if got := srv.Requests(arizetest.Mutations, arizetest.ByAccount("default"), arizetest.ByRoute("POST /v2/roles")); len(got) != 1 {
		t.Errorf("three filters let %+v through", got)
	}
}

func TestALimitedLogKeepsItsCounts(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{LogLimit: 5})
	for range 23 {
		a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
	}
	a.create("x")
	a.must(http.StatusConflict, http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}}, nil)
	requests := srv.Requests()
	if len(requests) != 5 || requests[4].Seq != 25 {
		t.Errorf("the log has %d requests, up to %d", len(requests), requests[len(requests)-1].Seq)
	}
	want := []arizetest.Count{
		{Route: "GET /v2/roles", Status: 200, Requests: 23},
		{Route: "POST /v2/roles", Status: 201, Requests: 1, Mutated: 1},
		{Route: "POST /v2/roles", Status: 409, Requests: 1},
	}
	if diff := cmp.Diff(want, srv.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if got := srv.Count("POST /v2/roles"); got != 2 {
		t.Errorf("counted %d", got)
	}
	srv.ResetLog()
	a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
	if got := srv.Requests(); len(got) != 1 || got[0].Seq != 26 || srv.Count("GET /v2/roles") != 1 {
		t.Errorf("after the reset: %+v", got)
	}
}

func TestALogCanBeResetWhileARequestIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, a := newSim(t, arizetest.Options{Settings: arizetest.Settings{Latency: time.Second}})
		done := make(chan exchange, 1)
		go func() { done <- a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil) }()
		synctest.Wait()
		if got := srv.Requests(); len(got) != 1 || got[0].Over || got[0].Status != 0 || srv.Count("GET /v2/roles") != 1 {
			t.Errorf("under way: %+v", got)
		}
		srv.ResetLog()
		<-done
		want := []arizetest.Count{{Route: "GET /v2/roles", Status: 200, Requests: 1}}
		if diff := cmp.Diff(want, srv.Counts()); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	srv, _ := newSim(t, arizetest.Options{LogLimit: 10})
	t.Run("at once", func(t *testing.T) {
		for i := range 8 {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				a := &api{t, srv.Client(), arizetest.URL, arizetest.DefaultKey}
				for j := range 20 {
					role := a.create(strings.Repeat("x", j+1) + strconv.Itoa(i))
					a.must(http.StatusOK, http.MethodPatch, rolePath(role.ID), `{"description":"d"}`, nil)
					a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=100", nil, nil)
					srv.ChangeRole(role.ID, func(r *arizetest.Role) { r.Description = "e" })
					srv.Requests()
				}
			})
		}
	})
	if got := srv.Count("POST /v2/roles"); got != 160 || len(srv.CustomRoles()) != 160 {
		t.Errorf("%d requests made %d roles", got, len(srv.CustomRoles()))
	}
}
