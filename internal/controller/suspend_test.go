package controller_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("A suspended ArizeRole", func() {
	suspend := func(role *v1alpha1.ArizeRole) { role.Spec.Suspend = true }
	resume := func(role *v1alpha1.ArizeRole) { role.Spec.Suspend = false }

	It("changes nothing in Arize until it is resumed", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		edit(ctx, role, suspend)
		settle(ctx, role, v1alpha1.ReasonSuspended)
		Expect(has(role, v1alpha1.ConditionReady)).To(BeTrue())
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
		w.arize.ResetLog()
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description, role.Spec.Name = "later", "renamed" })
		settle(ctx, role, v1alpha1.ReasonSuspended)
		w.staysQuiet()
		Expect(w.arize.Requests()).To(BeEmpty())

		edit(ctx, role, resume)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("renamed").Description).To(Equal("later"))
		Expect(w.remote("renamed").ID).To(Equal(role.Status.RoleID))
	})

	It("shows drift, and corrects it when it is resumed", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		edit(ctx, role, suspend)
		settle(ctx, role, v1alpha1.ReasonSuspended)
		w.arize.ChangeRole(role.Status.RoleID, func(role *arizetest.Role) { role.Description = "meddled" })
		w.sweep(ctx)
		Eventually(func() bool { reload(ctx, role); return has(role, v1alpha1.ConditionDrifted) }).Should(BeTrue())
		Expect(*role.Status.Drift.Description).To(Equal("meddled"))
		Expect(readyReason(role.Status.Conditions)).To(Equal(v1alpha1.ReasonSuspended))
		Expect(w.arize.Count(updateRole)).To(BeZero())
		edit(ctx, role, resume)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(role.Status.Drift).To(BeNil())
		Expect(w.remote("role").Description).To(BeEmpty())
	})

	It("is not created again when it is deleted in Arize, until it is resumed", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		edit(ctx, role, suspend)
		settle(ctx, role, v1alpha1.ReasonSuspended)
		w.arize.RemoveRole(role.Status.RoleID)
		w.sweep(ctx)
		Eventually(func() bool { reload(ctx, role); return has(role, v1alpha1.ConditionDrifted) }).Should(BeTrue())
		Expect(w.names()).To(BeEmpty())
		edit(ctx, role, resume)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("role"))
	})

	It("is created only when it is resumed, and holds no finalizer before", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "role", suspend)
		settle(ctx, role, v1alpha1.ReasonSuspended)
		Expect(role.Finalizers).To(BeEmpty())
		w.sweep(ctx)
		stays(ctx, role)
		Expect(w.writes()).To(BeZero())
		edit(ctx, role, resume)
		settle(ctx, role, v1alpha1.ReasonInSync)
	})

	It("can be deleted, and its role stays in Arize", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionDelete })
		edit(ctx, role, suspend)
		settle(ctx, role, v1alpha1.ReasonSuspended)
		w.arize.ResetLog()
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Expect(w.arize.Requests()).To(BeEmpty())
		Expect(w.names()).To(ConsistOf("role"))
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(ContainElement(v1alpha1.EventOrphaned))
	})

	It("is suspended even while its account does not work", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "role", suspend, func(role *v1alpha1.ArizeRole) { role.Spec.AccountRef.Name = "nowhere" })
		settle(ctx, role, v1alpha1.ReasonSuspended)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
	})

	It("answers a request for a reconcile without asking Arize for more than a look", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		edit(ctx, role, suspend)
		settle(ctx, role, v1alpha1.ReasonSuspended)
		w.arize.ResetLog()
		lookAgain(ctx, role)
		Expect(readyReason(role.Status.Conditions)).To(Equal(v1alpha1.ReasonSuspended))
		Expect(w.writes()).To(BeZero())
		Expect(len(w.arize.Requests())).To(BeNumerically("<=", 1))
	})
})
