package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"time"
)

const mib = 1 << 20

// checker notes which promises a measurement breaks.
type checker struct {
	scenario string
	broken   []string
}

func (c *checker) equal(what string, got, want int) {
	if got != want {
		c.note("%s: %d, and not %d", what, got, want)
	}
}

func (c *checker) atMost(what string, got, limit int) {
	if got > limit {
		c.note("%s: %d, more than %d", what, got, limit)
	}
}

func (c *checker) note(format string, args ...any) {
	c.broken = append(c.broken, c.scenario+": "+fmt.Sprintf(format, args...))
}

// requests checks how often each route of Arize was asked. No other may have been asked at all.
func (c *checker) requests(m measurement, posts, patches, deletes int) {
	c.equal("POSTs", m.count(createRole), posts)
	c.equal("PATCHes", m.count(updateRole), patches)
	c.equal("DELETEs", m.count(deleteRole), deletes)
	c.equal("other requests than these and lists", m.others(), 0)
	c.equal("requests that failed", m.refused(), 0)
}

// swept checks that there were so many sweeps, and that each read every page once.
func (c *checker) swept(m measurement, sweeps int) {
	c.equal("sweeps", m.sweeps(), sweeps)
	c.equal("pages of lists", m.count(listRoles), sweeps*m.pages)
}

// fields checks that every PATCH had exactly these fields.
func (c *checker) fields(m measurement, want ...string) {
	for _, body := range m.bodies(updateRole) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &fields); err != nil {
			c.note("a PATCH that is no JSON object: %v", err)
			continue
		}
		if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
			c.note("a PATCH of %s, and not of %s", strings.Join(got, ", "), strings.Join(want, ", "))
		}
	}
}

// writes checks how often the manager wrote its own resources and Events; it has nothing else to write.
func (c *checker) writes(m measurement, roles, accounts, events int) {
	c.equal("writes of ArizeRoles", m.writes(roleResource), roles)
	c.atMost("writes of the ArizeAccount", m.writes(accountResource), accounts)
	c.atMost("writes of Events", m.writes(eventResource), events)
	c.equal("other writes", m.writes("")-m.writes(roleResource)-m.writes(accountResource)-m.writes(eventResource), 0)
}

// checkSize checks what does not depend on what is done.
func (b *bench) checkSize(c *checker, m measurement) {
	limit := 100
	if b.roles > 1000 {
		limit = 150
	}
	c.atMost("peak resident memory in MiB", int(m.memory.Peak/mib), limit)
	// Each worker may hold connections, with two goroutines each, to Arize and to the apiserver; a role holds nothing.
	c.atMost("goroutines", m.goroutines, b.alone+4*b.concurrency+20)
}

func (b *bench) checkStart(c *checker, m measurement) {
	b.alone = m.goroutines
	c.swept(m, 1)
	c.requests(m, 0, 0, 0)
	c.writes(m, 0, 2, 1) // the finalizer and the status
}

func (b *bench) checkCreate(c *checker, m measurement) {
	c.atMost("sweeps", m.sweeps(), 1)
	c.atMost("pages of lists", m.count(listRoles), m.pages)
	c.requests(m, b.size, 0, 0)
	c.atMost("writes of one ArizeRole", m.writesPerRole(), 3)
	c.writes(m, m.writes(roleResource), m.sweeps(), b.size)
}

func (b *bench) checkIdle(c *checker, m measurement) {
	c.swept(m, b.idleSweeps())
	c.requests(m, 0, 0, 0)
	c.writes(m, 0, b.idleSweeps(), 0)
}

func (b *bench) checkRestart(c *checker, m measurement) {
	c.swept(m, 1)
	c.requests(m, 0, 0, 0)
	c.writes(m, 0, 1, 0)
}

// checkHandover allows two Events: the old leader may still get out that it stopped leading.
func (b *bench) checkHandover(c *checker, m measurement) {
	c.swept(m, 1)
	c.requests(m, 0, 0, 0)
	c.writes(m, 0, 1, 2)
}

func (b *bench) checkFailover(c *checker, m measurement) {
	c.swept(m, 1)
	c.requests(m, 0, 0, 0)
	c.writes(m, 0, 1, 1)
}

func (b *bench) checkDetect(c *checker, m measurement) {
	c.equal("pages of lists in sweeps that are not complete", m.count(listRoles)-m.sweeps()*m.pages, 0)
	c.requests(m, 0, 1, 0)
	c.fields(m, "permissions")
	c.atMost("writes of one ArizeRole", m.writesPerRole(), 1)
	c.writes(m, m.writes(roleResource), m.sweeps(), 1)
}

// checkDrift is for n roles that lost a permission.
func (b *bench) checkDrift(n int) func(*checker, measurement) {
	return func(c *checker, m measurement) {
		c.swept(m, 1)
		c.requests(m, 0, n, 0)
		c.fields(m, "permissions")
		c.atMost("writes of one ArizeRole", m.writesPerRole(), 1)
		c.writes(m, m.writes(roleResource), 1, n)
	}
}

func (b *bench) checkEdit(c *checker, m measurement) {
	c.swept(m, 0)
	c.requests(m, 0, 1, 0)
	c.fields(m, "description")
	c.writes(m, 1, 0, 1)
}

// checkOutage is for a time in which every request fails.
func (b *bench) checkOutage(c *checker, m measurement) {
	// Three failures close the account; from then on it alone asks, each time after twice as long.
	probes := 3 + bits.Len(uint(max(m.took, 0)/time.Second)) + 1
	c.atMost("requests", len(m.requests), probes)
	c.equal("other requests than lists", len(m.requests)-m.count(listRoles), 0)
	c.equal("requests that did not fail", len(m.requests)-m.refused(), 0)
	c.atMost("writes of one ArizeRole", m.writesPerRole(), 1)
	c.writes(m, b.size, probes, b.size+1)
}

func (b *bench) checkRecovery(c *checker, m measurement) {
	c.swept(m, 1)
	c.requests(m, 0, 0, 0)
	c.atMost("writes of one ArizeRole", m.writesPerRole(), 1)
	c.writes(m, b.size, 1, b.size+1)
}

func (b *bench) checkRemove(c *checker, m measurement) {
	c.swept(m, 0)
	c.requests(m, 0, 0, b.size)
	c.writes(m, b.size, 0, b.size)
	// Whether the CRD stays is asked of the apiserver before each deletion. The account may read its Secret meanwhile.
	c.atMost("reads of the apiserver", m.reads(), b.size+m.writes(accountResource)+1)
}

func (b *bench) checkTextbookCreate(c *checker, m measurement) {
	c.equal("POSTs", m.count(createRole), b.size)
	c.equal("requests that failed", m.refused(), 0)
}

func (b *bench) checkTextbookIdle(c *checker, m measurement) {
	c.equal("requests that are no GETs", len(m.requests)-m.others(), 0)
	c.equal("requests that failed", m.refused(), 0)
	c.equal("writes", m.writes(""), 0)
	if polled := m.others(); polled < b.size/2 {
		c.note("%d polls of %d roles are no polling", polled, b.size)
	}
}

func (b *bench) checkTextbookEdit(c *checker, m measurement) {
	c.equal("PATCHes", m.count(updateRole), 1)
}

func (b *bench) checkTextbookRemove(c *checker, m measurement) {
	c.equal("DELETEs", m.count(deleteRole), b.size)
}
