package arizetest_test

// What the API reference says of requests as such, and of roles. Every exchange is held against the OpenAPI document.

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

func TestAKeyIsNeeded(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	srv.AddKey("second key", arizetest.DefaultAccount)
	srv.AddKey("old key", arizetest.DefaultAccount)
	srv.RevokeKey("old key")
	for name, test := range map[string]struct {
		header string
		want   int
	}{
		"no header":          {"", http.StatusUnauthorized},
		"no key":             {"Bearer", http.StatusUnauthorized},
		"empty key":          {"Bearer ", http.StatusUnauthorized},
		"unknown key":        {"Bearer wrong", http.StatusUnauthorized},
		"revoked key":        {"Bearer old key", http.StatusUnauthorized},
		"another scheme":     {"Basic " + arizetest.DefaultKey, http.StatusUnauthorized},
		"the key":            {"Bearer " + arizetest.DefaultKey, http.StatusOK},
		"scheme in any case": {"bearer " + arizetest.DefaultKey, http.StatusOK},
		"another key":        {"Bearer second key", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			request := a.request(http.MethodGet, "/v2/roles", nil)
			request.Header.Set("Authorization", test.header)
			got, err := a.in(t).do(request)
			if err != nil || got.Status != test.want {
				t.Errorf("got %d, %v, want %d", got.Status, err, test.want)
			}
		})
	}
}

func TestPathsAndMethodsThatDoNotExist(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	for _, test := range []struct {
		method, path string
		want         int
		allow        string
	}{
		{http.MethodGet, "/", http.StatusNotFound, ""},
		{http.MethodGet, "/v2", http.StatusNotFound, ""},
		{http.MethodGet, "/v2/roles/", http.StatusNotFound, ""},
		{http.MethodGet, "/v2//roles", http.StatusNotFound, ""},
		{http.MethodGet, "/v2/x/../roles", http.StatusNotFound, ""},
		{http.MethodGet, "/v2/roles/a/b", http.StatusNotFound, ""},
		{http.MethodGet, "/v1/roles", http.StatusNotFound, ""},
		{http.MethodPut, "/v2/roles", http.StatusMethodNotAllowed, "GET, POST"},
		{http.MethodDelete, "/v2/roles", http.StatusMethodNotAllowed, "GET, POST"},
		{http.MethodPost, "/v2/roles/x", http.StatusMethodNotAllowed, "GET, PATCH, DELETE"},
		{http.MethodPut, "/v2/role-bindings/x", http.StatusMethodNotAllowed, "GET, PATCH, DELETE"},
	} {
		got := a.must(test.want, test.method, test.path, nil, nil)
		if allow := got.Header.Get("Allow"); allow != test.allow {
			t.Errorf("%s %s: got Allow %q, want %q", test.method, test.path, allow, test.allow)
		}
	}
	if got, err := a.send(http.MethodHead, "/v2/roles", nil); err != nil || got.Status != http.StatusMethodNotAllowed {
		t.Errorf("HEAD /v2/roles: got %d, %v", got.Status, err)
	}
}

func TestARefusalIsAProblem(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	var first, second problem
	got := a.must(http.StatusNotFound, http.MethodGet, rolePath(arizetest.UnknownRoleID), nil, &first)
	a.must(http.StatusNotFound, http.MethodGet, rolePath(arizetest.UnknownRoleID), nil, &second)
	if kind := got.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("got the content type %q", kind)
	}
	if first.RequestID == "" || first.RequestID == second.RequestID {
		t.Errorf("got the request ids %q and %q, want different ones", first.RequestID, second.RequestID)
	}
	first.RequestID = ""
	want := problem{
		Title: "Not Found", Status: http.StatusNotFound, ErrorCode: "not_found",
		Detail: "there is no role " + arizetest.UnknownRoleID + ", or it may not be read",
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
}

