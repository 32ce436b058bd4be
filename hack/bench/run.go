package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// namespace is where everything of the benchmark lives.
const namespace = "bench"

// Sweep intervals: seldom, when a scenario says itself when to sweep; often, when idleness is measured.
const (
	seldom = "24h"
	often  = 10 * time.Second
)

// unlimited is a rate limit out of the way: the operator's own work is measured, not how long it waits for a limit.
var unlimited = v1alpha1.RateLimit{RequestsPerSecond: 1000, Burst: 1000}

// bench is what the scenarios play with.
type bench struct {
	settings

	stack   *stack.Stack
	arize   *arizetest.Server
	url     string // of arize
	manager *stack.Manager
	// leader and standby are the two managers of a failover.
	leader, standby *stack.Manager
	account         *v1alpha1.ArizeAccount
	fleet           *fleet
	// size is how many roles the scenario is played with.
	size int
	// alone is how many goroutines the manager has before there is any role.
	alone int
	// changed is when the scenario changed something in Arize.
	changed time.Time
}

// run plays all scenarios and returns what they measured, or, with an error, what was measured until then.
func run(ctx context.Context, s settings) (measured *result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	plane, err := stack.Start(ctx, stack.Options{Say: s.say})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plane.Close()) }()
	b := &bench{settings: s, stack: plane, size: s.roles}
	if err := b.setUp(ctx); err != nil {
		return nil, err
	}
	measured = newResult(ctx, b)
	before, err := b.measureWrites(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range b.players() {
		rows, err := b.play(ctx, p)
		measured.Players = append(measured.Players, performance{Name: p.name, Title: p.title, Rows: rows})
		if err != nil {
			return measured, err
		}
	}
	after, err := b.measureWrites(ctx)
	measured.limit(max(before, after)) // what it did once, it can do
	return measured, err
}

// play lets one player play its scenarios, and leaves the place as it was.
func (b *bench) play(ctx context.Context, p player) (rows []row, err error) {
	if b.manager, err = b.stack.NewManager(ctx, p.options); err != nil {
		return nil, err
	}
	for _, s := range p.scenarios {
		if s.long && b.brief {
			continue
		}
		b.say("%d roles, %s: %s", b.roles, p.name, s.name)
		m, err := b.measure(ctx, s, p.polls)
		if err != nil {
			return rows, fmt.Errorf("%s: %s: %w\nThe end of the manager's log:\n%s", p.name, s.name, err, b.manager.Tail())
		}
		rows = append(rows, b.row(p, s, m))
	}
	return rows, errors.Join(b.clear(ctx), b.manager.Stop())
}

// setUp makes everything but the roles, and does not start a manager yet.
func (b *bench) setUp(ctx context.Context) error {
	b.arize = arizetest.NewServer(arizetest.Options{Settings: arizetest.Settings{Latency: b.latency}})
	var err error
	if b.url, err = b.stack.Serve(ctx, b.arize); err != nil {
		return err
	}
	b.account = &v1alpha1.ArizeAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: v1alpha1.DefaultAccountName},
		Spec: v1alpha1.ArizeAccountSpec{
			APIKeySecretRef: v1alpha1.SecretKeyReference{Name: "arize-api-key"},
			BaseURL:         b.url,
			SweepInterval:   seldom,
			RateLimit:       unlimited,
		},
	}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "arize-api-key"},
			Data:       map[string][]byte{v1alpha1.DefaultSecretKey: []byte(arizetest.DefaultKey)},
		},
		b.account,
	} {
		if err := b.stack.Client.Create(ctx, object); err != nil {
			return err
		}
	}
	b.fleet, err = watchFleet(ctx, b.stack.Config, b.stack.Client)
	return err
}

// clear deletes whatever roles a scenario left, and makes Arize and the account friendly again.
func (b *bench) clear(ctx context.Context) error {
	b.arize.ClearFaults()
	b.arize.ChangeSettings(func(s *arizetest.Settings) { *s = arizetest.Settings{Latency: b.latency} })
	if err := b.limit(ctx, unlimited); err != nil {
		return err
	}
	if b.fleet.progress()[0] > 0 {
		if err := b.remove(ctx); err != nil {
			return err
		}
	}
	b.size = b.roles
	b.fleet.takeWaits()
	return nil
}

// pages is how many requests a sweep takes.
func (b *bench) pages() int {
	const perPage = 100
	return (len(b.arize.Roles()) + perPage - 1) / perPage
}

// role is the i-th role of the benchmark: a name, a description and twenty permissions.
func (b *bench) role(i int) *v1alpha1.ArizeRole {
	catalogue := arizetest.Permissions()
	permissions := make([]string, 0, 20)
	for j := range cap(permissions) {
		permissions = append(permissions, catalogue[(i+j)%len(catalogue)])
	}
	return &v1alpha1.ArizeRole{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("role-%05d", i)},
		Spec: v1alpha1.ArizeRoleSpec{
			Name: fmt.Sprintf("Bench Role %05d", i), Description: "One of many.", Permissions: permissions,
		},
	}
}
