package arizetest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

func TestDirectAccess(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	b := srv.AddRole(arizetest.Role{Name: "b", Permissions: []string{"C_D", "A_B", "C_D"}, CreatedAt: at})
	added := srv.AddRole(arizetest.Role{ID: "own id", Name: "a", Permissions: []string{"A_B"}, Predefined: true})
	want := arizetest.Role{ID: b.ID, Name: "b", Permissions: []string{"A_B", "C_D"}, CreatedAt: at, UpdatedAt: at}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("as it was stored (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]arizetest.Role{b}, srv.CustomRoles()); diff != "" || added.ID != "own id" {
		t.Errorf("custom roles (-want +got):\n%s", diff)
	}
	got, _ := srv.RoleByName("b")
	got.Permissions[0] = "SPOILT_COPY"
	if again, _ := srv.Role(b.ID); again.Permissions[0] != "A_B" {
		t.Errorf("a caller can change the state: %+v", again)
	}
	changed := srv.ChangeRole(b.ID, func(r *arizetest.Role) {
		r.ID, r.Name, r.Permissions, r.UpdatedAt = "other", "c", []string{"E_F", "A_B"}, at.Add(time.Hour)
	})
	want.Name, want.Permissions, want.UpdatedAt = "c", []string{"A_B", "E_F"}, at.Add(time.Hour)
	if got, found := srv.Role(b.ID); !changed || !found || !cmp.Equal(want, got) {
		t.Errorf("changed (-want +got):\n%s", cmp.Diff(want, got))
	}
	var seen arizetest.Role
	a.must(http.StatusOK, http.MethodGet, rolePath(b.ID), nil, &seen)
	if seen.Name != "c" {
		t.Errorf("the API shows %+v", seen)
	}
	if !srv.RemoveRole(b.ID) || srv.RemoveRole(b.ID) || srv.ChangeRole(b.ID, func(*arizetest.Role) {}) || srv.RemoveBinding("x") {
		t.Errorf("what is gone was found")
	}
	if _, found := srv.RoleByName("c"); found || srv.Account("default").Name() != arizetest.DefaultAccount {
		t.Errorf("the role is still there")
	}
}

func TestMistakesOfATestPanic(t *testing.T) {
	srv, _ := newSim(t, arizetest.Options{})
	role := srv.AddRole(arizetest.Role{Name: "x", Permissions: []string{"A_B"}})
	srv.AddBinding(arizetest.Binding{RoleID: role.ID, UserID: ada, ResourceID: "r"})
	for name, mistake := range map[string]func(){
		"a name twice":    func() { srv.AddRole(arizetest.Role{Name: "x"}) },
		"an id twice":     func() { srv.AddRole(arizetest.Role{Name: "y", ID: role.ID}) },
		"rename to taken": func() { srv.ChangeRole(role.ID, func(r *arizetest.Role) { r.Name = "Admin" }) },
		"bind nothing":    func() { srv.AddBinding(arizetest.Binding{RoleID: "x"}) },
		"bind twice":      func() { srv.AddBinding(arizetest.Binding{RoleID: role.ID, UserID: ada, ResourceID: "r"}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			mistake()
		}()
	}
	srv.Requests() // no lock was left behind
}

func TestSeedRoles(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	if added := srv.SeedRoles(120); len(added) != 120 || len(srv.CustomRoles()) != 120 {
		t.Errorf("added %d", len(added))
	}
	if added := srv.SeedRoles(121); len(added) != 1 {
		t.Errorf("seeding again added %d", len(added))
	}
	var page rolePage
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=100", nil, &page) // held against the document
}
