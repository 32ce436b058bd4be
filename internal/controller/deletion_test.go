package controller_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

const foreignFinalizer = "example.com/hold"

var _ = Describe("Deleting an ArizeRole", func() {
	orphan := func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionOrphan }

	DescribeTable("does what the policy says with the role that it created",
		func(ctx SpecContext, policy v1alpha1.DeletionPolicy, requests []string, event string) {
			w := newWorld(ctx)
			role := w.settledRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = policy })
			w.arize.ResetLog()
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			gone(ctx, role)
			Expect(routes(w.arize.Requests())).To(Equal(requests))
			Expect(w.names()).To(HaveLen(1 - len(requests)))
			Eventually(func() []string { return eventsOf(ctx, role) }).Should(ConsistOf(v1alpha1.EventCreated, event))
		},
		Entry("by default it goes", v1alpha1.DeletionPolicy(""), []string{deleteRole}, v1alpha1.EventDeleted),
		Entry("Delete: it goes", v1alpha1.DeletionDelete, []string{deleteRole}, v1alpha1.EventDeleted),
		Entry("Orphan: it stays", v1alpha1.DeletionOrphan, []string{}, v1alpha1.EventOrphaned),
	)

	It("leaves alone what it only reported on", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Mode = v1alpha1.ModeReport })
		settle(ctx, role, v1alpha1.ReasonReporting)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Expect(w.names()).To(ConsistOf("role"))
	})

	It("is content when the role is gone already", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.RemoveRole(role.Status.RoleID)
		w.arize.ResetLog()
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Expect(routes(w.arize.Requests())).To(Equal([]string{deleteRole}))
	})

	It("waits for the bindings of the role to go, says whose they are, and repeats itself to nobody", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		id := role.Status.RoleID
		bindings := []arizetest.Binding{}
		for _, kind := range []string{arizetest.ResourceProject, arizetest.ResourceSpace, arizetest.ResourceSpace, arizetest.ResourceSpace} {
			bindings = append(bindings, w.arize.AddBinding(arizetest.Binding{RoleID: id, ResourceType: kind}))
		}
		w.arize.AddBinding(arizetest.Binding{RoleID: w.predefined().ID})
		w.arize.ResetLog()
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
		Expect(has(role, v1alpha1.ConditionReconciling)).To(BeTrue())
		Expect(message(role.Status.Conditions)).To(And(
			ContainSubstring("4 role bindings, 3 on spaces and 1 on projects"), ContainSubstring("and others"),
			ContainSubstring("on space "), ContainSubstring("Remove the role bindings, or set `spec.deletionPolicy: Orphan`")))
		Expect(w.arize.Count(deleteRole)).To(Equal(1))
		Expect(w.arize.Requests()).To(HaveLen(3), "besides, one list of bindings for each kind of resource")

		version := role.ResourceVersion
		Eventually(func() int { return w.arize.Count(deleteRole) }).Should(Equal(2), "it is tried again")
		reload(ctx, role)
		Expect(role.ResourceVersion).To(Equal(version))

		for _, binding := range bindings {
			w.arize.RemoveBinding(binding.ID)
		}
		gone(ctx, role)
		Expect(w.names()).To(BeEmpty())
		Eventually(func() []string { return eventsOf(ctx, role) }).
			Should(Equal([]string{v1alpha1.EventCreated, v1alpha1.EventDeleted, v1alpha1.ReasonDeletionBlocked}))
	})

	It("of one that is blocked ends at once when the person chooses Orphan", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.AddBinding(arizetest.Binding{RoleID: role.Status.RoleID})
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
		requests := len(w.arize.Requests())
		edit(ctx, role, orphan)
		gone(ctx, role)
		Expect(len(w.arize.Requests())).To(BeNumerically("<=", requests+3), "at most the retry that was due")
		Expect(w.names()).To(ConsistOf("role"))
	})

	It("of one that never came to anything takes no time", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.AccountRef.Name = "nowhere" })
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(role), role)).NotTo(Succeed())
	})

	It("is blocked while its account is missing, and Orphan is the way out", func(ctx SpecContext) {
		w := newWorld(ctx)
		kept, lost := w.settledRole(ctx, "kept"), w.settledRole(ctx, "lost")
		w.loseAccount(ctx)
		for _, role := range []*v1alpha1.ArizeRole{kept, lost} {
			settle(ctx, role, v1alpha1.ReasonAccountNotReady)
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
			Expect(message(role.Status.Conditions)).To(And(
				ContainSubstring("does not exist"), ContainSubstring("Set `spec.deletionPolicy: Orphan`")))
		}
		edit(ctx, kept, orphan)
		gone(ctx, kept)

		By("going on when the account is back")
		w.account = w.newAccount(ctx, v1alpha1.DefaultAccountName)
		gone(ctx, lost)
		Expect(w.names()).To(ConsistOf("kept"))
	})

	It("waits for a key that is refused, and goes on with a new one", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.RevokeKey(arizetest.DefaultKey)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
		w.arize.AddKey("new-key", arizetest.DefaultAccount)
		w.writeKey(ctx, "new-key")
		gone(ctx, role)
		Expect(w.names()).To(BeEmpty())
	})

	DescribeTable("is tried again when Arize fails, until the role is gone",
		func(ctx SpecContext, fault arizetest.Fault, reason string) {
			w := newWorld(ctx)
			role := w.settledRole(ctx, "role")
			fault.Method, fault.Times = http.MethodDelete, 1
			w.arize.AddFault(fault)
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			settle(ctx, role, reason)
			Expect(has(role, v1alpha1.ConditionReconciling)).To(BeTrue())
			gone(ctx, role)
			Expect(w.names()).To(BeEmpty())
			Expect(w.arize.Count(deleteRole)).To(Equal(2))
		},
		Entry("a proxy's page that says 404", arizetest.Fault{Kind: arizetest.FaultHTML, Status: 404}, v1alpha1.ReasonDeletionBlocked),
		Entry("429", arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: "1"}, v1alpha1.ReasonRateLimited),
		Entry("a lost answer", arizetest.Fault{Kind: arizetest.FaultClose, Stage: arizetest.AfterCommit}, v1alpha1.ReasonDeletionBlocked),
	)

	DescribeTable("is not repeated when Arize refuses it, and Orphan is the way out",
		func(ctx SpecContext, status int, reason string) {
			w := newWorld(ctx)
			role := w.settledRole(ctx, "role")
			w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: status, Detail: "not today", Method: http.MethodDelete})
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			settle(ctx, role, reason)
			Expect(has(role, v1alpha1.ConditionStalled)).To(BeTrue())
			Expect(message(role.Status.Conditions)).To(And(ContainSubstring("not today"), ContainSubstring("Orphan")))
			w.staysQuiet()
			Expect(w.arize.Count(deleteRole)).To(Equal(1))
			edit(ctx, role, orphan)
			gone(ctx, role)
		},
		Entry("403", 403, v1alpha1.ReasonForbidden),
		Entry("400", 400, v1alpha1.ReasonRejected),
		Entry("422", 422, v1alpha1.ReasonRejected),
	)

	It("leaves the finalizers of others alone, and does its own part once", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Finalizers = []string{foreignFinalizer} })
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		Eventually(func() []string { reload(ctx, role); return role.Finalizers }).Should(Equal([]string{foreignFinalizer}))
		Expect(w.names()).To(BeEmpty())
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "too late" })
		w.sweep(ctx)
		stays(ctx, role)
		w.staysQuiet()
		Expect(w.arize.Count(deleteRole)).To(Equal(1))
		Expect(w.names()).To(BeEmpty())
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Finalizers = nil })
		gone(ctx, role)
	})

	It("still deletes the role after somebody took the finalizer away for a while", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Finalizers = nil })
		Eventually(func() []string { reload(ctx, role); return role.Finalizers }).Should(ConsistOf(v1alpha1.RoleFinalizer))
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Expect(w.names()).To(BeEmpty())
	})

	It("leaks nothing when it comes while the role is being created", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Method: http.MethodPost})
		role := w.newRole(ctx, "role")
		w.paused(ctx)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		w.arize.ReleaseAll()
		gone(ctx, role)
		Expect(w.names()).To(BeEmpty())
	})

	It("leaks nothing when the answer to the creation was lost", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: arizetest.AfterCommit, Method: http.MethodPost})
		role := w.newRole(ctx, "role")
		request := w.paused(ctx)
		Expect(w.names()).To(ConsistOf("role"))
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		w.arize.Drop(request.Seq)
		gone(ctx, role)
		Expect(w.names()).To(BeEmpty())
		Expect(w.arize.Count(createRole)).To(Equal(1))
	})

	It("leaks nothing when Arize at first refuses to delete what a lost creation left", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: arizetest.AfterCommit, Method: http.MethodPost})
		refusal := w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 403, Method: http.MethodDelete})
		role := w.newRole(ctx, "role")
		request := w.paused(ctx)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		w.arize.Drop(request.Seq)
		settle(ctx, role, v1alpha1.ReasonForbidden)

		By("waking it by an edit of the account, as often as it could take to forget")
		for _, interval := range []string{"1h", "2h", "3h"} {
			edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) { account.Spec.SweepInterval = interval })
			stays(ctx, role)
		}
		Expect(role.Status.PendingCreate).NotTo(BeNil())
		w.arize.RemoveFault(refusal)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "ask again" })
		gone(ctx, role)
		Expect(w.names()).To(BeEmpty())
	})

	It("by force does not leave its answers to a namesake", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: arizetest.AfterCommit, Method: http.MethodPost})
		role := w.newRole(ctx, "role")
		w.paused(ctx)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Finalizers = nil })
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		namesake := w.newRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = []string{"SPACE_READ"} })
		w.arize.ReleaseAll()
		settle(ctx, namesake, v1alpha1.ReasonNameTaken)
		Expect(namesake.Status.Origin).To(BeEmpty())
		Expect(k8s.Delete(ctx, namesake)).To(Succeed())
		gone(ctx, namesake)
		Expect(w.names()).To(ConsistOf("role"), "nobody can tell whose it is")
	})

	It("does not change the role any more, whatever is edited", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.AddBinding(arizetest.Binding{RoleID: role.Status.RoleID})
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name, role.Spec.Description = "renamed", "too late" })
		settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
		Expect(w.arize.Count(updateRole)).To(BeZero())
	})
})

// loseAccount takes the account away in spite of its finalizer.
func (w *world) loseAccount(ctx context.Context) {
	GinkgoHelper()
	Expect(k8s.Delete(ctx, w.account)).To(Succeed())
	Eventually(func() error {
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) { account.Finalizers = nil })
		return k8s.Get(ctx, client.ObjectKeyFromObject(w.account), w.account)
	}).ShouldNot(Succeed())
}
