package session_test

import (
	"maps"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/session"
)

// cursors are the cursors of the pages that were asked for since the last time.
func (a *account) cursors() (cursors []string) {
	for _, request := range a.srv.Requests(arizetest.ByRoute(listRoles)) {
		query, err := url.ParseQuery(request.Query)
		a.must(err)
		cursors = append(cursors, query.Get("cursor"))
	}
	a.srv.ResetLog()
	return cursors
}

// equal checks that the session shows exactly what is in Arize.
func (a *account) equal() {
	a.t.Helper()
	for _, want := range a.srv.Roles() {
		seen := a.Observe(want.ID, want.Name, want.Name)
		for how, got := range map[string]*arize.Role{"id": seen.Role, "name": seen.Named, "pending name": seen.Pending} {
			if got == nil || got.ID != want.ID || got.Name != want.Name || got.Description != want.Description ||
				!slices.Equal(got.Permissions, want.Permissions) || got.Predefined != want.Predefined {
				a.t.Errorf("by %s: got %+v, want %+v", how, got, want)
			}
		}
	}
}

// pages makes an account of so many pages of ten roles each.
func pages(t testing.TB, n int, limits session.Limits) *account {
	t.Helper()
	a := newAccount(t, limits)
	a.srv.SeedRoles(10*n - len(a.srv.Roles()))
	a.srv.ChangeSettings(func(s *arizetest.Settings) { s.PageCap = 10 })
	return a
}

func TestSweepOfManyPages(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*arizetest.Settings)
		roles  int
		want   int // requests
	}{
		"nothing but what comes with Arize": {func(*arizetest.Settings) {}, 4, 1},
		"a page and one more":               {func(*arizetest.Settings) {}, 101, 2},
		"some pages":                        {func(*arizetest.Settings) {}, 254, 3},
		"short pages":                       {func(s *arizetest.Settings) { s.PageCap = 7 }, 104, 15},
		"empty pages in between":            {func(s *arizetest.Settings) { s.EmptyPages = true }, 254, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			predefined := len(a.srv.Roles())
			a.srv.SeedRoles(row.roles - predefined)
			a.srv.ChangeSettings(row.change)
			began := a.clock()
			swept := a.sweep()
			if got := a.count(listRoles); got != row.want {
				t.Errorf("got %d requests, want %d", got, row.want)
			}
			if want := (session.Counts{Predefined: predefined, Custom: row.roles - predefined}); swept.Counts != want {
				t.Errorf("got %+v, want %+v", swept.Counts, want)
			}
			if seen := a.Observe("", "", ""); !swept.Began.Equal(began) || !seen.Since.Equal(began) {
				t.Errorf("got a list that began at %v, and is from %v, want %v", swept.Began, seen.Since, began)
			}
			if len(swept.Changes.IDs) != row.roles {
				t.Errorf("got %d changes of the first list, want %d", len(swept.Changes.IDs), row.roles)
			}
			a.equal()
			if again := a.sweep(); len(again.Changes.IDs) > 0 {
				t.Errorf("got changes %+v of the same list again, want none", again.Changes)
			}
		})
	}
}

// TestSweepKnowsWhenAPageWasAskedFor sets Arize's clock back, so that the dates tell the opposite.
func TestSweepKnowsWhenAPageWasAskedFor(t *testing.T) {
	t.Parallel()
	a := pages(t, 2, plenty)
	a.sweep()
	id := a.srv.CustomRoles()[0].ID // the oldest is listed last
	a.srv.AddFault(arizetest.Fault{
		Kind: arizetest.FaultHook, Stage: arizetest.AfterCommit, Route: "/v2/roles", Nth: 1,
		Hook: func(arizetest.Request) {
			a.update(id, "ours")
			a.srv.ChangeRole(id, func(r *arizetest.Role) {
				r.Description, r.UpdatedAt = "theirs", r.UpdatedAt.Add(-time.Minute)
			})
		},
	})
	a.sweep()
	if got := a.described(id); got != "theirs" {
		t.Errorf("got %q, want %q: the second page was asked for later", got, "theirs")
	}
}

