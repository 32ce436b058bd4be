package arize

import (
	"errors"
	"net/http"
	"runtime/debug"
	"time"
)

// DefaultTimeout is how long one request may take, its answer read.
const DefaultTimeout = 30 * time.Second

// Options says which account a Client talks to and how. Only APIKey is required.
type Options struct {
	BaseURL   string            // scheme, host, port, optional path prefix; "" means DefaultBaseURL
	APIKey    APIKey            // sent as a bearer token
	CABundle  []byte            // PEM, added to the system's roots; nil means those alone. Of no effect with Transport
	Timeout   time.Duration     // of one request including reading the body; 0 means DefaultTimeout
	Transport http.RoundTripper // nil means one of our own, see newTransport; for tests
}

// Client talks to one Arize account. It is immutable and safe for concurrent use. One call is one request.
type Client struct {
	baseURL   string
	key       APIKey
	userAgent string
	timeout   time.Duration
	transport http.RoundTripper
}

// New checks opts and returns a Client. It makes no request. Its errors quote neither the key nor the base URL.
func New(opts Options) (*Client, error) {
	if opts.APIKey.IsZero() {
		return nil, errors.New("an API key is required")
	}
	if opts.BaseURL == "" {
		opts.BaseURL = DefaultBaseURL
	}
	baseURL, err := ValidateBaseURL(opts.BaseURL)
	if err != nil {
		return nil, err
	}
	if opts.Timeout < 0 {
		return nil, errors.New("the timeout must not be negative")
	}
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	roots, err := rootsWith(opts.CABundle)
	if err != nil {
		return nil, err
	}
	if opts.Transport == nil {
		opts.Transport = newTransport(roots, http.ProxyFromEnvironment)
	}
	return &Client{
		baseURL: baseURL, key: opts.APIKey, userAgent: userAgent(), timeout: opts.Timeout, transport: opts.Transport,
	}, nil
}

// CloseIdleConnections lets go of the connections that are kept for the next request. A client that is about to be
// dropped should, else they linger until they time out.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// userAgent names the operator and the version that its build info has.
func userAgent() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	return "arize-operator/" + version
}
