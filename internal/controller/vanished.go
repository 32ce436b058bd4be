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
func (p *accountPass) judge(exists func(id string) bool) session.Health {
	p.managed, p.missing = 0, 0
	for i := range p.users {
		missing := !exists(p.users[i].Status.RoleID)
		if !p.manages(&p.users[i], missing) {
			continue
		}
		p.managed++
		if missing {
			p.missing++
		}
	}
	if p.vanished() && !accepted(p.account) {
		return session.Health{
			State: session.Failed, Reason: v1alpha1.ReasonRolesVanished,
			Message: vanishedMessage(p.missing, p.managed),
		}
	}
	return session.Health{State: session.Healthy}
}

// manages says whether the remote role of an ArizeRole counts. That of one which is being deleted may be gone, and does
// not; unless it is missing where roles vanished before, for then nothing was deleted since: else deletions would end what
// protects from them.
func (p *accountPass) manages(role *v1alpha1.ArizeRole, missing bool) bool {
	if role.Status.Origin == "" || role.Status.RoleID == "" {
		return false
	}
	vanished := missing && !p.account.Status.VanishedSince.IsZero()
	return role.DeletionTimestamp.IsZero() || vanished && controllerutil.ContainsFinalizer(role, v1alpha1.RoleFinalizer)
}

// vanished says that so many of the managed roles are missing that the list rather than the roles is to be doubted: more
// than half, and at least two unless it began with that.
func (p *accountPass) vanished() bool {
	enough := p.missing >= 2 || !p.account.Status.VanishedSince.IsZero()
	return enough && 2*p.missing > p.managed
}

// vanishedSince keeps the first time, as long as the roles are missing.
func (p *accountPass) vanishedSince(at time.Time) metav1.Time {
	switch since := p.account.Status.VanishedSince; {
	case !p.vanished():
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
