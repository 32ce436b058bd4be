package arizetest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// newControlled makes a simulator, a client of its API and one of its control API, which needs no key.
func newControlled(t *testing.T) (srv *arizetest.Server, a, control *api) {
	t.Helper()
	srv, a = newFaultySim(t, arizetest.Options{})
	control = a.with("")
	return srv, a, control
}

func TestControlListsItself(t *testing.T) {
	_, _, control := newControlled(t)
	var index map[string]string
	control.must(http.StatusOK, http.MethodGet, "/_sim/", nil, &index)
	if len(index) < 25 || index["GET /_sim/health"] == "" {
		t.Errorf("got %v", index)
	}
	control.must(http.StatusOK, http.MethodGet, "/_sim/health", nil, nil)
	for _, unknown := range []string{"/_sim/x", "/_sim/roles/a/b"} {
		if got := control.must(http.StatusNotFound, http.MethodGet, unknown, nil, nil); !strings.Contains(got.Body, "GET /_sim/ lists") {
			t.Errorf("got %s", got.Body)
		}
	}
	control.must(http.StatusNotFound, http.MethodPut, "/_sim/roles", nil, nil)
}

func TestControlOfRoles(t *testing.T) {
	srv, _, control := newControlled(t)
	body := object{"name": "AI Engineer / x", "permissions": []string{"B_C", "A_B"}, "description": "d"}
	var added, read arizetest.Role
	control.must(http.StatusOK, http.MethodPost, "/_sim/roles", body, &added)
	control.must(http.StatusConflict, http.MethodPost, "/_sim/roles", body, nil)
	byName := "/_sim/roles/" + url.PathEscape(added.Name)
	byID := "/_sim/roles/" + url.PathEscape(added.ID)
	for _, path := range []string{byName, byID} {
		control.must(http.StatusOK, http.MethodGet, path, nil, &read)
		if diff := cmp.Diff(added, read); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	var changed arizetest.Role
	change := object{"description": "", "add_permissions": []string{"C_D"}, "remove_permissions": []string{"A_B"}}
	control.must(http.StatusOK, http.MethodPatch, byName, change, &changed)
	want := added
	want.Description, want.Permissions, want.UpdatedAt = "", []string{"B_C", "C_D"}, changed.UpdatedAt
	if diff := cmp.Diff(want, changed); diff != "" || !changed.UpdatedAt.After(added.UpdatedAt) {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	control.must(http.StatusConflict, http.MethodPatch, byID, object{"name": "Admin"}, nil)
	control.must(http.StatusOK, http.MethodPatch, byID, object{"name": "y", "permissions": []string{"A_B"}}, nil)
	if role, _ := srv.Role(added.ID); role.Name != "y" || !slices.Equal(role.Permissions, []string{"A_B"}) {
		t.Errorf("got %+v", role)
	}
	control.must(http.StatusNoContent, http.MethodDelete, "/_sim/roles/y", nil, nil)
	control.must(http.StatusNotFound, http.MethodDelete, byID, nil, nil)
	control.must(http.StatusNoContent, http.MethodDelete, "/_sim/roles/Viewer", nil, nil) // predefined or not
	if requests := srv.Requests(); len(requests) > 0 {
		t.Errorf("the log has %+v", requests)
	}
}

func TestControlOfBindings(t *testing.T) {
	srv, a, control := newControlled(t)
	role := a.create("x")
	var byName, byID arizetest.Binding
	control.must(http.StatusOK, http.MethodPost, "/_sim/bindings", object{"role": "x"}, &byName)
	control.must(http.StatusOK, http.MethodPost, "/_sim/bindings", object{"role_id": role.ID, "user_id": ada, "resource_type": "PROJECT"}, &byID)
	control.must(http.StatusNotFound, http.MethodPost, "/_sim/bindings", object{"role": "y"}, nil)
	control.must(http.StatusConflict, http.MethodPost, "/_sim/bindings", object{"role": "x", "user_id": byName.UserID, "resource_id": byName.ResourceID}, nil)
	var listed []arizetest.Binding
	control.must(http.StatusOK, http.MethodGet, "/_sim/bindings", nil, &listed)
	if diff := cmp.Diff([]arizetest.Binding{byName, byID}, listed); diff != "" || byID.ResourceType != "PROJECT" || byName.RoleID != role.ID {
		t.Errorf("bindings (-want +got):\n%s", diff)
	}
	control.must(http.StatusNoContent, http.MethodDelete, "/_sim/bindings/"+url.PathEscape(byID.ID), nil, nil)
	control.must(http.StatusNotFound, http.MethodDelete, "/_sim/bindings/"+url.PathEscape(byID.ID), nil, nil)
	srv.RemoveRole(role.ID)
	if left := srv.Bindings(); len(left) > 0 {
		t.Errorf("a removed role left %+v", left)
	}
}

func TestControlOfKeysNeverShowsOne(t *testing.T) {
	srv, a, control := newControlled(t)
	const key = "very secret"
	control.must(http.StatusNoContent, http.MethodPost, "/_sim/keys", object{"key": key, "account": "other"}, nil)
	other := a.with(key)
	other.create("x")
	var keys []struct{ Fingerprint, Account string }
	listed := control.must(http.StatusOK, http.MethodGet, "/_sim/keys", nil, &keys)
	if len(keys) != 2 || keys[1].Account != "other" {
		t.Errorf("got %s", listed.Body)
	}
	var accounts []map[string]any
	control.must(http.StatusOK, http.MethodGet, "/_sim/accounts", nil, &accounts)
	want := []map[string]any{
		{"name": "default", "roles": 4.0, "custom": 0.0, "bindings": 0.0},
		{"name": "other", "roles": 5.0, "custom": 1.0, "bindings": 0.0},
	}
	if diff := cmp.Diff(want, accounts); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	control.must(http.StatusOK, http.MethodGet, "/_sim/roles/x?account=other", nil, nil)
	control.must(http.StatusNotFound, http.MethodGet, "/_sim/roles/x", nil, nil)
	control.must(http.StatusNotFound, http.MethodGet, "/_sim/roles?account=nobody", nil, nil)

	control.must(http.StatusNoContent, http.MethodDelete, "/_sim/keys", object{"key": key}, nil)
	other.must(http.StatusUnauthorized, http.MethodGet, "/v2/roles", nil, nil)
	srv.AddKey(key, "other")
	control.must(http.StatusNoContent, http.MethodDelete, "/_sim/keys/"+keys[1].Fingerprint, nil, nil)
	control.must(http.StatusNotFound, http.MethodDelete, "/_sim/keys/"+keys[1].Fingerprint, nil, nil)
	other.must(http.StatusUnauthorized, http.MethodGet, "/v2/roles", nil, nil)
	control.must(http.StatusBadRequest, http.MethodPost, "/_sim/keys", object{"key": ""}, nil)

	for _, path := range []string{"keys", "accounts", "requests", "counts", "faults", "settings", "paused"} {
		if got := control.must(http.StatusOK, http.MethodGet, "/_sim/"+path, nil, nil); strings.Contains(got.Body, key) || strings.Contains(got.Body, arizetest.DefaultKey) {
			t.Errorf("%s shows a key: %s", path, got.Body)
		}
	}
}

func TestControlOfSettings(t *testing.T) {
	srv, _, control := newControlled(t)
	srv.ChangeSettings(func(s *arizetest.Settings) { s.PageCap = 7 })
	var changed arizetest.Settings
	control.must(http.StatusOK, http.MethodPatch, "/_sim/settings", `{"latency":"1ms","retry_after":"date","dropped_permissions":["A_B"]}`, &changed)
	want := arizetest.Settings{PageCap: 7, Latency: time.Millisecond, RetryAfter: arizetest.RetryAfterDate, DroppedPermissions: []string{"A_B"}}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
	control.must(http.StatusBadRequest, http.MethodPatch, "/_sim/settings", `{"latencies":"1s"}`, nil)
	control.must(http.StatusBadRequest, http.MethodPatch, "/_sim/settings", `{} {}`, nil)
	if diff := cmp.Diff(want, srv.Settings()); diff != "" {
		t.Errorf("in force (-want +got):\n%s", diff)
	}
	control.must(http.StatusOK, http.MethodDelete, "/_sim/settings", nil, nil)
	if diff := cmp.Diff(arizetest.Settings{}, srv.Settings()); diff != "" {
		t.Errorf("after the reset (-want +got):\n%s", diff)
	}
}

func TestControlOfFaults(t *testing.T) {
	srv, a, control := newControlled(t)
	fault := arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Times: 1, Delay: 1500 * time.Millisecond}
	var added arizetest.Fault
	control.must(http.StatusOK, http.MethodPost, "/_sim/faults", fault, &added)
	a.must(http.StatusInternalServerError, http.MethodGet, "/v2/roles", nil, nil)
	a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
	var listed []arizetest.Fault
	got := control.must(http.StatusOK, http.MethodGet, "/_sim/faults", nil, &listed)
	fault.ID, fault.Matched, fault.Hits = added.ID, 2, 1
	if diff := cmp.Diff([]arizetest.Fault{fault}, listed); diff != "" || !strings.Contains(got.Body, `"delay":"1.5s"`) {
		t.Errorf("faults (-want +got):\n%s in %s", diff, got.Body)
	}
	control.must(http.StatusBadRequest, http.MethodPost, "/_sim/faults", `{"kind":"x"}`, nil)
	control.must(http.StatusBadRequest, http.MethodPost, "/_sim/faults", `{"kind":"close","probably":1}`, nil)
	control.must(http.StatusNotFound, http.MethodDelete, "/_sim/faults/x", nil, nil)
	control.must(http.StatusNotFound, http.MethodDelete, "/_sim/faults/7", nil, nil)
	control.must(http.StatusNoContent, http.MethodDelete, "/_sim/faults/1", nil, nil)
	srv.AddFault(arizetest.Fault{Kind: arizetest.FaultClose})
	control.must(http.StatusNoContent, http.MethodDelete, "/_sim/faults", nil, nil)
	if left := srv.Faults(); len(left) > 0 {
		t.Errorf("%+v are left", left)
	}
}

func TestControlOfPausedRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, a, control := newControlled(t)
		var paused []arizetest.PausedRequest
		start := time.Now()
		control.must(http.StatusOK, http.MethodGet, "/_sim/paused?wait=5s", nil, &paused)
		if took := time.Since(start); took != 5*time.Second || len(paused) > 0 {
			t.Errorf("nothing is paused, said %v after %v", paused, took)
		}
		control.must(http.StatusBadRequest, http.MethodGet, "/_sim/paused?wait=long", nil, nil)

		control.must(http.StatusOK, http.MethodPost, "/_sim/faults", `{"kind":"pause","stage":"after-commit","method":"POST"}`, nil)
		answers := make(chan error, 3)
		create := func(name string) {
			request := a.request(http.MethodPost, "/v2/roles", object{"name": name, "permissions": []string{"A_B"}})
			go func() {
				_, err := a.do(request)
				answers <- err
			}()
			synctest.Wait()
		}
		create("a")
		create("b")
		create("c")
		control.must(http.StatusOK, http.MethodGet, "/_sim/paused?wait=5s", nil, &paused)
		if len(paused) != 3 || paused[0].Request.Seq != 1 || paused[0].Stage != arizetest.AfterCommit || !paused[0].Request.Mutated {
			t.Errorf("got %+v", paused)
		}
		control.must(http.StatusNoContent, http.MethodPost, "/_sim/paused/1/drop", nil, nil)
		if err := <-answers; err == nil {
			t.Errorf("a dropped request was answered")
		}
		control.must(http.StatusNoContent, http.MethodPost, "/_sim/paused/2/release", nil, nil)
		control.must(http.StatusNotFound, http.MethodPost, "/_sim/paused/2/release", nil, nil)
		if got := control.must(http.StatusOK, http.MethodPost, "/_sim/paused/release", nil, nil); got.Body != `{"released":1}` {
			t.Errorf("got %s", got.Body)
		}
		for range 2 {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		if len(srv.CustomRoles()) != 3 {
			t.Errorf("there are %d roles", len(srv.CustomRoles()))
		}
	})
}

