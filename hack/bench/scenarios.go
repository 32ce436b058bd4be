package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// scenario is one thing that happens to a fleet of roles, and what it may cost.
type scenario struct {
	name    string
	promise string                      // what it may cost, in words
	prepare func(context.Context) error // not measured
	play    func(context.Context) error // until what was to happen has happened
	check   func(*checker, measurement)
}

// scenarios are the life of a fleet, in order: each finds what the one before it left.
func (b *bench) scenarios() []scenario {
	return []scenario{
		{name: "start", promise: "one sweep, and the account's own status", play: b.start, check: b.checkStart},
		{name: "create", promise: "a POST and at most 3 writes for each role, and at most one sweep", play: b.create, check: b.checkCreate},
		{name: "idle", promise: "for each sweep its pages and the account's status, and nothing else", prepare: b.sweepOften, play: b.idle, check: b.checkIdle},
		{name: "restart", promise: "one sweep, no write of a role and no Event", prepare: b.sweepSeldom, play: b.restart, check: b.checkRestart},
		{name: "drift", promise: "one PATCH of what differs, beside the sweep that found it", play: b.drift, check: b.checkDrift},
		{name: "edit", promise: "one PATCH of what differs and one write, and no sweep", play: b.edit, check: b.checkEdit},
		{name: "delete", promise: "a DELETE and a write for each role, and no sweep", play: b.remove, check: b.checkRemove},
	}
}

func (b *bench) start(ctx context.Context) error {
	if err := b.manager.Start(ctx); err != nil {
		return err
	}
	return stack.Await(ctx, "the account to be ready", func(ctx context.Context) error {
		if err := b.stack.Client.Get(ctx, client.ObjectKeyFromObject(b.account), b.account); err != nil {
			return err
		}
		if b.account.Status.LastSweepTime.IsZero() {
			return errors.New("it was not swept yet")
		}
		return nil
	})
}

func (b *bench) create(ctx context.Context) error {
	err := b.each(ctx, func(ctx context.Context, i int) error { return b.stack.Client.Create(ctx, b.role(i)) })
	if err != nil {
		return err
	}
	return b.awaitFleet(ctx, b.roles)
}

func (b *bench) remove(ctx context.Context) error {
	err := b.each(ctx, func(ctx context.Context, i int) error { return b.stack.Client.Delete(ctx, b.role(i)) })
	if err != nil {
		return err
	}
	return b.awaitFleet(ctx, 0)
}

// awaitFleet waits until there are so many roles and all are in sync, as long as that makes progress: how long it takes is
// up to the machine.
func (b *bench) awaitFleet(ctx context.Context, size int) error {
	for {
		before := b.fleet.progress()
		err := stack.Await(ctx, "the roles", func(context.Context) error { return b.fleet.is(size) })
		if err == nil || ctx.Err() != nil || b.fleet.progress() == before {
			return err
		}
	}
}

// sweepOften makes idleness busy enough to be measured, and waits for the first of the sweeps to come.
func (b *bench) sweepOften(ctx context.Context) error {
	begun := b.arize.Count(listRoles)
	if err := b.setInterval(ctx, often); err != nil {
		return err
	}
	return b.awaitPages(ctx, begun+b.pages())
}

func (b *bench) sweepSeldom(ctx context.Context) error { return b.setInterval(ctx, seldom) }

func (b *bench) setInterval(ctx context.Context, interval string) error {
	err := b.change(ctx, b.account, func() { b.account.Spec.SweepInterval = interval })
	if err != nil {
		return err
	}
	return stack.Await(ctx, "the account to have the new interval", func(ctx context.Context) error {
		if err := b.stack.Client.Get(ctx, client.ObjectKeyFromObject(b.account), b.account); err != nil {
			return err
		}
		if b.account.Status.ObservedGeneration != b.account.Generation {
			return errors.New("the manager has not seen it yet")
		}
		return nil
	})
}

// idle lasts two sweeps.
func (b *bench) idle(ctx context.Context) error {
	return b.awaitPages(ctx, b.arize.Count(listRoles)+2*b.pages())
}

func (b *bench) awaitPages(ctx context.Context, pages int) error {
	return stack.Await(ctx, "the next sweeps", func(context.Context) error {
		if got := b.arize.Count(listRoles); got < pages {
			return fmt.Errorf("%d pages are still to be read", pages-got)
		}
		return nil
	})
}

// restart lasts until the new process has swept, and looked at every role.
func (b *bench) restart(ctx context.Context) error {
	pages := b.arize.Count(listRoles) + b.pages()
	if err := b.manager.Stop(); err != nil {
		return err
	}
	if err := b.manager.Start(ctx); err != nil {
		return err
	}
	if err := b.awaitPages(ctx, pages); err != nil {
		return err
	}
	return stack.Await(ctx, "every role to be looked at", func(ctx context.Context) error {
		metrics, err := b.manager.Metrics(ctx)
		if err != nil {
			return err
		}
		if looked := int(metrics.Sum("controller_runtime_reconcile_total", `controller="arizerole"`)); looked < b.roles {
			return fmt.Errorf("%d of %d were", looked, b.roles)
		}
		return nil
	})
}

// drift takes a permission from a role in Arize, and lasts until a sweep gave it back.
func (b *bench) drift(ctx context.Context) error {
	role, ok := b.arize.RoleByName(b.role(0).Spec.Name)
	if !ok {
		return errors.New("the role is not in Arize")
	}
	b.arize.ChangeRole(role.ID, func(role *arizetest.Role) { role.Permissions = role.Permissions[1:] })
	request := time.Now().Format(time.RFC3339Nano)
	err := b.change(ctx, b.account, func() {
		metav1.SetMetaDataAnnotation(&b.account.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, request)
	})
	if err != nil {
		return err
	}
	return stack.Await(ctx, "the drift to be corrected", func(context.Context) error {
		if now, _ := b.arize.Role(role.ID); !slices.Equal(now.Permissions, role.Permissions) {
			return errors.New("the permission is still missing")
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