func TestSweepThatRepeatsItself(t *testing.T) {
	t.Parallel()
	a := pages(t, 3, plenty)
	a.sweep()
	a.srv.AddRole(arizetest.Role{Name: "New", Permissions: []string{"PROJECT_READ"}})
	a.srv.ChangeSettings(func(s *arizetest.Settings) { s.RepeatCursor = true })
	a.failSweep(arize.ClassUnavailable)
	if _, found := a.Named("New"); found {
		t.Error("a part of a list was taken for all of it")
	}
	a.srv.ChangeSettings(func(s *arizetest.Settings) { s.RepeatCursor = false })
	a.cursors()
	a.sweep()
	if cursors := a.cursors(); cursors[0] != "" {
		t.Errorf("got a first page with cursor %q, want a new list", cursors[0])
	}
	a.equal()
}

// TestSweepInterrupted fails one page, and says where the next call goes on.
func TestSweepInterrupted(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault arizetest.Fault
		class arize.Class
		goOn  bool // at the page, else anew
	}{
		"5xx":                 {arizetest.Fault{Kind: arizetest.FaultStatus, Status: 503}, arize.ClassUnavailable, false},
		"a lost answer":       {arizetest.Fault{Kind: arizetest.FaultClose}, arize.ClassUnavailable, false},
		"a page of a proxy":   {arizetest.Fault{Kind: arizetest.FaultHTML}, arize.ClassUnavailable, false},
		"half a page":         {arizetest.Fault{Kind: arizetest.FaultCut}, arize.ClassUnavailable, false},
		"a cursor too old":    {arizetest.Fault{Kind: arizetest.FaultStatus, Status: 400}, arize.ClassInvalid, false},
		"a key that is bad":   {arizetest.Fault{Kind: arizetest.FaultStatus, Status: 401}, arize.ClassUnauthorized, false},
		"no right to list":    {arizetest.Fault{Kind: arizetest.FaultStatus, Status: 403}, arize.ClassForbidden, false},
		"a limit of the rate": {arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: "5"}, arize.ClassRateLimited, true},
	} {
		for _, page := range []int{1, 3} {
			t.Run(name+" on page "+strconv.Itoa(page), func(t *testing.T) {
				t.Parallel()
				a := pages(t, 4, plenty)
				fault := row.fault // the two pages of a row are tested at the same time
				fault.Method, fault.Route, fault.Nth = "GET", "/v2/roles", page
				a.srv.AddFault(fault)
				a.failSweep(row.class)
				if a.Observe("", "Admin", "").Named != nil {
					t.Error("a part of a list is shown")
				}
				failedAt := a.cursors()[page-1]
				a.pass(6 * time.Second)
				resumed := a.clock()
				swept := a.sweep()
				first := a.cursors()[0]
				if goesOn := row.goOn && page > 1; goesOn != (first == failedAt && first != "") {
					t.Errorf("got cursor %q first, want it to go on at page %d: %v", first, page, goesOn)
				} else if began := swept.Began.Equal(start); began != goesOn || !began && !swept.Began.Equal(resumed) {
					t.Errorf("got a list that began at %v, want at %v, or anew", swept.Began, start)
				}
				a.equal()
			})
		}
	}
}

