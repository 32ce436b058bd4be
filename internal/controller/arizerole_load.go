package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/plan"
	"github.com/arize-operator/arize-operator/internal/session"
)

// rolePass is all that one pass over an ArizeRole knows.
type rolePass struct {
	input   plan.Input
	session *session.Session // nil while the account has none
	account types.NamespacedName
	who     string // the ArizeRole, as the account's budget knows it
}

// look takes a second look at the inventory, after the role was read from Arize.
func (p *rolePass) look() {
	p.input.Looked, p.input.History.Looked = true, true
	p.observe()
}

// observe takes from the inventory what the decision needs of it.
func (p *rolePass) observe() {
	if p.session == nil {
		return
	}
	in := &p.input
	pending := ""
	if in.Record.Pending != nil {
		pending = in.Record.Pending.Name
	}
	seen := p.session.Observe(plan.TargetID(in.Policy, in.Record), in.Desired.Name, pending)
	in.Observed = plan.Observed{Since: seen.Since, Role: seen.Role, Doubt: seen.Doubt, Named: seen.Named, Pending: seen.Pending}
	if in.Account.Gate != plan.GateClosed {
		in.Account = gate(p.account, seen.Health)
	}
}

// load gathers what the decision depends on. It only reads, and only from Kubernetes.
func (r *RoleReconciler) load(ctx context.Context, role *v1alpha1.ArizeRole) (rolePass, error) {
	key := role.Account()
	pass := rolePass{account: key, session: r.sessions.Get(session.Key(key)), who: client.ObjectKeyFromObject(role).String()}
	pass.input = plan.Input{
		Began:    r.began(),
		Now:      r.clock.Now(),
		Self:     claimOf(role),
		Deleting: !role.DeletionTimestamp.IsZero(),
		Desired:  desiredOf(role),
		Policy:   policyOf(role),
		Record:   recordOf(role),
		InFlight: r.inFlight,
	}
	pass.input.LetGo = pass.input.Deleting && !controllerutil.ContainsFinalizer(role, v1alpha1.RoleFinalizer)
	pass.input.Self.SameAccount = true
	pass.input.History, pass.input.Requested = r.history(role)
	pass.input.Looked = pass.input.History.Looked

	var err error
	if pass.input.Account, err = r.access(ctx, role, key); err != nil {
		return rolePass{}, err
	}
	pass.observe()
	if explained := pass.input.History.Explained(pass.input.Observed); explained.Refusal != pass.input.History.Refusal {
		pass.input.History = explained
		r.memory.remember(role.UID, explained)
	}
	if pass.input.Rivals, err = r.rivals(ctx, role, pass.input); err != nil {
		return rolePass{}, err
	}
	if pass.input.Observed.Chain, err = r.chain(ctx, pass); err != nil {
		return rolePass{}, err
	}
	if pass.input.Deleting && !pass.input.Policy.Orphan {
		pass.input.Policy.Orphan, err = r.uninstalling(ctx, role)
	}
	return pass, err
}

// history is what happened to the role under its present spec. A new request of a
// person for a fresh look starts it anew.
func (r *RoleReconciler) history(role *v1alpha1.ArizeRole) (history plan.History, asked bool) {
	history = r.memory.history(role.UID).For(role.Generation)
	value := requested(role)
	asked = value != "" && value != role.Status.LastHandledReconcileAt
	switch {
	case asked && history.Request != value:
		history = history.Asked(value, r.clock.Now())
		r.memory.remember(role.UID, history)
	case !asked && history.Request != "":
		history.Request, history.Looked, history.Demand = "", false, time.Time{} // answered
		r.memory.remember(role.UID, history)
	}
	return history, asked
}

// requested is the value of the annotation that asks for a reconcile now, as far
// as a status can hold it.
func requested(object client.Object) string {
	return cut(object.GetAnnotations()[v1alpha1.ReconcileRequestAnnotation], maxRequest)
}

const maxRequest = 1024

