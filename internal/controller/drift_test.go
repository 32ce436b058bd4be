package controller_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("Drift", func() {
	described := func(role *v1alpha1.ArizeRole) { role.Spec.Description = "declared" }
	reported := func(role *v1alpha1.ArizeRole) { role.Spec.Mode = v1alpha1.ModeReport }

	DescribeTable("is corrected after a sweep, by the fields that differ",
		func(ctx SpecContext, meddle func(*arizetest.Role), fields ...string) {
			w := newWorld(ctx)
			role := w.settledRole(ctx, "role", described)
			declared := w.remote("role")
			w.arize.ChangeRole(declared.ID, meddle)
			w.arize.ResetLog()
			w.sweep(ctx)
			Eventually(func(g Gomega) {
				remote, _ := w.arize.Role(declared.ID)
				remote.UpdatedAt = declared.UpdatedAt
				g.Expect(remote).To(Equal(declared))
			}).Should(Succeed())
			settle(ctx, role, v1alpha1.ReasonInSync)
			bodies := w.bodies(updateRole)
			Expect(bodies).To(HaveLen(1))
			Expect(bodies[0]).To(HaveLen(len(fields)))
			for _, field := range fields {
				Expect(bodies[0]).To(HaveKey(field))
			}
			Expect(role.Status.Drift).To(BeNil(), "what is corrected at once is no drift to report")
			Eventually(func() []string { return eventsOf(ctx, role) }).Should(Equal([]string{v1alpha1.EventCreated, v1alpha1.EventDriftCorrected}))
		},
		Entry("the name", func(role *arizetest.Role) { role.Name = "meddled" }, "name"),
		Entry("the description", func(role *arizetest.Role) { role.Description = "" }, "description"),
		Entry("a permission more", func(role *arizetest.Role) { role.Permissions = append(role.Permissions, "SPACE_DELETE") }, "permissions"),
		Entry("a permission less", func(role *arizetest.Role) { role.Permissions = role.Permissions[:1] }, "permissions"),
		Entry("everything", func(role *arizetest.Role) {
			role.Name, role.Description, role.Permissions = "meddled", "meddled", []string{"SPACE_READ"}
		}, "name", "description", "permissions"),
	)

	It("is reported in full in mode Report, and corrected when the mode changes", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role", described)
		edit(ctx, role, reported)
		settle(ctx, role, v1alpha1.ReasonReporting)
		Expect(role.Status.Drift).To(BeNil())
		Expect(has(role, v1alpha1.ConditionDrifted)).To(BeFalse())

		w.arize.ChangeRole(role.Status.RoleID, func(role *arizetest.Role) {
			role.Name, role.Description, role.Permissions = "meddled", "", []string{"PROJECT_READ", "SPACE_READ", "SPACE_DELETE"}
		})
		w.sweep(ctx)
		Eventually(func() *v1alpha1.Drift { reload(ctx, role); return role.Status.Drift }).ShouldNot(BeNil())
		detected := role.Status.Drift.DetectionTime
		Expect(detected.Time).To(BeTemporally("~", time.Now(), time.Minute))
		Expect(role.Status.Drift).To(Equal(&v1alpha1.Drift{
			DetectionTime: detected, Name: "meddled", Description: new(""),
			AddedPermissions: []string{"DATASET_READ"}, RemovedPermissions: []string{"SPACE_DELETE", "SPACE_READ"},
		}))
		Expect(readyReason(role.Status.Conditions)).To(Equal(v1alpha1.ReasonReporting))
		Expect(has(role, v1alpha1.ConditionReady)).To(BeTrue())
		Expect(has(role, v1alpha1.ConditionDrifted)).To(BeTrue())
		Expect(role.Status.RoleName).To(Equal("meddled"))

		By("changing again: what differs is up to date, since when stays")
		w.arize.ChangeRole(role.Status.RoleID, func(role *arizetest.Role) { role.Permissions = []string{"DATASET_READ", "PROJECT_READ"} })
		w.sweep(ctx)
		Eventually(func() *v1alpha1.Drift { reload(ctx, role); return role.Status.Drift }).Should(Equal(
			&v1alpha1.Drift{DetectionTime: detected, Name: "meddled", Description: new("")}))
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(Equal([]string{v1alpha1.EventCreated, v1alpha1.EventDriftDetected}))
		Expect(w.writes()).To(Equal(1), "the creation")

		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Mode = v1alpha1.ModeEnforce })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(role.Status.Drift).To(BeNil())
		Expect(has(role, v1alpha1.ConditionDrifted)).To(BeFalse())
		Expect(w.remote("role").Description).To(Equal("declared"))
	})

	It("is everything in mode Report while there is no such role", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "role", described, reported)
		settle(ctx, role, v1alpha1.ReasonReporting)
		Expect(role.Status.Drift.AddedPermissions).To(ConsistOf("PROJECT_READ", "DATASET_READ"))
		Expect(role.Status.Drift.RemovedPermissions).To(BeEmpty())
		Expect(has(role, v1alpha1.ConditionDrifted)).To(BeTrue())
		Expect(message(role.Status.Conditions)).To(ContainSubstring("the role does not exist"))
		Expect(role.Status.RoleID).To(BeEmpty())
		w.staysQuiet()
		Expect(w.writes()).To(BeZero())

		By("seeing the role that somebody creates by hand")
		theirs := w.stranger(ctx, arizetest.Role{Name: "role", Description: "declared"})
		Eventually(func() *v1alpha1.Drift { reload(ctx, role); return role.Status.Drift }).Should(BeNil())
		Expect(role.Status.RoleID).To(Equal(theirs.ID))
		Expect(role.Status.Origin).To(BeEmpty())
	})

	It("shows at most fifty permissions of each kind", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.stranger(ctx, arizetest.Role{Name: "role", Permissions: append(permissions(200), "not a permission at all", string(make([]byte, 300)))})
		role := w.newRole(ctx, "role", reported, func(role *v1alpha1.ArizeRole) {
			role.Spec.Permissions = nil
			for _, permission := range permissions(100) {
				role.Spec.Permissions = append(role.Spec.Permissions, "MY_"+permission)
			}
		})
		settle(ctx, role, v1alpha1.ReasonReporting)
		Expect(role.Status.Drift.AddedPermissions).To(HaveLen(50))
		Expect(role.Status.Drift.RemovedPermissions).To(HaveLen(50))
		Expect(message(role.Status.Conditions)).To(ContainSubstring("lacks 100 permissions, it has 202 permissions too many"))
	})

	It("of a role that was deleted in Arize ends with a new one after a sweep", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		old := role.Status.RoleID
		w.arize.RemoveRole(old)
		w.arize.ResetLog()
		w.sweep(ctx)
		Eventually(func() string { reload(ctx, role); return role.Status.RoleID }).ShouldNot(Equal(old))
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("role").ID).To(Equal(role.Status.RoleID))
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
		Expect(role.Status.PendingCreate).To(BeNil())
		Expect(w.arize.Requests()).To(HaveLen(2), "one list, one creation")
	})

	It("of a role that Arize does not find any more is believed only after a list", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.RemoveRole(role.Status.RoleID)
		w.arize.ResetLog()
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("role").Description).To(Equal("new"))
		Expect(routes(w.arize.Requests())).To(Equal([]string{updateRole, listRoles, createRole}))
	})

	It("of a role that Arize does not find is nothing to act on while the lists fail", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		id := role.Status.RoleID
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 404, Method: http.MethodPatch, Times: 1})
		lists := w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 503, Route: "/v2/roles", Method: http.MethodGet})
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		Eventually(func() int { return w.arize.Count(updateRole) }).Should(Equal(1))
		w.arize.ResetLog()
		Eventually(func() int { return w.arize.Count(listRoles) }).Should(BeNumerically(">=", 3), "after one second, and after two more")
		Expect(w.writes()).To(BeZero())
		w.arize.RemoveFault(lists)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(role.Status.RoleID).To(Equal(id))
		Expect(w.remote("role").Description).To(Equal("new"))
		Expect(w.arize.Count(createRole)).To(BeZero())
	})

	It("is no drift when the order of the permissions differs", func(ctx SpecContext) {
		w := newWorld(ctx) // the simulator shuffles them in every answer
		role := w.settledRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = permissions(30) })
		w.sweep(ctx)
		w.sweep(ctx)
		stays(ctx, role)
		Expect(w.writes()).To(Equal(1))
	})

	It("is found at once by one request when a person asks", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.ResetLog()
		lookAgain(ctx, role)
		Expect(routes(w.arize.Requests())).To(Equal([]string{readRole}))
		stays(ctx, role)

		w.arize.ChangeRole(role.Status.RoleID, func(role *arizetest.Role) { role.Description = "meddled" })
		w.arize.ResetLog()
		lookAgain(ctx, role)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("role").Description).To(BeEmpty())
		Expect(routes(w.arize.Requests())).To(Equal([]string{readRole, updateRole}))

		w.arize.RemoveRole(role.Status.RoleID)
		w.arize.ResetLog()
		lookAgain(ctx, role)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("role"))
		Expect(routes(w.arize.Requests())).To(Equal([]string{readRole, listRoles, createRole}))
	})

	It("is looked for again when Arize does not answer", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.ChangeRole(role.Status.RoleID, func(role *arizetest.Role) { role.Description = "meddled" })
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 503, Method: http.MethodGet, Route: "/v2/roles/{role_id}", Times: 1})
		w.arize.ResetLog()
		lookAgain(ctx, role)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(routes(w.arize.Requests())).To(Equal([]string{readRole, readRole, updateRole}))
	})

	It("is not looked for again and again when Arize never answers", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 503, Method: http.MethodGet, Route: "/v2/roles/{role_id}"})
		lookAgain(ctx, role)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.arize.Count(readRole)).To(Equal(3))
	})

	It("is found by a list when a person asks for a role that is not there yet", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.stranger(ctx, arizetest.Role{Name: "role", Description: "theirs"})
		role := w.newRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		w.arize.RemoveRole(w.remote("role").ID)
		w.arize.ResetLog()
		lookAgain(ctx, role)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(routes(w.arize.Requests())).To(Equal([]string{listRoles, createRole}))
	})

	It("is not seen in a list that is older than the last write", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: arizetest.AfterCommit, Method: http.MethodGet, Times: 1})
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) {
			metav1.SetMetaDataAnnotation(&account.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, "old list")
		})
		w.paused(ctx)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "newer" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		w.arize.ReleaseAll()
		Eventually(func() string { w.read(ctx); return w.account.Status.LastHandledReconcileAt }).Should(Equal("old list"))
		stays(ctx, role)
		Expect(w.arize.Count(updateRole)).To(Equal(1))
		Expect(w.remote("role").Description).To(Equal("newer"))
	})

	It("is corrected for roles on every page of a long list", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.PageCap, settings.EmptyPages = 2, true })
		roles := []*v1alpha1.ArizeRole{}
		for _, name := range []string{"one", "two", "three", "four", "five"} {
			roles = append(roles, w.settledRole(ctx, name))
		}
		for _, role := range roles {
			w.arize.ChangeRole(role.Status.RoleID, func(role *arizetest.Role) { role.Description = "meddled" })
		}
		w.sweep(ctx)
		for _, role := range roles {
			Eventually(func() string { return w.remote(role.Name).Description }).Should(BeEmpty())
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
	})
})