func TestRoleHasTheDocumentedFieldsOnly(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	documented := []string{"created_at", "id", "is_predefined", "name", "permissions", "updated_at"}
	for name, test := range map[string]struct {
		body object
		want []string
	}{
		"without description": {object{"name": "a", "permissions": []string{"A_B"}}, documented},
		"with description": {
			object{"name": "b", "permissions": []string{"A_B"}, "description": "d"},
			slices.Sorted(slices.Values(append([]string{"description"}, documented...))),
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := a.in(t)
			var created, read map[string]json.RawMessage
			a.must(http.StatusCreated, http.MethodPost, "/v2/roles", test.body, &created)
			if diff := cmp.Diff(test.want, slices.Sorted(maps.Keys(created))); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			var id string
			if err := json.Unmarshal(created["id"], &id); err != nil {
				t.Fatal(err)
			}
			a.must(http.StatusOK, http.MethodGet, rolePath(id), nil, &read)
			if diff := cmp.Diff(created, read); diff != "" {
				t.Errorf("read after create (-want +got):\n%s", diff)
			}
			if stamp := string(created["created_at"]); !regexp.MustCompile(`^"\d{4}-\d\d-\d\dT[\d:.]+Z"$`).MatchString(stamp) {
				t.Errorf("created_at is %s, want RFC 3339 in UTC", stamp)
			}
		})
	}
}

// bodyTest is one body of a write, and what becomes of it.
type bodyTest struct {
	body   any
	want   int
	detail string // a part of the problem's detail
}

const everyCharacter = `azAZ09 -_.,()[]'"/:\&@#$%!?+=`

func createTests() map[string]bodyTest {
	role := func(name any, permissions any) object { return object{"name": name, "permissions": permissions} }
	described := func(description any) object {
		return object{"name": "x", "permissions": []string{"A_B"}, "description": description}
	}
	ok := []string{"PROJECT_READ"}
	return map[string]bodyTest{
		"one character":         {role("x", ok), 201, ""},
		"255 characters":        {role(strings.Repeat("x", 255), ok), 201, ""},
		"every character":       {role(everyCharacter, ok), 201, ""},
		"spaces around":         {role(" x ", ok), 201, ""},
		"unknown permission":    {role("x", []string{"FUTURE_THING_READ2"}), 201, ""},
		"permission twice":      {role("x", []string{"A_B", "A_B"}), 201, ""},
		"1000 characters":       {described(strings.Repeat("ü", 1000)), 201, ""},
		"not JSON":              {`{"name":`, 400, "JSON object"},
		"empty":                 {``, 400, "JSON object"},
		"a list":                {`[]`, 400, "JSON object"},
		"null":                  {`null`, 400, "JSON object"},
		"two values":            {`{"name":"x","permissions":["A_B"]}{}`, 400, "JSON object"},
		"not UTF-8":             {"{\"name\":\"\xff\",\"permissions\":[\"A_B\"]}", 400, "UTF-8"},
		"too large":             {`"` + strings.Repeat("x", 1<<20) + `"`, 400, "larger"},
		"no name":               {object{"permissions": ok}, 422, "name: is required"},
		"no permissions":        {object{"name": "x"}, 422, "permissions: is required"},
		"empty name":            {role("", ok), 422, "name: must have"},
		"256 characters":        {role(strings.Repeat("x", 256), ok), 422, "name: must have"},
		"umlaut":                {role("Ü", ok), 422, "name: must match"},
		"tab":                   {role("a\tb", ok), 422, "name: must match"},
		"newline at the end":    {role("a\n", ok), 422, "name: must match"},
		"semicolon":             {role("a;b", ok), 422, "name: must match"},
		"angle brackets":        {role("<a>", ok), 422, "name: must match"},
		"back-tick":             {role("`", ok), 422, "name: must match"},
		"name is a number":      {role(1, ok), 422, "name: must be a string"},
		"name is null":          {role(nil, ok), 422, "name: must be a string"},
		"permissions are empty": {role("x", []string{}), 422, "permissions: must not be empty"},
		"permissions are null":  {role("x", nil), 422, "permissions: must be a list"},
		"permissions are text":  {role("x", "A_B"), 422, "permissions: must be a list"},
		"a permission is null":  {role("x", []any{"A_B", nil}), 422, "permissions:"},
		"lower-case permission": {role("x", []string{"project_read"}), 422, "project_read"},
		"permission of a word":  {role("x", []string{"PROJECT"}), 422, "PROJECT"},
		"empty description":     {described(""), 422, "description:"},
		"description is null":   {described(nil), 422, "description:"},
		"1001 characters":       {described(strings.Repeat("ü", 1001)), 422, "description:"},
		"id":                    {object{"name": "x", "permissions": ok, "id": "x"}, 422, "id: must not"},
		"is_predefined":         {object{"name": "x", "permissions": ok, "is_predefined": false}, 422, "is_predefined: must not"},
		"created_at":            {object{"name": "x", "permissions": ok, "created_at": "x"}, 422, "created_at: must not"},
		"name in another case":  {object{"Name": "x", "permissions": ok}, 422, "Name: must not"},
	}
}