func TestSweepWaitsForTheBudget(t *testing.T) {
	t.Parallel()
	a := pages(t, 7, session.Limits{RequestsPerSecond: 2, Burst: 3})
	var waits []time.Duration
	for {
		swept, err := a.Sweep(t.Context(), session.Upkeep, believe)
		a.must(err)
		if swept.Complete {
			break
		}
		if a.Health().State != session.Starting {
			t.Errorf("got %+v while the list is not complete, want Starting", a.Health())
		}
		waits = append(waits, swept.Wait.Round(time.Millisecond))
		a.pass(swept.Wait)
	}
	if diff := cmp.Diff(slices.Repeat([]time.Duration{500 * time.Millisecond}, 4), waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	cursors := a.cursors()
	if slices.Sort(cursors); len(slices.Compact(cursors)) != 7 {
		t.Errorf("got pages %q, want seven, each once", cursors)
	}
	a.equal()
}

func TestSweepBeginsWithItsFirstRequest(t *testing.T) {
	t.Parallel()
	a := newAccount(t, session.Limits{RequestsPerSecond: 1, Burst: 1})
	a.sweep()
	a.Admit("team/role", session.Person)
	a.Release()
	swept, err := a.Sweep(t.Context(), session.Upkeep, believe)
	a.must(err)
	if swept.Complete || swept.Wait == 0 {
		t.Fatalf("got %+v, want to wait for the budget", swept)
	}
	a.WantSweep("team/role")
	a.pass(time.Second)
	want := a.clock()
	swept = a.sweep()
	if !swept.Began.Equal(want) || !swept.Waiting["team/role"] {
		t.Errorf("got a list that began at %v for %v, want at %v for team/role", swept.Began, swept.Waiting, want)
	}
	if due := a.Due(time.Hour); due <= 0 {
		t.Errorf("got another one due after %v, want not now", due)
	}
}

func TestSweepThatTheCallerGivesUp(t *testing.T) {
	t.Parallel()
	a := pages(t, 4, plenty)
	a.sweep()
	a.cursors()
	a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, Route: "/v2/roles", Nth: 3})
	a.failSweep(arize.ClassRateLimited)
	a.pass(2 * time.Second)
	if _, err := a.Sweep(canceled(), session.Upkeep, believe); arize.ClassOf(err) != arize.ClassCanceled {
		t.Fatalf("got %v, want to be canceled", err)
	}
	if got := a.Health().State; got != session.Healthy {
		t.Errorf("got %v, want Healthy: who gives up says nothing about the account", got)
	}
	if got := a.Failures(); got != 1 {
		t.Errorf("got %d failures, want the one before", got)
	}
	a.sweep()
	cursors := a.cursors()
	if slices.Contains(cursors[3:], "") || cursors[2] != cursors[3] {
		t.Errorf("got pages %q, want the list to go on where it was", cursors)
	}
}

// TestSweepIsJudgedBeforeItIsSeen lets many look while lists come that must not be
// believed: nobody may see such a list in an account that seems healthy.
func TestSweepIsJudgedBeforeItIsSeen(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	role := a.add("Role")
	a.sweep()
	stop := make(chan struct{})
	var looks atomic.Int64
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				looks.Add(1)
				runtime.Gosched() // two cores are few
				if seen := a.Observe(role.ID, "Role", ""); (seen.Role == nil || seen.Named == nil) && seen.Health.State == session.Healthy {
					t.Errorf("got %+v: a list that was not believed was seen in a healthy account", seen)
					return
				}
			}
		})
	}
	doubtful := session.Health{State: session.Failed, Reason: "RolesVanished", Message: "gone"}
	for range 20 {
		a.srv.RemoveRole(role.ID)
		_, err := a.Sweep(t.Context(), session.Upkeep, func(exists func(string) bool) session.Health {
			if exists(role.ID) {
				t.Error("the judge was shown a role that is gone")
			}
			for range 1000 { // whoever can look meanwhile does
				runtime.Gosched()
			}
			return doubtful
		})
		a.must(err)
		if diff := cmp.Diff(doubtful, a.Health()); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
		role.Description = ""
		a.srv.AddRole(role)
		a.sweep()
	}
	close(stop)
	group.Wait()
	if looks.Load() == 0 {
		t.Error("nobody looked")
	}
}

func TestSweepShowsTheJudgeTheNewsToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, plenty)
		stays, goes := a.add("Stays").ID, a.add("Goes").ID
		a.sweep()
		got := map[string]bool{}
		var created *arize.Role
		release := a.late(listRoles, func() {
			_, err := a.Sweep(t.Context(), session.Upkeep, func(exists func(string) bool) session.Health {
				got = map[string]bool{"stays": exists(stays), "goes": exists(goes), "created": exists(created.ID), "other": exists("other")}
				return session.Health{State: session.Healthy}
			})
			a.must(err)
		})
		a.must(a.Delete(t.Context(), goes))
		var err error
		created, err = a.Create(t.Context(), arize.RoleSpec{Name: "New", Permissions: []string{"PROJECT_READ"}})
		a.must(err)
		release()
		if diff := cmp.Diff(map[string]bool{"stays": true, "goes": false, "created": true, "other": false}, got); diff != "" {
			t.Errorf("what the judge was shown (-want +got):\n%s", diff)
		}
	})
}

func TestSweepIsForOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, plenty)
		var first session.Swept
		release := a.late(listRoles, func() { first, _ = a.Sweep(t.Context(), session.Upkeep, believe) })
		second, err := a.Sweep(t.Context(), session.Upkeep, believe)
		if err != nil || second.Complete || second.Wait <= 0 {
			t.Errorf("meanwhile: got %+v, %v, want to wait", second, err)
		}
		release()
		if !first.Complete || a.count(listRoles) != 1 {
			t.Errorf("got %+v, want it complete with one request", first)
		}
		a.sweep()
	})
}

func TestWantSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, plenty)
		a.sweep()
		if due := a.Due(time.Hour); due != time.Hour-time.Second {
			t.Errorf("got the next one due after %v, want the rest of the interval", due)
		}
		a.WantSweep("team/early")
		if due := a.Due(time.Hour); due > 0 {
			t.Errorf("got the next one due after %v, want now", due)
		}
		var swept session.Swept
		release := a.late(listRoles, func() { swept, _ = a.Sweep(t.Context(), session.Upkeep, believe) })
		a.WantSweep("team/early") // again: it waits already
		a.WantSweep("team/late")  // a list that began before does not do
		release()
		if diff := cmp.Diff(map[string]bool{"team/early": true}, swept.Waiting); diff != "" {
			t.Errorf("who waited for the first list (-want +got):\n%s", diff)
		}
		if due := a.Due(time.Hour); due > 0 {
			t.Errorf("got the next one due after %v, want now", due)
		}
		if diff := cmp.Diff(map[string]bool{"team/late": true}, a.sweep().Waiting); diff != "" {
			t.Errorf("who waited for the second list (-want +got):\n%s", diff)
		}
		if due := a.Due(time.Hour); due <= 0 {
			t.Errorf("got the next one due after %v, want the interval", due)
		}
		if got := slices.Collect(maps.Keys(a.sweep().Waiting)); len(got) != 0 {
			t.Errorf("got %q waiting for the third list, want nobody", got)
		}
	})
}

func TestRequestIsHonouredByALaterList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, plenty)
		a.sweep()
		release := a.late(listRoles, func() { _, _ = a.Sweep(t.Context(), session.Upkeep, believe) })
		a.Request("annotation", "now")
		release()
		if a.Honoured("annotation") {
			t.Error("a list that began before the request answered it")
		}
		a.sweep()
		if !a.Honoured("annotation") {
			t.Error("a list that began after the request did not answer it")
		}
	})
}

// TestOutdated holds that what happens while a list is under way gets a list of its
// own, though who waits is named with the first.
func TestOutdated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, plenty)
		a.sweep()
		a.WantSweep("team/role")
		var swept session.Swept
		release := a.late(listRoles, func() { swept, _ = a.Sweep(t.Context(), session.Upkeep, believe) })
		a.WantSweep("team/role")
		a.Outdated()
		release()
		if !swept.Waiting["team/role"] {
			t.Errorf("got %v waiting for the first list, want team/role", swept.Waiting)
		}
		if due := a.Due(time.Hour); due > 0 {
			t.Errorf("got the next one due after %v, want now", due)
		}
		a.sweep()
		if due := a.Due(time.Hour); due <= 0 {
			t.Errorf("got the next one due after %v, want the interval", due)
		}
	})
}

