package arize_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// TestFaults: what can go wrong on the way, over a socket, for a request that creates. Mutated says whether it did, which
// is never what the error claims to know.
func TestFaults(t *testing.T) {
	unavailable := func(message string) reading { return reading{arize.ClassUnavailable, false, message} }
	for name, test := range map[string]struct {
		fault   arizetest.Fault
		want    reading
		mutated bool
	}{
		"lost before the commit": {
			arizetest.Fault{Kind: arizetest.FaultClose}, unavailable("connection closed without an answer"), false,
		},
		"the answer is lost": {
			arizetest.Fault{Kind: arizetest.FaultClose, Stage: arizetest.AfterCommit},
			unavailable("connection closed without an answer"), true,
		},
		"unavailable": {
			arizetest.Fault{Kind: arizetest.FaultStatus, Status: 503, RetryAfter: "7"}, unavailable("Service Unavailable (HTTP 503)"), false,
		},
		"an error after the commit": {
			arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Stage: arizetest.AfterCommit},
			unavailable("Internal Server Error (HTTP 500)"), true,
		},
		"a proxy's page": {
			arizetest.Fault{Kind: arizetest.FaultHTML}, unavailable("answered with HTML instead of JSON (HTTP 502)"), false,
		},
		"a proxy's page after the commit": {
			arizetest.Fault{Kind: arizetest.FaultHTML, Status: 404, Stage: arizetest.AfterCommit},
			unavailable("answered with HTML instead of JSON (HTTP 404)"), true,
		},
		"a proxy's page for a success": {
			arizetest.Fault{Kind: arizetest.FaultHTML, Status: 200, Stage: arizetest.AfterCommit},
			unavailable("answered with HTML instead of JSON (HTTP 200)"), true,
		},
		"a redirect": {
			arizetest.Fault{Kind: arizetest.FaultRedirect, Location: "https://elsewhere.example/v2/roles?x=y"},
			unavailable("redirects to https://elsewhere.example; check the base URL (HTTP 307)"), false,
		},
		"no body": {
			arizetest.Fault{Kind: arizetest.FaultEmpty}, unavailable("answered with an empty body (HTTP 201)"), true,
		},
		"half a body": {
			arizetest.Fault{Kind: arizetest.FaultCut}, unavailable("the answer is cut short (HTTP 201)"), true,
		},
		"half a body, then the end": {
			arizetest.Fault{Kind: arizetest.FaultCutConnection}, unavailable("the answer is cut short (HTTP 201)"), true,
		},
		"ten megabytes": {
			arizetest.Fault{Kind: arizetest.FaultHuge}, unavailable("the answer is too large (HTTP 201)"), true,
		},
		"garbage": {
			arizetest.Fault{Kind: arizetest.FaultGarbage}, unavailable("answered with something that is not JSON (HTTP 201)"), true,
		},
		"somebody else's JSON": {
			arizetest.Fault{Kind: arizetest.FaultGarbage, Body: `{"status":"ok"}`}, unavailable("the answer has no usable id (HTTP 201)"), true,
		},
		"too many requests": {
			arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: "7"},
			reading{arize.ClassRateLimited, true, "too many requests (HTTP 429)"},
			false,
		},
		"a wrong label is forgiven":    {arizetest.Fault{Kind: arizetest.FaultContentType}, reading{}, true},
		"a slow answer is waited for":  {arizetest.Fault{Kind: arizetest.FaultSlowBody, Delay: time.Millisecond}, reading{}, true},
		"a slow server is waited for":  {arizetest.Fault{Kind: arizetest.FaultDelay, Delay: time.Millisecond}, reading{}, true},
		"a page about HTML is no HTML": {arizetest.Fault{Kind: arizetest.FaultContentType, ContentType: "text/html"}, reading{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			sim := arizetest.NewServer(arizetest.Options{})
			sim.AddKey(secret, arizetest.DefaultAccount)
			client := served(t, sim)
			collect(t, client.RolePages(t.Context(), arize.ListOptions{})) // so that there is a connection to reuse
			sim.AddFault(test.fault)
			sim.ResetLog()

			_, err := client.CreateRole(t.Context(), arize.RoleSpec{Name: "x", Permissions: []string{"PROJECT_READ"}})
			if diff := cmp.Diff(test.want, read(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			requests := sim.Requests()
			if len(requests) != 1 || requests[0].Mutated != test.mutated {
				t.Errorf("one request that changed something: %v, got %+v", test.mutated, requests)
			}
			if test.fault.RetryAfter != "" {
				expectRetryAfter(t, err, 7*time.Second)
			}
		})
	}
}

