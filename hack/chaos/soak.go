package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

const (
	// home is the namespace of the accounts; the roles live in teams.
	home = "chaos-accounts"
	// fleet is how many ArizeRoles there are about.
	fleet = 30
	// round is how long things go wrong before all faults stop and everything has to converge.
	round = 2 * time.Minute
)

var teams = []string{"chaos-team-a", "chaos-team-b"}

// soak is a random mix of what people, strangers, networks and machines do, with a model of what should come of it.
type soak struct {
	*stage

	seed   uint64
	random *rand.Rand
	say    func(format string, args ...any)
	began  time.Time
	steps  []string // what was done, for the one who has to find out why something failed

	accounts []*account
	live     []*subject // the ArizeRoles that should be there, the oldest first
	leaving  []*subject // that were told to go, and may not be gone yet
	repairs  []repair
	numbers  int          // used up for names
	landing  atomic.Int64 // until when a request may take effect late, in nanoseconds
	logs     logScan
	newest   int64 // the last request of the last round
}

// account is an ArizeAccount and where it leads.
type account struct {
	name  string // of the ArizeAccount
	arize string // of the account in the simulated Arize
	key   string // that is in the Secret, or comes back into it
	upset bool   // the key or the Secret is away for a while
}

// subject is an ArizeRole as it was declared last.
type subject struct {
	*v1alpha1.ArizeRole

	account *account
	// drifts counts what was changed behind the operator's back since the spec changed last: it gives up after three
	// corrections within an hour, and rightly so.
	drifts map[string]int
}

// repair undoes a disturbance when its time has come.
type repair struct {
	at   time.Time
	what string
	do   func(context.Context) error
}

func newSoak(ctx context.Context, seed uint64, say func(string, ...any)) (*soak, error) {
	s := &soak{seed: seed, say: say, random: rand.New(rand.NewPCG(seed, 0))} //nolint:gosec // repeatable on purpose
	var err error
	s.stage, err = openStage(ctx, stack.Options{Say: say}, arizetest.Options{Seed: seed, LogLimit: 100_000})
	if err != nil {
		return nil, err
	}
	if err := s.furnish(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// furnish makes what is there from the start: namespaces, two Arize accounts with strangers in them, to one of which two
// ArizeAccounts lead, and the manager.
func (s *soak) furnish(ctx context.Context) error {
	for _, name := range append([]string{home}, teams...) {
		if err := s.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	for _, a := range []*account{{name: "east", arize: "east"}, {name: "west", arize: "west"}, {name: "east-too", arize: "east"}} {
		s.accounts = append(s.accounts, a)
		if err := s.newKey(ctx, a); err != nil {
			return err
		}
		for range 4 {
			s.addStranger(ctx, a, s.freshName("Stranger"))
		}
		if err := s.Client.Create(ctx, a.declared(s.door.url)); err != nil {
			return err
		}
	}
	s.say("starting the manager")
	return s.startManager(ctx)
}

// declared is the ArizeAccount. Its budget is large: what is asserted is that nobody asks without need.
func (a *account) declared(url string) *v1alpha1.ArizeAccount {
	return &v1alpha1.ArizeAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: a.name},
		Spec: v1alpha1.ArizeAccountSpec{
			APIKeySecretRef:   v1alpha1.SecretKeyReference{Name: a.name},
			BaseURL:           url,
			SweepInterval:     v1alpha1.MinSweepInterval.String(),
			RateLimit:         v1alpha1.RateLimit{RequestsPerSecond: 50, Burst: 100},
			AllowedNamespaces: v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromAll},
		},
	}
}

// run lets things go wrong for as long as asked, in rounds, after each of which everything has to converge.
func (s *soak) run(ctx context.Context, duration time.Duration) error {
	s.began = time.Now()
	end := s.began.Add(duration)
	for n := 1; time.Now().Before(end); n++ {
		stop := time.Now().Add(round)
		if left := time.Until(end); left < round+round/2 { // no stump of a round at the end
			stop = end
		}
		if err := s.disturb(ctx, stop); err != nil {
			return err
		}
		began := time.Now()
		if err := s.settle(ctx); err != nil {
			return err
		}
		s.say("round %d: %d steps so far, converged in %s", n, len(s.steps), time.Since(began).Round(time.Second))
	}
	return s.empty(ctx)
}

// disturb takes random actions until the time is over.
func (s *soak) disturb(ctx context.Context, end time.Time) error {
	for time.Now().Before(end) {
		if err := s.repair(ctx, time.Now()); err != nil {
			return err
		}
		if err := s.step(ctx); err != nil {
			return err
		}
		if err := s.check(ctx); err != nil {
			return err
		}
		if err := stack.Pause(ctx, time.Duration(50+s.random.IntN(400))*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// step takes one action. An action that does not fit now is no step.
func (s *soak) step(ctx context.Context) error {
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	n := s.random.IntN(total)
	chosen := slices.IndexFunc(actions, func(a action) bool { n -= a.weight; return n < 0 })
	a := actions[chosen]
	what, err := a.do(s, ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", a.name, err)
	}
	if what != "" {
		s.note("%s: %s", a.name, what)
	}
	return nil
}

func (s *soak) note(format string, args ...any) {
	s.steps = append(s.steps, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// later arranges for a disturbance to end.
func (s *soak) later(wait time.Duration, what string, do func(context.Context) error) {
	s.repairs = append(s.repairs, repair{time.Now().Add(wait), what, do})
}

// repair ends the disturbances whose time has come.
func (s *soak) repair(ctx context.Context, now time.Time) error {
	for len(s.repairs) > 0 {
		due := slices.IndexFunc(s.repairs, func(r repair) bool { return !r.at.After(now) })
		if due < 0 {
			return nil
		}
		r := s.repairs[due]
		s.repairs = slices.Delete(s.repairs, due, due+1)
		if err := r.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", r.what, err)
		}
		s.note("%s", r.what)
	}
	return nil
}

// liveRoles are all ArizeRoles there are.
func (s *stage) liveRoles(ctx context.Context) ([]v1alpha1.ArizeRole, error) {
	var roles v1alpha1.ArizeRoleList
	err := s.Client.List(ctx, &roles)
	return roles.Items, err
}
