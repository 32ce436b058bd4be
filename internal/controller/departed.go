package controller

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/plan"
)

// The apiserver looks for finalizers before it asks the webhooks about a deletion, and not again after. An ArizeRole that gets
// our finalizer in between departs in spite of it, while its role is being created, and nothing in Kubernetes is left to tell.
// The last version of the ArizeRole comes with the event of its deletion; it is kept in memory, and its deletion done from there.

// slipped says that an ArizeRole went although our finalizer was on it. One that was let go of in order was being deleted
// before; from one that went by force the finalizer had been taken. What the event only guesses proves nothing.
func slipped(e event.DeleteEvent, role *v1alpha1.ArizeRole) bool {
	return !e.DeleteStateUnknown && role.DeletionTimestamp.IsZero() && controllerutil.ContainsFinalizer(role, v1alpha1.RoleFinalizer)
}

// leads says that this process is the one that works. One that stands by would remember what is long done.
func (r *RoleReconciler) leads() bool {
	select {
	case <-r.elected:
		return true
	default:
		return false
	}
}

// forget is called when an ArizeRole is gone: there is nothing more to know of it, unless it slipped away.
func (r *RoleReconciler) forget(ctx context.Context, e event.DeleteEvent, role *v1alpha1.ArizeRole) {
	if !slipped(e, role) || !r.leads() {
		r.memory.drop(role.UID)
		return
	}
	departed := role.DeepCopy()
	departed.DeletionTimestamp = new(metav1.NewTime(r.clock.Now()))
	log.FromContext(ctx).Info("ArizeRole went in spite of its finalizer, its deletion goes on from memory", "namespace", role.Namespace, "name", role.Name)
	r.memory.departs(departed)
	r.roles.hurry(client.ObjectKeyFromObject(departed))
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
		if again > 0 && (result.RequeueAfter == 0 || again < result.RequeueAfter) {
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
	pass, err := r.load(ctx, role)
	if err != nil {
		return 0, err
	}
	defer r.invite(pass)
	pass.input.Self.Departed = true
	done, err := r.act(ctx, role, pass, plan.Decide(pass.input))
	if err != nil {
		return 0, err
	}
	if pass.session == nil && done.step.Verb == plan.Refuse { // its account is gone, too, and with it the way to Arize
		done.step = plan.Step{Verb: plan.Release, Orphaned: true}
	}
	if done.over() {
		r.announceEnd(ctx, role, pass, done)
		r.memory.drop(role.UID)
		return 0, nil
	}
	again = r.again(done, pass, r.memory.history(role.UID).Failures).RequeueAfter
	if done.outcome.Sent {
		verdict := done.verdict()
		log.FromContext(ctx).Info("Failed to delete the role of an ArizeRole that is gone", "reason", verdict.Reason, "message", verdict.Message, "again", again.String())
		return again, nil
	}
	if again == 0 || again > uninvited {
		again = uninvited // nobody wakes one that is gone when its account is well again
	}
	return again, nil
}
