package main

import (
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// testStaleCache lets the manager's cache fall behind its own writes: what is done must not be done again.
func testStaleCache(t *testing.T, s *suite) {
	t.Run("a deletion is over", func(t *testing.T) {
		sc := newScene(t, s, "stale-deletion")
		hasTwo(sc)
		finalizer := kube(beforehand, role, "finalizers")(sc)
		sc.delete("one")
		sc.await("the finalizer to go", finalizer.await)
		sc.front.stall("/arizeroles") // the cache has heard of the deletion, and does not hear of its end
		defer sc.front.resume()
		finalizer.spring()
		sc.wakeAll()
		sc.sweep()
		if n := len(sc.arize.Requests(arizetest.ByAccount(sc.namespace), arizetest.ByRoute("DELETE /v2/roles/{role_id}"))); n != 1 {
			t.Errorf("the role was deleted %d times", n)
		}
		sc.front.resume()
		sc.isTrue()
		sc.end()
	})
	t.Run("a stranger's role is as new as the intent to create the same", func(t *testing.T) {
		sc := newScene(t, s, "stale-inventory")
		sc.openAccount()
		adoptsUnseen(sc)
		sc.isTrue()
		onlyAdopted(sc)
		sc.end()
	})
}
