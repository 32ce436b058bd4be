package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
)

// scenario is one thing that happens to a fleet of roles, and what it may cost.
type scenario struct {
	name    string
	promise string                      // what it may cost, in words
	prepare func(context.Context) error // not measured
	play    func(context.Context) error // until what was to happen has happened
	check   func(*checker, measurement)

	fills bool          // the benchmark itself writes every role once: the apiserver has that to do, too
	waits time.Duration // what nothing can be faster than, whoever plays
	paced bool          // a clock says how long it takes, not the work
	long  bool          // takes long whatever the number of roles
}

// idleScenario is when nothing happens.
const idleScenario = "idle"

// life is the life of a fleet, in order: each scenario finds what the one before it left.
func (b *bench) life() []scenario {
	return []scenario{
		{name: "start", promise: "one sweep, and the account's own status", play: b.start, check: b.checkStart, paced: true},
		{name: "create", promise: "a POST and at most 3 writes for each role, and at most one sweep", play: b.create, check: b.checkCreate, fills: true},
		{name: idleScenario, promise: "for each sweep its pages and the account's status, and nothing else", prepare: b.sweepOften, play: b.idle, check: b.checkIdle, paced: true},
		{name: "restart", promise: "one sweep, no write of a role and no Event", prepare: b.sweepSeldom, play: b.restart, check: b.checkRestart},
		{name: "handover", promise: "one sweep, no write of a role, and no Event but of who leads", prepare: b.pair, play: b.handOver, check: b.checkHandover},
		{name: "failover", promise: "the same as of handover", prepare: b.standBy, play: b.failover, check: b.checkFailover, waits: leaseTime},
		{name: "detect", promise: "one PATCH of what differs, as soon as the next sweep comes", prepare: b.sweepOften, play: b.detect, check: b.checkDetect, paced: true, long: true},
		{name: "drift of 1 %", promise: "one PATCH of what differs for each, beside the sweep that found it", prepare: b.sweepSeldom, play: b.driftSome, check: b.checkDrift(b.some())},
		{name: "drift of all", promise: "one PATCH of what differs for each, beside the sweep that found it", play: b.driftAll, check: b.checkDrift(b.roles)},
		{name: "edit", promise: "one PATCH of what differs and one write, and no sweep", play: b.edit, check: b.checkEdit},
		{name: "outage", promise: "the account's own probes and no other request, and one write for each role", play: b.breakDown, check: b.checkOutage, paced: true},
		{name: "recovery", promise: "one sweep, and one write for each role", play: b.recover, check: b.checkRecovery, paced: true},
		{name: "delete", promise: "a DELETE, a write and a read for each role, and no sweep", play: b.remove, check: b.checkRemove, fills: true},
		{name: "create, 300 ms", promise: "the same as of create", prepare: b.slowDown, play: b.create, check: b.checkCreate, fills: true},
		{name: "create, 10/s", promise: "the same as of create, and no request is refused", prepare: b.tighten, play: b.create, check: b.checkCreate, fills: true},
	}
}

// textbookLife is what the textbook reconciler is measured by, with as many workers as controller-runtime starts by itself.
func (b *bench) textbookLife() []scenario {
	return []scenario{
		{name: "start", play: b.manage, check: noCheck, paced: true},
		{name: "create", promise: "one POST for each role", play: b.create, check: b.checkTextbookCreate, fills: true},
		{name: idleScenario, promise: "it does poll, and changes nothing", play: b.watchPolls, check: b.checkTextbookIdle, paced: true},
		{name: "restart", play: b.restartTextbook, check: noCheck},
		{name: "edit", promise: "one PATCH", play: b.edit, check: b.checkTextbookEdit},
		{name: "outage", prepare: b.awaitPolls, play: b.breakDownTextbook, check: noCheck, paced: true},
		{name: "delete", promise: "one DELETE for each role", play: b.remove, check: b.checkTextbookRemove, fills: true},
	}
}

// textbookRace is the part of it in which more workers make a difference, or memory is needed.
func (b *bench) textbookRace() []scenario {
	life := b.textbookLife()
	return []scenario{life[0], life[1], life[2], life[len(life)-1]}
}

func noCheck(*checker, measurement) {}

func (b *bench) manage(ctx context.Context) error { return b.manager.Start(ctx) }

func (b *bench) start(ctx context.Context) error {
	if err := b.manage(ctx); err != nil {
		return err
	}
	return b.awaitAccount(ctx, "the account to be ready", func() error {
		if b.account.Status.LastSweepTime.IsZero() {
			return errors.New("it was not swept yet")
		}
		return nil
	})
}

