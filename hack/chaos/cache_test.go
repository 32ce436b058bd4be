package main

import (
	"testing"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// testStaleCache lets the manager's cache fall behind its own writes: what is done must not be done again.
func testStaleCache(t *testing.T, s *suite) {
	t.Run("a deletion is over", func(t *testing.T) { endsBehindTheCache(t, newScene(t, s, "stale-deletion"), 0) })
	t.Run("a deletion is over, and the answer is lost that says so", func(t *testing.T) {
		endsBehindTheCache(t, newScene(t, s, "stale-lost-deletion"), 1)
	})
	t.Run("an edit is newer than the intent to create", func(t *testing.T) {
		sc := newScene(t, s, "stale-intent")
		sc.openAccount()
		intent := kube(beforehand, status, `"pendingCreate":{`)(sc)
		declares(sc)
		sc.await("the manager to get there", intent.await)
		edits(sc)
		intent.spring()
		sc.isTrue()
		if posts, patches := sc.changes("POST"), sc.changes("PATCH"); posts != 1 || patches != 0 {
			t.Errorf("what was declared before was created: %d POSTs, %d PATCHes", posts, patches)
		}
		sc.end()
	})
	t.Run("a role was made again", func(t *testing.T) {
		sc := newScene(t, s, "stale-origin")
		hasTwo(sc)
		sc.front.stall("/arizeroles")
		defer sc.front.resume()
		sc.arize.Account(sc.namespace).RemoveRole(sc.status("one").RoleID)
		sc.sweep()
		sc.isTrue()
		sc.wakeAll() // who knows the lost id alone takes the new role for a stranger's
		sc.sweep()
		sc.front.resume()
		sc.isTrue()
		if origin := sc.status("one").Origin; origin != v1alpha1.OriginCreated {
			t.Errorf("its origin is %q", origin)
		}
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

// endsBehindTheCache lets a deletion end behind the cache's back. Some of the answers to its last write are lost.
func endsBehindTheCache(t *testing.T, sc *scene, lost int32) {
	t.Helper()
	hasTwo(sc)
	finalizer := kube(beforehand, role, "finalizers")(sc)
	sc.delete("one")
	sc.await("the finalizer to go", finalizer.await)
	sc.front.stall("/arizeroles") // the cache has heard of the deletion, and does not hear of its end
	defer sc.front.resume()
	if lost > 0 {
		sc.front.lose(afterwards, lost, func(asked access) bool { return asked.writes() && concernsRole(asked.Path) })
	}
	finalizer.spring()
	sc.wakeAll()
	sc.sweep()
	if n := len(sc.arize.Requests(arizetest.ByAccount(sc.namespace), arizetest.ByRoute("DELETE /v2/roles/{role_id}"))); n != 1 {
		t.Errorf("the role was deleted %d times", n)
	}
	sc.front.resume()
	sc.isTrue()
	sc.end()
}
