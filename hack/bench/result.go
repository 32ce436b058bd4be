package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// result is all that was measured with one number of roles, and on what. It is kept as JSON, from which tables, plots and
// goals are made.
type result struct {
	Roles          int      `json:"roles"`
	LatencySeconds float64  `json:"latencySeconds"`
	Concurrency    int      `json:"concurrency"`
	OutageSeconds  float64  `json:"outageSeconds"`
	PollSeconds    float64  `json:"pollSeconds"`
	Date           string   `json:"date"`
	Machine        string   `json:"machine"`
	Versions       []string `json:"versions"`
	// WritesPerSecond is what the apiserver did with as many clients as the manager has workers: before all scenarios or
	// after them, whichever was more.
	WritesPerSecond float64       `json:"writesPerSecond"`
	Players         []performance `json:"players"`
}

// performance is how one player looked after the roles, and what that cost.
type performance struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Rows  []row  `json:"rows"`
}

// row is one scenario of a player. Counts are requests, to Arize or to the apiserver.
type row struct {
	Scenario string  `json:"scenario"`
	Roles    int     `json:"roles"`
	Seconds  float64 `json:"seconds"`
	// Paced: a clock said how long it took, so there is no limit to compare with.
	Paced bool `json:"paced,omitempty"`
	// The limits are what Arize and Kubernetes need for these requests, at least.
	RemoteLimitSeconds     float64 `json:"remoteLimitSeconds,omitempty"`
	KubernetesLimitSeconds float64 `json:"kubernetesLimitSeconds,omitempty"`

	Pages   int `json:"pages"` // of one sweep
	Sweeps  int `json:"sweeps"`
	Lists   int `json:"lists"`
	Posts   int `json:"posts"`
	Patches int `json:"patches"`
	Deletes int `json:"deletes"`
	Others  int `json:"others"`
	Failed  int `json:"failed"`
	// KubernetesWrites are the manager's and the benchmark's own.
	KubernetesWrites int `json:"kubernetesWrites"`
	RoleWrites       int `json:"roleWrites"`
	MostPerRole      int `json:"mostPerRole"`
	AccountWrites    int `json:"accountWrites"`
	Events           int `json:"events"`
	Reads            int `json:"reads"`

	PeakMiB    float64 `json:"peakMiB"`
	Goroutines int     `json:"goroutines"`

	// ReadySeconds are percentiles, from 0 to 100, of the time from a role's creation to its being in sync.
	ReadySeconds      []float64 `json:"readySeconds,omitempty"`
	RequestsPerHour   float64   `json:"requestsPerHour,omitempty"`
	DetectionSeconds  float64   `json:"detectionSeconds,omitempty"`
	CorrectionSeconds float64   `json:"correctionSeconds,omitempty"`

	Promise string   `json:"promise,omitempty"`
	Broken  []string `json:"broken,omitempty"`
}

// requests are all that were sent to Arize.
func (r row) requests() int { return r.Lists + r.Posts + r.Patches + r.Deletes + r.Others }

// limit is the larger of the two.
func (r row) limit() float64 { return max(r.RemoteLimitSeconds, r.KubernetesLimitSeconds) }

func newResult(ctx context.Context, b *bench) *result {
	r := &result{
		Roles: b.roles, Concurrency: b.concurrency,
		LatencySeconds: b.latency.Seconds(), OutageSeconds: b.outage.Seconds(), PollSeconds: b.poll.Seconds(),
		Date: time.Now().UTC().Format(time.DateOnly), Machine: machine(),
	}
	r.Versions = append(r.Versions, "operator at "+commit(ctx), runtime.Version())
	for _, binary := range []string{"kube-apiserver", "etcd"} {
		if version, err := b.stack.Version(ctx, binary); err == nil {
			r.Versions = append(r.Versions, version)
		}
	}
	return r
}

