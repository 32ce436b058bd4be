package controller_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("The health of an ArizeAccount", func() {
	It("is Ready after the first sweep, with the numbers of its roles", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.SeedRoles(3)
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
		w.newRole(ctx, "one")
		Eventually(func() int { return w.arize.Count(createRole) }).Should(Equal(1))
		w.sweep(ctx)

		status := w.account.Status
		Expect(status.Endpoint).To(Equal(w.url))
		Expect(status.ObservedGeneration).To(Equal(w.account.Generation))
		Expect(status.LastSweepTime.Time).To(BeTemporally("~", time.Now(), time.Minute))
		Expect(*status.Roles.Custom).To(BeEquivalentTo(4))
		Expect(*status.Roles.Managed).To(BeEquivalentTo(1))
		Expect(*status.Roles.Unmanaged).To(BeEquivalentTo(3))
		Expect(*status.Roles.Predefined).To(BeEquivalentTo(len(w.arize.Roles()) - 4))
		Expect(*status.Roles.Drifted).To(BeZero())
		Expect(meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionStalled)).To(BeFalse())
	})

	It("names the Secret that is missing, and is Ready as soon as it is there", func(ctx SpecContext) {
		w := newWorld(ctx, func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "later" })
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		Expect(message(w.account.Status.Conditions)).To(ContainSubstring(`Secret "later" does not exist`))
		role := w.newRole(ctx, "waits")
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)

		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "later"}}
		Expect(k8s.Create(ctx, secret)).To(Succeed())
		Eventually(func() string { w.read(ctx); return message(w.account.Status.Conditions) }).
			Should(ContainSubstring(`has no key "api-key"`))

		secret.Data = map[string][]byte{"api-key": []byte(arizetest.DefaultKey + "\n")}
		Expect(k8s.Update(ctx, secret)).To(Succeed())
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
		settle(ctx, role, v1alpha1.ReasonInSync)
	})

	It("answers a request for a sweep that cannot be made", func(ctx SpecContext) {
		w := newWorld(ctx)
		Expect(k8s.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "arize-api-key"}})).To(Succeed())
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		w.sweep(ctx)
		Expect(readyReason(w.account.Status.Conditions)).To(Equal(v1alpha1.ReasonSecretNotFound))
	})

	It("is Unauthorized while the key is revoked: its roles send nothing, and a new key heals it", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := []*v1alpha1.ArizeRole{w.newRole(ctx, "one"), w.newRole(ctx, "two"), w.newRole(ctx, "three")}
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
		w.arize.RevokeKey(arizetest.DefaultKey)
		w.arize.ResetLog()
		edit(ctx, roles[0], func(role *v1alpha1.ArizeRole) { role.Spec.Description = "changed" })
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonUnauthorized)
		Expect(meta.IsStatusConditionTrue(w.account.Status.Conditions, v1alpha1.ConditionStalled)).To(BeTrue())
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		}
		Expect(w.arize.Count(updateRole)).To(Equal(1), "only the edit that found out")
		edit(ctx, roles[1], func(role *v1alpha1.ArizeRole) { role.Spec.Description = "changed" })
		settle(ctx, roles[1], v1alpha1.ReasonAccountNotReady)
		Expect(w.arize.Count(updateRole)).To(Equal(1))
		Expect(w.arize.Count(listRoles)).To(BeNumerically("<=", 5), "probes after one second, two, four")

		w.arize.AddKey("another-key", w.arize.Accounts()[0])
		w.writeKey(ctx, "another-key")
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
		Expect(w.remote("one").Description).To(Equal("changed"))
	})

	DescribeTable("says what Arize answers to the list, and heals by itself",
		func(ctx SpecContext, fault arizetest.Fault, reason string, stalled bool) {
			fault.Method, fault.Route = http.MethodGet, "/v2/roles"
			var id int
			w := newWorld(ctx, func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "later" })
			id = w.arize.AddFault(fault)
			edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "arize-api-key" })
			w.accountTurns(ctx, metav1.ConditionFalse, reason)
			Expect(meta.IsStatusConditionTrue(w.account.Status.Conditions, v1alpha1.ConditionStalled)).To(Equal(stalled))
			Expect(meta.IsStatusConditionTrue(w.account.Status.Conditions, v1alpha1.ConditionReconciling)).To(Equal(!stalled))
			w.arize.RemoveFault(id)
			w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
		},
		Entry("403", arizetest.Fault{Kind: arizetest.FaultStatus, Status: 403, Detail: "may not list"}, v1alpha1.ReasonForbidden, true),
		Entry("500", arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500}, v1alpha1.ReasonUnavailable, false),
		Entry("429", arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: "1"}, v1alpha1.ReasonRateLimited, false),
		Entry("the page of a proxy", arizetest.Fault{Kind: arizetest.FaultHTML}, v1alpha1.ReasonUnavailable, false),
		Entry("half a body", arizetest.Fault{Kind: arizetest.FaultCut}, v1alpha1.ReasonUnavailable, false),
		Entry("a closed connection", arizetest.Fault{Kind: arizetest.FaultClose}, v1alpha1.ReasonUnavailable, false),
	)

	It("bears two sweeps without an answer, for one lost answer says nothing", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.newRole(ctx, "one")
		settle(ctx, role, v1alpha1.ReasonInSync)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 503, Method: http.MethodGet, Times: 2})
		version := role.ResourceVersion
		w.sweep(ctx)
		Eventually(func() int { return w.arize.Count(listRoles) }).Should(BeNumerically(">=", 4))
		Expect(readyReason(w.account.Status.Conditions)).To(Equal(v1alpha1.ReasonReady))
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(role), role)).To(Succeed())
		Expect(role.ResourceVersion).To(Equal(version), "the role heard nothing of it")
	})

	DescribeTable("is InvalidSpec, and says what to write instead",
		func(ctx SpecContext, spoil func(*v1alpha1.ArizeAccount), hint string) {
			w := newWorld(ctx, spoil)
			w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec)
			Expect(message(w.account.Status.Conditions)).To(ContainSubstring(hint))
			Expect(w.arize.Requests()).To(BeEmpty())
		},
		Entry("a CA bundle that is no certificate", func(account *v1alpha1.ArizeAccount) {
			account.Spec.CABundle = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n"
		}, "paste the certificates"),
		Entry("a selector with a label that none can have", func(account *v1alpha1.ArizeAccount) {
			account.Spec.AllowedNamespaces = v1alpha1.AllowedNamespaces{
				From:     v1alpha1.NamespacesFromSelector,
				Selector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "not a label", Operator: "Exists"}}},
			}
		}, "spec.allowedNamespaces.selector"),
	)

	It("says that a key cannot be one, without showing it", func(ctx SpecContext) {
		w := newWorld(ctx, func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "broken" })
		secret := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "broken"},
			Data:       map[string][]byte{"api-key": []byte("sesame open")},
		}
		Expect(k8s.Create(ctx, secret)).To(Succeed())
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec)
		Expect(message(w.account.Status.Conditions)).To(And(ContainSubstring("white space"), Not(ContainSubstring("sesame"))))
	})
})
