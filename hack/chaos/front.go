package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
)

// front stands between the manager and the apiserver: it sees what the manager asks for and is answered, and can stop,
// lose or delay any of it. So the manager's binary needs no hooks for the plug to be pulled at a given moment.
type front struct {
	*door

	proxy *httputil.ReverseProxy

	// answered is shown what the apiserver answered to a write, before the manager knows.
	answered func(access, []byte)

	mu      sync.Mutex
	gates   []*gate
	stalled chan struct{} // watches wait until it is closed; nil: nothing waits
	stalls  string        // which: those of paths that end like this
}

// access is one request of the manager to the apiserver.
type access struct {
	Method, Path string
	Body         []byte
}

// writes says whether the request is to change something.
func (a access) writes() bool { return a.Method != http.MethodGet }

type accessKey struct{}

// openFront opens a front of the apiserver that config leads to, with config's credentials.
func openFront(ctx context.Context, config *rest.Config, answered func(access, []byte)) (*front, error) {
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	f := &front{answered: answered}
	f.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding") // so that the answers can be read here
		},
		Transport:      transport,
		FlushInterval:  -1, // watches
		ModifyResponse: f.answer,
		// A proxy's own words would not be the apiserver's: when that is down, connections break.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	f.door, err = openDoor(ctx, f)
	return f, err
}

// ServeHTTP passes a request on, unless a gate keeps it.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the manager is gone
	}
	asked := access{r.Method, r.URL.Path, body}
	if !f.pass(r.Context(), asked, beforehand) {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), accessKey{}, asked)))
}

// answer sees an answer on its way back.
func (f *front) answer(response *http.Response) error {
	ctx := response.Request.Context()
	asked, _ := ctx.Value(accessKey{}).(access)
	if response.Request.URL.Query().Get("watch") == "true" {
		response.Body = &stallable{response.Body, f, ctx, asked.Path}
		return nil
	}
	if !asked.writes() {
		return nil
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	_ = response.Body.Close() // was only read
	response.Body = io.NopCloser(bytes.NewReader(body))
	if response.StatusCode < http.StatusBadRequest {
		f.answered(asked, body)
	}
	if !f.pass(ctx, asked, afterwards) {
		return http.ErrAbortHandler // ends up in ErrorHandler
	}
	return nil
}

// stall keeps the watches of a resource, or all of them, waiting, so that the manager's cache falls behind, until resume.
func (f *front) stall(resource string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stalls = resource
	if f.stalled == nil {
		f.stalled = make(chan struct{})
	}
}

func (f *front) resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stalled != nil {
		close(f.stalled)
		f.stalled = nil
	}
}

// stallable is the body of a watch.
type stallable struct {
	io.ReadCloser

	front *front
	ctx   context.Context //nolint:containedctx // a Read has no other
	path  string
}

func (s *stallable) Read(data []byte) (int, error) {
	n, err := s.ReadCloser.Read(data)
	select {
	case <-s.front.wait(s.path):
	case <-s.ctx.Done():
	}
	return n, err
}

// wait is closed when a watch of the path need not wait any more.
func (f *front) wait(path string) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stalled != nil && strings.HasSuffix(path, f.stalls) {
		return f.stalled
	}
	return open
}

// open lets everybody through.
var open = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// concernsRole says whether a path is that of an ArizeRole, or of its status.
func concernsRole(path string) bool {
	return strings.HasPrefix(path, "/apis/iam.arize-operator.io/") && strings.Contains(path, "/arizeroles/")
}
