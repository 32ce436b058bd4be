package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/plan"
)

// report writes what changed and says when to look again.
func (r *RoleReconciler) report(ctx context.Context, role *v1alpha1.ArizeRole, pass rolePass, done result) (ctrl.Result, error) {
	if done.step.Verb == plan.Wait {
		return r.again(done, pass, 0), nil
	}
	if done.finished() {
		return ctrl.Result{}, r.letGo(ctx, role, pass, done)
	}
	before := role.DeepCopy()
	role.Status = nextStatus(role, done, r.clock.Now())
	if !equality.Semantic.DeepEqual(before.Status, role.Status) {
		if err := r.patchStatus(ctx, role); err != nil {
			r.tooLate(role, done, err)
			return ctrl.Result{}, client.IgnoreNotFound(err)
		}
	}
	r.announce(ctx, before, role, pass, done)
	return r.again(done, pass, r.memory.history(role.UID).Failures), nil
}

// patchStatus writes the status whatever happened to the object meanwhile, as long
// as it is the same object: the id of a created role must not be lost to a conflict
// with somebody's edit, nor end up with a namesake. The test of the uid sees to that;
// in a merge patch of the status the apiserver would ignore it.
func (r *RoleReconciler) patchStatus(ctx context.Context, role *v1alpha1.ArizeRole) error {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	patch, err := json.Marshal([]operation{{"test", "/metadata/uid", role.UID}, {"add", "/status", role.Status}})
	if err != nil {
		return fmt.Errorf("encoding the status: %w", err)
	}
	if err := r.client.Status().Patch(ctx, role, client.RawPatch(types.JSONPatchType, patch)); err != nil {
		return fmt.Errorf("writing the status: %w", r.unlessReplaced(ctx, role, err))
	}
	r.memory.wrote(role.UID, role.ResourceVersion)
	return nil
}

// unlessReplaced is why a status was not written; NotFound when the object is gone
// and what has its name now is another one.
func (r *RoleReconciler) unlessReplaced(ctx context.Context, role *v1alpha1.ArizeRole, failed error) error {
	if !apierrors.IsInvalid(failed) {
		return failed
	}
	var present v1alpha1.ArizeRole
	if err := r.live.Get(ctx, client.ObjectKeyFromObject(role), &present); err != nil {
		return errors.Join(failed, err)
	}
	if present.UID != role.UID {
		return apierrors.NewNotFound(v1alpha1.GroupVersion.WithResource("arizeroles").GroupResource(), role.Name)
	}
	return failed
}

// letGo removes the finalizer: what was to be done in Arize is done, or is not ours to do.
func (r *RoleReconciler) letGo(ctx context.Context, role *v1alpha1.ArizeRole, pass rolePass, done result) error {
	before := role.DeepCopy()
	if controllerutil.RemoveFinalizer(role, v1alpha1.RoleFinalizer) {
		r.memory.end(role.UID, ended)
		if err := r.client.Patch(ctx, role, lockedOn(before)); err != nil {
			r.memory.end(role.UID, unsureEnd)
			return client.IgnoreNotFound(fmt.Errorf("removing the finalizer: %w", err))
		}
		r.announceEnd(ctx, before, pass, done)
	}
	return nil
}

// announce makes an event and a log line of each transition, and of nothing else.
func (r *RoleReconciler) announce(ctx context.Context, before, role *v1alpha1.ArizeRole, pass rolePass, done result) {
	if reason, note := happened(before, role, done); reason != "" {
		r.event(ctx, role, pass, corev1.EventTypeNormal, reason, string(done.step.Verb), note)
	}
	if before.Status.Drift == nil && role.Status.Drift != nil {
		r.event(ctx, role, pass, corev1.EventTypeWarning, v1alpha1.EventDriftDetected, "Compare", "The role in Arize differs from the spec: "+remaining(done).Summary()+".")
	}
	was, is := ready(before), ready(role)
	if is != nil && is.Status == metav1.ConditionFalse && (was == nil || was.Status != is.Status || was.Reason != is.Reason) {
		r.event(ctx, role, pass, corev1.EventTypeWarning, is.Reason, string(done.step.Verb), is.Message)
	}
}

// happened is the event for what a pass did, or none.
func happened(before, role *v1alpha1.ArizeRole, done result) (reason, note string) {
	ours := before.Status.Origin == "" || before.Status.RoleID != role.Status.RoleID
	id := role.Status.RoleID
	switch {
	case role.Status.Origin == "":
		return "", ""
	case ours && role.Status.Origin == v1alpha1.OriginCreated:
		return v1alpha1.EventCreated, fmt.Sprintf("Created role %q in Arize (id %s).", role.Status.RoleName, id)
	case ours:
		return v1alpha1.EventAdopted, fmt.Sprintf("Adopted role %q of Arize (id %s).", role.Status.RoleName, id)
	case done.step.Verb != plan.Update || done.outcome.Role == nil:
		return "", ""
	case done.step.Correction:
		return v1alpha1.EventDriftCorrected, fmt.Sprintf("Changed back in Arize: %s.", done.step.Fields)
	default:
		return v1alpha1.EventUpdated, fmt.Sprintf("Changed in Arize after the spec: %s.", done.step.Fields)
	}
}

func (r *RoleReconciler) announceEnd(ctx context.Context, role *v1alpha1.ArizeRole, pass rolePass, done result) {
	switch {
	case done.step.Verb == plan.Delete:
		name := role.Status.RoleName
		if seen := done.step.Seen; seen != nil {
			name = seen.Name
		}
		r.event(ctx, role, pass, corev1.EventTypeNormal, v1alpha1.EventDeleted, string(plan.Delete), fmt.Sprintf("Deleted role %q in Arize (id %s).", name, done.step.ID))
	case done.step.Orphaned:
		r.event(ctx, role, pass, corev1.EventTypeNormal, v1alpha1.EventOrphaned, string(plan.Release), left(role.Status))
	}
}

func left(status v1alpha1.ArizeRoleStatus) string {
	if status.RoleID == "" {
		return fmt.Sprintf("Left in Arize what may have come of the creation of role %q.", status.PendingCreate.Name)
	}
	return fmt.Sprintf("Left role %q in Arize (id %s).", status.RoleName, status.RoleID)
}

func (r *RoleReconciler) event(ctx context.Context, role *v1alpha1.ArizeRole, pass rolePass, kind, reason, action, note string) {
	account := &corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "ArizeAccount",
		Namespace: pass.account.Namespace, Name: pass.account.Name,
	}
	r.events.record(ctx, role, account, transition{kind, reason, action, note})
	log.FromContext(ctx).Info("Role changed state", "reason", reason, "roleID", role.Status.RoleID, "message", note)
}

func ready(role *v1alpha1.ArizeRole) *metav1.Condition {
	return meta.FindStatusCondition(role.Status.Conditions, v1alpha1.ConditionReady)
}
