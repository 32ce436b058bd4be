package contract_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest/contract"
)

// recorder is a test that takes note of what it is failed for.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

const (
	goodRole = `{"id":"Um9s/Q==","name":"x","permissions":["A_B"],"is_predefined":false,` +
		`"created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:05.678Z"}`
	goodProblem = `{"title":"No","status":404}`
	rolePath    = "/v2/roles/Um9s%2FQ=="
)

// exchanges are requests, and what a server answers to them.
var exchanges = map[string]struct {
	method, path, request string
	header                http.Header // of the request, besides key and type
	status                int
	contentType, response string
	want                  string // a part of the complaint; empty: there is none
}{
	"good read":    {method: "GET", path: rolePath, status: 200, response: goodRole},
	"good write":   {method: "PATCH", path: rolePath, request: `{"description":null}`, status: 200, response: goodRole},
	"good page":    {method: "GET", path: "/v2/roles?limit=3&is_predefined=true", status: 200, response: `{"roles":[` + goodRole + `],"pagination":{"has_more":false}}`},
	"good delete":  {method: "DELETE", path: rolePath, status: 204},
	"good refusal": {method: "GET", path: rolePath, status: 404, contentType: "application/problem+json", response: goodProblem},
	"no such path": {method: "GET", path: "/v2/x/y/z", status: 404, contentType: "application/problem+json", response: goodProblem},
	"no such way":  {method: "PUT", path: "/v2/roles", request: `{}`, status: 405, contentType: "application/problem+json", response: goodProblem},
	"bad request, refused": {
		method: "PATCH", path: rolePath, request: `{"description":""}`, status: 422,
		contentType: "application/problem+json", response: goodProblem,
	},

	"missing field":       {method: "GET", path: rolePath, status: 200, response: strings.Replace(goodRole, `"name":"x",`, "", 1), want: "name"},
	"unknown field":       {method: "GET", path: rolePath, status: 200, response: strings.Replace(goodRole, `"name"`, `"extra":1,"name"`, 1), want: "extra"},
	"empty description":   {method: "GET", path: rolePath, status: 200, response: strings.Replace(goodRole, `"name"`, `"description":"","name"`, 1), want: "description"},
	"time not in UTC":     {method: "GET", path: rolePath, status: 200, response: strings.Replace(goodRole, `05Z`, `05+01:00`, 1), want: "created_at"},
	"time that is none":   {method: "GET", path: rolePath, status: 200, response: strings.Replace(goodRole, `2026-01-02T03:04:05Z`, `nowZ`, 1), want: "created_at"},
	"more without cursor": {method: "GET", path: "/v2/roles", status: 200, response: `{"roles":[],"pagination":{"has_more":true}}`, want: "next_cursor"},
	"cursor without more": {method: "GET", path: "/v2/roles", status: 200, response: `{"roles":[],"pagination":{"has_more":false,"next_cursor":"x"}}`, want: "next_cursor"},
	"HTML":                {method: "GET", path: rolePath, status: 502, contentType: "text/html", response: "<html>", want: "text/html"},
	"problem as JSON":     {method: "GET", path: rolePath, status: 404, response: goodProblem, want: "application/json"},
	"problem without title": {
		method: "GET", path: rolePath, status: 404, contentType: "application/problem+json", response: `{"status":404}`, want: "title",
	},
	"status not documented": {method: "GET", path: rolePath, status: 202, response: goodRole, want: "202"},
	"201 for a read":        {method: "GET", path: rolePath, status: 201, response: goodRole, want: "201"},

	"accepted empty patch":       {method: "PATCH", path: rolePath, request: `{}`, status: 200, response: goodRole, want: "minProperties"},
	"accepted empty description": {method: "PATCH", path: rolePath, request: `{"description":""}`, status: 200, response: goodRole, want: "minLength"},
	"accepted unknown field":     {method: "PATCH", path: rolePath, request: `{"id":"x"}`, status: 200, response: goodRole, want: "id"},
	"accepted bad name":          {method: "PATCH", path: rolePath, request: `{"name":"a;b"}`, status: 200, response: goodRole, want: "pattern"},
	"accepted no body":           {method: "PATCH", path: rolePath, status: 200, response: goodRole, want: "content type"},
	"accepted bad limit":         {method: "GET", path: "/v2/roles?limit=101", status: 200, response: `{"roles":[],"pagination":{"has_more":false}}`, want: "limit"},
	"accepted without key": {
		method: "GET", path: rolePath, header: http.Header{"Authorization": nil}, status: 200, response: goodRole, want: "uthorization",
	},
	"accepted text": {
		method: "PATCH", path: rolePath, header: http.Header{"Content-Type": {"text/plain"}},
		request: `{"name":"x"}`, status: 200, response: goodRole, want: "text/plain",
	},
	"accepted without resource type": {
		method: "GET", path: "/v2/role-bindings", status: 200,
		response: `{"role_bindings":[],"pagination":{"has_more":false}}`, want: "resource_type",
	},
}

func TestHandlerComplains(t *testing.T) {
	for name, test := range exchanges {
		t.Run(name, func(t *testing.T) {
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != test.request {
					t.Errorf("the server got %q, %v", body, err)
				}
				if test.response != "" {
					w.Header().Set("Content-Type", cmp.Or(test.contentType, "application/json"))
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.response))
			})
			rec := &recorder{TB: t}
			status, body := send(t, contract.Handler(rec, server), test.method, test.path, test.request, test.header)
			if status != test.status || body != test.response {
				t.Errorf("the client got %d, %q", status, body)
			}
			complaint := strings.Join(rec.failures, "\n")
			if (complaint == "") != (test.want == "") || !strings.Contains(complaint, test.want) {
				t.Errorf("got the complaint %q, want one about %q", complaint, test.want)
			}
		})
	}
}

// send makes a request; a status of 0 is a connection that was closed.
func send(t *testing.T, h http.Handler, method, path, body string, header http.Header) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, arizetest.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+arizetest.DefaultKey)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(request.Header, header)
	response, err := (&http.Client{Transport: arizetest.NewTransport(h)}).Do(request)
	if err != nil {
		return 0, ""
	}
	data, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

func TestHandlerLetsLostAnswersBe(t *testing.T) {
	srv := arizetest.NewServer(arizetest.Options{})
	srv.AddFault(arizetest.Fault{Kind: arizetest.FaultClose})
	rec := &recorder{TB: t}
	if status, body := send(t, contract.Handler(rec, srv), http.MethodGet, "/v2/roles", "", nil); status != 0 {
		t.Errorf("got %d %q, want a closed connection", status, body)
	}
	if len(rec.failures) > 0 {
		t.Errorf("got complaints: %q", rec.failures)
	}
}

func TestTheDocumentIsValid(t *testing.T) {
	if err := contract.CheckDocument(); err != nil {
		t.Error(err)
	}
}
