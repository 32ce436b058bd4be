package main

import (
	"context"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
)

// declare creates an ArizeRole.
func (s *soak) declare(ctx context.Context, role *v1alpha1.ArizeRole, a *account) (string, error) {
	role.Spec.AccountRef = v1alpha1.AccountReference{Namespace: home, Name: a.name}
	s.ledger.declare(role, a.arize)
	err := s.try(ctx, "declare", func(ctx context.Context) error {
		err := s.Client.Create(ctx, role)
		if apierrors.IsAlreadyExists(err) { // the answer to an earlier try was lost
			return s.Client.Get(ctx, client.ObjectKeyFromObject(role), role)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	s.ledger.declare(role, a.arize)
	s.live = append(s.live, &subject{ArizeRole: role, account: a, drifts: map[string]int{}})
	return client.ObjectKeyFromObject(role).String() + " in " + a.name + summary(role), nil
}

// editOne changes a random ArizeRole as a person would.
func (s *soak) editOne(ctx context.Context, change func(*v1alpha1.ArizeRole)) (string, error) {
	role, found := s.pickLive()
	if !found {
		return "", nil
	}
	err := s.edit(ctx, role, change)
	return client.ObjectKeyFromObject(role).String() + summary(role.ArizeRole), err
}

func (s *soak) edit(ctx context.Context, role *subject, change func(*v1alpha1.ArizeRole)) error {
	before := role.ArizeRole
	wanted := before.DeepCopy()
	change(wanted)
	s.ledger.declare(wanted, role.account.arize)
	err := s.try(ctx, "edit", func(ctx context.Context) error {
		written := wanted.DeepCopy()
		if err := s.Client.Patch(ctx, written, client.MergeFrom(before)); err != nil {
			return err
		}
		role.ArizeRole = written
		return nil
	})
	if role.Generation != before.Generation {
		clear(role.drifts)
	}
	return err
}

// remove deletes an ArizeRole.
func (s *soak) remove(ctx context.Context, role *subject) error {
	s.ledger.doom(role.ArizeRole)
	s.live = slices.DeleteFunc(s.live, func(other *subject) bool { return other == role })
	s.leaving = append(s.leaving, role)
	return s.try(ctx, "delete", func(ctx context.Context) error {
		return client.IgnoreNotFound(s.Client.Delete(ctx, role.ArizeRole.DeepCopy()))
	})
}

// try asks the apiserver for something until it agrees: it may just have been restarted.
func (s *soak) try(ctx context.Context, what string, do func(context.Context) error) error {
	return stack.AwaitWithin(ctx, time.Minute, "the apiserver to "+what, do)
}

// summary says what an ArizeRole declares, as short as it can.
func summary(role *v1alpha1.ArizeRole) string {
	words := []string{role.RoleName(), role.Spec.RoleID, string(role.Spec.Mode), string(role.Spec.AdoptionPolicy), string(role.Spec.DeletionPolicy)}
	if role.Spec.Suspend {
		words = append(words, "suspended")
	}
	return " (" + strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), ", ") + ")"
}
