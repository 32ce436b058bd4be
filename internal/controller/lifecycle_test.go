package controller_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("An ArizeRole", func() {
	It("is created, changed and deleted in Arize", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "ai-engineer", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name = "AI Engineer"
			role.Spec.Description = "Can read."
		})
		settle(ctx, role, v1alpha1.ReasonInSync)
		created := w.remote("AI Engineer")
		Expect(created.Description).To(Equal("Can read."))
		Expect(created.Permissions).To(ConsistOf("PROJECT_READ", "DATASET_READ"))
		Expect(role.Status.RoleID).To(Equal(created.ID))
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
		Expect(role.Status.PendingCreate).To(BeNil())
		Expect(role.Finalizers).To(ConsistOf(v1alpha1.RoleFinalizer))

		By("renaming it, the id stays")
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "AI Expert" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("AI Expert").ID).To(Equal(created.ID))

		By("changing it in Arize, the next sweep corrects it")
		w.arize.ChangeRole(created.ID, func(role *arizetest.Role) {
			role.Permissions = append(role.Permissions, "PROJECT_DELETE")
		})
		w.sweep(ctx)
		Eventually(func() []string { return w.remote("AI Expert").Permissions }).Should(ConsistOf("PROJECT_READ", "DATASET_READ"))

		By("deleting it")
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		_, exists := w.arize.Role(created.ID)
		Expect(exists).To(BeFalse())
		Expect(w.arize.Count(createRole)).To(Equal(1))
	})
})
