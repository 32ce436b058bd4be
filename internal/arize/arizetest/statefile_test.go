package arizetest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

func load(t *testing.T, file string) (*arizetest.Server, *api) {
	t.Helper()
	srv, err := arizetest.Load(file, arizetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return srv, &api{t, srv.Client(), arizetest.URL, arizetest.DefaultKey}
}

func TestAStateFileSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	srv, a := load(t, file)
	const key = "very secret"
	srv.AddKey(key, "other")
	role, gone := a.create("x"), a.create("gone")
	a.must(http.StatusOK, http.MethodPatch, rolePath(role.ID), object{"description": "d"}, nil)
	a.must(http.StatusNoContent, http.MethodDelete, rolePath(gone.ID), nil, nil)
	binding := srv.AddBinding(arizetest.Binding{RoleID: role.ID})
	a.with(key).create("theirs")
	srv.SeedRoles(3)

	again, b := load(t, file)
	for _, account := range srv.Accounts() {
		if diff := cmp.Diff(srv.Account(account).Roles(), again.Account(account).Roles()); diff != "" {
			t.Errorf("roles of %s (-want +got):\n%s", account, diff)
		}
	}
	if diff := cmp.Diff([]arizetest.Binding{binding}, again.Bindings()); diff != "" {
		t.Errorf("bindings (-want +got):\n%s", diff)
	}
	b.with(key).must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil)
	again.ChangeSettings(func(s *arizetest.Settings) { s.ReserveDeletedNames = true })
	b.must(http.StatusConflict, http.MethodPost, "/v2/roles", object{"name": "gone", "permissions": []string{"A_B"}}, nil)
	if fresh := b.create("fresh"); again.RemoveRole(fresh.ID) && fresh.ID == role.ID {
		t.Errorf("an id was used again")
	}
	var before, after string
	before = a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=1", nil, nil).Body
	after = b.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=1", nil, nil).Body
	if cut := strings.Index(before, "next_cursor"); before[cut:] != after[cut:] {
		t.Errorf("a cursor does not survive: %s, %s", before, after)
	}
	data, err := os.ReadFile(file) //nolint:gosec // of this test
	if err != nil || strings.Contains(string(data), key) || strings.Contains(string(data), arizetest.DefaultKey) {
		t.Errorf("%v: the file has a key: %s", err, data)
	}
	if left, err := filepath.Glob(file + ".*"); err != nil || len(left) > 0 {
		t.Errorf("%v: %q are left", err, left)
	}
}

func TestABadStateFileIsExplained(t *testing.T) {
	for name, content := range map[string]string{
		"empty":             ``,
		"cut":               `{"version":1,"accounts":[{"name":"def`,
		"of another time":   `{"version":2}`,
		"role without name": `{"version":1,"accounts":[{"name":"default","roles":[{"id":"x"}]}]}`,
		"null role":         `{"version":1,"accounts":[{"name":"default","roles":[null]}]}`,
		"loose binding":     `{"version":1,"accounts":[{"name":"default","bindings":[{"role_id":"x"}]}]}`,
		"key of nobody":     `{"version":1,"keys":[{"sha256":"xy","account":"default"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := arizetest.Load(file, arizetest.Options{})
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "delete it, or move it away") {
				t.Errorf("got %v", err)
			}
			if data, err := os.ReadFile(file); err != nil || string(data) != content { //nolint:gosec // of this test
				t.Errorf("the file was changed: %q, %v", data, err)
			}
		})
	}
}

func TestAStateFileThatCannotBeWritten(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "gone")
	if _, err := arizetest.Load(filepath.Join(directory, "state.json"), arizetest.Options{}); err == nil {
		t.Errorf("a directory that does not exist was accepted")
	}
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	var failures []error
	options := arizetest.Options{OnSaveError: func(err error) { failures = append(failures, err) }}
	srv, err := arizetest.Load(filepath.Join(directory, "state.json"), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(directory); err != nil {
		t.Fatal(err)
	}
	srv.AddRole(arizetest.Role{Name: "x", Permissions: []string{"A_B"}})
	if len(failures) != 1 {
		t.Errorf("got %v", failures)
	}
}
