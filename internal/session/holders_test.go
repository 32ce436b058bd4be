package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/session"
)

// bind binds a role so many times on one kind of resource.
func (a *account) bind(roleID, kind string, n int) {
	for i := range n {
		a.srv.AddBinding(arizetest.Binding{
			RoleID: roleID, UserID: fmt.Sprintf("user-%d", i), ResourceType: kind, ResourceID: kind + "-" + roleID,
		})
	}
}

func TestHolders(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		bind     func(a *account, id, other string)
		want     session.Holders // without the first
		first    int
		requests int
	}{
		"nobody": {func(*account, string, string) {}, session.Holders{}, 0, 2},
		"nobody, of those who hold others": {func(a *account, _, other string) {
			a.bind(other, arizetest.ResourceSpace, 3)
		}, session.Holders{}, 0, 2},
		"some, on both kinds of resource": {func(a *account, id, other string) {
			a.bind(id, arizetest.ResourceSpace, 1)
			a.bind(id, arizetest.ResourceProject, 1)
			a.bind(other, arizetest.ResourceSpace, 3)
		}, session.Holders{Spaces: 1, Projects: 1}, 2, 2},
		"many": {func(a *account, id, _ string) {
			a.bind(id, arizetest.ResourceSpace, 150)
			a.bind(id, arizetest.ResourceProject, 30)
		}, session.Holders{Spaces: 150, Projects: 30}, 3, 3},
		"as many as five pages hold": {func(a *account, id, _ string) {
			a.bind(id, arizetest.ResourceProject, 500)
		}, session.Holders{Projects: 500}, 3, 6},
		"more than anybody wants to page through": {func(a *account, id, _ string) {
			a.bind(id, arizetest.ResourceSpace, 501)
			a.bind(id, arizetest.ResourceProject, 900)
		}, session.Holders{Spaces: 500, Projects: 500, Partial: true}, 3, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			id, other := a.add("Role").ID, a.add("Other").ID
			row.bind(a, id, other)
			got, err := a.Holders(t.Context(), id)
			a.must(err)
			if diff := cmp.Diff(row.want, got, cmpopts.IgnoreFields(session.Holders{}, "First")); diff != "" {
				t.Errorf("holders (-want +got):\n%s", diff)
			}
			if len(got.First) != row.first {
				t.Errorf("got %d of them, want %d", len(got.First), row.first)
			}
			for _, binding := range got.First {
				if binding.RoleID != id {
					t.Errorf("got %+v, which is about another role", binding)
				}
			}
			if got := a.count(listBinds); got != row.requests {
				t.Errorf("got %d requests, want %d", got, row.requests)
			}
		})
	}
}

func TestHoldersThatCannotBeTold(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	a.sweep()
	a.fail(listBinds, 429, 1)
	if got, err := a.Holders(t.Context(), a.add("Role").ID); arize.ClassOf(err) != arize.ClassRateLimited || got.Partial {
		t.Errorf("got %+v, %v, want the error", got, err)
	}
	if got := a.count(listBinds); got != 1 || a.Pause() == 0 {
		t.Errorf("got %d requests and a pause of %v, want it to stop at once, and everybody", got, a.Pause())
	}
}

func TestHoldersAreOnTheBudget(t *testing.T) {
	t.Parallel()
	a := newAccount(t, session.Limits{RequestsPerSecond: 1, Burst: 2})
	_, err := a.Holders(t.Context(), a.add("Role").ID)
	a.must(err)
	if got := a.Admit("team/role", session.Person); got != time.Second {
		t.Errorf("got a wait of %v for the next request, want 1s: two were sent", got)
	}
}
