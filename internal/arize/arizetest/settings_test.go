package arizetest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// pass lets the time of a bubble pass.
func pass(d time.Duration) { <-time.NewTimer(d).C }

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, a := newSim(t, arizetest.Options{Settings: arizetest.Settings{Latency: 50 * time.Millisecond}})
		start := time.Now()
		a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		a.client.Timeout = 20 * time.Millisecond
		start = time.Now()
		if got, err := a.send(http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}}); err == nil || time.Since(start) != 20*time.Millisecond {
			t.Errorf("got %+v, %v after %v", got, err, time.Since(start))
		}
		synctest.Wait()
		if r := srv.Requests()[1]; !r.Lost || !r.Over || r.Status != 0 || len(srv.CustomRoles()) > 0 {
			t.Errorf("the log says %+v", r)
		}
		srv.ChangeSettings(func(s *arizetest.Settings) { s.Latency, s.LatencyJitter = 0, 10*time.Millisecond })
		start = time.Now()
		for range 20 {
			a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
		}
		if took := time.Since(start); took < 20*time.Millisecond || took > 180*time.Millisecond {
			t.Errorf("20 requests took %v", took)
		}
	})
}

func TestTheRateOfAnAccountIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, a := newSim(t, arizetest.Options{Settings: arizetest.Settings{RequestsPerSecond: 2, Burst: 3}})
		srv.AddKey("second key", arizetest.DefaultAccount)
		srv.AddKey("other key", "other")
		statuses := func(n int) (got []int) {
			for range n {
				exchange, err := a.send(http.MethodGet, "/v2/roles", nil)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, exchange.Status)
			}
			return got
		}
		check := func(when string, want []int) {
			t.Helper()
			if diff := cmp.Diff(want, statuses(len(want))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		check("the burst", []int{200, 200, 200, 429, 429})
		a.with("second key").must(http.StatusTooManyRequests, http.MethodGet, "/v2/roles", nil, nil)
		a.with("other key").must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
		a.with("no key").must(http.StatusUnauthorized, http.MethodGet, "/v2/roles", nil, nil)
		pass(500 * time.Millisecond)
		check("half a second later", []int{200, 429})
		pass(time.Hour)
		check("an hour later", []int{200, 200, 200, 429})
	})
}

func TestRetryAfter(t *testing.T) {
	for name, test := range map[string]struct {
		form arizetest.RetryAfterForm
		rate float64
		want func(now time.Time) string
	}{
		"at least a second": {arizetest.RetryAfterSeconds, 100, func(time.Time) string { return "1" }},
		"rounded up":        {arizetest.RetryAfterSeconds, 0.4, func(time.Time) string { return "3" }},
		"absent":            {arizetest.RetryAfterAbsent, 1, func(time.Time) string { return "" }},
		"date": {arizetest.RetryAfterDate, 0.1, func(now time.Time) string {
			return now.UTC().Add(10 * time.Second).Format(http.TimeFormat)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, a := newSim(t, arizetest.Options{Settings: arizetest.Settings{RequestsPerSecond: test.rate, RetryAfter: test.form}})
				a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
				got := a.must(http.StatusTooManyRequests, http.MethodGet, "/v2/roles", nil, nil).Header.Get("Retry-After")
				if want := test.want(time.Now()); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if seconds, err := strconv.Atoi(got); err == nil {
					pass(time.Duration(seconds) * time.Second)
					a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
				}
			})
		})
	}
}

func TestWritesThatComeOutDifferent(t *testing.T) {
	settings := arizetest.Settings{
		ImpliedPermissions: map[string][]string{"*": {"SPACE_READ"}, "PROJECT_UPDATE": {"PROJECT_READ"}},
		DroppedPermissions: []string{"USER_READ"},
		TrimDescriptions:   true,
		ClockOffset:        -3 * time.Minute,
	}
	synctest.Test(t, func(t *testing.T) {
		srv, a := newSim(t, arizetest.Options{Settings: settings})
		var created, changed arizetest.Role
		body := object{"name": "x", "permissions": []string{"PROJECT_UPDATE", "USER_READ"}, "description": " \t"}
		a.must(http.StatusCreated, http.MethodPost, "/v2/roles", body, &created)
		slices.Sort(created.Permissions)
		at := time.Now().UTC().Add(-3 * time.Minute)
		want := arizetest.Role{
			ID: created.ID, Name: "x", Permissions: []string{"PROJECT_READ", "PROJECT_UPDATE", "SPACE_READ"}, CreatedAt: at, UpdatedAt: at,
		}
		if diff := cmp.Diff(want, created); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		a.must(http.StatusOK, http.MethodPatch, rolePath(created.ID), object{"permissions": []string{"A_B"}, "description": " d "}, &changed)
		want.Permissions, want.Description, want.UpdatedAt = []string{"A_B", "SPACE_READ"}, "d", changed.UpdatedAt
		slices.Sort(changed.Permissions)
		if diff := cmp.Diff(want, changed); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
		if direct := srv.AddRole(arizetest.Role{Name: "y", Permissions: []string{"USER_READ"}}); !slices.Equal(direct.Permissions, []string{"USER_READ"}) {
			t.Errorf("behind its back: %q", direct.Permissions)
		}
	})
}