func TestCreateIsStrict(t *testing.T) {
	for name, test := range createTests() {
		t.Run(name, func(t *testing.T) {
			srv, a := newSim(t, arizetest.Options{})
			got, err := a.send(http.MethodPost, "/v2/roles", test.body)
			if err != nil || got.Status != test.want || !strings.Contains(got.Body, test.detail) {
				t.Errorf("got %d, %v: %s, want %d about %q", got.Status, err, got.Body, test.want, test.detail)
			}
			if roles := srv.CustomRoles(); len(roles) > 0 != (test.want == http.StatusCreated) {
				t.Errorf("there are %d roles", len(roles))
			}
		})
	}
}

func TestWritesMustBeAnnouncedAsJSON(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	for contentType, want := range map[string]int{
		"":                                http.StatusBadRequest,
		"text/plain":                      http.StatusBadRequest,
		"application/json; charset=utf-8": http.StatusCreated,
	} {
		request := a.request(http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}})
		request.Header.Set("Content-Type", contentType)
		if got, err := a.do(request); err != nil || got.Status != want {
			t.Errorf("%q: got %d, %v, want %d", contentType, got.Status, err, want)
		}
	}
}

func TestUnknownPermissionsCanBeRefused(t *testing.T) {
	_, a := newSim(t, arizetest.Options{Settings: arizetest.Settings{RefuseUnknownPermissions: true}})
	body := object{"name": "x", "permissions": []string{"PROJECT_READ", "FUTURE_READ"}}
	var refused problem
	a.must(http.StatusUnprocessableEntity, http.MethodPost, "/v2/roles", body, &refused)
	if !strings.Contains(refused.Detail, "FUTURE_READ") {
		t.Errorf("got %q, want the permission named", refused.Detail)
	}
	a.create("y")
}

func TestNamesAreUnique(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	a.create("x")
	y := a.create("y")
	a.create("X") // as far as is known, case matters
	for name, test := range map[string]struct {
		method, path string
		body         object
		want         int
	}{
		"create a second one":    {http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}}, 409},
		"create a predefined":    {http.MethodPost, "/v2/roles", object{"name": "Admin", "permissions": []string{"A_B"}}, 409},
		"rename to a taken name": {http.MethodPatch, rolePath(y.ID), object{"name": "x"}, 409},
		"rename to its own name": {http.MethodPatch, rolePath(y.ID), object{"name": "y"}, 200},
		"rename":                 {http.MethodPatch, rolePath(y.ID), object{"name": "z"}, 200},
	} {
		t.Run(name, func(t *testing.T) { a.in(t).must(test.want, test.method, test.path, test.body, nil) })
	}
}

