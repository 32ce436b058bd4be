package controller_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("Adopting a role", func() {
	var (
		identical = arizetest.Role{Name: "theirs", Permissions: []string{"DATASET_READ", "PROJECT_READ"}}
		different = arizetest.Role{Name: "theirs", Description: "somebody's", Permissions: []string{"PROJECT_READ", "SPACE_READ"}}
	)
	policy := func(policy v1alpha1.AdoptionPolicy) change {
		return func(role *v1alpha1.ArizeRole) { role.Spec.Name, role.Spec.AdoptionPolicy = "theirs", policy }
	}

	DescribeTable("takes what the policy allows",
		func(ctx SpecContext, adoption v1alpha1.AdoptionPolicy, existing arizetest.Role, updates int) {
			w := newWorld(ctx)
			theirs := w.stranger(ctx, existing)
			role := w.settledRole(ctx, "ours", policy(adoption))
			Expect(role.Status.Origin).To(Equal(v1alpha1.OriginAdopted))
			Expect(role.Status.RoleID).To(Equal(theirs.ID))
			Expect(role.Finalizers).To(ConsistOf(v1alpha1.RoleFinalizer))
			Expect(w.arize.Count(updateRole)).To(Equal(updates))
			Expect(w.writes()).To(Equal(updates))
			Expect(w.remote("theirs").Permissions).To(ConsistOf("PROJECT_READ", "DATASET_READ"))
			Expect(w.remote("theirs").Description).To(BeEmpty())
			Eventually(func() []string { return eventsOf(ctx, role) }).Should(ContainElement(v1alpha1.EventAdopted))
		},
		Entry("by default, when it is identical", v1alpha1.AdoptionPolicy(""), identical, 0),
		Entry("IfIdentical, when it is", v1alpha1.AdoptIfIdentical, identical, 0),
		Entry("Always, when it is identical", v1alpha1.AdoptAlways, identical, 0),
		Entry("Always, when it differs", v1alpha1.AdoptAlways, different, 1),
	)

	DescribeTable("refuses the rest, and says how to consent",
		func(ctx SpecContext, adoption v1alpha1.AdoptionPolicy, existing arizetest.Role, why string) {
			w := newWorld(ctx)
			theirs := w.stranger(ctx, existing)
			role := w.newRole(ctx, "ours", policy(adoption))
			settle(ctx, role, v1alpha1.ReasonNameTaken)
			Expect(message(role.Status.Conditions)).To(And(
				ContainSubstring("(id "+theirs.ID+")"), ContainSubstring("`spec.roleID: "+theirs.ID+"`"), ContainSubstring(why)))
			Expect(role.Status.Origin).To(BeEmpty())
			Expect(role.Finalizers).To(BeEmpty())
			w.staysQuiet()
			Expect(w.writes()).To(BeZero())

			By("taking it once the person consents")
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.RoleID = theirs.ID })
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(role.Status.Origin).To(Equal(v1alpha1.OriginAdopted))
			Expect(w.remote("theirs").Permissions).To(ConsistOf("PROJECT_READ", "DATASET_READ"))
			Expect(w.arize.Count(createRole)).To(BeZero())
		},
		Entry("by default, when it differs", v1alpha1.AdoptionPolicy(""), different, "lacks 1 permission, it has 1 permission too many"),
		Entry("IfIdentical, when it differs", v1alpha1.AdoptIfIdentical, different, "its description differs"),
		Entry("Never, when it is identical", v1alpha1.AdoptNever, identical, "Never"),
		Entry("Never, when it differs", v1alpha1.AdoptNever, different, "Never"),
	)

	DescribeTable("never takes a predefined role by its name",
		func(ctx SpecContext, adoption v1alpha1.AdoptionPolicy) {
			w := newWorld(ctx)
			predefined := w.predefined()
			role := w.newRole(ctx, "ours", func(role *v1alpha1.ArizeRole) {
				role.Spec.Name, role.Spec.AdoptionPolicy = predefined.Name, adoption
				role.Spec.Permissions = predefined.Permissions
				role.Spec.Description = predefined.Description
			})
			settle(ctx, role, v1alpha1.ReasonPredefined)
			Expect(message(role.Status.Conditions)).To(ContainSubstring("Choose another `spec.name`"))
			w.staysQuiet()
			Expect(w.writes()).To(BeZero())

			By("going on under another name")
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "" })
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(w.names()).To(ConsistOf("ours"))
		},
		Entry("IfIdentical", v1alpha1.AdoptIfIdentical),
		Entry("Never", v1alpha1.AdoptNever),
		Entry("Always", v1alpha1.AdoptAlways),
	)

	It("takes exactly the role whose id is given, and renames it", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, different)
		namesake := w.stranger(ctx, arizetest.Role{Name: "unrelated"})
		role := w.settledRole(ctx, "ours", func(role *v1alpha1.ArizeRole) {
			role.Spec.RoleID, role.Spec.AdoptionPolicy = theirs.ID, v1alpha1.AdoptNever
		})
		Expect(role.Status.RoleID).To(Equal(theirs.ID))
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginAdopted))
		Expect(w.remote("ours").ID).To(Equal(theirs.ID))
		Expect(w.remote("unrelated")).To(Equal(namesake))
		Expect(w.arize.Count(updateRole)).To(Equal(1))
		Expect(w.writes()).To(Equal(1))
	})

	It("never takes a predefined role by its id", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "ours", func(role *v1alpha1.ArizeRole) { role.Spec.RoleID = w.predefined().ID })
		settle(ctx, role, v1alpha1.ReasonPredefined)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Expect(w.writes()).To(BeZero())
	})

	DescribeTable("never creates what an id was given for",
		func(ctx SpecContext, id string) {
			w := newWorld(ctx)
			role := w.newRole(ctx, "ours", func(role *v1alpha1.ArizeRole) { role.Spec.RoleID = id })
			settle(ctx, role, v1alpha1.ReasonNotFound)
			Expect(has(role, v1alpha1.ConditionStalled)).To(BeTrue())
			Expect(message(role.Status.Conditions)).To(ContainSubstring("Correct `spec.roleID`"))
			Expect(role.Finalizers).To(BeEmpty())
			w.sweep(ctx)
			lookAgain(ctx, role)
			Expect(readyReason(role.Status.Conditions)).To(Equal(v1alpha1.ReasonNotFound))
			w.staysQuiet()
			Expect(w.writes()).To(BeZero())
			Expect(w.names()).To(BeEmpty())
		},
		Entry("when no role has it", arizetest.UnknownRoleID),
		Entry("when no role can have it", "../../v2/roles?x=%2F#y"),
		Entry("when it has 256 characters", strings.Repeat("=", 256)),
	)

	It("finds the role of its id as soon as it is there", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "ours", func(role *v1alpha1.ArizeRole) { role.Spec.RoleID = arizetest.UnknownRoleID })
		settle(ctx, role, v1alpha1.ReasonNotFound)
		w.stranger(ctx, arizetest.Role{ID: arizetest.UnknownRoleID, Name: "late"})
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("ours"))
	})

	It("does not create an adopted role again when it was taken by id and is gone", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, identical)
		role := w.settledRole(ctx, "ours", func(role *v1alpha1.ArizeRole) { role.Spec.RoleID = theirs.ID })
		w.arize.RemoveRole(theirs.ID)
		w.sweep(ctx)
		settle(ctx, role, v1alpha1.ReasonNotFound)
		w.staysQuiet()
		Expect(w.arize.Count(createRole)).To(BeZero())
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
	})

	It("only looks at a role in mode Report, whatever the consent", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, different)
		role := w.newRole(ctx, "ours", func(role *v1alpha1.ArizeRole) {
			role.Spec.RoleID, role.Spec.Mode = theirs.ID, v1alpha1.ModeReport
		})
		settle(ctx, role, v1alpha1.ReasonReporting)
		Expect(role.Status.RoleID).To(Equal(theirs.ID))
		Expect(role.Status.Origin).To(BeEmpty())
		Expect(role.Finalizers).To(BeEmpty())
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Expect(w.writes()).To(BeZero())
	})

	It("follows when the person allows more", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, different)
		role := w.newRole(ctx, "ours", policy(v1alpha1.AdoptNever))
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		edit(ctx, role, policy(v1alpha1.AdoptAlways))
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(role.Status.RoleID).To(Equal(theirs.ID))
	})

	It("gives way as soon as the stranger's role is renamed or deleted", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, different)
		role := w.newRole(ctx, "ours", policy(v1alpha1.AdoptNever))
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		w.arize.ChangeRole(theirs.ID, func(role *arizetest.Role) { role.Name = "moved" })
		w.sweep(ctx)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("theirs", "moved"))
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
	})

	DescribeTable("remembers where the role came from when it is deleted",
		func(ctx SpecContext, deletion v1alpha1.DeletionPolicy, stays bool) {
			w := newWorld(ctx)
			w.stranger(ctx, identical)
			role := w.settledRole(ctx, "ours", policy(v1alpha1.AdoptAlways), func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = deletion })
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			gone(ctx, role)
			_, exists := w.arize.RoleByName("theirs")
			Expect(exists).To(Equal(stays))
		},
		Entry("by default it stays", v1alpha1.DeletionPolicy(""), true),
		Entry("Orphan: it stays", v1alpha1.DeletionOrphan, true),
		Entry("Delete: it goes", v1alpha1.DeletionDelete, false),
	)
})
