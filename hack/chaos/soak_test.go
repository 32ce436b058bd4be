package main

import (
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// TestSoak is a minute of `make chaos`, the same mix each time.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute and more")
	}
	ctrl.SetLogger(logr.Discard())
	for _, seed := range []uint64{20261125} {
		if err := play(t.Context(), seed, time.Minute, t.Logf); err != nil {
			t.Fatal(err)
		}
	}
}
