package arize_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest/contract"
)

// simulated is a simulated Arize on a socket, below a path, and a client of it. Every exchange between the two is held
// against the OpenAPI document.
func simulated(t *testing.T, settings arizetest.Settings) (*arizetest.Server, *arize.Client) {
	t.Helper()
	sim := arizetest.NewServer(arizetest.Options{Settings: settings})
	sim.AddKey(secret, arizetest.DefaultAccount)
	return sim, served(t, contract.Handler(t, sim))
}

// collect reads a whole list and fails the test on an error.
func collect[T any](t *testing.T, list iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for item, err := range list {
		if err != nil {
			t.Fatalf("after %d: %v", len(all), err)
		}
		all = append(all, item)
	}
	return all
}

func addRoles(sim *arizetest.Server, n int) {
	for i := range n {
		sim.AddRole(arizetest.Role{Name: fmt.Sprintf("Role %03d", i), Permissions: []string{"PROJECT_READ", "DATASET_READ"}})
	}
}

// ignoreServerFields leaves out what the server chooses.
var ignoreServerFields = cmpopts.IgnoreFields(arize.Role{}, "ID", "CreatedAt", "UpdatedAt")

func TestCreateAndGetRole(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{})
	for name, spec := range map[string]arize.RoleSpec{
		"all of it":          {Name: `AI Engineer (EU) "x" & y/z`, Description: "Can <read> & “write”.", Permissions: []string{"B_READ", "A_READ", "B_READ"}},
		"without a word":     {Name: "x", Permissions: []string{"B_READ", "A_READ"}},
		"a name with quotes": {Name: `'"\/`, Permissions: []string{"B_READ", "A_READ"}},
	} {
		t.Run(name, func(t *testing.T) {
			created, err := client.CreateRole(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			want := arize.Role{Name: spec.Name, Description: spec.Description, Permissions: []string{"A_READ", "B_READ"}}
			if diff := cmp.Diff(want, created, ignoreServerFields); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			stored, found := sim.Role(created.ID)
			if !found || !stored.CreatedAt.Equal(created.CreatedAt) || !stored.UpdatedAt.Equal(created.UpdatedAt) {
				t.Errorf("created %+v, stored %+v", created, stored)
			}
			got, err := client.Role(t.Context(), created.ID)
			if diff := cmp.Diff(created, got); err != nil || diff != "" {
				t.Errorf("get: %v; -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestUpdateRole(t *testing.T) {
	for name, test := range map[string]struct {
		patch arize.RolePatch
		apply func(*arize.Role)
		body  string
	}{
		"a name": {
			arize.RolePatch{Name: new("New")},
			func(r *arize.Role) { r.Name = "New" },
			`{"name":"New"}`,
		},
		"a description": {
			arize.RolePatch{Description: new("d")},
			func(r *arize.Role) { r.Description = "d" },
			`{"description":"d"}`,
		},
		"no description is null": {
			arize.RolePatch{Description: new("")},
			func(r *arize.Role) { r.Description = "" },
			`{"description":null}`,
		},
		"permissions are replaced": {
			arize.RolePatch{Permissions: []string{"SPACE_READ"}},
			func(r *arize.Role) { r.Permissions = []string{"SPACE_READ"} },
			`{"permissions":["SPACE_READ"]}`,
		},
		"all at once": {
			arize.RolePatch{Name: new("All"), Description: new("e"), Permissions: []string{"B_READ", "A_READ"}},
			func(r *arize.Role) { r.Name, r.Description, r.Permissions = "All", "e", []string{"A_READ", "B_READ"} },
			`{"description":"e","name":"All","permissions":["B_READ","A_READ"]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := simulated(t, arizetest.Settings{})
			before := sim.AddRole(arizetest.Role{Name: "Old", Description: "old", Permissions: []string{"PROJECT_READ"}})
			got, err := client.UpdateRole(t.Context(), before.ID, test.patch)
			if err != nil {
				t.Fatal(err)
			}
			want := arize.Role{Name: "Old", Description: "old", Permissions: []string{"PROJECT_READ"}}
			test.apply(&want)
			if diff := cmp.Diff(want, got, ignoreServerFields); diff != "" || got.ID != before.ID {
				t.Errorf("id %s, want %s; -want +got:\n%s", got.ID, before.ID, diff)
			}
			if requests := sim.Requests(); len(requests) != 1 || requests[0].Body != test.body {
				t.Errorf("want %s, got %+v", test.body, requests)
			}
		})
	}
}

func TestDeleteRole(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{})
	addRoles(sim, 6) // so that some ids have + and / in them
	for _, role := range sim.CustomRoles() {
		if err := client.DeleteRole(t.Context(), role.ID); err != nil {
			t.Errorf("%s: %v", role.ID, err)
		}
		if got := arize.ClassOf(client.DeleteRole(t.Context(), role.ID)); got != arize.ClassNotFound {
			t.Errorf("a second delete: got %v, want NotFound", got)
		}
	}
	if roles := sim.CustomRoles(); len(roles) != 0 {
		t.Errorf("left: %+v", roles)
	}
}

func TestListRoles(t *testing.T) {
	for name, settings := range map[string]arizetest.Settings{
		"friendly":                    {},
		"short pages":                 {PageCap: 7},
		"empty pages in between":      {EmptyPages: true},
		"both":                        {PageCap: 1, EmptyPages: true},
		"a page that is exactly full": {PageCap: 25},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := simulated(t, settings)
			addRoles(sim, 25)
			custom, predefined := len(sim.CustomRoles()), len(sim.Roles())-len(sim.CustomRoles())
			for kind, want := range map[arize.RoleKind]int{
				arize.AnyRole: custom + predefined, arize.CustomRoles: custom, arize.PredefinedRoles: predefined,
			} {
				ids := map[string]bool{}
				for _, role := range collect(t, client.Roles(t.Context(), arize.ListOptions{Kind: kind, PageSize: 10})) {
					ids[role.ID] = true
					if kind != arize.AnyRole && role.Predefined != (kind == arize.PredefinedRoles) {
						t.Errorf("kind %d lists %+v", kind, role)
					}
				}
				if len(ids) != want {
					t.Errorf("kind %d: got %d roles, want %d", kind, len(ids), want)
				}
			}
		})
	}
}

func TestListIsFrugal(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{})
	addRoles(sim, 246) // and four predefined ones
	for name, test := range map[string]struct {
		opts arize.ListOptions
		stop int // after so many pages; 0 means never
		want []string
	}{
		"by default the largest pages": {arize.ListOptions{}, 0, []string{"100", "100", "100"}},
		"too large a page":             {arize.ListOptions{PageSize: 1000}, 0, []string{"100", "100", "100"}},
		"less than nothing":            {arize.ListOptions{PageSize: -1}, 0, []string{"100", "100", "100"}},
		"smaller pages":                {arize.ListOptions{PageSize: 83}, 0, []string{"83", "83", "83", "83"}},
		"who stops asks no more":       {arize.ListOptions{}, 1, []string{"100"}},
	} {
		t.Run(name, func(t *testing.T) {
			sim.ResetLog()
			list, pages := client.RolePages(t.Context(), test.opts), 0
			if got := len(sim.Requests()); got != 0 {
				t.Errorf("%d requests before the first step", got)
			}
			for _, err := range list {
				if pages++; err != nil {
					t.Fatal(err)
				}
				if got := len(sim.Requests()); got != pages {
					t.Errorf("%d requests for %d steps", got, pages)
				}
				if pages == test.stop {
					break
				}
			}
			var limits []string
			for _, request := range sim.Requests() {
				_, limit, _ := strings.Cut(request.Query, "limit=")
				limits = append(limits, limit)
			}
			if diff := cmp.Diff(test.want, limits); diff != "" {
				t.Errorf("limits: -want +got:\n%s", diff)
			}
		})
	}
}

// TestListAgain: an iterator starts anew when it is ranged over again, and a list can be resumed.
func TestListAgain(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{})
	addRoles(sim, 20)
	opts := arize.ListOptions{Kind: arize.CustomRoles, PageSize: 8}
	list := client.RolePages(t.Context(), opts)
	first, second := collect(t, list), collect(t, list)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second time: -want +got:\n%s", diff)
	}
	if len(first) != 3 || !first[0].HasMore || first[2].HasMore || first[2].NextCursor != "" {
		t.Fatalf("pages: %+v", first)
	}
	opts.Cursor = first[0].NextCursor
	if diff := cmp.Diff(first[1:], collect(t, client.RolePages(t.Context(), opts))); diff != "" {
		t.Errorf("resumed: -want +got:\n%s", diff)
	}
}

func TestRoleBindings(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{PageCap: 2})
	role := sim.AddRole(arizetest.Role{Name: "x", Permissions: []string{"PROJECT_READ"}})
	want := map[arize.ResourceType][]arize.RoleBinding{}
	for i := range 5 {
		kind := arizetest.ResourceSpace
		if i > 2 {
			kind = arizetest.ResourceProject
		}
		added := sim.AddBinding(arizetest.Binding{
			RoleID: role.ID, UserID: fmt.Sprintf("user-%d", i), ResourceType: kind, ResourceID: "resource",
		})
		want[arize.ResourceType(kind)] = append(want[arize.ResourceType(kind)], arize.RoleBinding{
			ID: added.ID, RoleID: role.ID, UserID: added.UserID, ResourceType: kind, ResourceID: added.ResourceID,
			CreatedAt: added.CreatedAt, UpdatedAt: added.UpdatedAt,
		})
	}
	for _, kind := range []arize.ResourceType{arize.ResourceSpace, arize.ResourceProject} {
		var got []arize.RoleBinding
		for _, page := range collect(t, client.RoleBindingPages(t.Context(), kind)) {
			got = append(got, page.Bindings...)
		}
		slices.SortFunc(got, func(a, b arize.RoleBinding) int { return strings.Compare(a.UserID, b.UserID) })
		if diff := cmp.Diff(want[kind], got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", kind, diff)
		}
	}
	if got := sim.Count("GET /v2/role-bindings"); got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
	if got := arize.ClassOf(client.DeleteRole(t.Context(), role.ID)); got != arize.ClassConflict {
		t.Errorf("deleting a bound role: got %v, want Conflict", got)
	}
}

// TestSimulatedRefusals: each way in which Arize says no.
func TestSimulatedRefusals(t *testing.T) {
	sim, client := simulated(t, arizetest.Settings{})
	ctx := t.Context()
	taken := sim.AddRole(arizetest.Role{Name: "Taken", Permissions: []string{"PROJECT_READ"}})
	predefined, _ := sim.RoleByName("Admin")
	stranger := mustNew(t, arize.Options{BaseURL: client.BaseURL(), APIKey: mustKey(t, "unknown")})
	create := func(name string, permissions ...string) error {
		_, err := client.CreateRole(ctx, arize.RoleSpec{Name: name, Permissions: permissions})
		return err
	}
	update := func(id string, patch arize.RolePatch) error {
		_, err := client.UpdateRole(ctx, id, patch)
		return err
	}
	for name, test := range map[string]struct {
		err  error
		want arize.Class
	}{
		"a name that is taken":         {create("Taken", "PROJECT_READ"), arize.ClassConflict},
		"no name":                      {create("", "PROJECT_READ"), arize.ClassInvalid},
		"a name with a newline":        {create("a\nb", "PROJECT_READ"), arize.ClassInvalid},
		"no permissions":               {create("x"), arize.ClassInvalid},
		"a permission in lower case":   {create("x", "project_read"), arize.ClassInvalid},
		"an update to no permissions":  {update(taken.ID, arize.RolePatch{Permissions: []string{}}), arize.ClassInvalid},
		"an update of a predefined":    {update(predefined.ID, arize.RolePatch{Name: new("x")}), arize.ClassForbidden},
		"an update of nobody":          {update(arizetest.UnknownRoleID, arize.RolePatch{Name: new("x")}), arize.ClassNotFound},
		"an id that is none":           {update("not an id", arize.RolePatch{Name: new("x")}), arize.ClassInvalid},
		"a delete of a predefined":     {client.DeleteRole(ctx, predefined.ID), arize.ClassForbidden},
		"a delete of nobody":           {client.DeleteRole(ctx, arizetest.UnknownRoleID), arize.ClassNotFound},
		"a key that nobody knows":      {stranger.DeleteRole(ctx, taken.ID), arize.ClassUnauthorized},
		"a cursor that is not Arize's": {firstError(client.RolePages(ctx, arize.ListOptions{Cursor: "x"})), arize.ClassInvalid},
	} {
		got := read(test.err)
		if got.Class != test.want || !got.Refused {
			t.Errorf("%s: got %+v (%v), want %v", name, got, test.err, test.want)
		}
	}
	if roles := sim.CustomRoles(); len(roles) != 1 {
		t.Errorf("a refused request changed something: %+v", roles)
	}
}

func firstError[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}
