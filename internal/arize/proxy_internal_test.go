package arize

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// proxyClient is a client that would use the proxy at address for everything.
func proxyClient(t *testing.T, server *httptest.Server, address string) *Client {
	t.Helper()
	key, err := NewAPIKey("ak-secret")
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client, err := New(Options{BaseURL: server.URL, APIKey: key})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if certificate := server.Certificate(); certificate != nil {
		roots.AddCert(certificate)
	}
	transport := newTransport(roots, http.ProxyURL(proxy))
	t.Cleanup(transport.CloseIdleConnections)
	client.transport = transport
	return client
}

func TestProxy(t *testing.T) {
	role := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"r1"}`) })
	secured := httptest.NewTLSServer(role)
	defer secured.Close()
	plain := httptest.NewServer(role)
	defer plain.Close()
	var tunnels atomic.Int32
	var refusal atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Header.Get("Authorization") != "" {
			t.Errorf("the proxy got %s with Authorization %q", r.Method, r.Header.Get("Authorization"))
		}
		if status := int(refusal.Load()); status != 0 {
			w.Header().Set("X-Echo", r.Header.Get("Proxy-Authorization"))
			http.Error(w, "no", status)
			return
		}
		tunnels.Add(1)
		tunnel(w, r.Host)
	}))
	defer proxy.Close()
	address := strings.Replace(proxy.URL, "http://", "http://user:hunter2@", 1)

	if _, err := proxyClient(t, secured, address).Role(t.Context(), "r1"); err != nil || tunnels.Load() != 1 {
		t.Errorf("through the proxy: %d tunnels, error %v", tunnels.Load(), err)
	}
	if _, err := proxyClient(t, plain, address).Role(t.Context(), "r1"); err != nil || tunnels.Load() != 1 {
		t.Errorf("plain http must not meet the proxy: %d tunnels, error %v", tunnels.Load(), err)
	}

	refusal.Store(http.StatusProxyAuthRequired)
	_, err := proxyClient(t, secured, address).Role(t.Context(), "r1")
	expectMessage(t, err, "the proxy refused to connect (HTTP 407)")
	proxy.Close()
	_, err = proxyClient(t, secured, address).Role(t.Context(), "r1")
	expectMessage(t, err, "proxy: connection refused")
}

func expectMessage(t *testing.T, err error, want string) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error: %v", err)
	}
	if got := e.Message(); got != want || e.Class() != ClassUnavailable || e.Refused() {
		t.Errorf("got %q, class %v, refused %v, want %q", got, e.Class(), e.Refused(), want)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the proxy's password shows: %v", err)
	}
}

// tunnel connects the client of a CONNECT request with the host that it asked for.
func tunnel(w http.ResponseWriter, host string) {
	target, err := net.Dial("tcp", host) //nolint:noctx,gosec // ends with the test, whose client chose the host
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = target.Close()
		return
	}
	go func() {
		_, _ = io.Copy(target, client)
		_ = target.Close()
	}()
	go func() {
		_, _ = io.Copy(client, target)
		_ = client.Close()
	}()
}

// TestProxyFromEnvironment runs this test binary again, because net/http reads the environment once per process.
func TestProxyFromEnvironment(t *testing.T) {
	const marker = "ARIZE_TEST_PRINT_PROXY"
	if os.Getenv(marker) != "" {
		printProxies()
		return
	}
	for name, test := range map[string]struct {
		environment []string
		want        string
	}{
		"none":         {nil, "https://api.arize.com direct; http://arize.tools.svc direct;"},
		"one":          {[]string{"HTTPS_PROXY=http://proxy.corp:3128"}, "https://api.arize.com proxy.corp:3128; http://arize.tools.svc direct;"},
		"for all":      {[]string{"https_proxy=http://proxy.corp:3128", "HTTP_PROXY=http://proxy.corp:3128"}, "https://api.arize.com proxy.corp:3128; http://arize.tools.svc direct;"},
		"an exception": {[]string{"HTTPS_PROXY=http://proxy.corp:3128", "NO_PROXY=.arize.com"}, "https://api.arize.com direct; http://arize.tools.svc direct;"},
	} {
		t.Run(name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyFromEnvironment$", "-test.v") //nolint:gosec // this very binary
			command.Env = slices.Concat(test.environment, []string{marker + "=1", "GORACE=atexit_sleep_ms=0"})
			out, err := command.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "PROXIES "+test.want+"\n") {
				t.Errorf("want %q, got %v:\n%s", test.want, err, out)
			}
		})
	}
}

// printProxies says which proxies a client of ours uses.
func printProxies() {
	var line strings.Builder
	line.WriteString("PROXIES")
	for _, base := range []string{DefaultBaseURL, "http://arize.tools.svc"} {
		line.WriteString(" " + base + " " + proxyFor(base) + ";")
	}
	_, _ = os.Stdout.WriteString(line.String() + "\n")
}

func proxyFor(base string) string {
	key, _ := NewAPIKey("ak-secret")
	client, err := New(Options{BaseURL: base, APIKey: key})
	if err != nil {
		return err.Error()
	}
	request, err := client.build(context.Background(), request{method: http.MethodGet, path: "/v2/roles"})
	if err != nil {
		return err.Error()
	}
	proxy, err := client.transport.(*http.Transport).Proxy(request)
	switch {
	case err != nil:
		return err.Error()
	case proxy == nil:
		return "direct"
	}
	return proxy.Host
}
