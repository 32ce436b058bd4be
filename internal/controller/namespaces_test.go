package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("The namespaces that an ArizeAccount allows", func() {
	from := func(allowed v1alpha1.AllowedNamespaces) func(*v1alpha1.ArizeAccount) {
		return func(account *v1alpha1.ArizeAccount) { account.Spec.AllowedNamespaces = allowed }
	}
	labelled := v1alpha1.AllowedNamespaces{
		From: v1alpha1.NamespacesFromSelector, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"arize": "true"}},
	}
	// elsewhere declares a role in another namespace.
	elsewhere := func(ctx SpecContext, w *world, labels map[string]string, edits ...change) *v1alpha1.ArizeRole {
		namespace := w.newNamespace(ctx, labels)
		return w.newRole(ctx, "role", append(edits, func(role *v1alpha1.ArizeRole) {
			role.Namespace, role.Spec.AccountRef.Namespace = namespace, w.namespace
		})...)
	}

	DescribeTable("admit",
		func(ctx SpecContext, allowed v1alpha1.AllowedNamespaces, labels map[string]string, reason string) {
			w := newWorld(ctx, from(allowed))
			role := elsewhere(ctx, w, labels)
			settle(ctx, role, reason)
			if reason == v1alpha1.ReasonInSync {
				Expect(w.names()).To(ConsistOf("role"))
				return
			}
			Expect(message(role.Status.Conditions)).To(ContainSubstring("does not allow ArizeRoles from namespace"))
			Expect(has(role, v1alpha1.ConditionReconciling)).To(BeTrue())
			w.sweep(ctx)
			stays(ctx, role)
			Expect(w.writes()).To(BeZero())
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			gone(ctx, role)
		},
		Entry("no other by default", v1alpha1.AllowedNamespaces{}, nil, v1alpha1.ReasonAccountNotReady),
		Entry("no other: Same", v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromSame}, nil, v1alpha1.ReasonAccountNotReady),
		Entry("every one: All", v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromAll}, nil, v1alpha1.ReasonInSync),
		Entry("one with the label: Selector", labelled, map[string]string{"arize": "true"}, v1alpha1.ReasonInSync),
		Entry("none without the label: Selector", labelled, map[string]string{"arize": "false"}, v1alpha1.ReasonAccountNotReady),
	)

	It("are no exception for the account's own namespace when they are selected", func(ctx SpecContext) {
		w := newWorld(ctx, from(labelled))
		settle(ctx, w.newRole(ctx, "role"), v1alpha1.ReasonAccountNotReady)
	})

	It("follow the labels of a namespace at once", func(ctx SpecContext) {
		w := newWorld(ctx, from(labelled))
		role := elsewhere(ctx, w, nil)
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: role.Namespace}}
		label := func(value string) {
			edit(ctx, namespace, func(namespace *corev1.Namespace) { metav1.SetMetaDataLabel(&namespace.ObjectMeta, "arize", value) })
		}
		label("true")
		settle(ctx, role, v1alpha1.ReasonInSync)

		By("leaving the role alone once the namespace is no longer allowed")
		label("false")
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "not allowed" })
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		Expect(w.remote("role").Description).To(BeEmpty())

		By("deleting what is ours all the same")
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		Expect(w.names()).To(BeEmpty())
	})

	It("wake the rivals in other namespaces when they are no longer allowed", func(ctx SpecContext) {
		w := newWorld(ctx, from(labelled))
		theirs := w.stranger(ctx, arizetest.Role{Name: "role", Description: "somebody's"})
		allowed := map[string]string{"arize": "true"}
		first := elsewhere(ctx, w, allowed, func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptNever })
		settle(ctx, first, v1alpha1.ReasonNameTaken)
		Eventually(time.Now).Should(BeTemporally(">", first.CreationTimestamp.Add(time.Second)), "the older goes first, and ages are whole seconds")
		second := elsewhere(ctx, w, allowed, func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptAlways })
		settle(ctx, second, v1alpha1.ReasonClaimed)
		edit(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: first.Namespace}}, func(namespace *corev1.Namespace) {
			metav1.SetMetaDataLabel(&namespace.ObjectMeta, "arize", "false")
		})
		settle(ctx, first, v1alpha1.ReasonAccountNotReady)
		settle(ctx, second, v1alpha1.ReasonInSync)
		Expect(second.Status.RoleID).To(Equal(theirs.ID))
	})

	It("follow an edit of the account at once", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := elsewhere(ctx, w, nil)
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		edit(ctx, w.account, from(v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromAll}))
		settle(ctx, role, v1alpha1.ReasonInSync)
		edit(ctx, w.account, from(v1alpha1.AllowedNamespaces{}))
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
	})

	It("show nothing of the account to a namespace that it does not allow", func(ctx SpecContext) {
		w := newWorld(ctx, func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "missing-secret" })
		role := elsewhere(ctx, w, nil)
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		Expect(message(role.Status.Conditions)).NotTo(ContainSubstring("missing-secret"))
	})
})