func TestControlOfTheLog(t *testing.T) {
	srv, a, control := newControlled(t)
	role := a.create("x")
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=3", nil, nil)
	a.with("nobody").must(http.StatusUnauthorized, http.MethodGet, "/v2/roles", nil, nil)
	type page struct {
		Requests []arizetest.Request
		Counts   []arizetest.Count
	}
	for query, want := range map[string][]int64{
		"": {1, 2, 3}, "?after=1": {2, 3}, "?after=3": {}, "?mutated=true": {1}, "?account=": {3}, "?account=default": {1, 2},
		"?route=" + url.QueryEscape("GET /v2/roles"): {2, 3},
	} {
		var got page
		control.must(http.StatusOK, http.MethodGet, "/_sim/requests"+query, nil, &got)
		seqs := []int64{}
		for _, r := range got.Requests {
			seqs = append(seqs, r.Seq)
		}
		if diff := cmp.Diff(want, seqs); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
		if diff := cmp.Diff(srv.Counts(), got.Counts); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	}
	control.must(http.StatusBadRequest, http.MethodGet, "/_sim/requests?after=x", nil, nil)
	if got := srv.Requests(arizetest.ByRole(role.ID)); len(got) != 1 || got[0].Method != http.MethodPost {
		t.Errorf("the requests about the role are %+v", got)
	}
	control.must(http.StatusNoContent, http.MethodDelete, "/_sim/requests", nil, nil)
	var counts []arizetest.Count
	if control.must(http.StatusOK, http.MethodGet, "/_sim/counts", nil, &counts); len(counts) > 0 || len(srv.Requests()) > 0 {
		t.Errorf("got %+v", counts)
	}
}

func TestControlPointsOutBadBodies(t *testing.T) {
	_, a, control := newControlled(t)
	a.create("x")
	for _, test := range []struct{ method, path, body string }{
		{http.MethodPost, "/_sim/roles", `{`},
		{http.MethodPost, "/_sim/roles", `{"permissions":["A_B"]}`},
		{http.MethodPost, "/_sim/roles", `{"name":"y","permission":["A_B"]}`},
		{http.MethodPatch, "/_sim/roles/x", `{"title":"y"}`},
		{http.MethodPost, "/_sim/bindings", `[]`},
		{http.MethodDelete, "/_sim/keys", ``},
	} {
		got := control.must(http.StatusBadRequest, test.method, test.path, test.body, nil)
		var body struct{ Error string }
		if err := json.Unmarshal([]byte(got.Body), &body); err != nil || body.Error == "" {
			t.Errorf("%s %s: got %s", test.method, test.path, got.Body)
		}
	}
}
