package arizetest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// seeded returns the names of n roles that it adds, and of the predefined ones.
func seeded(srv *arizetest.Server, n int) (custom, all []string) {
	for i := range n {
		custom = append(custom, srv.AddRole(arizetest.Role{Name: fmt.Sprintf("r%03d", i), Permissions: []string{"A_B"}}).Name)
	}
	for _, role := range srv.Roles() {
		all = append(all, role.Name)
	}
	return custom, all
}

func TestPagesTogetherAreTheList(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	custom, all := seeded(srv, 116) // and 4 predefined ones
	for name, test := range map[string]struct {
		query string
		want  []string
		pages int
	}{
		"by default 50 a page": {"", all, 3},
		"100 a page":           {"limit=100", all, 2},
		"exactly full pages":   {"limit=60", all, 2},
		"one a page":           {"limit=1&is_predefined=true", []string{"Admin", "Annotator", "Member", "Viewer"}, 4},
		"only custom roles":    {"limit=58&is_predefined=false", custom, 2},
	} {
		t.Run(name, func(t *testing.T) {
			query, _ := url.ParseQuery(test.query)
			names, pages := a.in(t).walk(query)
			slices.Sort(names)
			if diff := cmp.Diff(test.want, names); diff != "" || pages != test.pages {
				t.Errorf("got %d pages, want %d; names (-want +got):\n%s", pages, test.pages, diff)
			}
		})
	}
}

func TestNextCursorIsThereOnlyWhenThereIsMore(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	if got := a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil); !strings.HasSuffix(got.Body, `"pagination":{"has_more":false}}`) {
		t.Errorf("got %s", got.Body)
	}
	if got := a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=1", nil, nil); !strings.Contains(got.Body, `"has_more":true,"next_cursor":"`) {
		t.Errorf("got %s", got.Body)
	}
}

func TestBadQueries(t *testing.T) {
	_, a := newSim(t, arizetest.Options{})
	var page rolePage
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=1", nil, &page)
	cursor := page.Pagination.NextCursor
	raw, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil || !strings.Contains(cursor, "+") || !strings.Contains(cursor, "/") {
		t.Fatalf("the cursor %s is %q, %v: want base64 that must be escaped", cursor, raw, err)
	}
	raw[len(raw)-2] ^= 1
	forged := base64.StdEncoding.EncodeToString(raw)
	for _, query := range []string{
		"limit=0", "limit=101", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "limit=1.5",
		"is_predefined=yes", "is_predefined=True", "is_predefined=",
		"page=2", "page_size=10", "name=x",
		"cursor=", "cursor=x", "cursor=" + url.QueryEscape(forged),
		"cursor=" + cursor, // not escaped: its + are spaces
		"is_predefined=true&cursor=" + url.QueryEscape(cursor),
	} {
		t.Run(query, func(t *testing.T) { a.in(t).must(http.StatusBadRequest, http.MethodGet, "/v2/roles?"+query, nil, nil) })
	}
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=100&cursor="+url.QueryEscape(cursor), nil, nil)
	a.must(http.StatusBadRequest, http.MethodGet, "/v2/role-bindings?resource_type=SPACE&cursor="+url.QueryEscape(cursor), nil, nil)
}

func TestCursorsBelongToTheirAccount(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	srv.AddKey("other key", "other")
	var page rolePage
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?limit=1", nil, &page)
	path := "/v2/roles?cursor=" + url.QueryEscape(page.Pagination.NextCursor)
	a.with("other key").must(http.StatusBadRequest, http.MethodGet, path, nil, nil)
}

func TestADeletionDoesNotShiftTheNextPage(t *testing.T) {
	srv, a := newSim(t, arizetest.Options{})
	custom, _ := seeded(srv, 30)
	var first, second rolePage
	a.must(http.StatusOK, http.MethodGet, "/v2/roles?is_predefined=false&limit=10", nil, &first)
	for _, role := range first.Roles {
		srv.RemoveRole(role.ID)
	}
	srv.AddRole(arizetest.Role{Name: "new", Permissions: []string{"A_B"}})
	path := "/v2/roles?is_predefined=false&limit=100&cursor=" + url.QueryEscape(first.Pagination.NextCursor)
	a.must(http.StatusOK, http.MethodGet, path, nil, &second)
	var names []string
	for _, role := range slices.Concat(first.Roles, second.Roles) {
		names = append(names, role.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(custom, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
