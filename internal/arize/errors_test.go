package arize_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

const problemJSON = "application/problem+json"

// reading is what a caller can tell from an error.
type reading struct {
	Class   arize.Class
	Refused bool
	Message string
}

func read(err error) reading {
	e, ok := errors.AsType[*arize.Error](err)
	if !ok {
		return reading{Class: arize.ClassOf(err)}
	}
	return reading{Class: arize.ClassOf(fmt.Errorf("wrapped: %w", err)), Refused: e.Refused(), Message: e.Message()}
}

func TestRefusals(t *testing.T) {
	html := "<!DOCTYPE html><html><body>nginx</body></html>"
	for name, test := range map[string]struct {
		status int
		label  string
		body   string
		want   reading
	}{
		"a field is wrong": {
			400, problemJSON, `{"title":"Bad Request","status":400,"detail":"limit: must be at most 100"}`,
			reading{arize.ClassInvalid, true, "limit: must be at most 100 (HTTP 400)"},
		},
		"a field fails validation": {
			422, problemJSON, `{"title":"Unprocessable Entity","status":422,"detail":"name: must not be empty"}`,
			reading{arize.ClassInvalid, true, "name: must not be empty (HTTP 422)"},
		},
		"a title alone": {
			401, problemJSON, `{"title":"Unauthorized","status":401}`,
			reading{arize.ClassUnauthorized, true, "Unauthorized (HTTP 401)"},
		},
		"forbidden": {
			403, problemJSON, `{"title":"Forbidden","detail":"predefined roles cannot be changed"}`,
			reading{arize.ClassForbidden, true, "predefined roles cannot be changed (HTTP 403)"},
		},
		"not found": {
			404, problemJSON, `{"title":"Not Found","status":404}`,
			reading{arize.ClassNotFound, true, "Not Found (HTTP 404)"},
		},
		"not found, labelled as any JSON": {
			404, "application/json", `{"title":"Not Found"}`,
			reading{arize.ClassNotFound, true, "Not Found (HTTP 404)"},
		},
		"not found, a problem that says nothing": {
			404, problemJSON + "; charset=utf-8", `{}`,
			reading{arize.ClassNotFound, true, "not found (HTTP 404)"},
		},
		"conflict": {
			409, problemJSON, `{"title":"Conflict","detail":"the name is taken"}`,
			reading{arize.ClassConflict, true, "the name is taken (HTTP 409)"},
		},
		"rate limited, counting down": {
			429, problemJSON, `{"title":"Too Many Requests","detail":"try again in 7 seconds"}`,
			reading{arize.ClassRateLimited, true, "too many requests (HTTP 429)"},
		},
		"a method that is not allowed": {
			405, problemJSON, `{"title":"Method Not Allowed"}`,
			reading{arize.ClassInvalid, true, "Method Not Allowed (HTTP 405)"},
		},
		"a status that nobody knows": {
			499, problemJSON, `{}`,
			reading{arize.ClassInvalid, true, "refused without an explanation (HTTP 499)"},
		},
		"the server took too long": {
			408, problemJSON, `{"title":"Request Timeout"}`,
			reading{arize.ClassUnavailable, false, "Request Timeout (HTTP 408)"},
		},
		"a server error keeps its title alone": {
			500, problemJSON, `{"title":"Internal Server Error","detail":"worker 17 died"}`,
			reading{arize.ClassUnavailable, false, "Internal Server Error (HTTP 500)"},
		},

		// Not Arize's own words.
		"HTML for a 404 is not a role that does not exist": {
			404, "text/html", html,
			reading{arize.ClassUnavailable, false, "answered with HTML instead of JSON (HTTP 404)"},
		},
		"HTML that claims to be a problem": {
			404, problemJSON, html,
			reading{arize.ClassUnavailable, false, "answered with HTML instead of JSON (HTTP 404)"},
		},
		"no body for a 404": {
			404, problemJSON, "",
			reading{arize.ClassUnavailable, false, "answered with an empty body (HTTP 404)"},
		},
		"a gateway's JSON for a 404": {
			404, "application/json", `{"message":"no Route matched with those values"}`,
			reading{arize.ClassUnavailable, false, "answered with JSON that is not from Arize; check the base URL (HTTP 404)"},
		},
		"text for a 404": {
			404, "text/plain", "404 page not found\n",
			reading{arize.ClassUnavailable, false, "answered with something that is not JSON (HTTP 404)"},
		},
		"half a problem for a 404": {
			404, problemJSON, `{"title":"Not Fou`,
			reading{arize.ClassUnavailable, false, "the answer is cut short (HTTP 404)"},
		},
		"a list for a 404": {
			404, problemJSON, `[{"title":"Not Found"}]`,
			reading{arize.ClassUnavailable, false, "answered with JSON that is not a problem document (HTTP 404)"},
		},
		"null for a 404": {
			404, problemJSON, `null`,
			reading{arize.ClassUnavailable, false, "answered with JSON that is not a problem document (HTTP 404)"},
		},
		"HTML for a 409": {
			409, "text/html", html,
			reading{arize.ClassUnavailable, false, "answered with HTML instead of JSON (HTTP 409)"},
		},
		"HTML for a 413": {
			413, "text/html", html,
			reading{arize.ClassUnavailable, false, "answered with HTML instead of JSON (HTTP 413)"},
		},
		"HTML for a 401 means the same from everybody, but proves nothing": {
			401, "text/html", html,
			reading{arize.ClassUnauthorized, false, "answered with HTML instead of JSON (HTTP 401)"},
		},
		"HTML for a 403": {
			403, "text/html", html,
			reading{arize.ClassForbidden, false, "answered with HTML instead of JSON (HTTP 403)"},
		},
		"HTML for a 429": {
			429, "text/html", html,
			reading{arize.ClassRateLimited, false, "too many requests (HTTP 429)"},
		},
		"HTML for a 502": {
			502, "text/html", html,
			reading{arize.ClassUnavailable, false, "answered with HTML instead of JSON (HTTP 502)"},
		},
		"a megabyte of HTML": {
			502, "text/html", html + strings.Repeat("<p>", 1<<20),
			reading{arize.ClassUnavailable, false, "answered with HTML instead of JSON (HTTP 502)"},
		},
		"a megabyte of a problem": {
			422, problemJSON, `{"title":"` + strings.Repeat("x", 1<<20) + `"}`,
			reading{arize.ClassUnavailable, false, "the answer is too large (HTTP 422)"},
		},
		"a proxy wants a password": {
			407, problemJSON, `{"title":"Proxy Authentication Required"}`,
			reading{arize.ClassUnavailable, false, "Proxy Authentication Required (HTTP 407)"},
		},

		// JSON that is no problem document, but says what is wrong.
		"a message": {
			400, "application/json", `{"message":"invalid role id"}`,
			reading{arize.ClassInvalid, true, "invalid role id (HTTP 400)"},
		},
		"a list of what is wrong": {
			422, "application/json", `{"detail":[{"loc":["body","name"],"msg":"field required"}]}`,
			reading{arize.ClassInvalid, true, `[{"loc":["body","name"],"msg":"field required"}] (HTTP 422)`},
		},
		"values of the wrong type": {
			422, problemJSON, `{"title":7,"detail":null,"status":"four","error_code":12,"request_id":{}}`,
			reading{arize.ClassInvalid, true, "7 (HTTP 422)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := answered(t, test.status, labelled(test.label), test.body).Role(t.Context(), "id")
			if diff := cmp.Diff(test.want, read(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if e, ok := errors.AsType[*arize.Error](err); !ok || e.StatusCode != test.status || e.Op != "get role" {
				t.Errorf("error: %#v", err)
			}
		})
	}
}

func TestErrorFields(t *testing.T) {
	header := labelled(problemJSON)
	header.Set("X-Request-Id", "from-the-header")
	header.Set("Retry-After", "17")
	body := `{"title":"Unprocessable Entity","status":422,"detail":"name: must not be empty","error_code":"invalid_name",
		"request_id":"req-1","instance":"/v2/roles","extra":{"deep":[1]}}`
	client := answered(t, 422, header, body)
	_, err := client.CreateRole(t.Context(), arize.RoleSpec{Name: "x"})
	e, ok := errors.AsType[*arize.Error](err)
	if !ok {
		t.Fatalf("error: %v", err)
	}
	want := &arize.Error{
		Op: "create role", StatusCode: 422, Title: "Unprocessable Entity", Detail: "name: must not be empty",
		Code: "invalid_name", RequestID: "req-1", RetryAfter: 17e9,
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	const text = "create role: Unprocessable Entity: name: must not be empty (HTTP 422) " +
		"[error code invalid_name, request id req-1]"
	if got := e.Error(); got != text {
		t.Errorf("Error() = %q, want %q", got, text)
	}
	if e.Unwrap() != nil {
		t.Errorf("Unwrap() = %v, want nil", e.Unwrap())
	}

	_, err = answered(t, 502, header, "<html>").Role(t.Context(), "id")
	if got, want := err.Error(), "get role: answered with HTML instead of JSON (HTTP 502) [request id from-the-header]"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestClassOf(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want arize.Class
	}{
		"nothing":                   {nil, arize.ClassNone},
		"the caller gave up":        {fmt.Errorf("x: %w", context.Canceled), arize.ClassCanceled},
		"the caller's time is over": {context.DeadlineExceeded, arize.ClassUnavailable},
		"anything else":             {errors.New("x"), arize.ClassUnavailable},
		"an error of ours, wrapped": {fmt.Errorf("x: %w", &arize.Error{StatusCode: 404}), arize.ClassNotFound},
		"an answer, then given up":  {&arize.Error{StatusCode: 404, Err: context.Canceled}, arize.ClassCanceled},
		"no answer":                 {&arize.Error{Err: errors.New("x")}, arize.ClassUnavailable},
		"an empty error":            {&arize.Error{}, arize.ClassUnavailable},
		"a success in bad shape":    {&arize.Error{StatusCode: 200, Err: errors.New("x")}, arize.ClassUnavailable},
		"a redirect":                {&arize.Error{StatusCode: 308}, arize.ClassUnavailable},
	} {
		if got := arize.ClassOf(test.err); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func TestClassNames(t *testing.T) {
	for class, want := range map[arize.Class]string{
		arize.ClassNone: "None", arize.ClassRateLimited: "RateLimited", arize.ClassCanceled: "Canceled", 99: "Class(99)", -1: "Class(-1)",
	} {
		if got := class.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestMessageIsStable: what differs between two tellings of one failure is not in the message, else a status that
// shows it would change with every attempt.
func TestMessageIsStable(t *testing.T) {
	for _, detail := range []string{
		"request %s failed",
		"conflict at 2026-11-25T09:30:0%dZ, see log",
		"conflict at 2026-11-25 09:30:0%d.123456+00:00, see log",
		"node 10.0.0.%d:8443 is gone",
		"node [fd00::%d]:8443 is gone",
		"object 0xc00012340%d is locked",
		"trace 6f1d1e0a-0000-4000-8000-00000000000%d",
	} {
		messages := map[string]bool{}
		for i := range 3 {
			id := fmt.Sprintf("req_%d", i)
			e := &arize.Error{StatusCode: 422, Title: "t", RequestID: id, Detail: strings.NewReplacer("%s", id, "%d", strconv.Itoa(i)).Replace(detail)}
			messages[e.Message()] = true
		}
		if len(messages) != 1 {
			t.Errorf("%s: %v", detail, messages)
		}
	}
	// What looks a little like it stays.
	for _, detail := range []string{
		"permissions[0:3]: unknown", "role Um9sZToxOmFCY0Q= is bound", "name: at most 255 characters", "limit 1.5", "see RFC 9457, section 3.1.4",
	} {
		e := &arize.Error{StatusCode: 422, RequestID: "r1", Detail: detail}
		if got, want := e.Message(), detail+" (HTTP 422)"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestHostileText: what comes from outside is one bounded, printable line without the key.
func TestHostileText(t *testing.T) {
	for name, test := range map[string]struct{ detail, want string }{
		"lines and tabs":        {`a\nb\r\n\tc`, "a b c"},
		"control characters":    {`a\u0000b\u001b[31mc\u007f`, "a b [31mc"},
		"changes of direction":  {`a\u202eb\u200bc`, "a b c"},
		"half a surrogate":      {`a\ud800b`, "a\ufffdb"},
		"the key":               {`bad key ak-7f3e/S3cr3t+\"quoted\"\\&<end>=`, "bad key [redacted]"},
		"the key, escaped":      {`bad key \u0061k-7f3e\/S3cr3t\u002b\u0022quoted\u0022\u005c\u0026\u003cend>=`, "bad key [redacted]"},
		"too long":              {strings.Repeat("é", 2000), strings.Repeat("é", 510) + "…"},
		"the key, cut by a cut": {strings.Repeat("x", 1010) + `ak-7f3e/S3cr3t+\"quoted\"\\&<end>=`, strings.Repeat("x", 1010) + "[redacted]"},
	} {
		t.Run(name, func(t *testing.T) {
			body := `{"title":"T","detail":"` + test.detail + `"}`
			_, err := answered(t, 422, labelled(problemJSON), body).Role(t.Context(), "id")
			e, _ := errors.AsType[*arize.Error](err)
			if e == nil || e.Detail != test.want {
				t.Fatalf("got %q, want %q", e.Detail, test.want)
			}
		})
	}
}

func TestUnsentRequests(t *testing.T) {
	client := mustNew(t, arize.Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("sent")
	})})
	name := "x"
	for what, call := range map[string]func() error{
		"a patch of nothing": func() error {
			_, err := client.UpdateRole(t.Context(), "id", arize.RolePatch{})
			return err
		},
		"a get without id":       func() error { _, err := client.Role(t.Context(), ""); return err },
		"an update without id":   func() error { _, err := client.UpdateRole(t.Context(), "", arize.RolePatch{Name: &name}); return err },
		"a delete without id":    func() error { return client.DeleteRole(t.Context(), "") },
		"a delete of the parent": func() error { return client.DeleteRole(t.Context(), "..") },
		"a delete of itself":     func() error { return client.DeleteRole(t.Context(), ".") },
	} {
		got := read(call())
		if got.Class != arize.ClassInvalid || !got.Refused || got.Message == "" || strings.Contains(got.Message, "HTTP") {
			t.Errorf("%s: %+v", what, got)
		}
	}
}
