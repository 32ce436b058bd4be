package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Limits of the budget of one account.
type Limits struct {
	RequestsPerSecond, Burst int
}

// Session is one account with one set of credentials. It is safe for concurrent use.
type Session struct {
	client *arize.Client // nil when the account cannot be reached as it is declared
	now    func() time.Time

	mu        sync.Mutex
	inventory inventory
	budget    budget
	breaker   breaker
	health    Health
	turned    bool            // health changed since somebody asked
	sweep     *sweep          // under way
	wanted    time.Time       // when a fresh list was last asked for
	deferred  time.Time       // no sweep before, for the last ones failed
	request   string          // the last request for a sweep that was honoured
	waiting   map[string]bool // who wanted the list
}

func newSession(client *arize.Client, limits Limits, now func() time.Time) *Session {
	return &Session{
		client: client, now: now,
		inventory: newInventory(), waiting: map[string]bool{},
		budget: newBudget(limits.RequestsPerSecond, limits.Burst, now()),
	}
}

// Health is the state of the account.
func (s *Session) Health() Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.health
}

// Fail records that the account cannot be worked with.
func (s *Session) Fail(health Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	health.State = Failed
	health.DeleteOnly = health.DeleteOnly && s.client != nil
	s.turn(health)
}

// turn sets the health. The roles of an account have to hear of a turn.
func (s *Session) turn(health Health) {
	if s.health.State != health.State || s.health.Reason != health.Reason {
		s.turned = true
	}
	s.health = health
}

// Turned says whether the health changed since the last call.
func (s *Session) Turned() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	turned := s.turned
	s.turned = false
	return turned
}

// Admit asks the budget for one request of who. Zero means go ahead; otherwise
// it is the time after which to ask again.
func (s *Session) Admit(who string, lane Lane) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.budget.take(who, lane, s.now())
}

// Observation is what is known of one role, taken in one moment.
type Observation struct {
	Health  Health
	Since   time.Time // when the last complete sweep began
	Role    *arize.Role
	Doubt   bool // Arize said 404 for the role after that
	Named   *arize.Role
	Pending *arize.Role
}

// Observe looks up a role by id, by name, and by the name of a pending creation.
// Empty values find nothing.
func (s *Session) Observe(id, name, pending string) Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := Observation{Health: s.health, Since: s.inventory.since}
	if role, exists := s.inventory.roles[id]; exists {
		seen.Role = &role
	}
	_, seen.Doubt = s.inventory.doubts[id]
	seen.Named = s.named(name)
	seen.Pending = s.named(pending)
	return seen
}

// Named looks up a role by its name.
func (s *Session) Named(name string) (arize.Role, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if role := s.named(name); role != nil {
		return *role, true
	}
	return arize.Role{}, false
}

func (s *Session) named(name string) *arize.Role {
	if role, exists := s.inventory.roles[s.inventory.names[name]]; exists && name != "" {
		return &role
	}
	return nil
}

// Read reads one role from Arize. A 404 does not yet mean that it is gone: a
// list has to miss it too.
func (s *Session) Read(ctx context.Context, id string) error {
	s.mu.Lock()
	asked := s.inventory.tick()
	s.mu.Unlock()
	role, err := s.client.Role(ctx, id)
	s.finish(err, func(v *inventory) {
		switch arize.ClassOf(err) {
		case arize.ClassNone:
			v.learn(role, asked, false)
		case arize.ClassNotFound:
			v.doubt(id)
		}
	})
	return err
}

// Create creates a role.
func (s *Session) Create(ctx context.Context, spec arize.RoleSpec) (*arize.Role, error) {
	role, err := s.client.CreateRole(ctx, spec)
	return s.written(role, err)
}

// Update changes a role.
func (s *Session) Update(ctx context.Context, id string, patch arize.RolePatch) (*arize.Role, error) {
	role, err := s.client.UpdateRole(ctx, id, patch)
	if arize.ClassOf(err) == arize.ClassNotFound {
		s.finish(err, func(v *inventory) { v.doubt(id) })
		return nil, err
	}
	return s.written(role, err)
}

// Delete deletes a role. A role that is gone already is no error to the inventory,
// but the 404 is returned.
func (s *Session) Delete(ctx context.Context, id string) error {
	err := s.client.DeleteRole(ctx, id)
	s.finish(err, func(v *inventory) {
		if class := arize.ClassOf(err); class == arize.ClassNone || class == arize.ClassNotFound {
			v.forget(id)
		}
	})
	return err
}

func (s *Session) written(role arize.Role, err error) (*arize.Role, error) {
	s.finish(err, func(v *inventory) {
		if err == nil {
			v.learn(role, 0, true)
		}
	})
	if err != nil {
		return nil, err
	}
	return &role, nil
}

// finish records what a request says about the account and its roles.
func (s *Session) finish(err error, news func(*inventory)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(err)
	news(&s.inventory)
}

// note updates budget and breaker. It may close a healthy account; only a sweep
// opens it again.
func (s *Session) note(err error) {
	now := s.now()
	if answer, ok := errors.AsType[*arize.Error](err); ok && answer.Class() == arize.ClassRateLimited {
		s.budget.pause(answer.RetryAfter, now)
	}
	if s.breaker.observe(err) && s.health.State == Healthy {
		s.turn(failed(err))
		s.wanted = now // the account's own sweep is the probe
	}
}

// Pause is how long Arize wants nothing to be sent; zero when it does not mind.
func (s *Session) Pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.budget.paused.Sub(s.now()), 0)
}
