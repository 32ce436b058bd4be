package arize_test

import (
	"compress/gzip"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

const roleJSON = `{"id":"r1","name":"x","permissions":["A_READ"]}`

func TestRequestHeaders(t *testing.T) {
	var got http.Header
	client := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		_, _ = io.WriteString(w, roleJSON)
	}))
	if _, err := client.CreateRole(t.Context(), arize.RoleSpec{Name: "x"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer " + secret, "Content-Type": "application/json",
		"Accept": "application/json, application/problem+json", "Idempotency-Key": "",
	} {
		if got := got.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := got.Get("User-Agent"); !strings.HasPrefix(got, "arize-operator/") {
		t.Errorf("User-Agent: got %q", got)
	}
	if _, err := client.Role(t.Context(), "r1"); err != nil {
		t.Fatal(err)
	}
	if got := got.Get("Content-Type"); got != "" {
		t.Errorf("a request without a body has a Content-Type: %q", got)
	}
}

func TestPathsKeepPrefixAndEscapeIDs(t *testing.T) {
	var got string
	client := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Method + " " + r.RequestURI
		_, _ = io.WriteString(w, roleJSON)
	}))
	for id, want := range map[string]string{
		"Um9sZToxOmFCY0Q=": "Um9sZToxOmFCY0Q=",
		"a+b/c==":          "a%2Bb%2Fc==",
		"a b?c#d%2e":       "a%20b%3Fc%23d%252e",
		"../../admin":      "..%2F..%2Fadmin",
		"é\n":              "%C3%A9%0A",
	} {
		if err := client.DeleteRole(t.Context(), id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
		if want := "DELETE " + prefix + "/v2/roles/" + want; got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}

// TestRedirectsAreNotFollowed: the key stays with the host that it was given for.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the redirect was followed with Authorization %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	for name, test := range map[string]struct {
		status   int
		location string
		want     string
	}{
		"to another host":   {302, elsewhere.URL + "/login?token=" + secret, "redirects to " + elsewhere.URL + "; check the base URL (HTTP 302)"},
		"with its method":   {307, "https://user:pw@other.example/v2/roles", "redirects to https://other.example; check the base URL (HTTP 307)"},
		"for good":          {308, "//other.example/x", "redirects to //other.example; check the base URL (HTTP 308)"},
		"to another path":   {301, "/login", "redirects to another path; check the base URL (HTTP 301)"},
		"to nowhere":        {302, "", "redirects to another path; check the base URL (HTTP 302)"},
		"to what is no URL": {302, "http://[::1" + secret, "redirects to another path; check the base URL (HTTP 302)"},
		"not modified":      {304, "", "redirects to another path; check the base URL (HTTP 304)"},
	} {
		t.Run(name, func(t *testing.T) {
			client := served(t, answer(test.status, http.Header{"Location": {test.location}}, ""))
			for _, err := range errorsOf(t, client) {
				want := reading{arize.ClassUnavailable, false, test.want}
				if diff := cmp.Diff(want, read(err)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

// errorsOf calls every method and returns the errors by operation.
func errorsOf(t *testing.T, client *arize.Client) map[string]error {
	t.Helper()
	found := map[string]error{}
	for op, call := range calls(client) {
		found[op] = call(t.Context())
	}
	return found
}

// calls are all methods that make a request.
func calls(client *arize.Client) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"list roles": func(ctx context.Context) error {
			for _, err := range client.RolePages(ctx, arize.ListOptions{}) {
				return err
			}
			return nil
		},
		"list role bindings": func(ctx context.Context) error {
			for _, err := range client.RoleBindingPages(ctx, arize.ResourceSpace) {
				return err
			}
			return nil
		},
		"get role": func(ctx context.Context) error { _, err := client.Role(ctx, "r1"); return err },
		"create role": func(ctx context.Context) error {
			_, err := client.CreateRole(ctx, arize.RoleSpec{Name: "x", Permissions: []string{"A_READ"}})
			return err
		},
		"update role": func(ctx context.Context) error {
			_, err := client.UpdateRole(ctx, "r1", arize.RolePatch{Name: new("y")})
			return err
		},
		"delete role": func(ctx context.Context) error { return client.DeleteRole(ctx, "r1") },
	}
}

// TestNothingIsSentTwice: the server takes a request on a connection that was used before and hangs up, which is when
// net/http repeats what it may. It may repeat a GET; that it does shows that this test would notice.
func TestNothingIsSentTwice(t *testing.T) {
	for op, times := range map[string]int{"create role": 1, "update role": 1, "delete role": 1, "get role": 2} {
		t.Run(op, func(t *testing.T) {
			var mu sync.Mutex
			var connections []string // that the requests came over
			client := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				mu.Lock()
				defer mu.Unlock()
				connections = append(connections, r.RemoteAddr)
				if len(connections) > 1 {
					panic(http.ErrAbortHandler)
				}
				_, _ = io.WriteString(w, `{"roles":[],"pagination":{"has_more":false}}`)
			}))
			if err := calls(client)["list roles"](t.Context()); err != nil {
				t.Fatal(err)
			}
			want := reading{arize.ClassUnavailable, false, "connection closed without an answer"}
			if diff := cmp.Diff(want, read(calls(client)[op](t.Context()))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			mu.Lock()
			defer mu.Unlock()
			if got := len(connections) - 1; got != times {
				t.Errorf("sent %d times, want %d", got, times)
			}
			if connections[1] != connections[0] {
				t.Error("the test proves nothing: the connection was not reused")
			}
		})
	}
}

// TestConnectionsAreReused: answers of every kind are read to their end.
func TestConnectionsAreReused(t *testing.T) {
	var connections atomic.Int32
	var status atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(int(status.Load()))
		if status.Load() != http.StatusNoContent {
			_, _ = io.WriteString(w, `{"id":"r1","roles":[],"title":"t","pagination":{"has_more":false}}`)
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := mustNew(t, arize.Options{BaseURL: server.URL})
	for _, code := range []int32{200, 204, 302, 404, 422, 500} {
		status.Store(code)
		errorsOf(t, client)
	}
	if got := connections.Load(); got != 1 {
		t.Errorf("%d connections for requests one after the other, want 1", got)
	}
}

func TestHTTP1Only(t *testing.T) {
	var proto string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto = r.Proto
		_, _ = io.WriteString(w, roleJSON)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := mustNew(t, arize.Options{BaseURL: server.URL, CABundle: certificatePEM(server)})
	if _, err := client.Role(t.Context(), "r1"); err != nil || proto != "HTTP/1.1" {
		t.Errorf("got %s, %v, want HTTP/1.1", proto, err)
	}
}

func certificatePEM(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

// TestOversizedBodies: memory stays bounded, whatever comes.
func TestOversizedBodies(t *testing.T) {
	const bomb = 256 << 20
	for name, test := range map[string]struct {
		status int
		gzip   bool
		want   string
	}{
		"an answer":           {200, false, "the answer is too large (HTTP 200)"},
		"a compressed answer": {200, true, "the answer is too large (HTTP 200)"},
		"a problem":           {422, false, "the answer is too large (HTTP 422)"},
	} {
		t.Run(name, func(t *testing.T) {
			client := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				var body io.Writer = w
				if test.gzip {
					w.Header().Set("Content-Encoding", "gzip")
					compressed := gzip.NewWriter(w)
					defer func() { _ = compressed.Close() }()
					body = compressed
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				chunk := []byte(strings.Repeat(" ", 1<<20))
				for range bomb >> 20 {
					if _, err := body.Write(chunk); err != nil {
						return
					}
				}
			}))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := client.Role(t.Context(), "r1")
			runtime.ReadMemStats(&after)
			if diff := cmp.Diff(reading{arize.ClassUnavailable, false, test.want}, read(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > bomb/2 {
				t.Errorf("allocated %d MiB for an answer of %d MiB", got>>20, bomb>>20)
			}
		})
	}
}

func TestBrokenTransfers(t *testing.T) {
	for name, test := range map[string]struct {
		raw  string // what the server writes before it hangs up
		want reading
	}{
		"nothing": {"", reading{arize.ClassUnavailable, false, "connection closed without an answer"}},
		"half a status line": {
			"HTT",
			reading{arize.ClassUnavailable, false, `net/http: HTTP/1.x transport connection broken: malformed HTTP response "HTT"`},
		},
		"half a body": {
			"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":\"r1\"}",
			reading{arize.ClassUnavailable, false, "the answer is cut short (HTTP 200)"},
		},
		"half a chunk": {
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"id\":\"r1\"}",
			reading{arize.ClassUnavailable, false, "the answer is cut short (HTTP 200)"},
		},
		"half a problem": {
			"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 100\r\n\r\n{\"title\":\"Not Found\"}",
			reading{arize.ClassUnavailable, false, "the answer is cut short (HTTP 404)"},
		},
		"no gzip": {
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n{\"id\":\"r1\"}",
			reading{arize.ClassUnavailable, false, "the answer cannot be read: gzip: invalid header (HTTP 200)"},
		},
		"another protocol that shows the key": {
			"SSH-2.0-" + secret + "\r\n",
			reading{
				arize.ClassUnavailable, false,
				`net/http: HTTP/1.x transport connection broken: malformed HTTP response "SSH-2.0-[redacted]"`,
			},
		},
		"another protocol that the server wants to speak": {
			"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\n",
			reading{arize.ClassUnavailable, false, "answered with an empty body (HTTP 101)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := mustNew(t, arize.Options{BaseURL: "http://" + rawServer(t, test.raw), Timeout: 20 * time.Second})
			_, err := client.Role(t.Context(), "r1")
			if diff := cmp.Diff(test.want, read(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				expectNoKey(t, "the chain of errors", e.Error())
			}
		})
	}
}

func TestEndlessHeaders(t *testing.T) {
	header := "X-Header: " + strings.Repeat("x", 1000) + "\r\n"
	client := mustNew(t, arize.Options{BaseURL: "http://" + rawServer(t, "HTTP/1.1 200 OK\r\n"+strings.Repeat(header, 200))})
	_, err := client.Role(t.Context(), "r1")
	got := read(err)
	if got.Class != arize.ClassUnavailable || !strings.Contains(got.Message, "response headers exceeded 65536 bytes") {
		t.Errorf("got %+v", got)
	}
}

// rawServer answers every request with raw bytes and hangs up. It returns its address.
func rawServer(t *testing.T, raw string) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = connection.Close() }()
				buffer := make([]byte, 4096)
				if _, err := connection.Read(buffer); err == nil {
					_, _ = io.WriteString(connection, raw)
				}
				if strings.Contains(raw, "101 Switching") {
					_, _ = io.Copy(io.Discard, connection) // stays open, as an upgraded connection would
				}
			}()
		}
	}()
	return listener.Addr().String()
}
