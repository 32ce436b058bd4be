package session_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/session"
)

// answers plays requests about a role, one for each word: a status that Arize
// answers, "lost" for no answer, "gone" for a caller that gives up, or "sweep" for a
// whole list. "list:503" is a list that fails with a status, and "503*2" two of them.
func (a *account) answers(words string) {
	a.t.Helper()
	id := a.add("Role").ID
	for word := range strings.FieldsSeq(words) {
		word, times, repeated := strings.Cut(word, "*")
		if !repeated {
			times = "1"
		}
		for range number(times) {
			a.answer(id, word)
		}
	}
	a.srv.ClearFaults()
}

func (a *account) answer(id, word string) {
	a.t.Helper()
	a.srv.ClearFaults()
	a.pass(10 * time.Second) // a 429 stops all for one, and further ones for more
	status, list := strings.CutPrefix(word, "list:")
	switch {
	case word == "sweep":
		a.sweep()
	case list:
		a.fail(listRoles, number(status), 1)
		if _, err := a.Sweep(a.t.Context(), session.Upkeep, believe); err == nil {
			a.t.Fatalf("%s: got no error", word)
		}
	case word == "lost":
		a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultClose})
		_ = a.Read(a.t.Context(), id)
	case word == "gone":
		_ = a.Read(canceled(), id)
	case word == "200":
		a.must(a.Read(a.t.Context(), id))
	default:
		a.fail(getRole, number(word), 1)
		_ = a.Read(a.t.Context(), id)
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func TestHealth(t *testing.T) {
	t.Parallel()
	healthy := session.Health{State: session.Healthy}
	failed := func(reason, message string) session.Health {
		return session.Health{State: session.Failed, Reason: reason, Message: message}
	}
	unavailable := failed(session.Unavailable, "service unavailable (HTTP 503)")
	unauthorized := failed(session.Unauthorized, "unauthorized (HTTP 401)")
	for name, row := range map[string]struct {
		answers string
		want    session.Health
	}{
		"nothing is known before the first list":                    {"", session.Health{}},
		"requests about roles say nothing about a new account":      {"200 401 503 503 503", session.Health{}},
		"a complete list is healthy":                                {"sweep", healthy},
		"a key that is refused fails at once":                       {"sweep 401", unauthorized},
		"one request without an answer says nothing":                {"sweep 503", healthy},
		"two say nothing either":                                    {"sweep 503 lost", healthy},
		"three in a row fail":                                       {"sweep lost 503 503", unavailable},
		"an answer in between begins the count anew":                {"sweep 503 503 200 503 503", healthy},
		"a refusal is an answer too":                                {"sweep 503 503 404 503 503", healthy},
		"of a role, so is a 403":                                    {"sweep 503 503 403 503 503", healthy},
		"a complete list begins the count anew":                     {"sweep 503 503 sweep 503 503", healthy},
		"a limit of the rate says nothing":                          {"sweep 429 429 429 429", healthy},
		"a limit of the rate does not interrupt the count":          {"sweep 503 429 503 429 503", unavailable},
		"who gives up says nothing":                                 {"sweep gone*4", healthy},
		"who gives up does not interrupt the count":                 {"sweep 503 503 gone 503", unavailable},
		"answers do not heal":                                       {"sweep 401 200 200 200", unauthorized},
		"nor do other failures tell anything new":                   {"sweep 401 503 503 503", unauthorized},
		"a complete list heals":                                     {"sweep 401 200 sweep", healthy},
		"a first list that fails says why":                          {"list:503", unavailable},
		"a list that may not be had fails at once":                  {"sweep list:403", failed(session.Forbidden, "forbidden (HTTP 403)")},
		"a list for a key that is refused fails at once":            {"sweep list:401", unauthorized},
		"a list that fails once says nothing of a healthy account":  {"sweep list:503", healthy},
		"three lists in a row fail, whatever is answered otherwise": {"sweep list:503 200 list:503 200 list:503 200", unavailable},
		"three lists in a row fail, whatever they fail with":        {"sweep list:400 200 list:400 200 list:400", failed(session.Unavailable, "bad request (HTTP 400)")},
		"a list in between begins the count of lists anew":          {"sweep list:400*2 sweep list:400*2", healthy},
		"lists and requests are counted together":                   {"sweep 503 list:503 503", unavailable},
		"a list that is limited says nothing of a healthy account":  {"sweep list:429*4", healthy},
		"a first list that is limited says so":                      {"list:429", failed(session.RateLimited, "too many requests (HTTP 429)")},
		"a failed account tells what its last probe met":            {"sweep 401 list:503", unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			a.answers(row.answers)
			got := a.Health()
			if got.Message != "" { // the simulator says more than a status
				got.Message = got.Message[strings.LastIndex(got.Message, "(HTTP"):]
				row.want.Message = row.want.Message[strings.LastIndex(row.want.Message, "(HTTP"):]
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("after %q (-want +got):\n%s", row.answers, diff)
			}
		})
	}
}

