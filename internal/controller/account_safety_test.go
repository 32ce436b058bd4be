package controller_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("An ArizeAccount protects its roles", func() {
	// threeRoles declares three roles and waits until they are in Arize.
	threeRoles := func(ctx SpecContext, w *world) []*v1alpha1.ArizeRole {
		GinkgoHelper()
		roles := []*v1alpha1.ArizeRole{w.newRole(ctx, "one"), w.newRole(ctx, "two"), w.newRole(ctx, "three")}
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
		return roles
	}

	It("stops when most roles vanish, and goes on when they are back", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := threeRoles(ctx, w)
		kept := []arizetest.Role{w.remote("one"), w.remote("two")}
		for _, role := range kept {
			w.arize.RemoveRole(role.ID)
		}
		w.sweep(ctx)
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonRolesVanished)
		Expect(w.account.Status.VanishedSince.IsZero()).To(BeFalse())
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		}
		Expect(w.arize.Count(createRole)).To(Equal(3), "nothing was created again")

		for _, role := range kept {
			Expect(w.arize.Account(w.arize.Accounts()[0]).AddRole(role).ID).To(Equal(role.ID))
		}
		w.sweep(ctx)
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
		Expect(w.account.Status.VanishedSince.IsZero()).To(BeTrue())
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
		Expect(w.arize.Count(createRole)).To(Equal(3))
	})

	It("creates vanished roles again once a person accepts that they are gone", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := threeRoles(ctx, w)
		w.arize.RemoveRole(w.remote("one").ID)
		w.arize.RemoveRole(w.remote("two").ID)
		w.sweep(ctx)
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonRolesVanished)
		since := w.account.Status.VanishedSince.UTC().Format(time.RFC3339)
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) {
			metav1.SetMetaDataAnnotation(&account.ObjectMeta, v1alpha1.AcceptVanishedAnnotation, "2026-01-01T00:00:00Z")
		})
		w.sweep(ctx)
		Expect(readyReason(w.account.Status.Conditions)).To(Equal(v1alpha1.ReasonRolesVanished), "this is about another time")
		Expect(w.account.Status.VanishedSince.UTC().Format(time.RFC3339)).To(Equal(since))
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) {
			metav1.SetMetaDataAnnotation(&account.ObjectMeta, v1alpha1.AcceptVanishedAnnotation, since)
		})
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
		Expect(w.names()).To(ConsistOf("one", "two", "three"))
		w.sweep(ctx)
		Expect(w.account.Status.VanishedSince.IsZero()).To(BeTrue())
	})

	It("does not stop when half of the roles vanish: they are created again", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := append(threeRoles(ctx, w), w.settledRole(ctx, "four"))
		for _, role := range roles[:2] {
			w.arize.RemoveRole(role.Status.RoleID)
		}
		w.sweep(ctx)
		Eventually(func() []string { return w.names() }).Should(ConsistOf("one", "two", "three", "four"))
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
	})

	It("does not miss the roles of what is being deleted", func(ctx SpecContext) {
		w := newWorld(ctx)
		hold := func(role *v1alpha1.ArizeRole) { role.Finalizers = []string{foreignFinalizer} }
		for _, role := range []*v1alpha1.ArizeRole{w.settledRole(ctx, "one", hold), w.settledRole(ctx, "two", hold)} {
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Finalizers = nil }) })
		}
		Eventually(w.names).Should(BeEmpty())
		w.settledRole(ctx, "three")
		w.sweep(ctx)
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
	})

	It("creates nothing in another Arize account that its key leads to by mistake", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := threeRoles(ctx, w)
		w.arize.AddKey("key-of-another-account", "another")
		w.writeKey(ctx, "key-of-another-account")
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonRolesVanished)
		Expect(w.arize.Account("another").CustomRoles()).To(BeEmpty())
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		}
		Expect(w.arize.Count(createRole)).To(Equal(3))
	})

	It("stays stopped although ArizeRoles are deleted meanwhile", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := append(threeRoles(ctx, w), w.settledRole(ctx, "four"))
		w.arize.AddKey("key-of-another-account", "another")
		w.writeKey(ctx, "key-of-another-account")
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonRolesVanished)
		for _, role := range roles[:2] {
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
		}
		edit(ctx, roles[2], func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionOrphan })
		Expect(k8s.Delete(ctx, roles[2])).To(Succeed())
		gone(ctx, roles[2])
		w.sweep(ctx)
		Expect(message(w.account.Status.Conditions)).To(HavePrefix("3 of 3 managed roles"))

		By("and until the last one is let go, for nothing may be created there either")
		for _, role := range roles[:2] {
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionOrphan })
			gone(ctx, role)
		}
		w.sweep(ctx)
		Expect(message(w.account.Status.Conditions)).To(HavePrefix("1 of 1 managed roles"))
		Expect(w.arize.Account("another").CustomRoles()).To(BeEmpty())
		Expect(w.arize.Count(deleteRole)).To(BeZero())

		By("going on with the right key")
		w.writeKey(ctx, arizetest.DefaultKey)
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
		settle(ctx, roles[3], v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("one", "two", "three", "four"))
	})

	It("does not miss what is deleted while a list is read", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := threeRoles(ctx, w)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Method: http.MethodGet, Times: 1})
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) {
			metav1.SetMetaDataAnnotation(&account.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, "now")
		})
		w.paused(ctx)
		for _, role := range roles[:2] {
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			gone(ctx, role)
		}
		w.arize.ReleaseAll()
		w.sweep(ctx)
		Expect(eventsOf(ctx, w.account)).To(HaveEach(v1alpha1.ReasonReady))
	})

	It("cannot be deleted while an ArizeRole uses it, and goes on working", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "one")
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(k8s.Delete(ctx, w.account)).To(Succeed())
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonInUse)
		Expect(message(w.account.Status.Conditions)).To(ContainSubstring("held by 1 ArizeRole: " + w.namespace + "/one"))

		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "still works" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("one").Description).To(Equal("still works"))

		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		gone(ctx, w.account)
		Expect(w.arize.CustomRoles()).To(BeEmpty())
	})

	It("deletes with the last good key what is ours after its Secret is gone", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "one")
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(k8s.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "arize-api-key"}})).To(Succeed())
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Expect(w.arize.CustomRoles()).To(BeEmpty())
	})

	It("sends nothing with the last good key where the account was declared otherwise", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "one")
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) {
			account.Spec.CABundle = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n"
		})
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
		Expect(w.names()).To(ConsistOf("one"))
	})

	It("takes its last good key with it when it goes", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "one")
		w.loseAccount(ctx)
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		Expect(k8s.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "arize-api-key"}})).To(Succeed())
		w.account = w.newAccount(ctx, v1alpha1.DefaultAccountName)
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		settle(ctx, role, v1alpha1.ReasonDeletionBlocked)
		Expect(w.names()).To(ConsistOf("one"))
	})

	It("writes its status once per sweep, and nothing else, while nothing happens", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := threeRoles(ctx, w)
		w.sweep(ctx)
		w.arize.ResetLog()
		versions := map[string]string{}
		for _, role := range roles {
			Expect(k8s.Get(ctx, client.ObjectKeyFromObject(role), role)).To(Succeed())
			versions[role.Name] = role.ResourceVersion
		}
		generation := w.account.ResourceVersion
		Consistently(func() string { w.read(ctx); return w.account.ResourceVersion }).Should(Equal(generation))
		w.sweep(ctx)
		w.sweep(ctx)
		for _, role := range roles {
			Expect(k8s.Get(ctx, client.ObjectKeyFromObject(role), role)).To(Succeed())
			Expect(role.ResourceVersion).To(Equal(versions[role.Name]))
		}
		Expect(w.arize.Requests()).To(HaveLen(2), "one page for each sweep")
	})
})
