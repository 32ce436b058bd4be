package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// testSecrets looks for the keys of all scenes in every log line, every Event and every status.
func testSecrets(t *testing.T, s *suite) {
	logs, err := filepath.Glob(filepath.Join(s.Dir, "manager*.log"))
	if err != nil || len(logs) < 3 {
		t.Fatalf("the logs of the managers are %v: %v", logs, err)
	}
	for _, log := range slices.Sorted(slices.Values(logs)) {
		text, err := os.ReadFile(log) //nolint:gosec // our own log
		if err != nil {
			t.Fatal(err)
		}
		if len(text) < 10_000 {
			t.Errorf("%s is so short that the manager cannot have said all that it can", log)
		}
		if err := errors.Join(findSecret(log, text, s.secrets), findPanic(log, text)); err != nil {
			t.Error(err)
		}
	}
	if err := s.noKeyStored(t.Context()); err != nil {
		t.Error(err)
	}
}
