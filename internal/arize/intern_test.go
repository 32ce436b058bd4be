package arize_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// same tells one string from two that are equal.
func same(a, b string) bool { return unsafe.StringData(a) == unsafe.StringData(b) } //nolint:gosec // only compared

func TestInternShares(t *testing.T) {
	t.Parallel()
	first := arize.Intern(strings.Clone("INTERN_TEST_READ"))
	again := arize.Intern(strings.Clone("INTERN_TEST_READ"))
	if first != again || !same(first, again) {
		t.Errorf("got %q and %q, want one string", first, again)
	}
}

// TestInternIsBounded gives it more names than there are, from many sides: what it returns is what it was given.
func TestInternIsBounded(t *testing.T) {
	t.Parallel()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for i := range 10_000 {
				if name := "MADE_UP_" + strconv.Itoa(i); arize.Intern(name) != name {
					t.Errorf("got %q, want %q", arize.Intern(name), name)
				}
			}
		})
	}
	callers.Wait()
	one, other := strings.Clone("BEYOND_ALL"), strings.Clone("BEYOND_ALL")
	if same(arize.Intern(one), arize.Intern(other)) {
		t.Error("it keeps more names than it may")
	}
}