// row checks a measurement and notes both.
func (b *bench) row(p player, s scenario, m measurement) row {
	c := &checker{scenario: s.name}
	s.check(c, m)
	if !p.polls {
		b.checkSize(c, m)
	}
	r := row{
		Scenario: s.name, Roles: b.size, Seconds: m.took.Seconds(),
		Pages: m.pages, Sweeps: m.sweeps(), Lists: m.count(listRoles), Posts: m.count(createRole), Patches: m.count(updateRole),
		Deletes: m.count(deleteRole), Others: m.others(), Failed: m.refused(),
		Paced: s.paced, KubernetesWrites: b.kubernetesWrites(m, s), RoleWrites: m.writes(roleResource), MostPerRole: m.writesPerRole(),
		AccountWrites: m.writes(accountResource), Events: m.writes(eventResource), Reads: m.reads(),
		PeakMiB: float64(m.memory.Peak) / mib, Goroutines: m.goroutines,
		ReadySeconds: percentiles(m.waits), DetectionSeconds: m.detection().Seconds(), CorrectionSeconds: m.correction().Seconds(),
		Promise: s.promise, Broken: c.broken,
	}
	r.RequestsPerHour = r.perHour()
	if !s.paced {
		r.RemoteLimitSeconds = b.remoteLimit(m, s).Seconds()
	}
	return r
}

// limit says what Kubernetes needs at least, now that it is known what it can do.
func (r *result) limit(writesPerSecond float64) {
	r.WritesPerSecond = writesPerSecond
	for _, p := range r.Players {
		for i := range p.Rows {
			if row := &p.Rows[i]; !row.Paced {
				row.KubernetesLimitSeconds = float64(row.KubernetesWrites) / writesPerSecond
			}
		}
	}
}

// percentiles are the values at 0, 1, ... 100 percent of what is sorted.
func percentiles(sorted []time.Duration) []float64 {
	if len(sorted) == 0 {
		return nil
	}
	values := make([]float64, 101)
	for i := range values {
		values[i] = sorted[(len(sorted)-1)*i/100].Seconds()
	}
	return values
}

// find returns a player's row; nil when it was not measured.
func (r *result) find(player, scenario string) *row {
	if r == nil {
		return nil
	}
	rows := r.rows(player)
	if i := slices.IndexFunc(rows, func(of row) bool { return of.Scenario == scenario }); i >= 0 {
		return &rows[i]
	}
	return nil
}

func (r *result) rows(player string) []row {
	for _, p := range r.Players {
		if p.Name == player {
			return p.Rows
		}
	}
	return nil
}

// broken are the promises that were not kept.
func (r *result) broken() []string {
	var broken []string
	for _, p := range r.Players {
		for _, row := range p.Rows {
			broken = append(broken, row.Broken...)
		}
	}
	return broken
}

// peak is the most memory that a player needed in any scenario, in MiB.
func (r *result) peak(player string) float64 {
	most := 0.0
	for _, row := range r.rows(player) {
		most = max(most, row.PeakMiB)
	}
	return most
}

// perHour is what would be asked of Arize in an hour like this one. The operator's sweeps come more often while they are
// counted than by default, so they are counted by the sweep; polls are counted as they come.
func (r row) perHour() float64 {
	const sweepsPerHour = 12 // one every five minutes, the default
	switch {
	case r.Scenario != idleScenario:
		return 0
	case r.Sweeps > 0:
		return float64(r.requests()) / float64(r.Sweeps) * sweepsPerHour
	default:
		return float64(r.requests()) / r.Seconds * time.Hour.Seconds()
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

// commit names what is measured; a tree with changes, other than those of the results, is said to be one.
func commit(ctx context.Context) string {
	name, err := exec.CommandContext(ctx, "git", "describe", "--always").Output()
	if err != nil {
		return "an unknown commit"
	}
	changes, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--", ":/", ":(top,exclude)docs/benchmarks").Output()
	if err != nil || len(changes) > 0 {
		return strings.TrimSpace(string(name)) + "-dirty"
	}
	return strings.TrimSpace(string(name))
}
