package controller_test

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// health is what kstatus makes of an object, and so Flux and Argo CD. What holds for
// every status is in rules_test.go.
func health(role *v1alpha1.ArizeRole) string {
	ready := meta.FindStatusCondition(role.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case !role.DeletionTimestamp.IsZero():
		return "Terminating"
	case role.Status.ObservedGeneration != role.Generation, has(role, v1alpha1.ConditionReconciling):
		return "InProgress"
	case has(role, v1alpha1.ConditionStalled):
		return "Failed"
	case ready != nil && ready.Status != metav1.ConditionTrue:
		return "InProgress"
	default:
		return "Current"
	}
}

var _ = Describe("The conditions of an ArizeRole", func() {
	It("never make Flux or Argo CD believe that a role is there before it is", func(ctx SpecContext) {
		w := newWorld(ctx)
		versions := recorded(ctx, w.namespace)
		role := w.settledRole(ctx, "role")
		Eventually(func() []string { return healths(versions()) }).Should(HaveLen(4))
		Expect(healths(versions())).To(Equal([]string{"InProgress", "InProgress", "InProgress", "Current"}))

		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Eventually(func() []string { return healths(versions()) }).Should(HaveLen(6))
		Expect(healths(versions())[4:]).To(Equal([]string{"InProgress", "Current"}))
	})

	It("tell a failure for good from one that passes, and advance the observed generation with either", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		rejects := w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 422, Method: http.MethodPatch})
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		settle(ctx, role, v1alpha1.ReasonRejected)
		Expect(health(role)).To(Equal("Failed"))

		w.arize.RemoveFault(rejects)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Method: http.MethodPatch})
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "newer" })
		settle(ctx, role, v1alpha1.ReasonUnavailable)
		Expect(health(role)).To(Equal("InProgress"))
		for _, condition := range role.Status.Conditions {
			Expect(condition.ObservedGeneration).To(Equal(role.Generation), condition.Type)
		}
	})

	It("change their transition time only when their status does", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		before := meta.FindStatusCondition(role.Status.Conditions, v1alpha1.ConditionReady).LastTransitionTime
		Eventually(func() bool { return metav1.Now().Rfc3339Copy().After(before.Time) }).Should(BeTrue())
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Mode = v1alpha1.ModeReport })
		settle(ctx, role, v1alpha1.ReasonReporting)
		Expect(meta.FindStatusCondition(role.Status.Conditions, v1alpha1.ConditionReady).LastTransitionTime).To(Equal(before))
	})

	It("are written once for each state, and not while nothing changes", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, arizetest.Role{Name: "theirs"})
		never := func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptNever }
		roles := map[*v1alpha1.ArizeRole]string{
			w.settledRole(ctx, "in-sync"):   v1alpha1.ReasonInSync,
			w.newRole(ctx, "theirs", never): v1alpha1.ReasonNameTaken,
			w.newRole(ctx, "claimed", func(role *v1alpha1.ArizeRole) { role.Spec.Name = "in-sync" }):              v1alpha1.ReasonClaimed,
			w.newRole(ctx, "suspended", func(role *v1alpha1.ArizeRole) { role.Spec.Suspend = true }):              v1alpha1.ReasonSuspended,
			w.newRole(ctx, "missing", func(role *v1alpha1.ArizeRole) { role.Spec.Mode = v1alpha1.ModeReport }):    v1alpha1.ReasonReporting,
			w.newRole(ctx, "differs", func(role *v1alpha1.ArizeRole) { reporting(role, theirs.ID) }):              v1alpha1.ReasonReporting,
			w.newRole(ctx, "not-found", func(role *v1alpha1.ArizeRole) { role.Spec.RoleID = "Um9sZTo5OTk6eA==" }): v1alpha1.ReasonNotFound,
			w.newRole(ctx, "predefined", func(role *v1alpha1.ArizeRole) { role.Spec.Name = w.predefined().Name }): v1alpha1.ReasonPredefined,
			w.newRole(ctx, "homeless", func(role *v1alpha1.ArizeRole) { role.Spec.AccountRef.Name = "nowhere" }):  v1alpha1.ReasonAccountNotReady,
		}
		for role, reason := range roles {
			settle(ctx, role, reason)
		}
		w.sweep(ctx)
		versions := recorded(ctx, w.namespace)
		w.sweep(ctx)
		w.staysQuiet()
		Expect(names(versions())).To(HaveLen(len(roles)), "as they were, and no more")
		for role, reason := range roles {
			Expect(eventsOf(ctx, role)).To(HaveLen(map[bool]int{true: 0, false: 1}[reason == v1alpha1.ReasonSuspended]), role.Name)
		}
	})
})

var _ = Describe("The events of an ArizeRole", func() {
	It("name what happened once, the object and its account, and what to do about it", func(ctx SpecContext) {
		w := newWorld(ctx)
		fault := w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 422, Detail: "no such thing", Method: http.MethodPatch})
		role := w.settledRole(ctx, "role")
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		settle(ctx, role, v1alpha1.ReasonRejected)
		w.arize.RemoveFault(fault)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "newer" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		w.arize.ChangeRole(role.Status.RoleID, func(role *arizetest.Role) { role.Description = "meddled" })
		w.sweep(ctx)
		Eventually(func() string { return w.remote("role").Description }).Should(Equal("newer"))
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(Equal([]string{
			v1alpha1.EventCreated, v1alpha1.EventDeleted, v1alpha1.EventDriftCorrected, v1alpha1.EventDriftDetected,
			v1alpha1.ReasonRejected, v1alpha1.EventUpdated,
		}))
		for _, event := range eventsAbout(ctx, role) {
			Expect(event.ReportingController).To(Equal("arize-operator"))
			Expect(event.Regarding.Kind).To(Equal("ArizeRole"))
			Expect(event.Related.Name).To(Equal(w.account.Name))
			Expect(event.Action).NotTo(BeEmpty())
			Expect(event.Note).To(HaveSuffix("."))
			kind := corev1.EventTypeNormal
			if event.Reason == v1alpha1.ReasonRejected || event.Reason == v1alpha1.EventDriftDetected {
				kind = corev1.EventTypeWarning
			}
			Expect(event.Type).To(Equal(kind), event.Reason)
		}
	})

	It("are written about the longest names, too", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, strings.Repeat("a", 235)+"-"+strings.Repeat("b", 17), func(role *v1alpha1.ArizeRole) { role.Spec.Name = "role" })
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(ConsistOf(v1alpha1.EventCreated))
	})
})

// reporting makes a role look at a remote one and no more.
func reporting(role *v1alpha1.ArizeRole, id string) {
	role.Spec.Mode, role.Spec.RoleID, role.Spec.Permissions = v1alpha1.ModeReport, id, []string{"SPACE_READ"}
}

// healths are those of versions of a role, in order.
func healths(versions []v1alpha1.ArizeRole) []string {
	healths := make([]string, 0, len(versions))
	for i := range versions {
		healths = append(healths, health(&versions[i]))
	}
	return healths
}
