package session

import (
	"bytes"
	"sync"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Key identifies an ArizeAccount in the cluster.
type Key struct{ Namespace, Name string }

// Registry holds the Session of each account. The zero value is not usable; see
// NewRegistry.
type Registry struct {
	now    func() time.Time
	notice func(Key)

	mu       sync.Mutex
	sessions map[Key]*entry
	noticed  map[Key]bool
}

type entry struct {
	session *Session
	options arize.Options
}

// NewRegistry makes an empty registry. The first time that an account is opened
// notice is called, once per process: the place to say that Arize may still
// change its API.
func NewRegistry(now func() time.Time, notice func(Key)) *Registry {
	return &Registry{now: now, notice: notice, sessions: map[Key]*entry{}, noticed: map[Key]bool{}}
}

// Get is the account's session, or nil while there is none.
func (r *Registry) Get(key Key) *Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.sessions[key]; e != nil {
		return e.session
	}
	return nil
}

// Open is the account's session with these credentials: the one there is, or a
// new one when they changed. An error says what is wrong with the options.
func (r *Registry) Open(key Key, options arize.Options, limits Limits) (*Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.sessions[key]; e != nil && e.session.Usable() && unchanged(e.options, options) {
		e.session.setLimits(limits)
		return e.session, nil
	}
	client, err := arize.New(options)
	if err != nil {
		return nil, err
	}
	if !r.noticed[key] {
		r.noticed[key] = true
		r.notice(key)
	}
	e := &entry{session: newSession(client, limits, r.now), options: options}
	e.session.turned = true
	r.replace(key, e)
	return e.session, nil
}

// Fail is for an account that cannot be opened as it is declared. A session that
// there is keeps its key, for deletions alone and only if health says so.
func (r *Registry) Fail(key Key, health Health) *Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.sessions[key]
	if e == nil || e.session.client != nil && !health.DeleteOnly {
		e = &entry{session: newSession(nil, Limits{}, r.now)}
		r.replace(key, e)
	}
	e.session.Fail(health)
	return e.session
}

// Drop forgets an account that is gone, and its key with it.
func (r *Registry) Drop(key Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replace(key, nil)
}

// replace puts a session in the place of another, whose connections would linger;
// requests that are under way are not disturbed.
func (r *Registry) replace(key Key, e *entry) {
	if old := r.sessions[key]; old != nil && old.session.client != nil {
		old.session.client.CloseIdleConnections()
	}
	if e == nil {
		delete(r.sessions, key)
		return
	}
	r.sessions[key] = e
}

func (s *Session) setLimits(limits Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.budget.limit(limits.RequestsPerSecond, limits.Burst, s.now())
	s.slots.size = limits.AtOnce
}

func unchanged(a, b arize.Options) bool {
	return a.BaseURL == b.BaseURL && a.APIKey.Equal(b.APIKey) && bytes.Equal(a.CABundle, b.CABundle)
}
