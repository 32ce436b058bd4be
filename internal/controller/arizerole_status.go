package controller

import (
	"slices"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/plan"
)

// Bounds of what the status shows.
const (
	maxShownPermissions = 50
	maxShownText        = 1000
	maxMessage          = 32768 // of a condition
)

// nextStatus is the status after a pass. It is the one place where a decision and
// its outcome become a status, and a pure function of them.
func nextStatus(role *v1alpha1.ArizeRole, done result, now time.Time) v1alpha1.ArizeRoleStatus {
	status := *role.Status.DeepCopy()
	status.ObservedGeneration = role.Generation
	if value := requested(role); value != "" && done.wait == 0 && !done.unanswered { // else it has to come back for the answer
		status.LastHandledReconcileAt = value
	}
	identify(&status, done)
	if concluded(done) {
		status.PendingCreate = nil
	}
	if !done.step.Unseen {
		status.Drift = driftOf(remaining(done), role.Status.Drift, now)
	}
	setConditions(&status, role.Generation, done.verdict(), now)
	return status
}

// identify records which remote role is meant, and whether it is ours.
func identify(status *v1alpha1.ArizeRoleStatus, done result) {
	step, answer := done.step, done.outcome.Role
	switch {
	case answer != nil:
		status.RoleID, status.RoleName = answer.ID, cut(answer.Name, maxShownText)
		status.Origin = v1alpha1.Origin(step.Origin)
	case done.outcome.Sent || step.Unseen:
		// Nothing new is known of the identity.
	case step.Seen != nil && step.ID != "":
		identifySeen(status, step)
	case status.Origin == "":
		status.RoleID, status.RoleName = "", ""
	}
}

// identifySeen records the role that a step without a request speaks of. Another id
// beside the origin of ours would pass for ours, so only a step that says whose the
// role is may put one there.
func identifySeen(status *v1alpha1.ArizeRoleStatus, step plan.Step) {
	decides := step.Verb == plan.Adopt || step.Verb == plan.Keep
	if !decides && status.Origin != "" && status.RoleID != step.ID {
		return
	}
	status.RoleID, status.RoleName = step.ID, cut(step.Seen.Name, maxShownText)
	if decides {
		status.Origin = v1alpha1.Origin(step.Origin)
	}
}

// concluded says that it is known how a pending creation ended. A creation that
// met its own name may have met itself: that a list has to tell. And the refusal of
// a repeated one says nothing about the tries before it.
func concluded(done result) bool {
	if done.step.Verb == plan.Create && done.outcome.Sent {
		refused := done.outcome.Refused && arize.ClassOf(done.outcome.Err) != arize.ClassConflict
		return done.outcome.Err == nil || refused && !done.step.Repeat
	}
	return done.step.Settled
}

// remaining is what still differs after the pass and is not about to be written.
func remaining(done result) plan.Drift {
	step := done.step
	if step.Verb == plan.Update && done.outcome.Err != nil && step.Seen != nil {
		return plan.Diff(step.Wanted, *step.Seen)
	}
	return step.Drift
}

func driftOf(drift plan.Drift, before *v1alpha1.Drift, now time.Time) *v1alpha1.Drift {
	if drift.IsZero() {
		return nil
	}
	shown := &v1alpha1.Drift{
		DetectionTime:      metav1.NewTime(now.UTC().Truncate(time.Second)),
		AddedPermissions:   firstFew(drift.Added),
		RemovedPermissions: firstFew(drift.Removed),
	}
	if before != nil {
		shown.DetectionTime = before.DetectionTime
	}
	if drift.Name != nil {
		shown.Name = cut(*drift.Name, maxShownText)
	}
	if drift.Description != nil {
		shown.Description = new(cut(*drift.Description, maxShownText))
	}
	return shown
}

// setConditions makes Ready what the verdict says.
func setConditions(status *v1alpha1.ArizeRoleStatus, generation int64, verdict plan.Verdict, now time.Time) {
	policy := verdict.Reason.Policy()
	ready := metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionStatus(policy.Ready),
		Reason: string(verdict.Reason), Message: cut(verdict.Message, maxMessage),
		ObservedGeneration: generation, LastTransitionTime: metav1.NewTime(now.UTC().Truncate(time.Second)),
	}
	meta.SetStatusCondition(&status.Conditions, ready)
	present(&status.Conditions, v1alpha1.ConditionReconciling, ready, policy.Reconciling())
	present(&status.Conditions, v1alpha1.ConditionStalled, ready, policy.Stalled)
	drifted := ready
	drifted.Reason, drifted.Message = v1alpha1.EventDriftDetected, "The role in Arize differs from the spec; see status.drift."
	present(&status.Conditions, v1alpha1.ConditionDrifted, drifted, status.Drift != nil)
}

// present sets a condition that is there only while it is True, as kstatus expects, and
// is otherwise like another one; or it removes it.
func present(conditions *[]metav1.Condition, kind string, like metav1.Condition, is bool) {
	if !is {
		meta.RemoveStatusCondition(conditions, kind)
		return
	}
	like.Type, like.Status = kind, metav1.ConditionTrue
	meta.SetStatusCondition(conditions, like)
}

func firstFew(permissions []string) []string {
	few := slices.Clone(permissions[:min(len(permissions), maxShownPermissions)])
	for i := range few {
		few[i] = cut(few[i], 256)
	}
	return slices.Compact(few)
}

// cut shortens a text to so many bytes, and so to at most as many characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
