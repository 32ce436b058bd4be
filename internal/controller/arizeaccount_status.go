package controller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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

// nextAccountStatus is the status after a pass: a pure function of what it learned.
func nextAccountStatus(pass accountPass, at time.Time) v1alpha1.ArizeAccountStatus {
	account := pass.account
	status := *account.Status.DeepCopy()
	health := pass.session.Health()
	if health.State == session.Starting {
		return status // a first sweep that waits for the budget: nothing to say yet
	}
	status.ObservedGeneration = account.Generation
	if baseURL, err := endpoint(account.Spec); err == nil {
		status.Endpoint = baseURL
	}
	if pass.swept.Complete {
		status.LastSweepTime = metav1.NewTime(pass.swept.Began.UTC().Truncate(time.Second))
		status.Roles = countRoles(pass)
		status.VanishedSince = pass.vanishedSince(at)
	}
	if pass.request != "" && (!pass.session.Usable() || pass.session.Honoured(v1alpha1.ReconcileRequestAnnotation) || pass.err != nil) {
		status.LastHandledReconcileAt = pass.request
	}
	setAccountConditions(&status, account, health, inUse(pass), at)
	return status
}

func setAccountConditions(status *v1alpha1.ArizeAccountStatus, account *v1alpha1.ArizeAccount, health session.Health, inUse string, at time.Time) {
	ready := metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue,
		Reason: v1alpha1.ReasonReady, Message: "The account answers, and its roles were listed.",
		ObservedGeneration: account.Generation, LastTransitionTime: metav1.NewTime(at.UTC().Truncate(time.Second)),
	}
	failed := health.State == session.Failed
	if failed {
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, health.Reason, accountMessage(health)
	}
	trouble := ready
	if inUse != "" {
		ready.Reason, ready.Message = v1alpha1.ReasonInUse, inUse+healthNote(health)
	}
	meta.SetStatusCondition(&status.Conditions, ready)
	present(&status.Conditions, v1alpha1.ConditionStalled, trouble, failed && accountStalls[health.Reason])
	present(&status.Conditions, v1alpha1.ConditionReconciling, trouble, failed && !accountStalls[health.Reason])
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

// inUse says what keeps an account from going that is being deleted; else it is empty.
func inUse(pass accountPass) string {
	users := keysOf(pass.users)
	switch {
	case pass.account.DeletionTimestamp.IsZero():
		return ""
	case len(users) > 0:
		return fmt.Sprintf("Being deleted, and held by %s. Delete them first.", listed(users))
	case len(pass.departed) > 0:
		return fmt.Sprintf("Being deleted, and held by what is left in Arize of %s, which are gone; their Events say why.", listed(pass.departed))
	default:
		return ""
	}
}

// listed is how many ArizeRoles there are, with the names of the first few.
func listed(roles []types.NamespacedName) string {
	names := make([]string, 0, len(roles))
	for _, key := range roles {
		names = append(names, key.String())
	}
	slices.Sort(names)
	others := ""
	if len(names) > 3 {
		names, others = names[:3], " and others"
	}
	noun := "ArizeRoles"
	if len(roles) == 1 {
		noun = "ArizeRole"
	}
	return fmt.Sprintf("%d %s: %s%s", len(roles), noun, strings.Join(names, ", "), others)
}

func healthNote(health session.Health) string {
	if health.State != session.Failed {
		return ""
	}
	return " " + accountMessage(health)
}

// countRoles counts as of the sweep. An ArizeRole whose drift this very sweep
// uncovered counts once it says so itself.
func countRoles(pass accountPass) *v1alpha1.RoleCounts {
	drifted := 0
	for i := range pass.users {
		if pass.users[i].Status.Drift != nil {
			drifted++
		}
	}
	managed := pass.managed - pass.missing
	custom := pass.swept.Counts.Custom
	return &v1alpha1.RoleCounts{
		Predefined: count(pass.swept.Counts.Predefined),
		Custom:     count(custom),
		Managed:    count(managed),
		Unmanaged:  count(max(custom-managed, 0)),
		Drifted:    count(drifted),
	}
}

func count(n int) *int32 { return new(int32(n)) } //nolint:gosec // no account has two thousand million roles