func TestPatchChangesWhatIsGiven(t *testing.T) {
	before := arizetest.Role{Name: "x", Description: "d", Permissions: []string{"A_B", "C_D"}}
	for name, test := range map[string]struct {
		body string
		want arizetest.Role
	}{
		"name":              {`{"name":"y"}`, arizetest.Role{Name: "y", Description: "d", Permissions: []string{"A_B", "C_D"}}},
		"description":       {`{"description":"e"}`, arizetest.Role{Name: "x", Description: "e", Permissions: []string{"A_B", "C_D"}}},
		"clear description": {`{"description":null}`, arizetest.Role{Name: "x", Permissions: []string{"A_B", "C_D"}}},
		"permissions":       {`{"permissions":["E_F"]}`, arizetest.Role{Name: "x", Description: "d", Permissions: []string{"E_F"}}},
		"everything": {
			`{"name":"y","description":"e","permissions":["E_F","A_B"]}`,
			arizetest.Role{Name: "y", Description: "e", Permissions: []string{"A_B", "E_F"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv, a := newSim(t, arizetest.Options{})
			old := srv.AddRole(before)
			var answered arizetest.Role
			a.must(http.StatusOK, http.MethodPatch, rolePath(old.ID), test.body, &answered)
			got, _ := srv.Role(old.ID)
			if !got.UpdatedAt.After(old.UpdatedAt) {
				t.Errorf("updated_at did not move")
			}
			test.want.ID, test.want.CreatedAt, test.want.UpdatedAt = old.ID, old.CreatedAt, got.UpdatedAt
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			slices.Sort(answered.Permissions)
			if diff := cmp.Diff(test.want, answered); diff != "" {
				t.Errorf("answered (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPatchIsStrict(t *testing.T) {
	for name, test := range map[string]bodyTest{
		"nothing":               {`{}`, 422, "at least one"},
		"not JSON":              {`x`, 400, "JSON object"},
		"empty description":     {`{"description":""}`, 422, "description:"},
		"long description":      {object{"description": strings.Repeat("x", 1001)}, 422, "description:"},
		"empty name":            {`{"name":""}`, 422, "name:"},
		"name is null":          {`{"name":null}`, 422, "name:"},
		"permissions are empty": {`{"permissions":[]}`, 422, "permissions:"},
		"permissions are null":  {`{"permissions":null}`, 422, "permissions:"},
		"unknown field":         {`{"name":"y","id":"x"}`, 422, "id: must not"},
		"one good, one bad":     {`{"name":"y","permissions":["x"]}`, 422, "permissions:"},
	} {
		t.Run(name, func(t *testing.T) {
			srv, a := newSim(t, arizetest.Options{})
			before := srv.AddRole(arizetest.Role{Name: "x", Permissions: []string{"A_B"}})
			got, err := a.send(http.MethodPatch, rolePath(before.ID), test.body)
			if err != nil || got.Status != test.want || !strings.Contains(got.Body, test.detail) {
				t.Errorf("got %d, %v: %s, want %d about %q", got.Status, err, got.Body, test.want, test.detail)
			}
			after, _ := srv.Role(before.ID)
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the role changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpdatedAtMovesEvenIfTheClockStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in a bubble, no time passes
		_, a := newSim(t, arizetest.Options{})
		role := a.create("x")
		last := role.UpdatedAt
		if !last.Equal(role.CreatedAt) {
			t.Errorf("a new role was created at %v and updated at %v", role.CreatedAt, last)
		}
		for range 3 {
			a.must(http.StatusOK, http.MethodPatch, rolePath(role.ID), object{"name": "x"}, &role)
			if !role.UpdatedAt.After(last) {
				t.Errorf("got %v after %v", role.UpdatedAt, last)
			}
			last = role.UpdatedAt
		}
	})
}

func TestPredefinedRolesCanOnlyBeRead(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	var page rolePage
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?is_predefined=true", nil, &page)
	names := []string{}
	for _, role := range page.Roles {
		names = append(names, role.Name)
		a.must(http.StatusOK, http.MethodGet, rolePath(role.ID), nil, nil)
		a.must(http.StatusForbidden, http.MethodPatch, rolePath(role.ID), object{"name": "mine"}, nil)
		a.must(http.StatusForbidden, http.MethodPatch, rolePath(role.ID), object{}, nil)
		a.must(http.StatusForbidden, http.MethodDelete, rolePath(role.ID), nil, nil)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"Admin", "Annotator", "Member", "Viewer"}, names); diff != "" {
		t.Errorf("predefined roles (-want +got):\n%s", diff)
	}
	admin, _ := srv.RoleByName("Admin")
	if diff := cmp.Diff(arizetest.Permissions(), admin.Permissions); diff != "" || len(admin.Permissions) != 145 {
		t.Errorf("Admin has %d permissions (-want +got):\n%s", len(admin.Permissions), diff)
	}
}

func TestDelete(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	role := a.create("x")
	if got := a.must(http.StatusNoContent, http.MethodDelete, rolePath(role.ID), nil, nil); got.Body != "" {
		t.Errorf("got a body: %s", got.Body)
	}
	a.must(http.StatusNotFound, http.MethodGet, rolePath(role.ID), nil, nil)
	a.must(http.StatusNotFound, http.MethodPatch, rolePath(role.ID), object{"name": "y"}, nil)
	a.must(http.StatusNotFound, http.MethodDelete, rolePath(role.ID), nil, nil)
	if names, _ := a.walk(url.Values{"is_predefined": {"false"}}); len(names) > 0 {
		t.Errorf("the list still has %q", names)
	}
	if again := a.create("x"); again.ID == role.ID {
		t.Errorf("the id %s was used again", role.ID)
	}
}

func TestIDsMustBeEscaped(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	form := regexp.MustCompile(`^Role:\d+:.+$`)
	var all strings.Builder
	for i := range 100 {
		role := a.create(fmt.Sprintf("r%d", i))
		raw, err := base64.StdEncoding.Strict().DecodeString(role.ID)
		if err != nil || !form.Match(raw) || !strings.HasSuffix(role.ID, "=") {
			t.Errorf("the id %s is %q, %v", role.ID, raw, err)
		}
		a.must(http.StatusOK, http.MethodGet, rolePath(role.ID), nil, nil)
		a.must(http.StatusOK, http.MethodGet, "/v2/roles/"+url.QueryEscape(role.ID), nil, nil) // %3D and %2B are as good
		if strings.Contains(role.ID, "/") {
			a.must(http.StatusNotFound, http.MethodGet, "/v2/roles/"+role.ID, nil, nil)
		}
		all.WriteString(role.ID)
	}
	for _, character := range []string{"+", "/", "="} {
		if strings.Count(all.String(), character) < 30 {
			t.Errorf("%q is rare in ids", character)
		}
	}
}

func TestMalformedIDs(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	for _, id := range []string{"x", "Um9sZTowOm5vbmU", "Um9s*", base64.StdEncoding.EncodeToString([]byte("Space:1:abcd"))} {
		a.must(http.StatusBadRequest, http.MethodGet, rolePath(id), nil, nil)
		a.must(http.StatusBadRequest, http.MethodDelete, rolePath(id), nil, nil)
	}
	a.must(http.StatusNotFound, http.MethodGet, rolePath(arizetest.UnknownRoleID), nil, nil)
}

func TestAccountsAreApart(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	srv.AddKey("other key", "other")
	mine, other := a.create("x"), a.with("other key")
	theirs := other.create("x")
	if mine.ID == theirs.ID {
		t.Errorf("two accounts share the id %s", mine.ID)
	}
	other.must(http.StatusNotFound, http.MethodGet, rolePath(mine.ID), nil, nil)
	other.must(http.StatusNotFound, http.MethodDelete, rolePath(mine.ID), nil, nil)
	if diff := cmp.Diff([]arizetest.Role{theirs}, srv.Account("other").CustomRoles()); diff != "" {
		t.Errorf("the other account (-want +got):\n%s", diff)
	}
}

func TestPermissionsComeInAnyOrder(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{Seed: 7})
	admin, _ := srv.RoleByName("Admin")
	var first, second arizetest.Role
	a.must(http.StatusOK, http.MethodGet, rolePath(admin.ID), nil, &first)
	a.must(http.StatusOK, http.MethodGet, rolePath(admin.ID), nil, &second)
	if slices.Equal(first.Permissions, second.Permissions) {
		t.Errorf("the order did not change")
	}
	slices.Sort(second.Permissions)
	if diff := cmp.Diff(admin.Permissions, second.Permissions); diff != "" {
		t.Errorf("the set (-want +got):\n%s", diff)
	}
}

func TestASeedMakesItRepeatable(t *testing.T) {
	play := func(seed uint64) (log string) {
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		_, a := newSim(t, arizetest.Options{Seed: seed, Now: func() time.Time { return now }})
		a.create("x")
		return a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil).Body
	}
	first := play(1)
	if first != play(1) {
		t.Errorf("the same seed gave different answers")
	}
	if first == play(2) {
		t.Errorf("different seeds gave the same answers")
	}
}

func TestAPathPrefixCanBeStripped(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	role := a.create("x")
	a.client = &http.Client{Transport: arizetest.NewTransport(http.StripPrefix("/some/where", srv))}
	a.must(http.StatusOK, http.MethodGet, "/some/where"+rolePath(role.ID), nil, nil)
	if got, err := a.send(http.MethodGet, "/v2/roles", nil); err != nil || got.Status != http.StatusNotFound {
		t.Errorf("without the prefix: got %d, %v", got.Status, err)
	}
}
