package arize_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// secret is a key with everything in it that some encoding writes differently.
const secret = `ak-7f3e/S3cr3t+"quoted"\&<end>=` //nolint:gosec // opens nothing

// prefix is where test servers serve the API, so that a request that forgets the base URL's path is found out.
const prefix = "/some/prefix"

func mustKey(t testing.TB, s string) arize.APIKey {
	t.Helper()
	key, err := arize.NewAPIKey(s)
	if err != nil {
		t.Fatalf("NewAPIKey: %v", err)
	}
	return key
}

func mustNew(t testing.TB, opts arize.Options) *arize.Client {
	t.Helper()
	if opts.APIKey.IsZero() {
		opts.APIKey = mustKey(t, secret)
	}
	client, err := arize.New(opts)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// served starts a server on a socket that serves handler below prefix, and returns a client of it.
func served(t testing.TB, handler http.Handler) *arize.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", http.StripPrefix(prefix, handler))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a request outside the base URL: %s", r.URL.EscapedPath())
		w.WriteHeader(http.StatusTeapot)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return mustNew(t, arize.Options{BaseURL: server.URL + prefix})
}

// answer is a handler that always says the same.
func answer(status int, header http.Header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// roundTripper is a transport without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answered is a client of a transport that always says the same.
func answered(t testing.TB, status int, header http.Header, body string) *arize.Client {
	t.Helper()
	return mustNew(t, arize.Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		if header == nil {
			header = http.Header{}
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}, nil
	})})
}

func labelled(contentType string) http.Header { return http.Header{"Content-Type": {contentType}} }
