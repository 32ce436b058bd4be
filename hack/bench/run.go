package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

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
	often  = "10s"
)

// bench is what the scenarios play with.
type bench struct {
	settings

	stack   *stack.Stack
	arize   *arizetest.Server
	manager *stack.Manager
	account *v1alpha1.ArizeAccount
	fleet   *fleet
	// alone is how many goroutines the manager has before there is any role.
	alone int
}

// run plays all scenarios and returns what they measured, or, with an error, what was measured until then.
func run(ctx context.Context, s settings) (result *result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	plane, err := stack.Start(ctx, stack.Options{Say: s.say})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plane.Close()) }()
	b := &bench{settings: s, stack: plane}
	if err := b.setUp(ctx); err != nil {
		return nil, err
	}
	result = newResult(ctx, b)
	for _, scenario := range b.scenarios() {
		s.say("%s", scenario.name)
		m, err := b.measure(ctx, scenario)
		if err != nil {
			return result, fmt.Errorf("%s: %w\nThe end of the manager's log:\n%s", scenario.name, err, b.manager.Tail())
		}
		result.add(m, scenario)
	}
	return result, nil
}

// setUp makes everything but the roles, and does not start the manager yet.
func (b *bench) setUp(ctx context.Context) error {
	b.arize = arizetest.NewServer(arizetest.Options{Settings: arizetest.Settings{Latency: b.latency}})
	url, err := b.stack.Serve(ctx, b.arize)
	if err != nil {
		return err
	}
	b.manager, err = b.stack.NewManager(ctx, stack.ManagerOptions{Args: []string{"--concurrency=" + strconv.Itoa(b.concurrency)}})
	if err != nil {
		return err
	}
	b.account = &v1alpha1.ArizeAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: v1alpha1.DefaultAccountName},
		Spec: v1alpha1.ArizeAccountSpec{
			APIKeySecretRef: v1alpha1.SecretKeyReference{Name: "arize-api-key"},
			BaseURL:         url,
			SweepInterval:   seldom,
			// The operator's own work is measured, not how long it waits for a limit.
			RateLimit: v1alpha1.RateLimit{RequestsPerSecond: 1000, Burst: 1000},
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
