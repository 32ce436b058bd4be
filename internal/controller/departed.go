package controller

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/plan"
)

// The apiserver looks for finalizers before it asks the webhooks about a deletion, and not again after. An ArizeRole that gets
// our finalizer in between departs in spite of it, while its role is being created, and nothing in Kubernetes is left to tell.
// The last version of the ArizeRole comes with the event of its deletion; it is kept in memory, and its deletion done from there.

// slips says that an ArizeRole went although our finalizer was on it, or that its labels hide it from us now. One that was let
// go of in order was being deleted before; from one that went by force the finalizer had been taken. What the event only
// guesses proves nothing, and a process that stands by would remember what is long done.
func (r *RoleReconciler) slips(e event.DeleteEvent, role *v1alpha1.ArizeRole) bool {
	return r.leads() && !e.DeleteStateUnknown && role.DeletionTimestamp.IsZero() && controllerutil.ContainsFinalizer(role, v1alpha1.RoleFinalizer)
}

func (r *RoleReconciler) leads() bool {
	select {
	case <-r.elected:
		return true
	default:
		return false
	}
}

// departs is called when an ArizeRole is gone. Of one that slips away the deletion has yet to be done, before anybody
// takes its place.
func (r *RoleReconciler) departs(ctx context.Context, e event.DeleteEvent, role *v1alpha1.ArizeRole) {
	if r.slips(e, role) {
		r.keep(role)
	} else {
		r.forget(ctx, role)
	}
}

// keep remembers an ArizeRole that is gone as one that is being deleted.
func (r *RoleReconciler) keep(role *v1alpha1.ArizeRole) {
	departed := role.DeepCopy()
	departed.DeletionTimestamp = new(metav1.NewTime(r.clock.Now()))
	r.memory.departs(departed)
	r.roles.hurry(client.ObjectKeyFromObject(departed))
}

// forget drops what is known of an ArizeRole that is gone, and wakes who waited for that.
func (r *RoleReconciler) forget(ctx context.Context, role *v1alpha1.ArizeRole) {
	r.memory.drop(role.UID)
	r.wakeRivals(ctx, role)
	r.freeAccount(ctx, role)
}

// tooLate keeps what the status of an ArizeRole that is gone would have said of its creation.
func (r *RoleReconciler) tooLate(role *v1alpha1.ArizeRole, done result, failed error) {
	if apierrors.IsNotFound(failed) && done.step.Verb == plan.Create && done.outcome.Role != nil {
		r.memory.unwritten(role.UID, role.Status)
	}
}

// departedFirst finishes with the departed of a name before the ArizeRole that may have it now gets its turn.
func (r *RoleReconciler) departedFirst(present reconcile.Reconciler) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (ctrl.Result, error) {
		again, err := r.finish(ctx, request.NamespacedName)
		if err != nil {
			return ctrl.Result{}, err
		}
		result, err := present.Reconcile(ctx, request)
		if err == nil && again > 0 && (result.RequeueAfter == 0 || again < result.RequeueAfter) {
			result.RequeueAfter = again
		}
		return result, err
	})
}

// finish moves the deletions of the departed of a name on, and says when to go on with them, if they are not done.
func (r *RoleReconciler) finish(ctx context.Context, key types.NamespacedName) (again time.Duration, err error) {
	for _, role := range r.memory.departed(key) {
		wait, err := r.finishOne(ctx, role)
		if err != nil {
			return 0, err
		}
		if wait > 0 && (again == 0 || wait < again) {
			again = wait
		}
	}
	return again, nil
}

func (r *RoleReconciler) finishOne(ctx context.Context, role *v1alpha1.ArizeRole) (again time.Duration, err error) {
	r.desks.enter()
	defer r.desks.leave()
	if lives, err := r.lives(ctx, role); err != nil || lives {
		return 0, err
	}
	pass, err := r.load(ctx, role)
	if err != nil {
		return 0, err
	}
	pass.input.Self.Departed = true
	done, err := r.act(ctx, role, pass, plan.Decide(pass.input))
	if err != nil {
		return 0, err
	}
	if done.outcome.Sent {
		r.invite(pass)
	}
	if done.step.Verb == plan.Refuse && r.noWayLeft(ctx, pass) {
		done.step = plan.Step{Verb: plan.Release, Orphaned: true}
	}
	if done.finished() {
		r.announceEnd(ctx, role, pass, done)
		r.forget(ctx, role)
		return 0, nil
	}
	r.complain(ctx, role, pass, done)
	return r.paceOf(role, pass, done), nil
}

// lives says that an ArizeRole is not gone: its labels hide it from us, and nothing is to be done about it.
func (r *RoleReconciler) lives(ctx context.Context, role *v1alpha1.ArizeRole) (bool, error) {
	var present v1alpha1.ArizeRole
	err := r.live.Get(ctx, client.ObjectKeyFromObject(role), &present)
	if err == nil && present.UID == role.UID {
		r.forget(ctx, role)
		return true, nil
	}
	return false, client.IgnoreNotFound(err)
}

// noWayLeft says that there is no way to Arize for a departed ArizeRole, and never will be: its account is gone, or is going
// and has no key but the one that is good for what is known to be ours.
func (r *RoleReconciler) noWayLeft(ctx context.Context, pass rolePass) bool {
	var account v1alpha1.ArizeAccount
	if err := r.client.Get(ctx, pass.account, &account); err != nil {
		return apierrors.IsNotFound(err) && pass.session == nil
	}
	return !account.DeletionTimestamp.IsZero() && pass.input.Account.Gate == plan.GateDeleteOnly
}

// complain tells why the role of a departed ArizeRole is still there, when that changes. Who waits for it may have it.
func (r *RoleReconciler) complain(ctx context.Context, role *v1alpha1.ArizeRole, pass rolePass, done result) {
	why := pass.input.Account.Message
	if done.outcome.Sent {
		why = done.outcome.Message + done.outcome.Holders
	}
	if done.step.Verb == plan.Wait || why == "" || !r.memory.complains(role.UID, why) {
		return // also what was refused before was told before
	}
	note := fmt.Sprintf("The ArizeRole is gone, and its role %q in Arize cannot be deleted yet: %s", nameLeft(role.Status), why)
	r.event(ctx, role, pass, corev1.EventTypeWarning, string(done.verdict().Reason), string(plan.Delete), note)
	r.wakeRivals(ctx, role)
}

// nameLeft is the name in Arize of what an ArizeRole leaves there.
func nameLeft(status v1alpha1.ArizeRoleStatus) string {
	if status.RoleID == "" && status.PendingCreate != nil {
		return status.PendingCreate.Name
	}
	return status.RoleName
}

// paceOf is when to go on with a deletion that is not done. Nobody wakes one that is gone when its account is well again.
func (r *RoleReconciler) paceOf(role *v1alpha1.ArizeRole, pass rolePass, done result) time.Duration {
	again := r.again(done, pass, r.memory.history(role.UID).Failures).RequeueAfter
	if !done.outcome.Sent && (again == 0 || again > uninvited) {
		return uninvited
	}
	return again
}
