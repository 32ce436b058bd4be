package arizetest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest/contract"
)

// api is a bare client of the simulator: it shares no code with the real one, hence none of its mistakes.
type api struct {
	t      testing.TB
	client *http.Client
	base   string
	key    string
}

// newSim makes a simulator, and a client of it whose traffic is held against the OpenAPI document.
func newSim(t testing.TB, opts arizetest.Options) (*arizetest.Server, *api) {
	t.Helper()
	srv := arizetest.NewServer(opts)
	client := &http.Client{Transport: arizetest.NewTransport(contract.Handler(t, srv))}
	return srv, &api{t, client, arizetest.URL, arizetest.DefaultKey}
}

// newFaultySim is for tests in which the OpenAPI document is broken on purpose.
func newFaultySim(t testing.TB, opts arizetest.Options) (*arizetest.Server, *api) {
	t.Helper()
	srv := arizetest.NewServer(opts)
	return srv, &api{t, srv.Client(), arizetest.URL, arizetest.DefaultKey}
}

func (a *api) with(key string) *api {
	other := *a
	other.key = key
	return &other
}

// in returns the same client for a subtest.
func (a *api) in(t testing.TB) *api {
	other := *a
	other.t = t
	return &other
}

// exchange is what came back.
type exchange struct {
	Status int
	Header http.Header
	Body   string
}

// problem is the body of a refusal.
type problem struct {
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	ErrorCode string `json:"error_code"`
	RequestID string `json:"request_id"`
}

// rolePage and bindingPage are the bodies of lists.
type rolePage struct {
	Roles      []arizetest.Role
	Pagination pagination
}

type bindingPage struct {
	Bindings   []arizetest.Binding `json:"role_bindings"`
	Pagination pagination
}

type pagination struct {
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor"`
}

// object is a JSON object to send.
type object = map[string]any

// rolePath is where a role is: ids must be escaped.
func rolePath(id string) string { return "/v2/roles/" + url.PathEscape(id) }

func bindingPath(id string) string { return "/v2/role-bindings/" + url.PathEscape(id) }

// request builds a request. A body that is no string goes out as JSON.
func (a *api) request(method, path string, body any) *http.Request {
	a.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		reader = strings.NewReader(string(data))
	}
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.key != "" {
		request.Header.Set("Authorization", "Bearer "+a.key)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request
}

// do makes a request; its error is that of a client that got no answer, or not all of it.
func (a *api) do(request *http.Request) (exchange, error) {
	response, err := a.client.Do(request)
	if err != nil {
		return exchange{}, err
	}
	data, err := io.ReadAll(response.Body)
	return exchange{response.StatusCode, response.Header, string(data)}, errors.Join(err, response.Body.Close())
}

func (a *api) send(method, path string, body any) (exchange, error) {
	a.t.Helper()
	return a.do(a.request(method, path, body))
}

// must makes a request, which must get the status, and decodes the answer into out.
func (a *api) must(status int, method, path string, body, out any) exchange {
	a.t.Helper()
	got, err := a.send(method, path, body)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	if got.Status != status {
		a.t.Fatalf("%s %s: got %d, want %d: %s", method, path, got.Status, status, got.Body)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(got.Body), out); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, got.Body)
		}
	}
	return got
}

// create makes a role with one permission.
func (a *api) create(name string) arizetest.Role {
	a.t.Helper()
	var role arizetest.Role
	a.must(http.StatusCreated, http.MethodPost, "/v2/roles", object{"name": name, "permissions": []string{"PROJECT_READ"}}, &role)
	return role
}

// walk lists all roles, page by page, and gives up after some pages.
func (a *api) walk(query url.Values) (names []string, pages int) {
	a.t.Helper()
	for range 50 {
		var page rolePage
		a.must(http.StatusOK, http.MethodGet, "/v2/roles?"+query.Encode(), nil, &page)
		pages++
		for _, role := range page.Roles {
			names = append(names, role.Name)
		}
		if !page.Pagination.HasMore {
			return names, pages
		}
		query.Set("cursor", page.Pagination.NextCursor)
	}
	a.t.Fatalf("no end after %d pages", pages)
	return nil, 0
}
