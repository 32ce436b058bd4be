package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/plan"
	"github.com/arize-operator/arize-operator/internal/session"
)

// AccountReconciler keeps the session of each ArizeAccount: its credentials, its
// health, and the inventory that one sweep per interval fills.
type AccountReconciler struct {
	client   client.Client
	live     client.Reader // asks the apiserver itself: no Secret is ever cached
	events   recorder
	sessions *session.Registry
	roles    *waker
	accounts *waker
	secrets  *secretWatches
	memory   *memory
	clock    clock.PassiveClock

	concurrency int // of the requests about roles of one account
}

// +kubebuilder:rbac:groups=iam.arize-operator.io,resources=arizeaccounts,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=iam.arize-operator.io,resources=arizeaccounts/status,verbs=patch
// +kubebuilder:rbac:groups=iam.arize-operator.io,resources=arizeaccounts/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch

// Reconcile opens the account's session and sweeps it when that is due.
func (r *AccountReconciler) Reconcile(ctx context.Context, request reconcile.Request) (ctrl.Result, error) {
	key := request.NamespacedName
	users, err := rolesWhere(ctx, r.client, rolesByAccount, key.String())
	if err != nil {
		return ctrl.Result{}, err
	}
	var account v1alpha1.ArizeAccount
	if err := r.read(ctx, key, &account); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(key, users)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, err
	}
	if held, err := r.hold(ctx, &account, len(users)); !held || err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	now, err := r.open(ctx, &account, users)
	if err != nil {
		return ctrl.Result{}, err
	}
	r.sweepIfDue(ctx, &now)
	return r.report(ctx, &account, now)
}

// read reads the account, and not from a cache that is older than our own last write
// of it: what was written and announced would be so again.
func (r *AccountReconciler) read(ctx context.Context, key types.NamespacedName, account *v1alpha1.ArizeAccount) error {
	if err := r.client.Get(ctx, key, account); err != nil || !r.memory.behind(account.UID, account.ResourceVersion) {
		return err
	}
	return r.live.Get(ctx, key, account)
}

// forget drops what is known of an account that is gone, however it went.
func (r *AccountReconciler) forget(key types.NamespacedName, users []v1alpha1.ArizeRole) {
	r.sessions.Drop(session.Key(key))
	r.secrets.forget(key)
	r.roles.wake(keysOf(users)...)
}

// hold keeps an account that ArizeRoles use from going away, and lets go of one
// that none uses any more.
func (r *AccountReconciler) hold(ctx context.Context, account *v1alpha1.ArizeAccount, users int) (held bool, err error) {
	before := account.DeepCopy()
	deleting := !account.DeletionTimestamp.IsZero()
	var changed bool
	switch {
	case !deleting:
		changed = controllerutil.AddFinalizer(account, v1alpha1.InUseFinalizer)
	case users == 0:
		changed = controllerutil.RemoveFinalizer(account, v1alpha1.InUseFinalizer)
	}
	if changed {
		// The lock, because a merge patch replaces the list of finalizers.
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := r.client.Patch(ctx, account, patch); err != nil {
			return false, fmt.Errorf("changing the finalizer: %w", err)
		}
		if !deleting {
			r.memory.wrote(account.UID, account.ResourceVersion)
		}
	}
	return !deleting || users > 0, nil
}

// review is what one pass over an account knows and learns.
type review struct {
	key     types.NamespacedName
	account *v1alpha1.ArizeAccount
	users   []v1alpha1.ArizeRole
	session *session.Session
	swept   session.Swept
	err     error // of the sweep
	tried   bool  // a sweep was due
	managed int   // roles that the sweep should find
	missing int   // and those of them that it did not
	request string
}

