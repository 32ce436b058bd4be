package controller

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/session"
)

// accountStalls says which reasons will not get better without a person.
var accountStalls = map[string]bool{
	v1alpha1.ReasonUnauthorized:  true,
	v1alpha1.ReasonForbidden:     true,
	v1alpha1.ReasonInvalidSpec:   true,
	v1alpha1.ReasonRolesVanished: true,
}

// report writes the account's status, wakes its roles, and says when to look again.
func (r *AccountReconciler) report(ctx context.Context, account *v1alpha1.ArizeAccount, now review) (ctrl.Result, error) {
	before := account.DeepCopy()
	account.Status = nextAccountStatus(now, r.clock.Now())
	specChanged := before.Status.ObservedGeneration != account.Status.ObservedGeneration
	if err := r.wake(ctx, now, specChanged); err != nil {
		return ctrl.Result{}, err
	}
	if !equality.Semantic.DeepEqual(before.Status, account.Status) {
		if err := r.client.Status().Patch(ctx, account, client.MergeFrom(before)); err != nil {
			return ctrl.Result{}, client.IgnoreNotFound(fmt.Errorf("writing the status: %w", err))
		}
		r.memory.wrote(account.UID, account.ResourceVersion)
		r.announce(ctx, before, account)
	}
	return r.next(now), nil
}

// nextAccountStatus is the status after a pass: a pure function of what it learned.
func nextAccountStatus(now review, at time.Time) v1alpha1.ArizeAccountStatus {
	account := now.account
	status := *account.Status.DeepCopy()
	health := now.session.Health()
	if health.State == session.Starting {
		return status // a first sweep that waits for the budget: nothing to say yet
	}
	status.ObservedGeneration = account.Generation
	if baseURL, err := endpoint(account.Spec); err == nil {
		status.Endpoint = baseURL
	}
	if now.swept.Complete {
		status.LastSweepTime = metav1.NewTime(now.swept.Began.UTC().Truncate(time.Second))
		status.Roles = countRoles(now)
		status.VanishedSince = now.vanishedSince(at)
	}
	if now.request != "" && (!now.session.Usable() || now.session.Honoured(v1alpha1.ReconcileRequestAnnotation) || now.err != nil) {
		status.LastHandledReconcileAt = now.request
	}
	setAccountConditions(&status, account, health, now.users, at)
	return status
}

func setAccountConditions(status *v1alpha1.ArizeAccountStatus, account *v1alpha1.ArizeAccount, health session.Health, users []v1alpha1.ArizeRole, at time.Time) {
	condition := metav1.Condition{
		Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady, Message: "The account answers, and its roles were listed.",
		ObservedGeneration: account.Generation, LastTransitionTime: metav1.NewTime(at.UTC().Truncate(time.Second)),
	}
	if health.State == session.Failed {
		condition.Status, condition.Reason, condition.Message = metav1.ConditionFalse, health.Reason, accountMessage(health)
	}
	failed := condition
	if !account.DeletionTimestamp.IsZero() {
		condition.Reason, condition.Message = v1alpha1.ReasonInUse, inUseMessage(users)+healthNote(health)
	}
	condition.Type = v1alpha1.ConditionReady
	meta.SetStatusCondition(&status.Conditions, condition)
	for kind, present := range map[string]bool{
		v1alpha1.ConditionStalled:     health.State == session.Failed && accountStalls[health.Reason],
		v1alpha1.ConditionReconciling: health.State == session.Failed && !accountStalls[health.Reason],
	} {
		if !present {
			meta.RemoveStatusCondition(&status.Conditions, kind)
			continue
		}
		failed.Type, failed.Status = kind, metav1.ConditionTrue
		meta.SetStatusCondition(&status.Conditions, failed)
	}
}

// accountMessage says what happened and what to do about it.
func accountMessage(health session.Health) string {
	switch health.Reason {
	case v1alpha1.ReasonUnauthorized:
		return "Arize does not accept the API key: " + health.Message + ". Put a valid key into the Secret; it is used at once."
	case v1alpha1.ReasonForbidden:
		return "The API key may not list roles: " + health.Message + ". Give it ROLE_READ: a user key of an account admin, or a service key whose account role is ADMIN."
	case v1alpha1.ReasonRateLimited:
		return "Arize limits the rate of requests: " + health.Message + ". Trying again as soon as it allows; see `spec.rateLimit`."
	case v1alpha1.ReasonUnavailable:
		return "Arize cannot be reached or fails: " + health.Message + ". Trying again."
	default:
		return health.Message
	}
}

func inUseMessage(users []v1alpha1.ArizeRole) string {
	names := make([]string, 0, 3)
	for _, key := range keysOf(users) {
		names = append(names, key.String())
	}
	slices.Sort(names)
	others := ""
	if len(names) > 3 {
		names, others = names[:3], " and others"
	}
	noun := "ArizeRoles"
	if len(users) == 1 {
		noun = "ArizeRole"
	}
	return fmt.Sprintf("Being deleted, and held by %d %s: %s%s. Delete them first.", len(users), noun, strings.Join(names, ", "), others)
}

func healthNote(health session.Health) string {
	if health.State != session.Failed {
		return ""
	}
	return " " + accountMessage(health)
}

// countRoles counts as of the sweep. An ArizeRole whose drift this very sweep
// uncovered counts once it says so itself.
func countRoles(now review) *v1alpha1.RoleCounts {
	drifted := 0
	for i := range now.users {
		if now.users[i].Status.Drift != nil {
			drifted++
		}
	}
	managed := now.managed - now.missing
	custom := now.swept.Counts.Custom
	return &v1alpha1.RoleCounts{
		Predefined: count(now.swept.Counts.Predefined),
		Custom:     count(custom),
		Managed:    count(managed),
		Unmanaged:  count(max(custom-managed, 0)),
		Drifted:    count(drifted),
	}
}

func count(n int) *int32 { return new(int32(n)) } //nolint:gosec // no account has two thousand million roles

// announce makes an event of each turn of the account.
func (r *AccountReconciler) announce(ctx context.Context, before, account *v1alpha1.ArizeAccount) {
	was := cmp.Or(meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady), &metav1.Condition{})
	is := meta.FindStatusCondition(account.Status.Conditions, v1alpha1.ConditionReady)
	if is == nil || was.Status == is.Status && was.Reason == is.Reason {
		return
	}
	kind := corev1.EventTypeNormal
	if is.Status != metav1.ConditionTrue {
		kind = corev1.EventTypeWarning
	}
	r.events.record(ctx, account, nil, transition{kind, is.Reason, "Sweep", is.Message})
	log.FromContext(ctx).Info("Account changed state", "reason", is.Reason, "message", is.Message)
}
