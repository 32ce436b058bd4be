package arizetest

import (
	"context"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// What a server has from the start, so that the simple case needs no set-up.
const (
	// DefaultAccount is the name of the account that every server has.
	DefaultAccount = "default"
	// DefaultKey is a key of the default account.
	DefaultKey = "sim-key-for-tests-and-demos"
	// URL is a base URL for clients that use [Server.Client] or [NewTransport]: nothing is ever dialled.
	URL = "http://arize.test"
)

// Options say how a server is made. The zero value is a friendly, fast, unlimited Arize.
type Options struct {
	// Settings are the first settings; [Server.ChangeSettings] changes them later.
	Settings Settings
	// Seed makes everything that is random repeatable: orders, suffixes of ids, faults with a probability.
	Seed uint64
	// Now is the clock; nil means time.Now, which a testing/synctest bubble replaces by itself.
	Now func() time.Time
	// LogLimit bounds how many of the newest requests are kept; 0 keeps all. Counts are kept for ever.
	LogLimit int
	// WithoutDefaultKey leaves DefaultKey unknown to the server.
	WithoutDefaultKey bool
	// OnRequest, if set, is called with every request once it is over. It must not block.
	OnRequest func(Request)
	// OnSaveError, if set, is told when the state file can't be written.
	OnSaveError func(error)
}

// defaultAccount gives Server the methods of Account without a field that is called Account.
type defaultAccount = Account

// Server is a simulated Arize: an http.Handler over state in memory. It starts no goroutine, and no timer but those
// of requests that wait. The methods of [Account] (Roles, AddRole, ...) act on the default account.
type Server struct {
	*defaultAccount

	opts    Options
	api     *http.ServeMux
	control *http.ServeMux
	save    func(state) error // nil: nothing is kept

	mu       sync.Mutex
	settings Settings
	accounts map[string]*Account
	keys     map[keyHash]string // to the account's name; the keys themselves are not kept
	random   *rand.Rand
	nextID   int64
	log      requestLog
	faults   faultList
	paused   pauseList
}

var _ http.Handler = (*Server)(nil)

// NewServer makes a server with the default account, its predefined roles and, unless told otherwise, the default key.
func NewServer(opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{
		opts:     opts,
		settings: opts.Settings.clone(),
		accounts: map[string]*Account{},
		keys:     map[keyHash]string{},
		random:   rand.New(rand.NewPCG(opts.Seed, 0)), //nolint:gosec // repeatable on purpose, guards nothing
		log:      newRequestLog(opts.LogLimit),
	}
	s.defaultAccount = s.Account(DefaultAccount)
	if !opts.WithoutDefaultKey {
		s.AddKey(DefaultKey, DefaultAccount)
	}
	s.api = s.apiRoutes()
	s.control = s.controlRoutes()
	return s
}

// route is one operation of the API. Its serve runs under the server's lock and returns the answer as a value, so
// that faults can bend it before anything is sent.
type route struct {
	method, path string
	serve        func(*Server, *call) answer
}

func (rt route) name() string { return rt.method + " " + rt.path }

func operations() []route {
	return []route{
		{http.MethodGet, "/v2/roles", (*Server).listRoles},
		{http.MethodPost, "/v2/roles", (*Server).createRole},
		{http.MethodGet, "/v2/roles/{role_id}", (*Server).getRole},
		{http.MethodPatch, "/v2/roles/{role_id}", (*Server).updateRole},
		{http.MethodDelete, "/v2/roles/{role_id}", (*Server).deleteRole},
		{http.MethodGet, "/v2/role-bindings", (*Server).listBindings},
		{http.MethodPost, "/v2/role-bindings", (*Server).createBinding},
		{http.MethodGet, "/v2/role-bindings/{role_binding_id}", (*Server).getBinding},
		{http.MethodPatch, "/v2/role-bindings/{role_binding_id}", (*Server).updateBinding},
		{http.MethodDelete, "/v2/role-bindings/{role_binding_id}", (*Server).deleteBinding},
	}
}

// UnknownRoute is the path that the log gives to requests that no operation matches.
const UnknownRoute = "(unknown)"

func (s *Server) apiRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	allowed := map[string][]string{}
	for _, rt := range operations() {
		allowed[rt.path] = append(allowed[rt.path], rt.method)
		mux.HandleFunc(rt.name(), func(w http.ResponseWriter, r *http.Request) {
			if r.Method != rt.method { // ServeMux lets HEAD in where GET is registered
				s.handle(w, r, methodNotAllowed(rt.path, r.Method, []string{rt.method}))
				return
			}
			s.handle(w, r, rt)
		})
	}
	for pattern, methods := range allowed {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.handle(w, r, methodNotAllowed(pattern, r.Method, methods))
		})
	}
	return mux
}

func methodNotAllowed(pattern, method string, allowed []string) route {
	return route{method, pattern, func(*Server, *call) answer {
		a := refuse(http.StatusMethodNotAllowed, "method_not_allowed", "%s is not possible here", method)
		a.header.Set("Allow", strings.Join(allowed, ", "))
		return a
	}}
}

// ServeHTTP answers as Arize would, or, under /_sim/, as the control API that the package comment describes.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim/") {
		s.control.ServeHTTP(w, r)
		return
	}
	// ServeMux would redirect a path that is not clean, which hides an id that was not escaped. Segments are judged
	// escaped: %2F in an id is not a separator.
	escaped := r.URL.EscapedPath()
	if _, pattern := s.api.Handler(r); pattern == "" || path.Clean(escaped) != escaped {
		s.handle(w, r, route{r.Method, UnknownRoute, func(*Server, *call) answer {
			return refuse(http.StatusNotFound, "not_found", "there is nothing at %s", escaped)
		}})
		return
	}
	s.api.ServeHTTP(w, r)
}

// Settings returns a copy of the settings in force.
func (s *Server) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.clone()
}

// ChangeSettings changes the settings; requests that arrive later see the change.
func (s *Server) ChangeSettings(change func(*Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.settings)
	s.settings = s.settings.clone()
}

// Client returns a client that reaches the server without a socket; [URL] is the base of its requests.
func (s *Server) Client() *http.Client { return &http.Client{Transport: NewTransport(s)} }

// wait lets d pass, or returns false as soon as ctx ends.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
