package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDrawing(t *testing.T) {
	dir := t.TempDir()
	ready := make([]float64, 101)
	for i := range ready {
		ready[i] = 0.2 + float64(i)/10
	}
	rows := []row{
		{Scenario: "create", ReadySeconds: ready, KubernetesLimitSeconds: 5, PeakMiB: 70},
		{Scenario: "idle", RequestsPerHour: 24, PeakMiB: 80},
	}
	write(t, dir, []run{
		{Roles: 100, Players: []player{{Name: "operator", Rows: rows}, {Name: "textbook-1", Rows: rows}}},
		{Roles: 10_000, Players: []player{{Name: "operator", Rows: rows}}},
	})
	if err := drawAll(dir); err != nil {
		t.Fatal(err)
	}
	for file, words := range map[string][]string{
		"ready.svg":    {"Create 100 roles", "Create 10,000 roles", "limit, for all roles", "textbook, 1 worker"},
		"requests.svg": {"requests per hour", "arize-operator", "rate limit, 10 per second"},
		"memory.svg":   {"MiB", "goal for 10,000 roles"},
	} {
		data, err := os.ReadFile(filepath.Join(dir, file)) //nolint:gosec // of this test
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if !strings.Contains(string(data), word+"<") {
				t.Errorf("%s does not say %q", file, word)
			}
		}
		for decoder := xml.NewDecoder(strings.NewReader(string(data))); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is no XML: %v", file, err)
			}
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	dir := t.TempDir()
	if err := drawAll(dir); err == nil {
		t.Error("drew without results")
	}
	write(t, dir, []run{})
	if err := drawAll(dir); err == nil {
		t.Error("drew no results")
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[float64]string{0.1: "0.1", 100: "100", 1000: "1000", 10_000: "10,000", 1_000_000: "1,000,000"} {
		if got := number(n); got != want {
			t.Errorf("%v: got %s, want %s", n, got, want)
		}
	}
}

func write(t *testing.T, dir string, runs []run) {
	t.Helper()
	data, err := json.Marshal(runs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "results.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
