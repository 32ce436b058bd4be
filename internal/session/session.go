package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Limits of one account.
type Limits struct {
	RequestsPerSecond, Burst int
	// AtOnce is how many requests about roles may be under way at once; 0 sets no bound.
	AtOnce int
}

// Session is one account with one set of credentials. It is safe for concurrent use.
type Session struct {
	client *arize.Client // nil when the account cannot be reached as it is declared
	now    func() time.Time

	mu        sync.Mutex
	inventory inventory
	budget    budget
	slots     slots
	strikes   strikes
	health    Health
	turned    bool              // health changed since somebody asked
	list      *list             // under way
	sweeping  bool              // somebody is in Sweep
	wanted    uint64            // when a fresh list was last asked for
	waiting   map[string]uint64 // who wants a list, and since when
	deferred  time.Time         // no sweep before, for the last ones failed
	requests  map[string]wish   // the last one of each way to ask for a sweep
}

func newSession(client *arize.Client, limits Limits, now func() time.Time) *Session {
	return &Session{
		client: client, now: now,
		inventory: newInventory(), requests: map[string]wish{}, waiting: map[string]uint64{},
		budget: newBudget(limits.RequestsPerSecond, limits.Burst, now()), slots: newSlots(limits.AtOnce),
	}
}

// Health is the state of the account.
func (s *Session) Health() Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.health
}

// Usable says that there is a key to send requests with, for more than deletions.
func (s *Session) Usable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client != nil && !s.health.DeleteOnly
}

// Fail records that the account cannot be worked with.
func (s *Session) Fail(health Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	health.State = Failed
	health.DeleteOnly = health.DeleteOnly && s.client != nil
	s.turn(health)
}

// turn sets the health. The roles of an account have to hear of a turn; the words
// are for the account alone.
func (s *Session) turn(health Health) {
	before, after := s.health, health
	before.Message, after.Message = "", ""
	s.turned = s.turned || before != after
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

// TakeSlot gives who a slot for its requests, to be given back with FreeSlot. When it
// says no, who is parked: Invite, asked by others, says when to come again.
func (s *Session) TakeSlot(who string, lane Lane) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slots.take(who, lane, s.now())
}

// FreeSlot gives a slot back.
func (s *Session) FreeSlot() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots.taken--
}

// Invite says who of those that are parked shall come now. It is asked by who at the
// end of each of its passes, whether or not it got a slot: so an invitation that was
// not used goes on to the next.
func (s *Session) Invite(who string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slots.invite(who, s.now())
}

// Admit asks the budget for one request of who. Zero means go ahead, and to call
// Release afterwards; otherwise it is the time after which to ask again.
func (s *Session) Admit(who string, lane Lane) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.budget.take(who, lane, s.now())
}

// Release says that a request that was admitted is over, or was not sent after all.
func (s *Session) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.budget.over(s.now())
}

// Pause is how long Arize wants nothing to be sent; zero when it does not mind.
func (s *Session) Pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.budget.paused.Sub(s.now()), 0)
}

// Observation is what is known of one role, taken in one moment. The roles are
// shared: they must not be changed.
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
	_, doubt := s.inventory.doubts[id]
	return Observation{
		Health: s.health, Since: s.inventory.since,
		Role: s.inventory.role(id), Doubt: doubt,
		Named: s.inventory.named(name), Pending: s.inventory.named(pending),
	}
}

// Named looks up a role by its name.
func (s *Session) Named(name string) (arize.Role, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if role := s.inventory.named(name); role != nil {
		return *role, true
	}
	return arize.Role{}, false
}

// Read reads one role from Arize. A 404 does not yet mean that it is gone: a
// list has to miss it too.
func (s *Session) Read(ctx context.Context, id string) error {
	sent := s.sending()
	role, err := s.client.Role(ctx, id)
	s.learn(id, role, err, sent, read)
	return err
}

// Create creates a role.
func (s *Session) Create(ctx context.Context, spec arize.RoleSpec) (*arize.Role, error) {
	sent := s.sending()
	role, err := s.client.CreateRole(ctx, spec)
	s.learn("", role, err, sent, created)
	return answered(role, err)
}

// Update changes a role.
func (s *Session) Update(ctx context.Context, id string, patch arize.RolePatch) (*arize.Role, error) {
	sent := s.sending()
	role, err := s.client.UpdateRole(ctx, id, patch)
	s.learn(id, role, err, sent, updated)
	return answered(role, err)
}

// Delete deletes a role. A role that is gone already is no error to the inventory,
// but the 404 is returned.
func (s *Session) Delete(ctx context.Context, id string) error {
	sent := s.sending()
	err := s.client.DeleteRole(ctx, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(err, sent)
	if class := arize.ClassOf(err); class == arize.ClassNone || class == arize.ClassNotFound {
		s.inventory.forget(id)
	}
	return err
}

// sending is the moment at which a request is sent.
func (s *Session) sending() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inventory.tick()
}

// learn records what a request about one role says about it and about the account.
// Without an id the role does not exist yet, and a 404 is about something else.
func (s *Session) learn(id string, role arize.Role, err error, sent uint64, from source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(err, sent)
	switch class := arize.ClassOf(err); {
	case class == arize.ClassNone:
		s.inventory.learn(role, sent, from)
	case class == arize.ClassNotFound && id != "":
		s.inventory.doubt(id)
	}
}

func answered(role arize.Role, err error) (*arize.Role, error) {
	if err != nil {
		return nil, err
	}
	return &role, nil
}

// extra records a request that the budget did not admit: what comes of it says
// nothing about the rate.
func (s *Session) extra(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.budget.charge(s.now())
	s.note(err, 0)
}

// note updates the budget and the strikes. It may close a healthy account; only a
// sweep opens it again.
func (s *Session) note(err error, sent uint64) {
	s.learnRate(err, sent)
	if s.strikes.observe(err) && s.health.State == Healthy {
		s.turn(failed(err))
		s.wanted = s.inventory.tick() // the account's own sweep is the probe
	}
}

// learnRate lets the budget learn from an answer to a request that was sent at a
// moment.
func (s *Session) learnRate(err error, sent uint64) {
	switch arize.ClassOf(err) {
	case arize.ClassUnavailable, arize.ClassCanceled: // no answer
	case arize.ClassRateLimited:
		answer, _ := errors.AsType[*arize.Error](err)
		s.budget.refuse(answer.RetryAfter, sent, s.inventory.tick(), s.now())
	default:
		s.budget.accept(sent, s.now())
	}
}
