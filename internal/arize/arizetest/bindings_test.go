package arizetest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

const (
	ada  = "VXNlcjoxOmFCY0Q=" // User:1:aBcD
	alan = "VXNlcjoyOmFCY0Q="
)

func bind(role arizetest.Role, user, resource string) object {
	return object{"role_id": role.ID, "user_id": user, "resource_type": "SPACE", "resource_id": resource}
}

func TestABoundRoleCannotBeDeleted(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	role, other := a.create("x"), a.create("y")
	var binding arizetest.Binding
	a.must(http.StatusCreated, http.MethodPost, "/v2/role-bindings", bind(role, ada, "space"), &binding)
	a.must(http.StatusConflict, http.MethodDelete, rolePath(role.ID), nil, nil)

	var moved arizetest.Binding
	a.must(http.StatusOK, http.MethodPatch, bindingPath(binding.ID), object{"role_id": other.ID}, &moved)
	if moved.RoleID != other.ID || moved.ID != binding.ID || !moved.UpdatedAt.After(binding.UpdatedAt) {
		t.Errorf("got %+v of %+v", moved, binding)
	}
	a.must(http.StatusNoContent, http.MethodDelete, rolePath(role.ID), nil, nil)
	a.must(http.StatusConflict, http.MethodDelete, rolePath(other.ID), nil, nil)

	var read arizetest.Binding
	a.must(http.StatusOK, http.MethodGet, bindingPath(binding.ID), nil, &read)
	if diff := cmp.Diff(moved, read); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	a.must(http.StatusNoContent, http.MethodDelete, bindingPath(binding.ID), nil, nil)
	a.must(http.StatusNotFound, http.MethodDelete, bindingPath(binding.ID), nil, nil)
	a.must(http.StatusNoContent, http.MethodDelete, rolePath(other.ID), nil, nil)
}

func TestBindingsAreStrict(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	srv.AddKey("other key", "other")
	role, foreign := a.create("x"), a.with("other key").create("x")
	a.must(http.StatusCreated, http.MethodPost, "/v2/role-bindings", bind(role, ada, "space"), nil)
	with := func(field string, value any) object {
		body := bind(role, alan, "space")
		body[field] = value
		return body
	}
	for name, test := range map[string]struct {
		body any
		want int
	}{
		"one more user":       {bind(role, alan, "another"), 201},
		"a project":           {with("resource_type", "PROJECT"), 201},
		"one per resource":    {bind(role, ada, "space"), 409},
		"unknown role":        {with("role_id", arizetest.UnknownRoleID), 404},
		"role of others":      {with("role_id", foreign.ID), 404},
		"no role":             {with("role_id", ""), 422},
		"user is null":        {with("user_id", nil), 422},
		"another kind":        {with("resource_type", "ORGANIZATION"), 422},
		"unknown field":       {with("id", "x"), 422},
		"not JSON":            {`{`, 400},
		"nothing":             {`{}`, 422},
		"resource is a place": {with("resource_id", 7), 422},
	} {
		t.Run(name, func(t *testing.T) {
			a.in(t).must(test.want, http.MethodPost, "/v2/role-bindings", test.body, nil)
		})
	}
	a.must(http.StatusBadRequest, http.MethodGet, bindingPath(role.ID), nil, nil) // an id of a role
	binding := srv.Bindings()[0]
	a.must(http.StatusUnprocessableEntity, http.MethodPatch, bindingPath(binding.ID), object{}, nil)
	a.must(http.StatusUnprocessableEntity, http.MethodPatch, bindingPath(binding.ID), object{"user_id": ada}, nil)
	a.must(http.StatusNotFound, http.MethodPatch, bindingPath(binding.ID), object{"role_id": foreign.ID}, nil)
}

func TestListOfBindings(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	role := srv.AddRole(arizetest.Role{Name: "x", Permissions: []string{"A_B"}})
	space := srv.AddBinding(arizetest.Binding{RoleID: role.ID, UserID: ada})
	project := srv.AddBinding(arizetest.Binding{RoleID: role.ID, UserID: ada, ResourceType: arizetest.ResourceProject})
	second := srv.AddBinding(arizetest.Binding{RoleID: role.ID, UserID: alan})
	for query, want := range map[string][]arizetest.Binding{
		"resource_type=SPACE":                                            {second, space},
		"resource_type=PROJECT":                                          {project},
		"resource_type=SPACE&user_id=" + url.QueryEscape(ada):            {space},
		"resource_type=PROJECT&user_id=" + url.QueryEscape(alan):         {},
		"resource_type=SPACE&limit=100&user_id=" + url.QueryEscape(alan): {second},
	} {
		var page bindingPage
		a.must(http.StatusOK, http.MethodGet, "/v2/role-bindings?"+query, nil, &page)
		if diff := cmp.Diff(want, page.Bindings); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for _, query := range []string{"", "resource_type=", "resource_type=space", "resource_type=SPACE&role_id=x", "resource_type=SPACE&limit=0"} {
		a.must(http.StatusBadRequest, http.MethodGet, "/v2/role-bindings?"+query, nil, nil)
	}
	var first, rest bindingPage
	a.must(http.StatusOK, http.MethodGet, "/v2/role-bindings?resource_type=SPACE&limit=1", nil, &first)
	path := "/v2/role-bindings?resource_type=SPACE&limit=1&cursor=" + url.QueryEscape(first.Pagination.NextCursor)
	a.must(http.StatusOK, http.MethodGet, path, nil, &rest)
	want := []arizetest.Binding{second, space}
	if diff := cmp.Diff(want, append(first.Bindings, rest.Bindings...)); diff != "" || rest.Pagination.HasMore {
		t.Errorf("two pages, more %v (-want +got):\n%s", rest.Pagination.HasMore, diff)
	}
}