func expectRetryAfter(t *testing.T, err error, want time.Duration) {
	t.Helper()
	e, ok := err.(*arize.Error) //nolint:errorlint // the very value is what is asked for
	if !ok || e.RetryAfter != want {
		t.Errorf("got %#v, want to retry after %v", err, want)
	}
}

// TestFaultsOfADelete: any success will do, and nothing else does.
func TestFaultsOfADelete(t *testing.T) {
	for kind, want := range map[arizetest.FaultKind]arize.Class{
		arizetest.FaultEmpty: arize.ClassNone, arizetest.FaultGarbage: arize.ClassNone, arizetest.FaultCut: arize.ClassNone,
		arizetest.FaultHTML: arize.ClassUnavailable, arizetest.FaultClose: arize.ClassUnavailable, arizetest.FaultStatus: arize.ClassUnavailable,
	} {
		sim := arizetest.NewServer(arizetest.Options{})
		sim.AddKey(secret, arizetest.DefaultAccount)
		role := sim.AddRole(arizetest.Role{Name: "x", Permissions: []string{"PROJECT_READ"}})
		sim.AddFault(arizetest.Fault{Kind: kind})
		if got := arize.ClassOf(served(t, sim).DeleteRole(t.Context(), role.ID)); got != want {
			t.Errorf("%s: got %v, want %v", kind, got, want)
		}
	}
	for _, status := range []int{200, 202, 204} {
		client := answered(t, status, nil, "<html>gone")
		if err := client.DeleteRole(t.Context(), "r1"); err != nil {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

// TestSilence: a server that never answers costs the whole timeout, and no more. Time is that of the bubble.
func TestSilence(t *testing.T) {
	for name, test := range map[string]struct {
		fault arizetest.Fault
		want  string
	}{
		"no answer":        {arizetest.Fault{Kind: arizetest.FaultHang}, "no answer within 30s"},
		"after the commit": {arizetest.Fault{Kind: arizetest.FaultHang, Stage: arizetest.AfterCommit}, "no answer within 30s"},
		"a drop at a time": {arizetest.Fault{Kind: arizetest.FaultSlowBody, Delay: 20 * time.Second}, "no complete answer within 30s (HTTP 201)"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := arizetest.NewServer(arizetest.Options{})
				sim.AddKey(secret, arizetest.DefaultAccount)
				sim.AddFault(test.fault)
				client := mustNew(t, arize.Options{Transport: arizetest.NewTransport(sim)})
				begin := time.Now()
				_, err := client.CreateRole(t.Context(), arize.RoleSpec{Name: "x", Permissions: []string{"PROJECT_READ"}})
				if diff := cmp.Diff(reading{arize.ClassUnavailable, false, test.want}, read(err)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if got := time.Since(begin); got != arize.DefaultTimeout {
					t.Errorf("took %v, want %v", got, arize.DefaultTimeout)
				}
			})
		})
	}
}

// TestRateLimits: a 429 says when to come back, in each form that Arize may choose.
func TestRateLimits(t *testing.T) {
	for form, want := range map[arizetest.RetryAfterForm]time.Duration{
		arizetest.RetryAfterSeconds: 4 * time.Second, arizetest.RetryAfterDate: 4 * time.Second, arizetest.RetryAfterAbsent: 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			sim := arizetest.NewServer(arizetest.Options{Settings: arizetest.Settings{RequestsPerSecond: 0.25, RetryAfter: form}})
			sim.AddKey(secret, arizetest.DefaultAccount)
			client := mustNew(t, arize.Options{Transport: arizetest.NewTransport(sim)})
			_ = client.DeleteRole(t.Context(), arizetest.UnknownRoleID)
			err := client.DeleteRole(t.Context(), arizetest.UnknownRoleID)
			if got := arize.ClassOf(err); got != arize.ClassRateLimited {
				t.Fatalf("got %v (%v), want RateLimited", got, err)
			}
			expectRetryAfter(t, err, want)
		})
	}
}

// TestPlainTransport: a transport may leave out the body of an answer.
func TestPlainTransport(t *testing.T) {
	client := mustNew(t, arize.Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusNoContent}, nil
	})})
	if err := client.DeleteRole(t.Context(), "r1"); err != nil {
		t.Error(err)
	}
	_, err := client.Role(t.Context(), "r1")
	if got, want := read(err).Message, "answered with an empty body (HTTP 204)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
