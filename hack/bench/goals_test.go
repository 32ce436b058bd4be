package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// good are results that reach every goal, by little.
func good() results {
	few := result{Roles: 100, Players: []performance{{Name: operator, Rows: []row{{Scenario: "detect", DetectionSeconds: 12}}}}}
	some := result{Roles: 1000, Players: []performance{
		{Name: operator, Rows: []row{
			{Scenario: "create", Seconds: 15, RemoteLimitSeconds: 3, KubernetesLimitSeconds: 10},
			{Scenario: idleScenario, RequestsPerHour: 132},
			{Scenario: "handover", Seconds: 2.9},
			{Scenario: "failover", Seconds: 18, Lists: 11, Pages: 11},
			{Scenario: "detect", DetectionSeconds: 12},
		}},
		{Name: textbook1, Rows: []row{
			{Scenario: "create", Seconds: 60},
			{Scenario: idleScenario, RequestsPerHour: 26_400},
		}},
	}}
	many := result{Roles: 10_000, Players: []performance{{Name: operator, Rows: []row{
		{Scenario: "drift of 1 %", CorrectionSeconds: 5, PeakMiB: 150},
		{Scenario: "detect", DetectionSeconds: 12},
	}}}}
	return results{few, some, many}
}

func TestGoals(t *testing.T) {
	for _, g := range good().goals() {
		if g.verdict != met {
			t.Errorf("%s: %s is %s", g.what, g.got, g.verdict)
		}
	}
	for _, g := range (results{}).goals() {
		if g.verdict != notMeasured {
			t.Errorf("%s: %s although nothing was measured", g.what, g.verdict)
		}
	}
	for name, test := range map[string]struct {
		spoil func(results)
		want  string // part of the only goal that is missed
	}{
		"a slow create": {func(r results) {
			r[1].find(operator, "create").Seconds = 15.1
			r[1].find(textbook1, "create").Seconds = 61
		}, "the larger of the two limits"},
		"a fast textbook":       {func(r results) { r[1].find(textbook1, "create").Seconds = 59 }, "time with 1 worker"},
		"too many sweeps":       {func(r results) { r[1].find(operator, idleScenario).RequestsPerHour = 133 }, "requests per hour"},
		"a late takeover":       {func(r results) { r[1].find(operator, "failover").Seconds = 18.1 }, "lease time"},
		"a slow handover":       {func(r results) { r[1].find(operator, "handover").Seconds = 3 }, "after a clean stop"},
		"a dear takeover":       {func(r results) { r[1].find(operator, "failover").Others = 1 }, "requests of one sweep"},
		"a slow correction":     {func(r results) { r[2].find(operator, "drift of 1 %").CorrectionSeconds = 5.1 }, "corrected after the sweep"},
		"much memory":           {func(r results) { r[2].find(operator, "detect").PeakMiB = 150.1 }, "resident memory"},
		"a late look, of few":   {func(r results) { r[0].find(operator, "detect").DetectionSeconds = 12.1 }, "100 roles: drift is noticed"},
		"a late look, of many":  {func(r results) { r[2].find(operator, "detect").DetectionSeconds = 12.1 }, "10,000 roles: drift is noticed"},
		"a late look, of a lot": {func(r results) { r[1].find(operator, "detect").DetectionSeconds = 12.1 }, "1000 roles: drift is noticed"},
	} {
		t.Run(name, func(t *testing.T) {
			results := good()
			test.spoil(results)
			var misses []string
			for _, g := range results.goals() {
				if g.verdict == missed {
					misses = append(misses, g.what)
				}
			}
			if len(misses) != 1 || !strings.Contains(misses[0], test.want) {
				t.Errorf("missed: %q, and not just %q", misses, test.want)
			}
		})
	}
}

func TestResultsAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if none, err := readResults(dir); err != nil || none != nil {
		t.Fatalf("got %v, %v where there is nothing", none, err)
	}
	want := good()
	if err := want.publish(dir); err != nil {
		t.Fatal(err)
	}
	got, err := readResults(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read (+) is not what was written (-):\n%s", diff)
	}
	got = got.with(result{Roles: 1000, Machine: "another"}).with(result{Roles: 50})
	var sizes []int
	for _, run := range got {
		sizes = append(sizes, run.Roles)
	}
	if diff := cmp.Diff([]int{50, 100, 1000, 10_000}, sizes); diff != "" || got.of(1000).Machine != "another" {
		t.Errorf("a run was not replaced or not added: %v", sizes)
	}
	page, err := os.ReadFile(filepath.Join(dir, pageFile)) //nolint:gosec // of this test
	if err != nil || !strings.Contains(string(page), "## Goals") {
		t.Errorf("the page has no goals: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, resultsFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readResults(dir); err == nil {
		t.Error("half a file was read as results")
	}
}

func TestCommandLine(t *testing.T) {
	for text, want := range map[string][]int{"": {100, 1000, 10_000}, "-n=100": {100}, "-n=20, 30 40": {20, 30, 40}} {
		var args []string
		if text != "" {
			args = []string{text}
		}
		j, err := parse(args)
		if diff := cmp.Diff(want, j.sizes); diff != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	for _, text := range []string{"-n=1", "-n=x", "-n=", "-concurrency=0", "100"} {
		if _, err := parse([]string{text}); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
