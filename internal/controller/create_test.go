package controller_test

import (
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("Creating a role", func() {
	It("records finalizer and intent before Arize is asked, and the id after", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Method: http.MethodPost})
		role := w.newRole(ctx, "intent")
		w.paused(ctx)
		reload(ctx, role)
		Expect(role.Finalizers).To(ConsistOf(v1alpha1.RoleFinalizer))
		Expect(role.Status.PendingCreate.Name).To(Equal("intent"))
		Expect(role.Status.PendingCreate.StartTime.Time).To(BeTemporally("~", time.Now(), time.Minute))
		Expect(role.Status.RoleID).To(BeEmpty())
		Expect(readyReason(role.Status.Conditions)).To(Equal(v1alpha1.ReasonProgressing))

		w.arize.ReleaseAll()
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(role.Status.PendingCreate).To(BeNil())
		Expect(role.Status.RoleID).To(Equal(w.remote("intent").ID))
		Expect(role.Status.RoleName).To(Equal("intent"))
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
	})

	It("costs one request to Arize and three writes to Kubernetes", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.sweep(ctx)
		w.arize.ResetLog()
		versions := recorded(ctx, w.namespace)
		role := w.settledRole(ctx, "cheap")
		stays(ctx, role)
		Expect(names(versions())).To(HaveLen(1+3), "the person's own, and three of ours")
		Expect(w.arize.Requests()).To(HaveLen(1))
		Expect(w.arize.Count(createRole)).To(Equal(1))
	})

	It("sends what is declared and nothing else", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.settledRole(ctx, "bare")
		Expect(w.bodies(createRole)).To(ConsistOf(
			And(HaveLen(2), HaveKeyWithValue("name", "bare"), HaveKeyWithValue("permissions", ConsistOf("PROJECT_READ", "DATASET_READ"))),
		), "no description, and the name of the ArizeRole")
		w.arize.ResetLog()
		w.settledRole(ctx, "full", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name = "AI Engineer (EU)"
			role.Spec.Description = "Can read."
		})
		Expect(w.bodies(createRole)).To(ConsistOf(
			And(HaveLen(3), HaveKeyWithValue("name", "AI Engineer (EU)"), HaveKeyWithValue("description", "Can read.")),
		))
	})

	It("works with the longest and strangest spec that the apiserver lets in", func(ctx SpecContext) {
		w := newWorld(ctx)
		name := strings.Repeat(`-_.,()['"/:\&@#$%!?+=] `, 12)[:254] + "x"
		role := w.settledRole(ctx, "huge", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name = name
			role.Spec.Description = strings.Repeat("é\n", 500)
			role.Spec.Permissions = permissions(512)
		})
		remote := w.remote(name)
		Expect(remote.ID).To(Equal(role.Status.RoleID))
		Expect(remote.Description).To(Equal(role.Spec.Description))
		Expect(remote.Permissions).To(ConsistOf(role.Spec.Permissions))
		w.sweep(ctx)
		stays(ctx, role)
		Expect(w.writes()).To(Equal(1))
	})

	It("waits for an account that is not there yet", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "early", func(role *v1alpha1.ArizeRole) { role.Spec.AccountRef.Name = "later" })
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		Expect(message(role.Status.Conditions)).To(ContainSubstring(w.namespace + "/later does not exist; create it"))
		Expect(role.Finalizers).To(BeEmpty(), "there is nothing to let go of")
		w.newAccount(ctx, "later")
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("early"))
	})

	It("takes what changed while the request was on its way", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Method: http.MethodPost})
		role := w.newRole(ctx, "before")
		w.paused(ctx)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) {
			role.Spec.Name = "after"
			role.Spec.Description = "edited meanwhile"
		})
		w.arize.ReleaseAll()
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("after"))
		Expect(w.remote("after").Description).To(Equal("edited meanwhile"))
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
		Expect(w.arize.Count(createRole)).To(Equal(1))
	})

	It("keeps the id of a role that Arize made otherwise, whatever is edited meanwhile", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.DroppedPermissions = []string{"DATASET_READ"} })
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Method: http.MethodPost})
		role := w.newRole(ctx, "role")
		w.paused(ctx)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = []string{"PROJECT_READ"} })
		w.arize.ReleaseAll()
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated), "though nothing but the answer could tell")
	})

	It("creates twenty roles with twenty requests", func(ctx SpecContext) {
		w := newWorld(ctx)
		for _, permission := range permissions(20) {
			w.newRole(ctx, strings.ToLower(strings.ReplaceAll(permission, "_", "-")))
		}
		Eventually(func(g Gomega) {
			var roles v1alpha1.ArizeRoleList
			g.Expect(k8s.List(ctx, &roles, client.InNamespace(w.namespace))).To(Succeed())
			for i := range roles.Items {
				g.Expect(readyReason(roles.Items[i].Status.Conditions)).To(Equal(v1alpha1.ReasonInSync))
			}
		}).Should(Succeed())
		Expect(w.names()).To(HaveLen(20))
		Expect(w.arize.Count(createRole)).To(Equal(20))
		w.arize.ResetLog()
		w.sweep(ctx)
		w.staysQuiet()
		Expect(w.arize.Requests()).To(HaveLen(1), "one page")
	})
})