func TestWantSweepSurvivesAFailure(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	a.WantSweep("team/role")
	a.fail(listRoles, 503, 1)
	a.failSweep(arize.ClassUnavailable)
	if diff := cmp.Diff(map[string]bool{"team/role": true}, a.sweep().Waiting); diff != "" {
		t.Errorf("who waited (-want +got):\n%s", diff)
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	const interval = 5 * time.Minute
	for name, row := range map[string]struct {
		do   func(*account)
		want time.Duration // of a.Due, at most; zero: now
	}{
		"before the first one, now":            {func(*account) {}, 0},
		"after one, the interval":              {func(a *account) { a.sweep() }, interval - time.Second},
		"after the interval, now":              {func(a *account) { a.sweep(); a.pass(interval) }, 0},
		"while one waits for the budget, now":  {func(a *account) { a.sweep(); a.throttle() }, 0},
		"when somebody wants one, now":         {func(a *account) { a.sweep(); a.WantSweep("team/role") }, 0},
		"when a person asks, now":              {func(a *account) { a.sweep(); a.Request("test", "1") }, 0},
		"put off before the first":             {func(a *account) { a.Defer(time.Minute) }, time.Minute},
		"put off though somebody wants one":    {func(a *account) { a.sweep(); a.Defer(time.Minute); a.WantSweep("team/role") }, time.Minute},
		"put off by less than the interval":    {func(a *account) { a.sweep(); a.Defer(time.Minute) }, interval - time.Second},
		"put off, and the time is over":        {func(a *account) { a.Defer(time.Minute); a.pass(time.Minute) }, 0},
		"put off, but a person asks":           {func(a *account) { a.Defer(time.Minute); a.Request("test", "1") }, 0},
		"put off after a person asked":         {func(a *account) { a.Request("test", "1"); a.Defer(time.Minute) }, time.Minute},
		"a request is honoured once":           {func(a *account) { a.Request("test", "1"); a.sweep(); a.Request("test", "1") }, interval - time.Second},
		"a request that is put off is no news": {func(a *account) { a.Request("test", "1"); a.Defer(time.Minute); a.Request("test", "1") }, time.Minute},
		"another request is honoured":          {func(a *account) { a.Request("test", "1"); a.sweep(); a.Request("test", "2") }, 0},
		"two ways to ask do not undo each other": {func(a *account) {
			a.Request("one", "1")
			a.Request("other", "1")
			a.sweep()
			a.Request("one", "1")
			a.Request("other", "1")
		}, interval - time.Second},
		"one that succeeded is put off no more": {func(a *account) {
			a.Defer(time.Hour)
			a.sweep()
		}, interval - time.Second},
		"when the account failed, now: it is the probe": {func(a *account) {
			a.sweep()
			a.fail(getRole, 401, 1)
			_ = a.Read(a.t.Context(), a.add("Role").ID)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			row.do(a)
			if got := max(a.Due(interval), 0); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

// throttle leaves a list under way.
func (a *account) throttle() {
	a.srv.SeedRoles(20)
	a.srv.ChangeSettings(func(s *arizetest.Settings) { s.PageCap = 10 })
	a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, Route: "/v2/roles", Nth: 2})
	a.failSweep(arize.ClassRateLimited)
}

// TestSweepOfAQuietAccountKeepsNothing holds that what did not change stays the very
// same in memory.
func TestSweepOfAQuietAccountKeepsNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	id, other := a.add("Role").ID, a.add("Other").ID
	a.sweep()
	before := a.Observe(id, "Role", "")
	a.describe(other, "changed")
	a.sweep()
	if after := a.Observe(id, "Role", ""); after.Role != before.Role || after.Named != before.Role {
		t.Error("a role that did not change was copied")
	}
	if got := a.described(other); got != "changed" {
		t.Errorf("got %q, want changed", got)
	}
}
