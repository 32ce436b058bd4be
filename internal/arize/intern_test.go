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

// Those that share are not parallel: they come before TestInternIsBounded leaves no room.

func TestInternShares(t *testing.T) {
	first := arize.Intern(strings.Clone("INTERN_TEST_READ"))
	again := arize.Intern(strings.Clone("INTERN_TEST_READ"))
	if first != again || !same(first, again) {
		t.Errorf("got %q and %q, want one string", first, again)
	}
}

// TestRolesSharePermissions: within a page, and with every other answer.
func TestRolesSharePermissions(t *testing.T) {
	var names []string
	for range 2 {
		client := answered(t, 200, labelled("application/json"), pageOf(2, 1))
		for role, err := range client.Roles(t.Context(), arize.ListOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, role.Permissions...)
		}
	}
	if len(names) != 4 {
		t.Fatalf("got %q, want four permissions", names)
	}
	for _, name := range names {
		if !same(name, names[0]) {
			t.Errorf("got a copy of %q", name)
		}
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
