package arize_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// TestEndlessLists: a list that would never end, ends, with an error.
func TestEndlessLists(t *testing.T) {
	for name, test := range map[string]struct {
		next  func(cursor string) string
		steps int // the error included
		want  string
	}{
		"the same cursor again": {
			func(string) string { return "a" }, 2, "the cursor of the next page repeats an earlier one (HTTP 200)",
		},
		"a circle of cursors": {
			func(cursor string) string { return map[string]string{"": "a", "a": "b", "b": "c", "c": "a"}[cursor] },
			4, "the cursor of the next page repeats an earlier one (HTTP 200)",
		},
		"new cursors for ever": {
			func(cursor string) string { n, _ := strconv.Atoi(cursor); return strconv.Itoa(n + 1) },
			10_001, "the list does not end (HTTP 200)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := mustNew(t, arize.Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				body := fmt.Sprintf(`{"roles":[],"role_bindings":[],"pagination":{"has_more":true,"next_cursor":%q}}`, test.next(r.URL.Query().Get("cursor")))
				return answerOf(body), nil
			})})
			steps := 0
			var last error
			for _, err := range client.RolePages(t.Context(), arize.ListOptions{}) {
				steps++
				last = err
			}
			want := reading{arize.ClassUnavailable, false, test.want}
			if diff := cmp.Diff(want, read(last)); diff != "" || steps != test.steps {
				t.Errorf("%d steps, want %d; -want +got:\n%s", steps, test.steps, diff)
			}
			if got := read(firstError(client.RoleBindingPages(t.Context(), arize.ResourceSpace))); got != want {
				t.Errorf("bindings: got %+v", got)
			}
			if got := read(firstError(client.Roles(t.Context(), arize.ListOptions{}))); got != want {
				t.Errorf("flattened: got %+v", got)
			}
		})
	}
}

func answerOf(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// TestResumedCursorRepeats: a list that begins at a cursor and is given the same one again does not go on.
func TestResumedCursorRepeats(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{})
	addRoles(sim, 5)
	var cursor string
	for page, err := range client.RolePages(t.Context(), arize.ListOptions{PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		cursor = page.NextCursor
		break
	}
	sim.ChangeSettings(func(s *arizetest.Settings) { s.RepeatCursor = true })
	sim.ResetLog()
	err := firstError(client.RolePages(t.Context(), arize.ListOptions{PageSize: 2, Cursor: cursor}))
	if got, want := read(err).Message, "the cursor of the next page repeats an earlier one (HTTP 200)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := len(sim.Requests()); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

// TestListStopsAtAnError: the pages before it were yielded, and nothing is asked after it.
func TestListStopsAtAnError(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{})
	addRoles(sim, 10)
	sim.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 503, Nth: 3})
	pages, roles, failures := 0, 0, 0
	for page, err := range client.RolePages(t.Context(), arize.ListOptions{PageSize: 4}) {
		pages++
		roles += len(page.Roles)
		if err != nil {
			failures++
		}
	}
	if pages != 3 || roles != 8 || failures != 1 || len(sim.Requests()) != 3 {
		t.Errorf("%d steps, %d roles, %d errors, %d requests", pages, roles, failures, len(sim.Requests()))
	}
}

func TestListCanceledBetweenPages(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{})
	addRoles(sim, 10)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range client.RolePages(ctx, arize.ListOptions{PageSize: 4}) {
		last = err
		cancel()
	}
	if got := arize.ClassOf(last); got != arize.ClassCanceled {
		t.Errorf("got %v (%v), want Canceled", got, last)
	}
	if got := len(sim.Requests()); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}