// access says whether the role may use its account, leaving the account's health
// to the session.
func (r *RoleReconciler) access(ctx context.Context, role *v1alpha1.ArizeRole, key types.NamespacedName) (plan.Account, error) {
	if !r.watches(key.Namespace) {
		return plan.Account{Gate: plan.GateClosed, Message: fmt.Sprintf("ArizeAccount %s is in a namespace that the operator does not watch; add it to --watch-namespaces.", key)}, nil
	}
	var account v1alpha1.ArizeAccount
	err := r.client.Get(ctx, key, &account)
	if apierrors.IsNotFound(err) {
		// A cache may hear of an account later than of its roles.
		if err = r.live.Get(ctx, key, &account); apierrors.IsNotFound(err) {
			return plan.Account{Gate: plan.GateClosed, Message: fmt.Sprintf("ArizeAccount %s does not exist; create it.", key)}, nil
		}
	}
	if err != nil {
		return plan.Account{}, fmt.Errorf("reading the ArizeAccount: %w", err)
	}
	if !role.DeletionTimestamp.IsZero() { // also after the admission ended, or the namespace
		return plan.Account{Gate: plan.GateStarting}, nil
	}
	admitted, err := r.admits(ctx, &account, role.Namespace)
	if err != nil {
		return plan.Account{}, err
	}
	if !admitted {
		return plan.Account{Gate: plan.GateClosed, Message: fmt.Sprintf("ArizeAccount %s does not allow ArizeRoles from namespace %q; its `spec.allowedNamespaces` has to.", key, role.Namespace)}, nil
	}
	return plan.Account{Gate: plan.GateStarting}, nil
}

// watches says whether the cache holds the objects of a namespace.
func (r *RoleReconciler) watches(namespace string) bool {
	return len(r.namespaces) == 0 || slices.Contains(r.namespaces, namespace)
}

// gate is the account's health as its roles see it. Of the account's own message
// they repeat nothing: it belongs to another namespace.
func gate(key types.NamespacedName, health session.Health) plan.Account {
	switch {
	case health.State == session.Starting:
		return plan.Account{Gate: plan.GateStarting}
	case health.State == session.Healthy:
		return plan.Account{Gate: plan.GateOpen}
	case health.DeleteOnly:
		return plan.Account{Gate: plan.GateDeleteOnly, Message: notReady(key, health)}
	default:
		return plan.Account{Gate: plan.GateClosed, Message: notReady(key, health)}
	}
}

func notReady(key types.NamespacedName, health session.Health) string {
	return fmt.Sprintf("ArizeAccount %s is not ready (%s); see its conditions.", key, health.Reason)
}

// admits says whether an account allows ArizeRoles from a namespace. A selector
// that cannot be used admits nobody; the account says so.
func (r *RoleReconciler) admits(ctx context.Context, account *v1alpha1.ArizeAccount, namespace string) (bool, error) {
	allowed := account.Spec.AllowedNamespaces
	switch allowed.EffectiveFrom() {
	case v1alpha1.NamespacesFromSame:
		return namespace == account.Namespace, nil
	case v1alpha1.NamespacesFromAll:
		return true, nil
	case v1alpha1.NamespacesFromSelector:
	default:
		return false, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(allowed.Selector)
	if err != nil {
		return false, nil //nolint:nilerr // reported once, on the account
	}
	object := namespaceMetadata()
	if err := r.client.Get(ctx, types.NamespacedName{Name: namespace}, object); err != nil {
		return false, fmt.Errorf("reading the labels of namespace %q: %w", namespace, err)
	}
	return selector.Matches(labels.Set(object.GetLabels())), nil
}

func desiredOf(role *v1alpha1.ArizeRole) plan.Desired {
	return plan.NewDesired(role.RoleName(), role.Spec.Description, role.Spec.Permissions)
}

func policyOf(role *v1alpha1.ArizeRole) plan.Policy {
	return plan.Policy{
		Mode:     plan.Mode(role.Spec.EffectiveMode()),
		Adoption: plan.Adoption(role.Spec.EffectiveAdoptionPolicy()),
		Orphan:   role.EffectiveDeletionPolicy() == v1alpha1.DeletionOrphan,
		OnlyOwn:  role.Spec.DeletionPolicy == "",
		Suspend:  role.Spec.Suspend,
		RoleID:   role.Spec.RoleID,
	}
}

func recordOf(role *v1alpha1.ArizeRole) plan.Record {
	record := plan.Record{
		RoleID:   role.Status.RoleID,
		Origin:   plan.Origin(role.Status.Origin),
		Observed: role.Status.ObservedGeneration == role.Generation,
	}
	if pending := role.Status.PendingCreate; pending != nil {
		record.Pending = &plan.Pending{Name: pending.Name, Start: pending.StartTime.Time, Digest: pending.Digest}
	}
	return record
}