func (b *bench) awaitAccount(ctx context.Context, what string, check func() error) error {
	return stack.Await(ctx, what, func(ctx context.Context) error {
		if err := b.stack.Client.Get(ctx, client.ObjectKeyFromObject(b.account), b.account); err != nil {
			return err
		}
		return check()
	})
}

func (b *bench) create(ctx context.Context) error {
	err := b.each(ctx, func(ctx context.Context, i int) error {
		role := b.role(i)
		b.fleet.ask(role.Name)
		return b.stack.Client.Create(ctx, role)
	})
	if err != nil {
		return err
	}
	return b.awaitFleet(ctx, b.size, b.size)
}

func (b *bench) remove(ctx context.Context) error {
	err := b.each(ctx, func(ctx context.Context, i int) error { return b.stack.Client.Delete(ctx, b.role(i)) })
	if err != nil {
		return err
	}
	return b.awaitFleet(ctx, 0, 0)
}

// awaitFleet waits until there are so many roles and so many in sync, as long as that makes progress: how long it takes is
// up to the machine.
func (b *bench) awaitFleet(ctx context.Context, size, inSync int) error {
	return persist(ctx, "the roles", b.fleet.progress, func() error { return b.fleet.is(size, inSync) })
}

// persist waits as long as there is progress.
func persist[P comparable](ctx context.Context, what string, progress func() P, check func() error) error {
	for {
		before := progress()
		err := stack.Await(ctx, what, func(context.Context) error { return check() })
		if err == nil || ctx.Err() != nil || progress() == before {
			return err
		}
	}
}

// sweepOften makes idleness busy enough to be measured, and waits for the first of the sweeps to come.
func (b *bench) sweepOften(ctx context.Context) error {
	begun := b.arize.Count(listRoles)
	if err := b.setInterval(ctx, often.String()); err != nil {
		return err
	}
	return b.awaitPages(ctx, begun+b.pages())
}

func (b *bench) sweepSeldom(ctx context.Context) error { return b.setInterval(ctx, seldom) }

func (b *bench) setInterval(ctx context.Context, interval string) error {
	return b.configure(ctx, func(spec *v1alpha1.ArizeAccountSpec) { spec.SweepInterval = interval })
}

func (b *bench) limit(ctx context.Context, limit v1alpha1.RateLimit) error {
	if b.account.Spec.RateLimit == limit {
		return nil
	}
	return b.configure(ctx, func(spec *v1alpha1.ArizeAccountSpec) { spec.RateLimit = limit })
}

// configure changes the account, and waits until the operator knows.
func (b *bench) configure(ctx context.Context, edit func(*v1alpha1.ArizeAccountSpec)) error {
	if err := b.change(ctx, b.account, func() { edit(&b.account.Spec) }); err != nil {
		return err
	}
	return b.awaitAccount(ctx, "the account's change to be seen", func() error {
		if b.account.Status.ObservedGeneration != b.account.Generation {
			return errors.New("the manager has not seen it yet")
		}
		return nil
	})
}

// idle lasts a few sweeps.
func (b *bench) idle(ctx context.Context) error {
	return b.awaitPages(ctx, b.arize.Count(listRoles)+b.idleSweeps()*b.pages())
}

func (b *bench) idleSweeps() int {
	if b.brief {
		return 1
	}
	return 2
}

// watchPolls lasts one poll of every role.
func (b *bench) watchPolls(ctx context.Context) error { return stack.Pause(ctx, b.poll) }

func (b *bench) awaitPages(ctx context.Context, pages int) error {
	return stack.Await(ctx, "the next sweeps", func(context.Context) error {
		if got := b.arize.Count(listRoles); got < pages {
			return fmt.Errorf("%d pages are still to be read", pages-got)
		}
		return nil
	})
}

func (b *bench) edit(ctx context.Context) error {
	role := b.role(1)
	if err := b.stack.Client.Get(ctx, client.ObjectKeyFromObject(role), role); err != nil {
		return err
	}
	if err := b.change(ctx, role, func() { role.Spec.Description = "One that was edited." }); err != nil {
		return err
	}
	return stack.Await(ctx, "the edit to be in Arize", func(ctx context.Context) error {
		if err := b.stack.Client.Get(ctx, client.ObjectKeyFromObject(role), role); err != nil {
			return err
		}
		if !settled(role) {
			return errors.New("the role is not in sync")
		}
		return nil
	})
}

// change writes a change of an object as a person would.
func (b *bench) change(ctx context.Context, object client.Object, edit func()) error {
	before, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Errorf("%T is no object", object)
	}
	edit()
	return b.stack.Client.Patch(ctx, object, client.MergeFrom(before))
}
