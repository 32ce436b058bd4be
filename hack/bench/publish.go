package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Files of the results.
const (
	resultsFile = "results.json"
	pageFile    = "README.md"
)

// results are runs with different numbers of roles, few first.
type results []result

func readResults(dir string) (results, error) {
	data, err := os.ReadFile(filepath.Join(dir, resultsFile)) //nolint:gosec // whoever runs this says where
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var rs results
	if err := json.Unmarshal(data, &rs); err != nil {
		return nil, fmt.Errorf("%s: %w", resultsFile, err)
	}
	return rs, nil
}

// with replaces the run with as many roles, or adds one.
func (rs results) with(run result) results {
	others := slices.DeleteFunc(slices.Clone(rs), func(r result) bool { return r.Roles == run.Roles })
	others = append(others, run)
	slices.SortFunc(others, func(a, b result) int { return a.Roles - b.Roles })
	return others
}

func (rs results) of(roles int) *result {
	for i := range rs {
		if rs[i].Roles == roles {
			return &rs[i]
		}
	}
	return nil
}

// publish writes the results, and the page that people read.
func (rs results) publish(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	data, err := json.MarshalIndent(rs, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, resultsFile), append(data, '\n'), 0o644), //nolint:gosec // is published
		os.WriteFile(filepath.Join(dir, pageFile), []byte(rs.markdown()), 0o644)) //nolint:gosec // is published
}

func (rs results) markdown() string {
	var text bytes.Buffer
	fmt.Fprint(&text, "# Measurements\n\n"+
		"Made by `make bench` from [results.json](results.json); do not edit. [What is measured and how](../benchmarks.md).\n\n")
	fmt.Fprint(&text, rs.goalsMarkdown())
	fmt.Fprint(&text, "\n![Time to Ready](ready.svg)\n\n![Requests per hour](requests.svg)\n\n![Memory](memory.svg)\n")
	for i := range rs {
		fmt.Fprint(&text, rs[i].markdown())
	}
	return text.String()
}

// markdown is what people read of one run.
func (r *result) markdown() string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "\n## %s roles\n\n", grouped(r.Roles))
	fmt.Fprintf(&text, "%s roles of 20 permissions, Arize answers in %s, concurrency %d.\n", grouped(r.Roles), duration(r.LatencySeconds), r.Concurrency)
	fmt.Fprintf(&text, "On %s, %s; %s.\n", r.Date, r.Machine, strings.Join(r.Versions, ", "))
	fmt.Fprintf(&text, "The apiserver did %.0f status patches per second for %d clients.\n", r.WritesPerSecond, r.Concurrency)
	r.compare(&text)
	for _, p := range r.Players {
		fmt.Fprintf(&text, "\n### %s roles: what %s did\n\n", grouped(r.Roles), p.Title)
		p.table(&text)
		p.promises(&text)
	}
	return text.String()
}

// compare puts what the players needed side by side.
func (r *result) compare(text *bytes.Buffer) {
	fmt.Fprintf(text, "\n### %s roles: side by side\n\n", grouped(r.Roles))
	header, rule := []string{"", "limit"}, []string{"---", "--:"}
	for _, p := range r.Players {
		header, rule = append(header, p.Title), append(rule, "--:")
	}
	line(text, header...)
	line(text, rule...)
	seconds := func(of *row) string { return readable(of.Seconds) }
	requests := func(of *row) string { return fmt.Sprint(of.requests()) }
	r.comparison(text, "create: time", "create", seconds)
	r.comparison(text, "create: time of half of the roles to Ready", "create", func(of *row) string { return percentile(of, 50) })
	r.comparison(text, "create: the slowest's", "create", func(of *row) string { return percentile(of, 100) })
	r.comparison(text, "edit one: time", "edit", seconds)
	r.comparison(text, "delete all: time", "delete", seconds)
	r.comparison(text, "restart: time", "restart", seconds)
	r.comparison(text, "restart: requests", "restart", requests)
	r.comparison(text, fmt.Sprintf("outage of %s: requests", duration(r.OutageSeconds)), "outage", requests)
	r.comparison(text, "idle: requests per hour", idleScenario, func(of *row) string { return fmt.Sprintf("%.0f", of.RequestsPerHour) })
	memory := []string{"peak RSS", ""}
	for _, p := range r.Players {
		memory = append(memory, fmt.Sprintf("%.1f MiB", r.peak(p.Name)))
	}
	line(text, memory...)
}

// comparison is one line; the limit is that of the operator's requests, where there is one.
func (r *result) comparison(text *bytes.Buffer, what, scenario string, cell func(*row) string) {
	cells := []string{what, ""}
	if row := r.find(operator, scenario); row != nil && row.limit() > 0 && strings.HasSuffix(what, ": time") {
		cells[1] = readable(row.limit())
	}
	for _, p := range r.Players {
		if row := r.find(p.Name, scenario); row != nil {
			cells = append(cells, cell(row))
		} else {
			cells = append(cells, string(notMeasured))
		}
	}
	line(text, cells...)
}

func (p performance) table(text *bytes.Buffer) {
	line(text, "scenario", "time", "Arize's limit", "Kubernetes' limit", "list", "POST", "PATCH", "DELETE", "other", "failed",
		"role writes", "most per role", "account writes", "Events", "Kubernetes reads", "peak RSS", "goroutines")
	line(text, "---", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:")
	for _, row := range p.Rows {
		line(text, row.cells()...)
	}
}

func (p performance) promises(text *bytes.Buffer) {
	fmt.Fprint(text, "\nChecked:\n\n")
	for _, row := range p.Rows {
		if row.Promise != "" {
			fmt.Fprintf(text, "- %s: %s\n", row.Scenario, row.Promise)
		}
		for _, broken := range row.Broken {
			fmt.Fprintf(text, "  - **BROKEN** %s\n", broken)
		}
	}
}

func (r row) cells() []string {
	number := func(n int) string { return fmt.Sprint(n) }
	name := r.Scenario
	if r.Roles == tightRoles {
		name = fmt.Sprintf("%s (%d roles)", name, r.Roles)
	}
	return []string{
		name, readable(r.Seconds), readable(r.RemoteLimitSeconds), readable(r.KubernetesLimitSeconds),
		number(r.Lists), number(r.Posts), number(r.Patches), number(r.Deletes), number(r.Others), number(r.Failed),
		number(r.RoleWrites), number(r.MostPerRole), number(r.AccountWrites), number(r.Events), number(r.Reads),
		fmt.Sprintf("%.1f MiB", r.PeakMiB), number(r.Goroutines),
	}
}

func line(text *bytes.Buffer, cells ...string) {
	fmt.Fprintf(text, "| %s |\n", strings.Join(cells, " | "))
}

// grouped writes 10,000 as people do.
func grouped(n int) string {
	if n < 10_000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// readable is a time for people; none is a dash.
func readable(seconds float64) string {
	if seconds == 0 {
		return "–"
	}
	if seconds < 1 {
		return duration(seconds).Round(time.Millisecond).String()
	}
	return duration(seconds).Round(10 * time.Millisecond).String()
}

func percentile(of *row, n int) string {
	if len(of.ReadySeconds) <= n {
		return "–"
	}
	return readable(of.ReadySeconds[n])
}
