package session

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

const (
	benchRoles = 10_000
	benchPage  = 100
)

// benchPages are the pages of an account with many roles of 20 permissions each, in
// memory of their own, as if they had just been decoded.
func benchPages(b *testing.B) [][]arize.Role {
	b.Helper()
	var pages [][]arize.Role
	for first := 0; first < benchRoles; first += benchPage {
		page := make([]arize.Role, benchPage)
		for i := range page {
			n := first + i
			page[i] = arize.Role{
				ID: fmt.Sprintf("Um9sZTo%08d", n), Name: fmt.Sprintf("Role %d of the account", n),
				Description: fmt.Sprintf("What role %d is for, in a few words.", n), CreatedAt: epoch, UpdatedAt: epoch,
			}
			for p := range 20 {
				page[i].Permissions = append(page[i].Permissions, fmt.Sprintf("RESOURCE_%02d_READ", (n+p)%145))
			}
		}
		pages = append(pages, decoded(b, page))
	}
	return pages
}

// decoded copies a page as the client would have made it: of each permission there is
// one copy in the process.
func decoded(b *testing.B, page []arize.Role) (fresh []arize.Role) {
	b.Helper()
	text, err := json.Marshal(page)
	if err != nil {
		b.Fatal(err)
	}
	if err := json.Unmarshal(text, &fresh); err != nil {
		b.Fatal(err)
	}
	for i := range fresh {
		for p, permission := range fresh[i].Permissions {
			fresh[i].Permissions[p] = arize.Intern(permission)
		}
	}
	return fresh
}

func sweepPages(v *inventory, pages [][]arize.Role) Changes {
	l := v.begin(epoch)
	for _, page := range pages {
		l.sent = v.tick()
		v.take(l, page)
	}
	return v.install(l)
}

// BenchmarkSweep is what a list of 10,000 roles costs beyond its requests.
func BenchmarkSweep(b *testing.B) {
	pages := benchPages(b)
	changed := make([][]arize.Role, len(pages))
	for i, page := range pages {
		changed[i] = append([]arize.Role(nil), page...)
		changed[i][i%benchPage].Description = "changed"
	}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v := newInventory()
			sweepPages(&v, pages)
		}
	})
	b.Run("nothing changed", func(b *testing.B) {
		v := newInventory()
		sweepPages(&v, pages)
		b.ReportAllocs()
		for b.Loop() {
			if changes := sweepPages(&v, pages); len(changes.IDs) > 0 {
				b.Fatal("something changed")
			}
		}
	})
	b.Run("one percent changed", func(b *testing.B) {
		v := newInventory()
		sweepPages(&v, pages)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if changes := sweepPages(&v, [][][]arize.Role{changed, pages}[i%2]); len(changes.IDs) != benchRoles/100 {
				b.Fatalf("got %d changes", len(changes.IDs))
			}
		}
	})
}

// BenchmarkInventoryMemory is what a role keeps in memory.
func BenchmarkInventoryMemory(b *testing.B) {
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	for b.Loop() {
		before := heap()
		v := newInventory()
		sweepPages(&v, benchPages(b))
		b.ReportMetric(float64(heap()-before)/benchRoles, "B/role")
		runtime.KeepAlive(&v)
	}
}

// BenchmarkObserve is a look of one of 10,000 roles at itself.
func BenchmarkObserve(b *testing.B) {
	s := newSession(nil, Limits{RequestsPerSecond: 10, Burst: 20}, func() time.Time { return epoch })
	sweepPages(&s.inventory, benchPages(b))
	role := s.inventory.roles["Um9sZTo00005000"].role
	b.ReportAllocs()
	for b.Loop() {
		if seen := s.Observe(role.ID, role.Name, ""); seen.Role == nil || seen.Named == nil {
			b.Fatal("not found")
		}
	}
}