func TestOddPages(t *testing.T) {
	for name, test := range map[string]struct {
		settings arizetest.Settings
		pages    int
	}{
		"friendly":        {arizetest.Settings{}, 1},
		"short":           {arizetest.Settings{PageCap: 3}, 4},
		"empty":           {arizetest.Settings{EmptyPages: true}, 2},
		"short and empty": {arizetest.Settings{PageCap: 5, EmptyPages: true}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			srv, a := newSim(t, arizetest.Options{Settings: test.settings})
			custom, _ := seeded(srv, 10)
			names, pages := a.walk(url.Values{"is_predefined": {"false"}, "limit": {"100"}})
			slices.Sort(names)
			if diff := cmp.Diff(custom, names); diff != "" || pages != test.pages {
				t.Errorf("got %d pages, want %d; names (-want +got):\n%s", pages, test.pages, diff)
			}
		})
	}
}

func TestARepeatedCursor(t *testing.T) {
	_, a := newSim(t, arizetest.Options{Settings: arizetest.Settings{RepeatCursor: true}})
	var first, second, third rolePage
	next := func(page rolePage) string {
		return "/v2/roles?limit=2&cursor=" + url.QueryEscape(page.Pagination.NextCursor)
	}
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=2", nil, &first)
	a.must(http.StatusOK, http.MethodGet, next(first), nil, &second)
	a.must(http.StatusOK, http.MethodGet, next(second), nil, &third)
	if second.Pagination != first.Pagination || third.Pagination != first.Pagination || third.Roles[0].ID != second.Roles[0].ID {
		t.Errorf("got %+v, %+v, %+v", first.Pagination, second.Pagination, third.Pagination)
	}
}

func TestNamesThatAreTakenInOddWays(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	body := func(name string) object { return object{"name": name, "permissions": []string{"A_B"}} }
	gone, held := a.create("gone"), a.create("held")
	a.must(http.StatusNoContent, http.MethodDelete, rolePath(gone.ID), nil, nil)

	srv.ChangeSettings(func(s *arizetest.Settings) { s.CaseInsensitiveNames, s.ReserveDeletedNames = true, true })
	a.must(http.StatusConflict, http.MethodPost, "/v2/roles", body("HELD"), nil)
	a.must(http.StatusConflict, http.MethodPost, "/v2/roles", body("gone"), nil)
	a.must(http.StatusConflict, http.MethodPost, "/v2/roles", body("Gone"), nil)
	a.must(http.StatusConflict, http.MethodPatch, rolePath(held.ID), object{"name": "gone"}, nil)
	a.must(http.StatusOK, http.MethodPatch, rolePath(held.ID), object{"name": "Held"}, nil)

	srv.ChangeSettings(func(s *arizetest.Settings) { s.CaseInsensitiveNames = false })
	a.must(http.StatusCreated, http.MethodPost, "/v2/roles", body("Gone"), nil)
	a.must(http.StatusConflict, http.MethodPost, "/v2/roles", body("gone"), nil)
	srv.ChangeSettings(func(s *arizetest.Settings) { s.ReserveDeletedNames = false })
	again := a.create("gone")
	srv.ChangeSettings(func(s *arizetest.Settings) { s.ReserveDeletedNames = true })
	a.must(http.StatusOK, http.MethodPatch, rolePath(again.ID), object{"description": "keeps its name"}, nil)
}

func TestSettingsInJSON(t *testing.T) {
	settings := arizetest.Settings{
		Latency: 50 * time.Millisecond, RequestsPerSecond: 2.5, Burst: 7, PageCap: 3, ClockOffset: -time.Minute,
		ImpliedPermissions: map[string][]string{"*": {"A_B"}}, DroppedPermissions: []string{"C_D"}, RetryAfter: arizetest.RetryAfterDate,
	}
	data, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	var read arizetest.Settings
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if diff := cmp.Diff(settings, read); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"latency":"2s"}`), &read); err != nil {
		t.Fatal(err)
	}
	settings.Latency = 2 * time.Second
	if diff := cmp.Diff(settings, read); diff != "" {
		t.Errorf("one change (-want +got):\n%s", diff)
	}
	for _, bad := range []string{`{"latency":"fast"}`, `{"latency":5}`, `{"latencies":"5s"}`, `{"burst":"x"}`} {
		if err := json.Unmarshal([]byte(bad), &read); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
