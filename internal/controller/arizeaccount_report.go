package controller

import (
	"cmp"
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// report writes the account's status, wakes its roles, and says when to look again.
func (r *AccountReconciler) report(ctx context.Context, account *v1alpha1.ArizeAccount, pass accountPass) (ctrl.Result, error) {
	before := account.DeepCopy()
	account.Status = nextAccountStatus(pass, r.clock.Now())
	specChanged := before.Status.ObservedGeneration != account.Status.ObservedGeneration
	if err := r.wake(ctx, pass, specChanged); err != nil {
		return ctrl.Result{}, err
	}
	if !equality.Semantic.DeepEqual(before.Status, account.Status) {
		if err := r.client.Status().Patch(ctx, account, client.MergeFrom(before)); err != nil {
			return ctrl.Result{}, client.IgnoreNotFound(fmt.Errorf("writing the status: %w", err))
		}
		r.memory.wrote(account.UID, account.ResourceVersion)
		r.announce(ctx, before, account)
	}
	return r.next(pass), nil
}

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
