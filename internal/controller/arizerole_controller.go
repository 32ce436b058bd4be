package controller

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/plan"
	"github.com/arize-operator/arize-operator/internal/session"
)

// RoleReconciler keeps the remote role of each ArizeRole as declared.
type RoleReconciler struct {
	client   client.Client
	live     client.Reader // asks the apiserver itself
	events   recorder
	sessions *session.Registry
	roles    *waker
	accounts *waker
	memory   *memory
	desks    desks
	clock    clock.PassiveClock
	began    func() time.Time // when the first pass of this process began
	elected  <-chan struct{}  // closed once this process is the one that works
	inFlight time.Duration    // how long a request whose answer was lost may still take effect

	namespaces []string // that are watched; none means all
}

// +kubebuilder:rbac:groups=iam.arize-operator.io,resources=arizeroles,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=iam.arize-operator.io,resources=arizeroles/status,verbs=patch
// +kubebuilder:rbac:groups=iam.arize-operator.io,resources=arizeroles/finalizers,verbs=update
// +kubebuilder:rbac:groups=iam.arize-operator.io,resources=arizeaccounts,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create
// +kubebuilder:rbac:groups=apiextensions.k8s.io,resources=customresourcedefinitions,resourceNames=arizeroles.iam.arize-operator.io,verbs=get;list;watch

// Reconcile moves one role one step: load, decide, act, report.
func (r *RoleReconciler) Reconcile(ctx context.Context, role *v1alpha1.ArizeRole) (ctrl.Result, error) {
	r.desks.enter()
	defer r.desks.leave()
	if r.over(role) {
		return ctrl.Result{}, nil
	}
	if err := r.refresh(ctx, role); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	pass, err := r.load(ctx, role)
	if err != nil {
		return ctrl.Result{}, err // the apiserver failed: that says nothing about the role
	}
	defer r.invite(pass)
	step := plan.Decide(pass.input)
	done, err := r.act(ctx, role, pass, step)
	if done.step.Verb == plan.Look && done.outcome.Answered() { // now decide with what it taught: a person waits
		pass.look()
		step = plan.Decide(pass.input)
		done, err = r.act(ctx, role, pass, step)
	}
	if err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	return r.report(ctx, role, pass, done)
}

// invite wakes those who waited for a slot that is free now.
func (r *RoleReconciler) invite(pass rolePass) {
	if pass.session == nil {
		return
	}
	for _, guest := range pass.session.Invite(pass.who) {
		r.roles.hurry(keyOf(guest))
	}
}

// keyOf is the ArizeRole that a session knows as who.
func keyOf(who string) types.NamespacedName {
	namespace, name, _ := strings.Cut(who, string(types.Separator))
	return types.NamespacedName{Namespace: namespace, Name: name}
}

// refresh replaces an object that is older than our own last write of it, or that may
// be gone.
func (r *RoleReconciler) refresh(ctx context.Context, role *v1alpha1.ArizeRole) error {
	if r.memory.behind(role.UID, role.ResourceVersion) || r.memory.endOf(role.UID) == unsureEnd {
		return r.live.Get(ctx, client.ObjectKeyFromObject(role), role)
	}
	r.memory.caughtUp(role.UID)
	return nil
}

// over says that all that was to do is done, and that the cache will hear of it. The
// write that ends an object leaves no newer version behind that would tell.
func (r *RoleReconciler) over(role *v1alpha1.ArizeRole) bool {
	return r.memory.endOf(role.UID) == ended && controllerutil.ContainsFinalizer(role, v1alpha1.RoleFinalizer)
}

// again is when to look at a role whose pass ended like this.
func (r *RoleReconciler) again(done result, pass rolePass, failures int) ctrl.Result {
	wait := done.wait
	switch policy := done.verdict().Reason.Policy(); {
	case wait > 0 || done.step.Verb == plan.Wait:
	case policy.Retry == plan.RetryBackoff && done.outcome.Sent:
		wait = max(plan.Backoff(failures), pass.session.Pause())
	case policy.Retry != plan.RetryWoken:
		wait = jittered(plan.SlowRetry, 0.1)
	}
	result := ctrl.Result{RequeueAfter: wait}
	if wait >= plan.SlowRetry/2 {
		result.Priority = new(handler.LowPriority)
	}
	return result
}

// jittered spreads a duration by a fraction to both sides, so that what began
// together does not stay together.
func jittered(d time.Duration, fraction float64) time.Duration {
	return time.Duration(float64(d) * (1 + fraction*(2*rand.Float64()-1))) //nolint:gosec // nobody gains by guessing it
}
