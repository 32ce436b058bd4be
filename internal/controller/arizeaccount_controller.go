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

// sweepJitter is the part by which the interval between two sweeps varies.
const sweepJitter = 0.1

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

	concurrency int                                                       // of the requests about roles of one account
	departed    func(account types.NamespacedName) []types.NamespacedName // ArizeRoles that are gone, with a deletion that has yet to be done
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
	departed := r.departed(key)
	if held, err := r.hold(ctx, &account, len(users)+len(departed)); !held || err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	pass, err := r.open(ctx, &account, users)
	if err != nil {
		return ctrl.Result{}, err
	}
	pass.departed = departed
	r.sweepIfDue(ctx, &pass)
	return r.report(ctx, &account, pass)
}

// read reads the account, and not from a cache that is older than our own last write
// of it: what was written and announced would be so again.
func (r *AccountReconciler) read(ctx context.Context, key types.NamespacedName, account *v1alpha1.ArizeAccount) error {
	if err := r.client.Get(ctx, key, account); err != nil {
		return err
	}
	if r.memory.behind(account.UID, account.ResourceVersion) {
		return r.live.Get(ctx, key, account)
	}
	r.memory.caughtUp(account.UID)
	return nil
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
		if err := r.client.Patch(ctx, account, lockedOn(before)); err != nil {
			return false, fmt.Errorf("changing the finalizer: %w", err)
		}
		if !deleting {
			r.memory.wrote(account.UID, account.ResourceVersion)
		}
	}
	return !deleting || users > 0, nil
}

// accountPass is what one pass over an account knows and learns.
type accountPass struct {
	key      types.NamespacedName
	account  *v1alpha1.ArizeAccount
	users    []v1alpha1.ArizeRole
	departed []types.NamespacedName // ArizeRoles that are gone, but for their deletion in Arize
	session  *session.Session
	swept    session.Swept
	err      error // of the sweep
	tried    bool  // a sweep was due
	managed  int   // roles that the sweep should find
	missing  int   // and those of them that it did not
	request  string
}

// open finds the session for the account as it is declared now.
func (r *AccountReconciler) open(ctx context.Context, account *v1alpha1.ArizeAccount, users []v1alpha1.ArizeRole) (accountPass, error) {
	pass := accountPass{key: client.ObjectKeyFromObject(account), account: account, users: users}
	key := session.Key(pass.key)
	r.secrets.follow(pass.key, account.Spec.APIKeySecretRef.Name) //nolint:contextcheck // the watch outlives this pass
	settings, err := options(ctx, r.live, account)
	if problem, ok := errors.AsType[unusable](err); ok {
		pass.session = r.sessions.Fail(key, problem.health())
		return pass, nil
	}
	if err != nil {
		return accountPass{}, err
	}
	limit := account.Spec.RateLimit
	pass.session, err = r.sessions.Open(key, settings, session.Limits{
		RequestsPerSecond: limit.EffectiveRequestsPerSecond(), Burst: limit.EffectiveBurst(), AtOnce: r.concurrency,
	})
	if err != nil {
		problem := unusable{reason: v1alpha1.ReasonInvalidSpec, message: "The account cannot be used as it is declared: " + err.Error() + "."}
		pass.session = r.sessions.Fail(key, problem.health())
	}
	return pass, nil
}

// sweepIfDue lists the account's roles, as far as the budget allows.
func (r *AccountReconciler) sweepIfDue(ctx context.Context, pass *accountPass) {
	if value := requested(pass.account); value != "" && value != pass.account.Status.LastHandledReconcileAt {
		pass.request = value
		pass.session.Request(v1alpha1.ReconcileRequestAnnotation, value)
	}
	if !pass.session.Usable() {
		return
	}
	if accepted(pass.account) && pass.session.Health().Reason == v1alpha1.ReasonRolesVanished {
		pass.session.Request(v1alpha1.AcceptVanishedAnnotation, pass.account.Annotations[v1alpha1.AcceptVanishedAnnotation])
	}
	if pass.session.Due(pass.earliest()) > 0 {
		return
	}
	pass.tried = true
	pass.swept, pass.err = pass.session.Sweep(ctx, pass.lane(), func(exists func(id string) bool) session.Health {
		// Some may have been deleted while the list was read.
		if users, err := rolesWhere(ctx, r.client, rolesByAccount, pass.key.String()); err == nil {
			pass.users = users
		}
		return pass.judge(exists)
	})
	if pass.err != nil {
		pass.session.Defer(max(plan.Backoff(pass.session.Failures()), pass.session.Pause()))
	}
}

// earliest is the shortest interval between two sweeps: the jitter of the longest
// wait must not make a sweep that is on time look early.
func (p *accountPass) earliest() time.Duration {
	return time.Duration(float64(p.account.Spec.EffectiveSweepInterval()) * (1 - sweepJitter))
}

func (p *accountPass) lane() session.Lane {
	if p.request != "" {
		return session.Demand
	}
	return session.Upkeep
}

// next is when to look at the account again.
func (r *AccountReconciler) next(pass accountPass) ctrl.Result {
	interval := pass.account.Spec.EffectiveSweepInterval()
	if !pass.session.Usable() {
		return ctrl.Result{RequeueAfter: jittered(interval, sweepJitter)} // the Secret's watch comes first
	}
	wait := pass.session.Due(jittered(interval, sweepJitter))
	if !pass.swept.Complete && pass.swept.Wait > 0 {
		wait = pass.swept.Wait
	}
	return ctrl.Result{RequeueAfter: max(wait, 10*time.Millisecond)}
}

// wake lets the roles know what concerns them: all of them when the account's
// health turned or its spec changed, else those that look different from before
// and those that waited for the list. They are listed anew: one that came during
// the sweep has seen the account as it was before, and waits to hear of it.
func (r *AccountReconciler) wake(ctx context.Context, pass accountPass, specChanged bool) error {
	users, err := rolesWhere(ctx, r.client, rolesByAccount, pass.key.String())
	if err != nil {
		return err
	}
	all := pass.session.Turned() || specChanged
	for i := range users {
		role := &users[i]
		key := client.ObjectKeyFromObject(role)
		if all || pass.swept.Concerns(role.RoleName(), idsOf(role)...) {
			r.roles.wake(key)
		}
	}
	for who := range pass.swept.Waiting { // the departed among them are in no list
		r.roles.wake(keyOf(who))
	}
	return nil
}