// open finds the session for the account as it is declared now.
func (r *AccountReconciler) open(ctx context.Context, account *v1alpha1.ArizeAccount, users []v1alpha1.ArizeRole) (review, error) {
	now := review{key: client.ObjectKeyFromObject(account), account: account, users: users}
	key := session.Key(now.key)
	r.secrets.follow(now.key, account.Spec.APIKeySecretRef.Name) //nolint:contextcheck // the watch outlives this pass
	settings, err := options(ctx, r.live, account)
	if problem, ok := errors.AsType[unusable](err); ok {
		now.session = r.sessions.Fail(key, problem.health())
		return now, nil
	}
	if err != nil {
		return review{}, err
	}
	limit := account.Spec.RateLimit
	now.session, err = r.sessions.Open(key, settings, session.Limits{
		RequestsPerSecond: limit.EffectiveRequestsPerSecond(), Burst: limit.EffectiveBurst(), AtOnce: r.concurrency,
	})
	if err != nil {
		problem := unusable{reason: v1alpha1.ReasonInvalidSpec, message: "The account cannot be used as it is declared: " + err.Error() + "."}
		now.session = r.sessions.Fail(key, problem.health())
	}
	return now, nil
}

// sweepIfDue lists the account's roles, as far as the budget allows.
func (r *AccountReconciler) sweepIfDue(ctx context.Context, now *review) {
	if value := requested(now.account); value != "" && value != now.account.Status.LastHandledReconcileAt {
		now.request = value
		now.session.Request(v1alpha1.ReconcileRequestAnnotation, value)
	}
	if !now.session.Usable() {
		return
	}
	if accepted(now.account) && now.session.Health().Reason == v1alpha1.ReasonRolesVanished {
		now.session.Request(v1alpha1.AcceptVanishedAnnotation, now.account.Annotations[v1alpha1.AcceptVanishedAnnotation])
	}
	if now.session.Due(now.earliest()) > 0 {
		return
	}
	now.tried = true
	now.swept, now.err = now.session.Sweep(ctx, now.lane(), func(exists func(id string) bool) session.Health {
		// Some may have been deleted while the list was read.
		if users, err := rolesWhere(ctx, r.client, rolesByAccount, now.key.String()); err == nil {
			now.users = users
		}
		return now.judge(exists)
	})
	if now.err != nil {
		now.session.Defer(max(plan.Backoff(now.session.Failures()), now.session.Pause()))
	}
}

// earliest is the shortest interval between two sweeps: the jitter of the longest
// wait must not make a sweep that is on time look early.
func (v *review) earliest() time.Duration {
	return v.account.Spec.EffectiveSweepInterval() * 9 / 10
}

func (v *review) lane() session.Lane {
	if v.request != "" {
		return session.Demand
	}
	return session.Upkeep
}

// next is when to look at the account again.
func (r *AccountReconciler) next(now review) ctrl.Result {
	interval := now.account.Spec.EffectiveSweepInterval()
	if !now.session.Usable() {
		return ctrl.Result{RequeueAfter: jittered(interval, 0.1)} // the Secret's watch comes first
	}
	wait := now.session.Due(jittered(interval, 0.1))
	if !now.swept.Complete && now.swept.Wait > 0 {
		wait = now.swept.Wait
	}
	return ctrl.Result{RequeueAfter: max(wait, 10*time.Millisecond)}
}

// wake lets the roles know what concerns them: all of them when the account's
// health turned or its spec changed, else those that look different from before
// and those that waited for the list. They are listed anew: one that came during
// the sweep has seen the account as it was before, and waits to hear of it.
func (r *AccountReconciler) wake(ctx context.Context, now review, specChanged bool) error {
	users, err := rolesWhere(ctx, r.client, rolesByAccount, now.key.String())
	if err != nil {
		return err
	}
	all := now.session.Turned() || specChanged
	for i := range users {
		role := &users[i]
		key := client.ObjectKeyFromObject(role)
		if all || now.swept.Concerns(role.RoleName(), idsOf(role)...) || now.swept.Waiting[key.String()] {
			r.roles.wake(key)
		}
	}
	return nil
}
