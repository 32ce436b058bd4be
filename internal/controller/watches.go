package controller

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/session"
)

// changedByPeople lets through what a person changed: the spec, a deletion, or one
// of the annotations that mean something; and the loss of our finalizer. Our own
// status writes are not among it.
func changedByPeople(finalizer string, annotations ...string) predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		if e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
			e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero() {
			return true
		}
		for _, annotation := range annotations {
			if e.ObjectOld.GetAnnotations()[annotation] != e.ObjectNew.GetAnnotations()[annotation] {
				return true
			}
		}
		return controllerutil.ContainsFinalizer(e.ObjectOld, finalizer) && !controllerutil.ContainsFinalizer(e.ObjectNew, finalizer)
	}}
}

// relabelled lets through a namespace whose labels changed; the ArizeRoles of a
// new one have events of their own.
func relabelled() predicate.Predicate {
	none := func(event.CreateEvent) bool { return false }
	return predicate.And(predicate.LabelChangedPredicate{}, predicate.Funcs{
		CreateFunc: none, DeleteFunc: func(event.DeleteEvent) bool { return false },
	})
}

// rivalry wakes the ArizeRoles that an ArizeRole stood in the way of, when what it
// wants or holds changes, or when it goes, and its account then.
func (r *RoleReconciler) rivalry() handler.EventHandler {
	return handler.Funcs{
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, _ workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			before, ok := e.ObjectOld.(*v1alpha1.ArizeRole)
			after, alsoOK := e.ObjectNew.(*v1alpha1.ArizeRole)
			if ok && alsoOK && claimOf(before) != claimOf(after) {
				r.wakeRivals(ctx, before)
				r.wakeRivals(ctx, after)
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, _ workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			if gone, ok := e.Object.(*v1alpha1.ArizeRole); ok {
				r.departs(ctx, e, gone)
			}
		},
	}
}

// wakeRivals wakes the other ArizeRoles that mean the same name or id, or the name that the role has in Arize.
func (r *RoleReconciler) wakeRivals(ctx context.Context, role *v1alpha1.ArizeRole) {
	names := namesOf(role)
	if has := role.Status.RoleName; has != "" && !slices.Contains(names, has) {
		names = append(names, has)
	}
	for _, name := range names {
		r.wakeNamed(ctx, role, name)
	}
	for _, id := range idsOf(role) {
		r.wakeWhere(ctx, role, rolesByID, id)
	}
}

// wakeNamed wakes the other ArizeRoles that want a name, or are creating it.
func (r *RoleReconciler) wakeNamed(ctx context.Context, role *v1alpha1.ArizeRole, name string) {
	r.wakeWhere(ctx, role, rolesByName, name)
}

func (r *RoleReconciler) wakeWhere(ctx context.Context, except *v1alpha1.ArizeRole, field, value string) {
	roles, err := rolesWhere(ctx, r.client, field, value)
	if err != nil { // only a cache that is being shut down fails
		log.FromContext(ctx).Error(err, "Failed to look up whom to wake")
		return
	}
	for i := range roles {
		if roles[i].UID != except.UID {
			r.wakeRival(except, &roles[i])
		}
	}
}

// wakeRival wakes one that may take over what the holder lets go of. Where its own
// account knows the holder's role, what it knows is older than what just happened:
// then a list comes first, and wakes it. It may wait already, for one that began too
// early, so the account is told, too.
func (r *RoleReconciler) wakeRival(holder, rival *v1alpha1.ArizeRole) {
	key, account := client.ObjectKeyFromObject(rival), rival.Account()
	if other := r.sessions.Get(session.Key(account)); other != nil && account != holder.Account() &&
		other.Observe(holder.Status.RoleID, "", "").Role != nil {
		other.WantSweep(key.String())
		other.Outdated()
		r.accounts.wake(account)
		return
	}
	r.roles.wake(key)
}

// rolesIn maps a namespace, whose labels changed, to the ArizeRoles in it. What they claim may count now, or no more,
// so their rivals elsewhere are woken, too.
func (r *RoleReconciler) rolesIn(ctx context.Context, namespace client.Object) []reconcile.Request {
	var roles v1alpha1.ArizeRoleList
	if err := r.client.List(ctx, &roles, client.InNamespace(namespace.GetName()), client.UnsafeDisableDeepCopy); err != nil {
		log.FromContext(ctx).Error(err, "Failed to list the ArizeRoles of a namespace")
		return nil
	}
	requests := make([]reconcile.Request, 0, len(roles.Items))
	for i := range roles.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&roles.Items[i])})
		r.wakeRivals(ctx, &roles.Items[i])
	}
	return requests
}

// freeAccount wakes the account of an ArizeRole that is gone, if that waits to go.
func (r *RoleReconciler) freeAccount(ctx context.Context, gone *v1alpha1.ArizeRole) {
	var account v1alpha1.ArizeAccount
	if err := r.client.Get(ctx, gone.Account(), &account); err == nil && !account.DeletionTimestamp.IsZero() {
		r.accounts.hurry(gone.Account())
	}
}

func namespaceMetadata() *metav1.PartialObjectMetadata {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	return object
}

func keysOf(roles []v1alpha1.ArizeRole) []types.NamespacedName {
	keys := make([]types.NamespacedName, 0, len(roles))
	for i := range roles {
		keys = append(keys, client.ObjectKeyFromObject(&roles[i]))
	}
	return keys
}
