package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// result is all that was measured, and on what.
type result struct {
	settings
	machine  string
	versions []string
	rows     []row
	size     func(*checker, measurement)
}

// row is one scenario of the result.
type row struct {
	measurement
	promise string
	broken  []string
}

func newResult(ctx context.Context, b *bench) *result {
	r := &result{settings: b.settings, machine: machine(), size: b.checkSize}
	r.versions = append(r.versions, "operator at "+commit(ctx), runtime.Version())
	for _, binary := range []string{"kube-apiserver", "etcd"} {
		if version, err := b.stack.Version(ctx, binary); err == nil {
			r.versions = append(r.versions, version)
		}
	}
	return r
}

// add checks a measurement and notes both.
func (r *result) add(m measurement, s scenario) {
	c := &checker{scenario: s.name}
	s.check(c, m)
	r.size(c, m)
	r.rows = append(r.rows, row{measurement: m, promise: s.promise, broken: c.broken})
}

// broken are the promises that were not kept.
func (r *result) broken() []string {
	var broken []string
	for _, row := range r.rows {
		broken = append(broken, row.broken...)
	}
	return broken
}

// markdown is what people read.
func (r *result) markdown() string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%d roles of 20 permissions, Arize answers in %s, concurrency %d.\n", r.roles, r.latency, r.concurrency)
	fmt.Fprintf(&text, "On %s; %s.\n\n", r.machine, strings.Join(r.versions, ", "))
	line := func(cells ...string) { fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | ")) }
	line("scenario", "time", "list", "POST", "PATCH", "DELETE", "other", "role writes", "most per role", "account writes", "Events", "Kubernetes reads", "peak RSS", "goroutines")
	line("---", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:")
	for _, row := range r.rows {
		line(row.cells()...)
	}
	fmt.Fprint(&text, "\nPromised, and checked:\n\n")
	for _, row := range r.rows {
		fmt.Fprintf(&text, "- %s: %s\n", row.scenario, row.promise)
		for _, broken := range row.broken {
			fmt.Fprintf(&text, "  - **BROKEN** %s\n", broken)
		}
	}
	return text.String()
}

func (r row) cells() []string {
	number := func(n int) string { return fmt.Sprint(n) }
	return []string{
		r.scenario, r.took.Round(10 * time.Millisecond).String(),
		number(r.count(listRoles)), number(r.count(createRole)), number(r.count(updateRole)), number(r.count(deleteRole)), number(r.others()),
		number(r.measurement.writes(roleResource)), number(r.writesPerRole()),
		number(r.measurement.writes(accountResource)), number(r.measurement.writes(eventResource)), number(r.reads()),
		fmt.Sprintf("%.1f MiB", float64(r.memory.Peak)/mib), number(r.goroutines),
	}
}

// machine is the size of this machine, not its name.
func machine() string {
	size := fmt.Sprintf("%s/%s with %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return size // not Linux
	}
	var kib float64
	if _, err := fmt.Sscanf(string(data), "MemTotal: %f kB", &kib); err != nil {
		return size
	}
	return fmt.Sprintf("%s and %.0f GiB", size, kib/mib)
}

// commit names what is measured; a tree with changes is said to be one.
func commit(ctx context.Context) string {
	output, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "an unknown commit"
	}
	return strings.TrimSpace(string(output))
}
