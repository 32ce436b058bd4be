package controller_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("A fight", func() {
	const patience = 3 // corrections of one field within an hour

	It("with what Arize makes of a write ends after a few tries", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) {
			settings.ImpliedPermissions = map[string][]string{"MODEL_READ": {"SPACE_READ", "ORGANIZATION_READ"}}
			settings.DroppedPermissions = []string{"DATASET_DELETE"}
			settings.TrimDescriptions = true
		})
		permissions := func(permissions ...string) change {
			return func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = permissions }
		}
		description := func(text string) change {
			return func(role *v1alpha1.ArizeRole) { role.Spec.Description = text }
		}
		declared := map[string]change{
			"added": permissions("MODEL_READ"), "dropped": permissions("PROJECT_READ", "DATASET_DELETE"), "trimmed": description("a space "),
		}
		accepted := map[string]change{
			"added": permissions("MODEL_READ", "SPACE_READ", "ORGANIZATION_READ"), "dropped": permissions("PROJECT_READ"), "trimmed": description("a space"),
		}
		roles := []*v1alpha1.ArizeRole{}
		for name, edits := range declared {
			roles = append(roles, w.newRole(ctx, name, edits))
		}
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonNotConverging)
			Expect(has(role, v1alpha1.ConditionDrifted)).To(BeTrue())
			Expect(message(role.Status.Conditions)).To(ContainSubstring("Declare what Arize makes of it"))
			Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
		}
		w.sweep(ctx)
		w.staysQuiet()
		Expect(w.arize.Count(createRole)).To(Equal(len(roles)))
		Expect(w.arize.Count(updateRole)).To(BeNumerically("<=", len(roles)*patience))

		By("declaring what Arize makes of it")
		w.arize.ResetLog()
		for _, role := range roles {
			edit(ctx, role, accepted[role.Name])
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(role.Status.Drift).To(BeNil())
		}
		Expect(w.writes()).To(BeZero(), "it was so already")
	})

	It("with somebody who keeps changing a field back ends after three corrections", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		id := role.Status.RoleID
		revert := func() {
			w.arize.ChangeRole(id, func(role *arizetest.Role) { role.Description = "no, mine" })
			w.sweep(ctx)
		}
		for i := range patience {
			revert()
			Eventually(func() int { return w.arize.Count(updateRole) }).Should(Equal(i + 1))
			Eventually(func() string { return w.remote("role").Description }).Should(BeEmpty())
		}
		revert()
		settle(ctx, role, v1alpha1.ReasonContended)
		Expect(has(role, v1alpha1.ConditionStalled)).To(BeTrue())
		Expect(has(role, v1alpha1.ConditionDrifted)).To(BeTrue())
		Expect(message(role.Status.Conditions)).To(And(ContainSubstring("description"), ContainSubstring("Find who else")))
		Expect(*role.Status.Drift.Description).To(Equal("no, mine"))
		w.sweep(ctx)
		stays(ctx, role)
		Expect(w.arize.Count(updateRole)).To(Equal(patience))

		By("still correcting what nobody fights over")
		w.arize.ChangeRole(id, func(role *arizetest.Role) { role.Permissions = []string{"SPACE_DELETE"} })
		w.sweep(ctx)
		Eventually(func() []string { return w.remote("role").Permissions }).Should(ConsistOf("PROJECT_READ", "DATASET_READ"))
		Expect(w.remote("role").Description).To(Equal("no, mine"))
		Eventually(func() string { reload(ctx, role); return readyReason(role.Status.Conditions) }).Should(Equal(v1alpha1.ReasonContended))

		By("beginning anew when a person asks")
		lookAgain(ctx, role)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("role").Description).To(BeEmpty())
	})

	It("over the existence of a role ends, too", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		for i := range patience {
			w.arize.RemoveRole(w.remote("role").ID)
			w.sweep(ctx)
			Eventually(func() int { return w.arize.Count(createRole) }).Should(Equal(i + 2))
			Eventually(func() string { reload(ctx, role); return role.Status.RoleID }).Should(Equal(w.remote("role").ID))
		}
		w.arize.RemoveRole(w.remote("role").ID)
		w.sweep(ctx)
		settle(ctx, role, v1alpha1.ReasonContended)
		w.staysQuiet()
		Expect(w.names()).To(BeEmpty())
		Expect(w.arize.Count(createRole)).To(Equal(patience + 1))
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
	})

	It("does not begin when the role is only edited often", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		for _, text := range []string{"1", "2", "3", "4", "5", "6"} {
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = text })
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
		Expect(w.remote("role").Description).To(Equal("6"))
	})
})
