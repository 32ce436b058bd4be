package arize

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// dialTimeout is shorter than a request may take, so that a host with several addresses is tried at more than one.
	dialTimeout = 10 * time.Second
	// idleConnections is as many as the requests that are under way to one account at once, by default.
	idleConnections = 16
	idleTimeout     = 90 * time.Second
	maxHeaderBytes  = 64 << 10
)

// newTransport makes a transport that sends a request which changes something at most once.
//
// Over HTTP/1.1 net/http repeats a request after a failure of a kept-alive connection in two cases only: when not one
// byte of it was written, and when it is replayable, which GET, HEAD, OPTIONS and TRACE are, and POST, PATCH and
// DELETE are not unless they carry an Idempotency-Key header (net/http, Request.isReplayable). Ours carry none. Over
// HTTP/2 it also repeats any request whose stream the peer reset with PROTOCOL_ERROR, and a dead connection is noticed
// only by waiting; a client that sends a few requests a second gains nothing from it. So: HTTP/1.1.
func newTransport(roots *x509.CertPool, proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols:              protocols,
		Proxy:                  outside(proxy),
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// outside uses the proxy for https alone. Plain http is for this machine and this cluster only (ValidateBaseURL): a
// proxy could not reach them, and would read the key.
func outside(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		if req.URL.Scheme != "https" {
			return nil, nil
		}
		return proxy(req)
	}
}

// proxyError is a proxy's refusal to connect us to Arize.
type proxyError struct{ status int }

func (e *proxyError) Error() string { return "the proxy refused to connect" + statusSuffix(e.status) }

func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{status: answer.StatusCode}
	}
	return nil
}
