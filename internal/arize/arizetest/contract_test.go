package arizetest_test

import (
	"net/http"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest/contract"
)

func TestRoleLifeKeepsTheContract(t *testing.T) {
	srv := arizetest.NewServer(arizetest.Options{Seed: 1})
	a := newAPI(t, &http.Client{Transport: arizetest.NewTransport(contract.Handler(t, srv))}, arizetest.DefaultKey)
	for _, name := range []string{"a", "b", "c"} {
		var role arizetest.Role
		a.must(http.StatusCreated, "POST", "/v2/roles", map[string]any{"name": name, "permissions": []string{"PROJECT_READ"}}, &role)
		a.must(http.StatusOK, "GET", "/v2/roles/"+escape(role.ID), nil, &role)
		a.must(http.StatusOK, "PATCH", "/v2/roles/"+escape(role.ID), map[string]any{"description": "x"}, &role)
		a.must(http.StatusNoContent, "DELETE", "/v2/roles/"+escape(role.ID), nil, nil)
		a.must(http.StatusNotFound, "GET", "/v2/roles/"+escape(role.ID), nil, nil)
	}
	a.must(http.StatusNotFound, "GET", "/v2/nothing", nil, nil)
	a.must(http.StatusMethodNotAllowed, "PUT", "/v2/roles", nil, nil)
	newAPI(t, a.client, "wrong").must(http.StatusUnauthorized, "GET", "/v2/roles", nil, nil)
}
