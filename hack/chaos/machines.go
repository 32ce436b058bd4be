package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// machines are processes that end.
var machines = []action{
	{"the manager is killed", 4, (*soak).pullPlug},
	{"the manager is stopped", 1, (*soak).restartManager},
	{"the apiserver is killed", 1, (*soak).pullAPIServer},
}

func (s *soak) pullPlug(ctx context.Context) (string, error) {
	if s.mayLand() {
		return "", nil
	}
	if err := s.killManager(); err != nil {
		return "", err
	}
	return "and started again", s.startManager(ctx)
}

func (s *soak) restartManager(ctx context.Context) (string, error) {
	if s.mayLand() {
		return "", nil
	}
	// A manager whose caches are still filling ends only when they are full (controller-runtime waits for them), and
	// nobody would let the watches go on while this one is waited for.
	s.front.resume()
	if err := s.manager.Stop(); err != nil {
		return "", err
	}
	return "and started again", s.startManager(ctx)
}

func (s *soak) pullAPIServer(ctx context.Context) (string, error) {
	return "and started again", s.restartAPIServer(ctx)
}

// credentials are what happens to the accounts' keys. Each keeps an account from working for seconds at most.
var credentials = []action{
	{"a key is rotated", 2, (*soak).rotateKey},
	{"a key is revoked", 1, (*soak).revokeKey},
	{"a Secret is deleted", 1, (*soak).deleteSecret},
}

// rotateKey gives an account a new key while the old one still works, and revokes that at once, or soon.
func (s *soak) rotateKey(ctx context.Context) (string, error) {
	a := pick(s, s.accounts)
	if a.upset {
		return "", nil
	}
	old := a.key
	if err := s.newKey(ctx, a); err != nil {
		return "", err
	}
	wait := time.Duration(s.random.IntN(3)) * time.Second
	s.later(wait, "the old key is revoked", func(context.Context) error {
		s.arize.RevokeKey(old)
		return nil
	})
	return a.name, nil
}

// revokeKey revokes an account's key; somebody notices and puts a new one into the Secret.
func (s *soak) revokeKey(context.Context) (string, error) {
	a := pick(s, s.accounts)
	if a.upset {
		return "", nil
	}
	a.upset = true
	s.arize.RevokeKey(a.key)
	s.later(time.Duration(1+s.random.IntN(6))*time.Second, "a new key takes the place of the revoked one", func(ctx context.Context) error {
		a.upset = false
		return s.newKey(ctx, a)
	})
	return a.name, nil
}

// deleteSecret deletes an account's Secret; it comes back.
func (s *soak) deleteSecret(ctx context.Context) (string, error) {
	a := pick(s, s.accounts)
	if a.upset {
		return "", nil
	}
	a.upset = true
	err := s.try(ctx, "delete a Secret", func(ctx context.Context) error {
		return client.IgnoreNotFound(s.Client.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: a.name}}))
	})
	s.later(time.Duration(1+s.random.IntN(6))*time.Second, "the Secret is back", func(ctx context.Context) error {
		a.upset = false
		return s.writeSecret(ctx, a)
	})
	return a.name, err
}

// newKey gives an account a key that nobody could mistake for anything else.
func (s *soak) newKey(ctx context.Context, a *account) error {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	a.key = "chaos-key-" + hex.EncodeToString(secret)
	s.secrets = append(s.secrets, a.key)
	s.arize.AddKey(a.key, a.arize)
	return s.writeSecret(ctx, a)
}

func (s *soak) writeSecret(ctx context.Context, a *account) error {
	return s.try(ctx, "write a Secret", func(ctx context.Context) error {
		secret := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: a.name},
			StringData: map[string]string{v1alpha1.DefaultSecretKey: a.key},
		}
		err := s.Client.Create(ctx, secret)
		if apierrors.IsAlreadyExists(err) {
			return s.Client.Update(ctx, secret)
		}
		return err
	})
}
