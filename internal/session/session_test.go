package session_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/session"
)

// TestLateAnswers lets answers arrive late, through the whole session.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		play func(a *account, id string)
		want string // the description that the role is seen with in the end
	}{
		"a write while a page of a sweep is on its way": {func(a *account, id string) {
			release := a.late(listRoles, func() { _, _ = a.Sweep(a.t.Context(), session.Upkeep, believe) })
			a.update(id, "ours")
			release()
		}, "ours"},
		"a deletion while a page of a sweep is on its way": {func(a *account, id string) {
			release := a.late(listRoles, func() { _, _ = a.Sweep(a.t.Context(), session.Upkeep, believe) })
			a.must(a.Delete(a.t.Context(), id))
			release()
		}, "gone"},
		"a read that is answered after the list that followed it": {func(a *account, id string) {
			release := a.late(getRole, func() { _ = a.Read(a.t.Context(), id) })
			a.describe(id, "theirs")
			a.sweep()
			release()
		}, "theirs"},
		"a read that is answered after a write and a list": {func(a *account, id string) {
			release := a.late(getRole, func() { _ = a.Read(a.t.Context(), id) })
			a.update(id, "ours")
			a.sweep()
			release()
		}, "ours"},
		"a read that is answered after the deletion": {func(a *account, id string) {
			release := a.late(getRole, func() { _ = a.Read(a.t.Context(), id) })
			a.must(a.Delete(a.t.Context(), id))
			a.sweep()
			release()
		}, "gone"},
		"a write that is answered after the deletion": {func(a *account, id string) {
			release := a.late(updateRole, func() { a.update(id, "ours") })
			a.must(a.Delete(a.t.Context(), id))
			release()
		}, "gone"},
		"a write that is answered after somebody else's change was read": {func(a *account, id string) {
			release := a.late(updateRole, func() { a.update(id, "ours") })
			a.pass(time.Second)
			a.describe(id, "theirs")
			a.must(a.Read(a.t.Context(), id))
			release()
		}, "theirs"},
		"a write that is answered after a list that was asked for before it": {func(a *account, id string) {
			list := a.late(listRoles, func() { _, _ = a.Sweep(a.t.Context(), session.Upkeep, believe) })
			write := a.late(updateRole, func() { a.update(id, "ours") })
			list()
			write()
		}, "ours"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newAccount(t, plenty)
				id := a.add("Role").ID
				a.sweep()
				row.play(a, id)
				if got := a.described(id); got != row.want {
					t.Errorf("got %q, want %q", got, row.want)
				}
			})
		})
	}
}

func TestLateCreation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, plenty)
		a.sweep()
		list := a.late(listRoles, func() { _, _ = a.Sweep(t.Context(), session.Upkeep, believe) })
		create := a.late(createRole, func() {
			_, err := a.Create(t.Context(), arize.RoleSpec{Name: "New", Permissions: []string{"PROJECT_READ"}})
			a.must(err)
		})
		list()
		if seen := a.Observe("", "New", "New"); seen.Named != nil || seen.Pending != nil {
			t.Errorf("before the answer: got %+v, want none of that name", seen)
		}
		create()
		role, found := a.Named("New")
		if seen := a.Observe(role.ID, "", "New"); !found || seen.Role == nil || seen.Pending == nil {
			t.Errorf("after the answer: got %+v, want the role by id and by name", seen)
		}
	})
}

func TestLateCreationDoesNotUndoWhatAListShowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, plenty)
		a.sweep()
		create := a.late(createRole, func() {
			_, err := a.Create(t.Context(), arize.RoleSpec{Name: "New", Permissions: []string{"PROJECT_READ"}})
			a.must(err)
		})
		a.pass(time.Second)
		role, _ := a.srv.RoleByName("New")
		a.describe(role.ID, "theirs")
		a.sweep()
		create()
		if got := a.described(role.ID); got != "theirs" {
			t.Errorf("got %q, want %q", got, "theirs")
		}
	})
}

func TestDoubt(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(a *account, id string) error{
		"a read": func(a *account, id string) error { return a.Read(a.t.Context(), id) },
		"an update": func(a *account, id string) error {
			_, err := a.Update(a.t.Context(), id, arize.RolePatch{Permissions: []string{"PROJECT_READ"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			id := a.add("Role").ID
			a.sweep()
			a.srv.RemoveRole(id)
			if got := arize.ClassOf(ask(a, id)); got != arize.ClassNotFound {
				t.Fatalf("got %v, want NotFound", got)
			}
			if seen := a.Observe(id, "Role", ""); seen.Role == nil || seen.Named == nil || !seen.Doubt {
				t.Errorf("after a 404: got %+v, want the role in doubt: a list has to miss it too", seen)
			}
			swept := a.sweep()
			if seen := a.Observe(id, "Role", ""); seen.Role != nil || seen.Named != nil || seen.Doubt {
				t.Errorf("after a list that misses it: got %+v, want no role and no doubt", seen)
			}
			if !swept.Concerns("", id) || !swept.Concerns("Role") {
				t.Errorf("got changes %+v, want them to concern the role by id and by name", swept.Changes)
			}
		})
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status    int // that Arize answers instead of deleting
		wantClass arize.Class
		want      string
	}{
		"a role that is deleted is gone":           {0, arize.ClassNone, "gone"},
		"a role that was gone already is gone too": {404, arize.ClassNotFound, "gone"},
		"a role that is bound stays":               {409, arize.ClassConflict, ""},
		"a role that may be deleted or not stays":  {503, arize.ClassUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			id := a.add("Role").ID
			a.sweep()
			if row.status != 0 {
				a.fail(deleteRole, row.status, 1)
			}
			if got := arize.ClassOf(a.Delete(t.Context(), id)); got != row.wantClass {
				t.Errorf("got an error of class %v, want %v", got, row.wantClass)
			}
			if got := a.described(id); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestRequests holds that one call is one request, and that a failure changes nothing.
func TestRequests(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		route string
		call  func(a *account, id string) (*arize.Role, error)
	}{
		"read": {getRole, func(a *account, id string) (*arize.Role, error) { return nil, a.Read(a.t.Context(), id) }},
		"create": {createRole, func(a *account, _ string) (*arize.Role, error) {
			return a.Create(a.t.Context(), arize.RoleSpec{Name: "New", Permissions: []string{"PROJECT_READ"}})
		}},
		"update": {updateRole, func(a *account, id string) (*arize.Role, error) {
			return a.Update(a.t.Context(), id, arize.RolePatch{Name: new("Other")})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			id := a.add("Role").ID
			a.sweep()
			a.count(row.route)
			a.fail(row.route, 500, 1)
			before := a.Observe(id, "Role", "New")
			if role, err := row.call(a, id); role != nil || arize.ClassOf(err) != arize.ClassUnavailable {
				t.Errorf("got %v, %v, want no role and an error of class Unavailable", role, err)
			}
			if diff := cmp.Diff(before, a.Observe(id, "Role", "New")); diff != "" {
				t.Errorf("a failure changed what is known (-want +got):\n%s", diff)
			}
			role, err := row.call(a, id)
			a.must(err)
			if got := a.count(row.route); got != 2 {
				t.Errorf("got %d requests for two calls, want 2", got)
			}
			if role != nil {
				if diff := cmp.Diff(role, a.Observe(role.ID, "", "").Role); diff != "" {
					t.Errorf("what is known after the call (-want +got):\n%s", diff)
				}
			}
		})
	}
}
