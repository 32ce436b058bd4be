package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// measureWrites finds out what the apiserver can do here: status patches of ArizeRoles that nobody reconciles, by the
// manager's user, with as many clients as the manager has workers and a watch as in all scenarios.
func (b *bench) measureWrites(ctx context.Context) (perSecond float64, err error) {
	const perClient = 4 // so that nobody waits for the same object
	b.say("%d roles: measuring what the apiserver can do", b.roles)
	asManager, err := client.New(b.stack.Operator(), client.Options{Scheme: b.stack.Client.Scheme(), FieldValidation: "Strict"})
	if err != nil {
		return 0, err
	}
	objects := b.concurrency * perClient
	create := func(ctx context.Context, i int) error { return b.stack.Client.Create(ctx, b.role(i)) }
	if err := inParallel(ctx, b.concurrency, objects, create); err != nil {
		return 0, err
	}
	var written atomic.Int64
	warm := time.Now().Add(b.probe / 5)
	end := warm.Add(b.probe)
	err = inParallel(ctx, b.concurrency, b.concurrency, func(ctx context.Context, worker int) error {
		for n := 0; time.Now().Before(end); n++ {
			patch := fmt.Sprintf(`{"status":{"roleName":"Written %d times","observedGeneration":1}}`, n)
			role := b.role(worker*perClient + n%perClient)
			if err := asManager.Status().Patch(ctx, role, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
				return err
			}
			if now := time.Now(); now.After(warm) && now.Before(end) {
				written.Add(1)
			}
		}
		return nil
	})
	remove := func(ctx context.Context, i int) error { return b.stack.Client.Delete(ctx, b.role(i)) }
	err = errors.Join(err, inParallel(ctx, b.concurrency, objects, remove), b.awaitFleet(ctx, 0, 0))
	if err == nil && written.Load() == 0 {
		err = errors.New("the apiserver wrote nothing in all that time")
	}
	return float64(written.Load()) / b.probe.Seconds(), err
}

// remoteLimit says how fast a scenario could have been at best, as far as Arize is concerned. The pages of a list come one
// after the other, everything else as many at once as there are workers.
func (b *bench) remoteLimit(m measurement, s scenario) time.Duration {
	pages := m.count(listRoles)
	writes := len(m.requests) - pages
	latency := b.arize.Settings().Latency.Seconds()
	seconds := latency * (float64(pages) + float64(writes)/float64(b.concurrency))
	limit := b.account.Spec.RateLimit
	paced := float64(len(m.requests)-limit.EffectiveBurst()) / float64(limit.EffectiveRequestsPerSecond())
	return s.waits + duration(max(seconds, paced))
}

// kubernetesWrites are the manager's and the benchmark's own.
func (b *bench) kubernetesWrites(m measurement, s scenario) int {
	writes := m.writes("")
	if s.fills {
		writes += b.size
	}
	return writes
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