func TestTurned(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	turned := func(what string, want bool) {
		t.Helper()
		if got := a.Turned(); got != want {
			t.Errorf("%s: got turned %v, want %v", what, got, want)
		}
		if a.Turned() {
			t.Errorf("%s: it is told twice", what)
		}
	}
	turned("before the first list", false)
	a.sweep()
	turned("the first list", true)
	a.sweep()
	turned("another list", false)
	a.answers("503 503")
	turned("failures that say nothing", false)
	a.fail(getRole, 401, 1)
	_ = a.Read(t.Context(), "id")
	turned("a key that is refused", true)
	a.fail(listRoles, 401, 1)
	a.failSweep(arize.ClassUnauthorized)
	turned("a probe that meets the same", false)
	a.fail(listRoles, 503, 2)
	a.failSweep(arize.ClassUnavailable)
	turned("a probe that meets something else", true)
	a.failSweep(arize.ClassUnavailable)
	turned("a probe that meets the same again", false)
	a.sweep()
	turned("a list that heals", true)
	a.Fail(session.Health{Reason: "SecretNotFound"})
	turned("a Secret that is gone", true)
	a.Fail(session.Health{Reason: "SecretNotFound", Message: "in other words"})
	turned("the same in other words", false)
	a.Fail(session.Health{Reason: "SecretNotFound", DeleteOnly: true})
	turned("the same, but deletions are possible", true)
	a.sweep()
	a.Fail(session.Health{Reason: "SecretNotFound", DeleteOnly: true})
	turned("there and back is news too", true)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answers string
		want    int
	}{
		"none at first":                      {"", 0},
		"sweeps that fail add up":            {"list:503 list:400 list:401", 3},
		"a sweep that succeeds ends the row": {"list:503*2 sweep list:503", 1},
		"requests about roles do not count":  {"sweep 503 503 503 401", 0},
		"429s of one page add up":            {"list:429*2", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			a.answers(row.answers)
			if got := a.Failures(); got != row.want {
				t.Errorf("got %d, want %d", got, row.want)
			}
		})
	}
}

// TestFailuresOfASweepThatGoesOn holds that a sweep that meets a limit on its way is
// not put off ever longer.
func TestFailuresOfASweepThatGoesOn(t *testing.T) {
	t.Parallel()
	a := pages(t, 6, plenty)
	for _, page := range []int{2, 4, 6} {
		a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, Route: "/v2/roles", Nth: page})
	}
	for range 3 {
		a.failSweep(arize.ClassRateLimited)
		if got := a.Failures(); got != 1 {
			t.Errorf("got %d failures, want 1: there were pages in between", got)
		}
		a.pass(a.Pause() + time.Second)
	}
	a.sweep()
	a.equal()
}

func TestPause(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		retryAfter string
		want       float64 // seconds
	}{
		"as long as Arize says":              {"7", 7},
		"a second when it does not":          {"", 1},
		"a second when nobody can read it":   {"soon", 1},
		"a second when it is over":           {"0", 1},
		"an hour when it is a day":           {"86400", 3600},
		"until a date that is given instead": {"Wed, 25 Nov 2076 12:00:30 GMT", 3600},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			a.sweep()
			a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: row.retryAfter, Times: 1})
			if got := arize.ClassOf(a.Read(t.Context(), a.add("Role").ID)); got != arize.ClassRateLimited {
				t.Fatalf("got %v, want RateLimited", got)
			}
			if got := a.Pause().Seconds(); got != row.want {
				t.Errorf("got a pause of %v s, want %v s", got, row.want)
			}
			if wait := a.Admit("team/role", session.Person); wait.Seconds() < row.want {
				t.Errorf("got admitted after %v, want not before the pause is over", wait)
			}
			if swept, err := a.Sweep(t.Context(), session.Upkeep, believe); err != nil || swept.Wait.Seconds() < row.want {
				t.Errorf("sweep: got %+v, %v, want to wait for the end of the pause", swept, err)
			}
			a.pass(a.Pause())
			if got := a.Pause(); got != 0 {
				t.Errorf("afterwards: got a pause of %v, want none", got)
			}
		})
	}
}
