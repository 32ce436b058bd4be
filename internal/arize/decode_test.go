package arize_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

func TestDecodeRole(t *testing.T) {
	created := time.Date(2026, 5, 1, 10, 0, 0, 123456000, time.UTC)
	full := arize.Role{
		ID: "Um9sZToxOmFCY0Q=", Name: "AI Engineer", Description: "d", Permissions: []string{"A_READ", "B_READ"},
		CreatedAt: created, UpdatedAt: created.Add(time.Hour),
	}
	bare := arize.Role{ID: "r1"}
	for name, test := range map[string]struct {
		body string
		want arize.Role
	}{
		"all of it, in any order, more than once, with what is new": {
			`{"is_predefined":false,"permissions":["B_READ","A_READ","B_READ"],"id":"Um9sZToxOmFCY0Q=","name":"AI Engineer",
			 "created_at":"2026-05-01T10:00:00.123456Z","updated_at":"2026-05-01T13:00:00.123456+02:00","description":"d",
			 "labels":{"new":[{"field":1}]}}`,
			full,
		},
		"a byte order mark and white space": {"\ufeff \n{\"id\":\"r1\"}\n ", bare},
		"an id alone":                       {`{"id":"r1"}`, bare},
		"nulls": {
			`{"id":"r1","name":null,"description":null,"permissions":null,"is_predefined":null,"created_at":null,"updated_at":null}`, bare,
		},
		"wrong types": {
			`{"id":"r1","name":7,"description":{},"permissions":"A_READ","is_predefined":"yes","created_at":1,"updated_at":[]}`, bare,
		},
		"unreadable times": {`{"id":"r1","created_at":"yesterday","updated_at":""}`, bare},
		"permissions that are none": {
			`{"id":"r1","permissions":["B_READ",7,null,"",{"x":"A"},["C"],"A_READ",true]}`,
			arize.Role{ID: "r1", Permissions: []string{"A_READ", "B_READ"}},
		},
		"no permissions": {`{"id":"r1","permissions":[]}`, bare},
		"predefined":     {`{"id":"r1","is_predefined":true}`, arize.Role{ID: "r1", Predefined: true}},
		"a name with everything": {
			`{"id":"r1","name":"a\"b\\c\/d\u00e9\ud83d\ude00"}`, arize.Role{ID: "r1", Name: `a"b\c/dé😀`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for call, do := range roleCalls(t, answered(t, 200, labelled("application/json"), test.body)) {
				got, err := do()
				if err != nil {
					t.Fatalf("%s: %v", call, err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s: -want +got:\n%s", call, diff)
				}
			}
		})
	}
}

// roleCalls are the methods whose answer is a role.
func roleCalls(t *testing.T, client *arize.Client) map[string]func() (arize.Role, error) {
	return map[string]func() (arize.Role, error){
		"get":    func() (arize.Role, error) { return client.Role(t.Context(), "r1") },
		"create": func() (arize.Role, error) { return client.CreateRole(t.Context(), arize.RoleSpec{Name: "x"}) },
		"update": func() (arize.Role, error) {
			return client.UpdateRole(t.Context(), "r1", arize.RolePatch{Name: new("x")})
		},
	}
}

func TestUnusableRole(t *testing.T) {
	for name, test := range map[string]struct{ label, body, want string }{
		"nothing":               {"application/json", "", "answered with an empty body (HTTP 200)"},
		"white space":           {"application/json", " \n", "answered with an empty body (HTTP 200)"},
		"a login page":          {"text/html; charset=utf-8", "<!doctype html>", "answered with HTML instead of JSON (HTTP 200)"},
		"a page without label":  {"", "\ufeff\n <html>", "answered with HTML instead of JSON (HTTP 200)"},
		"text":                  {"text/plain", "OK", "answered with something that is not JSON (HTTP 200)"},
		"UTF-16":                {"application/json", "\xff\xfe{\x00}\x00", "answered with something that is not JSON (HTTP 200)"},
		"binary":                {"application/json", "\x00\x01\x02", "answered with something that is not JSON (HTTP 200)"},
		"cut short":             {"application/json", `{"id":"r1","name":"AI Eng`, "the answer is cut short (HTTP 200)"},
		"two answers":           {"application/json", `{"id":"r1"}{"id":"r2"}`, "answered with something that is not JSON (HTTP 200)"},
		"null":                  {"application/json", `null`, "the answer has no usable id (HTTP 200)"},
		"a number":              {"application/json", `7`, "the answer has no usable id (HTTP 200)"},
		"a list":                {"application/json", `[{"id":"r1"}]`, "the answer has no usable id (HTTP 200)"},
		"no id":                 {"application/json", `{"name":"x"}`, "the answer has no usable id (HTTP 200)"},
		"an empty id":           {"application/json", `{"id":""}`, "the answer has no usable id (HTTP 200)"},
		"a null id":             {"application/json", `{"id":null}`, "the answer has no usable id (HTTP 200)"},
		"a number for an id":    {"application/json", `{"id":7}`, "the answer has no usable id (HTTP 200)"},
		"an id beyond reason":   {"application/json", `{"id":"` + strings.Repeat("x", 257) + `"}`, "the answer has no usable id (HTTP 200)"},
		"somebody else's":       {"application/json", `{"data":{"id":"r1"}}`, "the answer has no usable id (HTTP 200)"},
		"nested too deep":       {"application/json", strings.Repeat("[", 1<<20), "answered with something that is not JSON (HTTP 200)"},
		"nested too deep in it": {"application/json", `{"x":` + strings.Repeat("[", 1<<20), "answered with something that is not JSON (HTTP 200)"},
		"ten megabytes":         {"application/json", `{"id":"` + strings.Repeat("x", 10<<20) + `"}`, "the answer is too large (HTTP 200)"},
		"a million permissions": {"application/json", `{"id":"r1","permissions":["A"` + strings.Repeat(`,"A"`, 1<<20) + `]}`, "the answer lists more than anybody could use (HTTP 200)"},
	} {
		t.Run(name, func(t *testing.T) {
			for call, do := range roleCalls(t, answered(t, 200, labelled(test.label), test.body)) {
				role, err := do()
				want := reading{arize.ClassUnavailable, false, test.want}
				if diff := cmp.Diff(want, read(err)); diff != "" {
					t.Errorf("%s: -want +got:\n%s", call, diff)
				}
				if role.ID != "" {
					t.Errorf("%s: a role came with the error: %+v", call, role)
				}
			}
		})
	}
}

func TestDecodePage(t *testing.T) {
	for name, test := range map[string]struct {
		body    string
		want    []string // ids
		message string
	}{
		"roles": {body: `{"roles":[{"id":"a"},{"id":"b"}],"pagination":{"has_more":false}}`, want: []string{"a", "b"}},
		"what is no role is skipped": {
			body: `{"roles":[null,7,"x",[],{},{"id":null,"name":"x"},{"id":9},{"id":""},{"id":"b","permissions":{}},[{"id":"c"}]],
			        "pagination":{"has_more":false,"next_cursor":null}}`,
			want: []string{"b"},
		},
		"an empty page":                     {body: `{"roles":[],"pagination":{"has_more":false}}`},
		"a cursor on the last page":         {body: `{"roles":[{"id":"a"}],"pagination":{"has_more":false,"next_cursor":"x"}}`, want: []string{"a"}},
		"no list":                           {body: `{"pagination":{"has_more":false}}`, message: "the answer has no list of items (HTTP 200)"},
		"a null for a list":                 {body: `{"roles":null,"pagination":{"has_more":false}}`, message: "the answer has no list of items (HTTP 200)"},
		"an object for a list":              {body: `{"roles":{"id":"a"},"pagination":{"has_more":false}}`, message: "the answer has no list of items (HTTP 200)"},
		"a list alone":                      {body: `[{"id":"a"}]`, message: "the answer has no list of items (HTTP 200)"},
		"an answer from elsewhere":          {body: `{"status":"ok"}`, message: "the answer has no list of items (HTTP 200)"},
		"no pagination could hide the rest": {body: `{"roles":[{"id":"a"}]}`, message: "the answer does not say whether there are more pages (HTTP 200)"},
		"a null for pagination":             {body: `{"roles":[],"pagination":null}`, message: "the answer does not say whether there are more pages (HTTP 200)"},
		"no has_more":                       {body: `{"roles":[],"pagination":{"next_cursor":"x"}}`, message: "the answer does not say whether there are more pages (HTTP 200)"},
		"has_more of the wrong type":        {body: `{"roles":[],"pagination":{"has_more":"false"}}`, message: "the answer does not say whether there are more pages (HTTP 200)"},
		"more without a cursor":             {body: `{"roles":[{"id":"a"}],"pagination":{"has_more":true}}`, message: "the page promises more without a cursor (HTTP 200)"},
		"more with a null cursor":           {body: `{"roles":[{"id":"a"}],"pagination":{"has_more":true,"next_cursor":null}}`, message: "the page promises more without a cursor (HTTP 200)"},
		"a cursor of a megabyte":            {body: `{"roles":[],"pagination":{"has_more":true,"next_cursor":"` + strings.Repeat("x", 1<<20) + `"}}`, message: "the cursor of the next page is too long (HTTP 200)"},
		"a million roles":                   {body: `{"roles":[{"id":"a"}` + strings.Repeat(`,{"id":"a"}`, 1<<19) + `],"pagination":{"has_more":false}}`, message: "the answer lists more than anybody could use (HTTP 200)"},
		"a million of nothing":              {body: `{"roles":[{"id":"a"}` + strings.Repeat(`,0`, 1<<20) + `],"pagination":{"has_more":false}}`, want: []string{"a"}},
		"cut short":                         {body: `{"roles":[{"id":"a"},`, message: "the answer is cut short (HTTP 200)"},
	} {
		t.Run(name, func(t *testing.T) {
			client := answered(t, 200, labelled("application/json"), test.body)
			var got []string
			var message string
			for page, err := range client.RolePages(t.Context(), arize.ListOptions{}) {
				if err != nil {
					message = read(err).Message
					if diff := cmp.Diff(arize.RolePage{}, page); diff != "" {
						t.Errorf("a page came with the error: %s", diff)
					}
					continue
				}
				for _, role := range page.Roles {
					got = append(got, role.ID)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" || message != test.message {
				t.Errorf("error %q, want %q; -want +got:\n%s", message, test.message, diff)
			}
		})
	}
}

// pageOf is a page of n roles with that many permissions each, as Arize writes it.
func pageOf(roles, permissions int) string {
	var b strings.Builder
	b.WriteString(`{"roles":[`)
	for i := range roles {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"Um9sZTo%d=","name":"Role %d","description":"Can do this and that","permissions":[`, i, i)
		for p := range permissions {
			if p > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"RESOURCE_%d_CREATE"`, (p*37+i)%permissions)
		}
		b.WriteString(`],"is_predefined":false,"created_at":"2026-05-01T10:00:00.123456Z","updated_at":"2026-05-01T10:00:00.123456Z"}`)
	}
	b.WriteString(`],"pagination":{"has_more":false}}`)
	return b.String()
}

// BenchmarkListPage reads a full page of roles, each with about half of the permissions that Arize knows.
func BenchmarkListPage(b *testing.B) {
	body := pageOf(arize.MaxPageSize, 70)
	client := answered(b, 200, labelled("application/json"), body)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		count := 0
		for _, err := range client.Roles(b.Context(), arize.ListOptions{}) {
			if err != nil {
				b.Fatal(err)
			}
			count++
		}
		if count != arize.MaxPageSize {
			b.Fatalf("got %d roles, want %d", count, arize.MaxPageSize)
		}
	}
}
