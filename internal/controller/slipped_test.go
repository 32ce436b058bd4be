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

func TestOnlyWhatWentInSpiteOfOurFinalizerIsRemembered(t *testing.T) {
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
			r := &RoleReconciler{memory: newMemory(), roles: &waker{}, clock: clock.RealClock{}, elected: row.elected}
			r.forget(t.Context(), event.DeleteEvent{Object: role, DeleteStateUnknown: row.unsure}, role)
			departed := r.memory.departed(client.ObjectKeyFromObject(role))
			if got := len(departed) == 1; got != row.want {
				t.Fatalf("remembered: %v, want %v", got, row.want)
			}
			if row.want && departed[0].DeletionTimestamp.IsZero() {
				t.Error("what is remembered is not being deleted")
			}
			if row.deleted == nil && role.DeletionTimestamp != nil {
				t.Error("the object of the cache was changed")
			}
		})
	}
}
