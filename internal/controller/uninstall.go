package controller

import (
	"context"
	"fmt"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

const crdName = "arizeroles." + v1alpha1.GroupName

func crdMetadata() *metav1.PartialObjectMetadata {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
	return object
}

// uninstalling says whether the CRD of an ArizeRole that is being deleted is being deleted itself: then every remote
// role stays. The question goes to the apiserver, for the cache may hear of the ArizeRole's deletion first. But the CRD's
// begins before those that follow from it: if the CRD stays now, then it was a person who deleted this ArizeRole. What
// comes later the cache will hear of, and the apiserver is not asked again.
func (r *RoleReconciler) uninstalling(ctx context.Context, role *v1alpha1.ArizeRole) (bool, error) {
	if r.memory.isDeletedByPerson(role.UID) {
		return crdGoes(ctx, r.client)
	}
	goes, err := crdGoes(ctx, r.live)
	if err == nil && !goes {
		r.memory.deletedByPerson(role.UID)
	}
	return goes, err
}

// crdGoes says whether the CRD is being deleted, or gone.
func crdGoes(ctx context.Context, reader client.Reader) (bool, error) {
	crd := crdMetadata()
	if err := reader.Get(ctx, types.NamespacedName{Name: crdName}, crd); err != nil {
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, fmt.Errorf("asking whether the CRD is being deleted: %w", err)
	}
	return !crd.DeletionTimestamp.IsZero(), nil
}

// rolesOnTheirWay maps the CRD to the ArizeRoles that were being deleted before it: no event of their own tells them.
func (r *RoleReconciler) rolesOnTheirWay(ctx context.Context, _ client.Object) []reconcile.Request {
	var roles v1alpha1.ArizeRoleList
	if err := r.client.List(ctx, &roles, client.UnsafeDisableDeepCopy); err != nil {
		log.FromContext(ctx).Error(err, "Failed to list the ArizeRoles that are being deleted")
		return nil
	}
	var requests []reconcile.Request
	for i := range roles.Items {
		if !roles.Items[i].DeletionTimestamp.IsZero() {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&roles.Items[i])})
		}
	}
	return requests
}

// startsToGo lets through an object whose deletion begins.
func startsToGo() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetDeletionTimestamp().IsZero() && !e.ObjectNew.GetDeletionTimestamp().IsZero()
		},
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
}
