package main

import (
	"errors"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// suite is the stage that all rows share.
type suite struct {
	*stage

	open []*scene // that have not ended
}

// TestFaults runs the manager's binary on one control plane through everything that can go wrong at a given moment.
func TestFaults(t *testing.T) {
	ctrl.SetLogger(logr.Discard())
	opened, err := openStage(t.Context(), stack.Options{Say: t.Logf, ControllerManager: true}, arizetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{stage: opened}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("killed at every point", func(t *testing.T) { testPoints(t, s) })
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) { part.play(t, s) })
	}
	if err := errors.Join(s.ledger.violated()...); err != nil {
		t.Error(err)
	}
}

// parts are what is not a point; the last one leaves no CRD behind.
var parts = []struct {
	name string
	play func(*testing.T, *suite)
}{
	{"the cache is behind", testStaleCache},
	{"another leader", testLeaderChange},
	{"the apiserver", testAPIServer},
	{"creations that take effect late", testLate},
	{"then everything is deleted", testEnd},
	{"another Arize account", testVanished},
	{"foreground deletion", testForeground},
	{"namespaces", testNamespaces},
	{"secrets stay secret", testSecrets},
	{"uninstalling", testUninstall},
}
