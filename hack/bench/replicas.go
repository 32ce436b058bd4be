package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/arize-operator/arize-operator/hack/stack"
)

// leaseTime is how long a leader that is gone is still believed in: the default of controller-runtime.
const leaseTime = 15 * time.Second

// restart lasts until the new process has swept, and looked at every role.
func (b *bench) restart(ctx context.Context) error {
	return b.succeed(ctx, b.manager, func() error { return b.startAnew(ctx) })
}

// restartTextbook lasts until the new process has asked Arize for every role.
func (b *bench) restartTextbook(ctx context.Context) error {
	if err := b.startAnew(ctx); err != nil {
		return err
	}
	return b.awaitLook(ctx, b.manager)
}

func (b *bench) startAnew(ctx context.Context) error {
	if err := b.manager.Stop(); err != nil {
		return err
	}
	return b.manager.Start(ctx)
}

// awaitLook waits until a manager has looked at every role.
func (b *bench) awaitLook(ctx context.Context, manager *stack.Manager) error {
	looked := 0
	return persist(ctx, "every role to be looked at", func() int { return looked }, func() error {
		metrics, err := manager.Metrics(ctx)
		if err != nil {
			return err
		}
		looked = int(metrics.Sum("controller_runtime_reconcile_total", `controller="arizerole"`))
		if looked < b.size {
			return fmt.Errorf("%d of %d were", looked, b.size)
		}
		return nil
	})
}

// pair replaces the manager by two of which one leads, as they are deployed.
func (b *bench) pair(ctx context.Context) error {
	if err := b.manager.Stop(); err != nil {
		return err
	}
	options := stack.ManagerOptions{LeaderElect: true, Args: []string{"--concurrency=" + strconv.Itoa(b.concurrency)}}
	var pair [2]*stack.Manager
	for i := range pair {
		var err error
		if pair[i], err = b.stack.NewManager(ctx, options); err != nil {
			return err
		}
		if err := pair[i].Start(ctx); err != nil {
			return err
		}
	}
	err := stack.Await(ctx, "a leader", func(ctx context.Context) error {
		for i, manager := range pair {
			metrics, err := manager.Metrics(ctx)
			if err != nil {
				return err
			}
			if metrics.Sum("leader_election_master_status") > 0 {
				b.leader, b.standby = manager, pair[1-i]
				return nil
			}
		}
		return errors.New("nobody leads")
	})
	if err != nil {
		return err
	}
	b.manager = b.leader
	return b.awaitLook(ctx, b.leader)
}

// handOver stops the leader, which lets go of the lease, and lasts until the other has swept and looked at every role.
func (b *bench) handOver(ctx context.Context) error { return b.succeed(ctx, b.standby, b.leader.Stop) }

// standBy starts the one that was stopped again: now it waits for the other.
func (b *bench) standBy(ctx context.Context) error {
	b.leader, b.standby = b.standby, b.leader
	return b.standby.Start(ctx)
}

// failover kills the leader, and lasts until the other has swept and looked at every role.
func (b *bench) failover(ctx context.Context) error { return b.succeed(ctx, b.standby, b.leader.Kill) }

// succeed ends whoever acts, and lasts until next has swept and looked at every role.
func (b *bench) succeed(ctx context.Context, next *stack.Manager, end func() error) error {
	pages := b.arize.Count(listRoles) + b.pages()
	if err := end(); err != nil {
		return err
	}
	b.manager = next
	if err := b.awaitPages(ctx, pages); err != nil {
		return err
	}
	return b.awaitLook(ctx, next)
}
