package main

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
)

// roleReconciler keeps each role in line by asking for it again and again.
type roleReconciler struct {
	client client.Client
	arize  *arize.Client
	poll   time.Duration
}

func (r *roleReconciler) setup(mgr ctrl.Manager, workers int) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.ArizeRole{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(reconcile.AsReconciler[*v1alpha1.ArizeRole](mgr.GetClient(), r))
}

// Reconcile brings one remote role into line, and comes back after the poll interval. A failure is an error, which
// controller-runtime tries again with backoff.
func (r *roleReconciler) Reconcile(ctx context.Context, role *v1alpha1.ArizeRole) (ctrl.Result, error) {
	if !role.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.remove(ctx, role)
	}
	before := role.DeepCopy()
	if controllerutil.AddFinalizer(role, v1alpha1.RoleFinalizer) {
		if err := r.client.Patch(ctx, role, client.MergeFrom(before)); err != nil {
			return ctrl.Result{}, err
		}
	}
	id, err := r.converge(ctx, role)
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: r.poll}, r.report(ctx, role, id)
}

// converge makes the remote role what the spec says, and returns its id.
func (r *roleReconciler) converge(ctx context.Context, role *v1alpha1.ArizeRole) (id string, err error) {
	spec := arize.RoleSpec{Name: role.Spec.Name, Description: role.Spec.Description, Permissions: role.Spec.Permissions}
	if role.Status.RoleID == "" {
		created, err := r.arize.CreateRole(ctx, spec)
		return created.ID, err
	}
	found, err := r.arize.Role(ctx, role.Status.RoleID)
	if err != nil {
		return "", err
	}
	if patch := difference(spec, found); !patch.IsZero() {
		_, err = r.arize.UpdateRole(ctx, found.ID, patch)
	}
	return found.ID, err
}

func difference(want arize.RoleSpec, have arize.Role) arize.RolePatch {
	var patch arize.RolePatch
	if want.Name != have.Name {
		patch.Name = &want.Name
	}
	if want.Description != have.Description {
		patch.Description = &want.Description
	}
	if !slices.Equal(slices.Sorted(slices.Values(want.Permissions)), have.Permissions) {
		patch.Permissions = want.Permissions
	}
	return patch
}

// report writes the status, if that is news.
func (r *roleReconciler) report(ctx context.Context, role *v1alpha1.ArizeRole, id string) error {
	before := role.DeepCopy()
	role.Status.RoleID, role.Status.ObservedGeneration = id, role.Generation
	changed := meta.SetStatusCondition(&role.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync,
		ObservedGeneration: role.Generation, Message: "The role is as declared.",
	})
	if !changed && before.Status.RoleID == id && before.Status.ObservedGeneration == role.Generation {
		return nil
	}
	return r.client.Status().Patch(ctx, role, client.MergeFrom(before))
}

func (r *roleReconciler) remove(ctx context.Context, role *v1alpha1.ArizeRole) error {
	if id := role.Status.RoleID; id != "" {
		if err := r.arize.DeleteRole(ctx, id); err != nil && arize.ClassOf(err) != arize.ClassNotFound {
			return err
		}
	}
	before := role.DeepCopy()
	if !controllerutil.RemoveFinalizer(role, v1alpha1.RoleFinalizer) {
		return nil
	}
	return client.IgnoreNotFound(r.client.Patch(ctx, role, client.MergeFrom(before)))
}
