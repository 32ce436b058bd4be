package controller

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// What the operator reads or writes of an object must be in the cache; the rest is left out of it.
func TestSlim(t *testing.T) {
	t.Parallel()
	role := &v1alpha1.ArizeRole{
		ObjectMeta: metav1.ObjectMeta{
			Name: "role", Labels: map[string]string{"a": "b"}, Finalizers: []string{v1alpha1.RoleFinalizer},
			Annotations: map[string]string{
				v1alpha1.ReconcileRequestAnnotation: "now", corev1.LastAppliedConfigAnnotation: "a copy of everything",
			},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		},
		Spec:   v1alpha1.ArizeRoleSpec{Name: "Role", Permissions: append(make([]string, 0, 32), "B_READ", "A_READ")},
		Status: v1alpha1.ArizeRoleStatus{RoleID: "r1", Conditions: append(make([]metav1.Condition, 0, 4), metav1.Condition{Type: "Ready"})},
	}
	want := role.DeepCopy()
	want.ManagedFields = nil
	delete(want.Annotations, corev1.LastAppliedConfigAnnotation)
	got, err := slim(role)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, any(want)); diff != "" {
		t.Errorf("cached (-got +want):\n%s", diff)
	}
	if cap(role.Spec.Permissions) != 2 || cap(role.Status.Conditions) != 1 {
		t.Errorf("room for %d permissions and %d conditions is kept", cap(role.Spec.Permissions), cap(role.Status.Conditions))
	}
	if got, err := slim("no object"); got != "no object" || err != nil {
		t.Errorf("got %v, %v of what is no object", got, err)
	}
}
