package controller

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

func TestOnlyWhatGoesInSpiteOfOurFinalizerSlips(t *testing.T) {
	leading, standingBy := make(chan struct{}), make(chan struct{})
	close(leading)
	deleted := new(metav1.NewTime(time.Now()))
	ours := []string{v1alpha1.RoleFinalizer}
	for name, row := range map[string]struct {
		elected    <-chan struct{}
		finalizers []string
		deleted    *metav1.Time
		unsure     bool
		want       bool
	}{
		"it slipped away":                             {leading, ours, nil, false, true},
		"it slipped away from somebody else, too":     {leading, append([]string{"example.com/hold"}, ours...), nil, false, true},
		"it was let go of":                            {leading, ours, deleted, false, false},
		"it had no finalizer, or was deprived of it":  {leading, nil, nil, false, false},
		"nobody saw how it went":                      {leading, ours, nil, true, false},
		"it slipped away from another that leads now": {standingBy, ours, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			role := &v1alpha1.ArizeRole{ObjectMeta: metav1.ObjectMeta{
				Namespace: "team", Name: "reader", UID: "1", Finalizers: row.finalizers, DeletionTimestamp: row.deleted,
			}}
			r := &RoleReconciler{elected: row.elected}
			if got := r.slips(event.DeleteEvent{Object: role, DeleteStateUnknown: row.unsure}, role); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

func TestWhatSlippedAwayIsKeptAsBeingDeleted(t *testing.T) {
	role := &v1alpha1.ArizeRole{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "reader", UID: "1"}}
	r := &RoleReconciler{memory: newMemory(), roles: &waker{}, clock: clock.RealClock{}}
	r.keep(role)
	departed := r.memory.departed(client.ObjectKeyFromObject(role))
	if len(departed) != 1 || departed[0].DeletionTimestamp.IsZero() {
		t.Errorf("got %v, want the role, being deleted", departed)
	}
	if role.DeletionTimestamp != nil {
		t.Error("the object of the cache was changed")
	}
}
