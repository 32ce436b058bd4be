package controller

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

func TestARivalIsReadAnewWhenTheCacheIsBehind(t *testing.T) {
	version := func(uid types.UID, version string) *v1alpha1.ArizeRole {
		return &v1alpha1.ArizeRole{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "reader", UID: uid, ResourceVersion: version}}
	}
	for name, row := range map[string]struct {
		written string
		live    *v1alpha1.ArizeRole
		want    string
	}{
		"we did not write it":            {"", nil, "5"},
		"the cache has what we wrote":    {"5", nil, "5"},
		"the cache is behind":            {"6", version("1", "7"), "7"},
		"it is gone":                     {"6", nil, "5"},
		"another one has taken its name": {"6", version("2", "7"), "5"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &RoleReconciler{memory: newMemory(), live: only{role: row.live}}
			if row.written != "" {
				r.memory.wrote("1", row.written)
			}
			got, err := r.fresh(t.Context(), version("1", "5"))
			if err != nil || got.UID != "1" || got.ResourceVersion != row.want {
				t.Errorf("got uid %s, version %s, %v; want uid 1, version %s", got.UID, got.ResourceVersion, err, row.want)
			}
		})
	}
}

func TestOnlyItsOwnPassSaysThatTheCacheHasCaughtUp(t *testing.T) {
	read := func(version string) *v1alpha1.ArizeRole {
		return &v1alpha1.ArizeRole{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "reader", UID: "1", ResourceVersion: version}}
	}
	r := &RoleReconciler{memory: newMemory(), live: only{role: read("8")}}
	r.memory.wrote("1", "8")
	inHand := read("5")
	if _, err := r.fresh(t.Context(), read("8")); err != nil {
		t.Fatal(err)
	}
	if err := r.refresh(t.Context(), inHand); err != nil || inHand.ResourceVersion != "8" {
		t.Errorf("a pass goes on with version %s (%v), though we wrote 8", inHand.ResourceVersion, err)
	}
	if err := r.refresh(t.Context(), read("8")); err != nil || len(r.memory.written) != 0 {
		t.Errorf("%d writes are remembered (%v), though the cache has caught up", len(r.memory.written), err)
	}
}

// only is an apiserver that has one ArizeRole, or none.
type only struct {
	client.Reader
	role *v1alpha1.ArizeRole
}

func (o only) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	role, ok := into.(*v1alpha1.ArizeRole)
	if !ok || o.role == nil {
		return apierrors.NewNotFound(v1alpha1.GroupVersion.WithResource("arizeroles").GroupResource(), key.Name)
	}
	o.role.DeepCopyInto(role)
	return nil
}
