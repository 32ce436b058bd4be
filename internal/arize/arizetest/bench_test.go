package arizetest_test

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// BenchmarkChangeWithStateFile is what a change costs when an account is large and everything is kept.
func BenchmarkChangeWithStateFile(b *testing.B) {
	srv, err := arizetest.Load(filepath.Join(b.TempDir(), "s"), arizetest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	srv.SeedRoles(1000)
	role := srv.CustomRoles()[0]
	for b.Loop() {
		srv.ChangeRole(role.ID, func(*arizetest.Role) {})
	}
}

// BenchmarkSweep is what listing a thousand roles costs the simulator, and a bare client.
func BenchmarkSweep(b *testing.B) {
	srv := arizetest.NewServer(arizetest.Options{LogLimit: 100})
	srv.SeedRoles(1000)
	a := &api{b, srv.Client(), arizetest.URL, arizetest.DefaultKey}
	for b.Loop() {
		if names, _ := a.walk(url.Values{"limit": {"100"}}); len(names) != 1004 {
			b.Fatalf("got %d roles", len(names))
		}
	}
}
