package controller

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/session"
)

// judge decides whether a complete list may be believed. A list that suddenly
// misses most of what is managed probably shows another account, or a key that
// lost its rights.
func (v *review) judge(exists func(id string) bool) session.Health {
	v.managed, v.missing = 0, 0
	for i := range v.users {
		if !v.manages(&v.users[i]) {
			continue
		}
		v.managed++
		if !exists(v.users[i].Status.RoleID) {
			v.missing++
		}
	}
	if v.vanished() && !accepted(v.account) {
		return session.Health{
			State: session.Failed, Reason: v1alpha1.ReasonRolesVanished,
			Message: vanishedMessage(v.missing, v.managed),
		}
	}
	return session.Health{State: session.Healthy}
}

// manages says that the remote role of an ArizeRole should be there. That of one which is being deleted may be gone; but
// not where it vanished before, for then nothing was deleted since: else deletions would end what protects from them.
func (v *review) manages(role *v1alpha1.ArizeRole) bool {
	if role.Status.Origin == "" || role.Status.RoleID == "" {
		return false
	}
	stopped := !v.account.Status.VanishedSince.IsZero()
	return role.DeletionTimestamp.IsZero() || stopped && controllerutil.ContainsFinalizer(role, v1alpha1.RoleFinalizer)
}

// vanished says that so many of the managed roles are missing that the list rather than the roles is to be doubted: more
// than half, and at least two unless it began with that.
func (v *review) vanished() bool {
	enough := v.missing >= 2 || !v.account.Status.VanishedSince.IsZero()
	return enough && 2*v.missing > v.managed
}

// vanishedSince keeps the first time, as long as the roles are missing.
func (v *review) vanishedSince(at time.Time) metav1.Time {
	switch since := v.account.Status.VanishedSince; {
	case !v.vanished():
		return metav1.Time{}
	case !since.IsZero():
		return since
	default:
		return metav1.NewTime(at.UTC().Truncate(time.Second))
	}
}

// accepted says that a person confirmed that the roles are gone.
func accepted(account *v1alpha1.ArizeAccount) bool {
	since := account.Status.VanishedSince
	return !since.IsZero() && account.Annotations[v1alpha1.AcceptVanishedAnnotation] == since.UTC().Format(time.RFC3339)
}

func vanishedMessage(missing, managed int) string {
	return fmt.Sprintf("%d of %d managed roles are suddenly missing in Arize: the API key probably belongs to another account or lost its rights. "+
		"Nothing is created, changed or deleted until they are back. If they are really gone, set the annotation %s to the value of `status.vanishedSince`.",
		missing, managed, v1alpha1.AcceptVanishedAnnotation)
}
