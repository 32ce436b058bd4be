package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// What is hard on an operator.
const (
	slowLatency = 300 * time.Millisecond
	tightRate   = 10
	tightBurst  = 20
	// tightRoles are what a limit of 10 requests per second is fit for: a quarter of a minute's worth.
	tightRoles = 200
	// tightSlack is by how much the server's burst is larger: requests that were sent in time may arrive closer together.
	tightSlack = 5
)

// some is how many roles drift when a few do.
func (b *bench) some() int { return max(b.roles/100, 1) }

func (b *bench) driftSome(ctx context.Context) error { return b.drift(ctx, b.some()) }

func (b *bench) driftAll(ctx context.Context) error { return b.drift(ctx, b.roles) }

// drift takes a permission from so many roles in Arize, asks for a sweep, and lasts until all were given back.
func (b *bench) drift(ctx context.Context, n int) error {
	before, err := b.takePermissions(n)
	if err != nil {
		return err
	}
	if err := b.requestSweep(ctx); err != nil {
		return err
	}
	return b.awaitPermissions(ctx, before)
}

// detect lets a role drift right after a sweep, when it takes longest to be noticed, and waits for the next one.
func (b *bench) detect(ctx context.Context) error {
	if err := b.awaitPages(ctx, b.arize.Count(listRoles)+b.pages()); err != nil {
		return err
	}
	if err := stack.Await(ctx, "the last page to be answered", func(context.Context) error {
		lists := b.arize.Requests(arizetest.ByRoute(listRoles))
		if !lists[len(lists)-1].Over {
			return errors.New("it is not")
		}
		return nil
	}); err != nil {
		return err
	}
	before, err := b.takePermissions(1)
	if err != nil {
		return err
	}
	return b.awaitPermissions(ctx, before)
}

// takePermissions takes one from so many roles in Arize, spread over all, and returns what these were before.
func (b *bench) takePermissions(n int) (before []arizetest.Role, err error) {
	roles := map[string]arizetest.Role{}
	for _, role := range b.arize.CustomRoles() {
		roles[role.Name] = role
	}
	b.changed = time.Now()
	for i := range n {
		role, ok := roles[b.role(i*(b.roles/n)).Spec.Name]
		if !ok {
			return nil, errors.New("a role is not in Arize")
		}
		before = append(before, role)
		b.arize.ChangeRole(role.ID, func(role *arizetest.Role) { role.Permissions = role.Permissions[1:] })
	}
	return before, nil
}

func (b *bench) awaitPermissions(ctx context.Context, before []arizetest.Role) error {
	patches := func() int { return b.arize.Count(updateRole) }
	return persist(ctx, "the drift to be corrected", patches, func() error {
		for i, role := range before {
			if now, _ := b.arize.Role(role.ID); !slices.Equal(now.Permissions, role.Permissions) {
				before = before[i:] // those before it need not be asked for again
				return fmt.Errorf("%s still lacks a permission", role.Name)
			}
		}
		return nil
	})
}

func (b *bench) requestSweep(ctx context.Context) error {
	request := time.Now().Format(time.RFC3339Nano)
	return b.change(ctx, b.account, func() {
		metav1.SetMetaDataAnnotation(&b.account.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, request)
	})
}

// breakDown makes Arize answer 503 to everything, and asks for a sweep, so that the outage is noticed at once.
func (b *bench) breakDown(ctx context.Context) error {
	over := time.Now().Add(b.outage)
	b.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: http.StatusServiceUnavailable})
	if err := b.requestSweep(ctx); err != nil {
		return err
	}
	if err := b.awaitFleet(ctx, b.size, 0); err != nil {
		return err
	}
	return stack.Pause(ctx, time.Until(over))
}

// awaitPolls waits for the next round of polls, so that this outage is noticed at once, too.
func (b *bench) awaitPolls(ctx context.Context) error {
	polls := b.arize.Count(getRole)
	return stack.Await(ctx, "the next polls", func(context.Context) error {
		if b.arize.Count(getRole) == polls {
			return errors.New("there are none")
		}
		return nil
	})
}

// breakDownTextbook lets polls meet the outage. The textbook reconciler does not tell its users.
func (b *bench) breakDownTextbook(ctx context.Context) error {
	b.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: http.StatusServiceUnavailable})
	defer b.arize.ClearFaults()
	return stack.Pause(ctx, b.outage)
}

// recover ends the outage, and lasts until every role is in sync again.
func (b *bench) recover(ctx context.Context) error {
	b.arize.ClearFaults()
	probes := b.arize.Count(listRoles)
	for range 3 { // the next probe may be as long away as the outage lasted
		err := stack.Await(ctx, "the next probe", func(context.Context) error {
			if b.arize.Count(listRoles) == probes {
				return errors.New("the account does not ask")
			}
			return nil
		})
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return b.awaitFleet(ctx, b.size, b.size)
}

// slowDown makes Arize answer late.
func (b *bench) slowDown(context.Context) error {
	b.arize.ChangeSettings(func(s *arizetest.Settings) { s.Latency = slowLatency })
	return nil
}

// tighten lets Arize refuse what comes too fast, and tells the operator its limit.
func (b *bench) tighten(ctx context.Context) error {
	if err := b.clear(ctx); err != nil {
		return err
	}
	b.size = min(b.roles, tightRoles)
	if err := b.limit(ctx, v1alpha1.RateLimit{RequestsPerSecond: tightRate, Burst: tightBurst}); err != nil {
		return err
	}
	b.arize.ChangeSettings(func(s *arizetest.Settings) { s.RequestsPerSecond, s.Burst = tightRate, tightBurst+tightSlack })
	return nil
}
