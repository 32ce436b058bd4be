package controller_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/controller"
)

// These specs play on a control plane of their own: one takes the CRD away, and the
// manager watches a few namespaces only.
var _ = Describe("A cluster of its own", Ordered, func() {
	BeforeAll(func(ctx SpecContext) {
		shared, sharedConfig := k8s, config
		DeferCleanup(func() { k8s, config = shared, sharedConfig })
		startControlPlane()
		for _, name := range []string{"watched", "unwatched"} {
			Expect(k8s.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})).To(Succeed())
		}
		startManager(controller.Options{InFlight: inFlight, Namespaces: []string{"watched"}})
	})

	It("says so when the account is in a namespace that is not watched", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched")
		role := w.newRole(ctx, "astray", func(role *v1alpha1.ArizeRole) { role.Spec.AccountRef.Namespace = "unwatched" })
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		Expect(message(role.Status.Conditions)).To(And(ContainSubstring("unwatched/default"), ContainSubstring("--watch-namespaces")))
		w.settledRole(ctx, "astray-too", func(role *v1alpha1.ArizeRole) { role.Spec.Name = "astray" })
	})

	It("keeps every role in Arize when the CRD is deleted", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched")
		created := w.settledRole(ctx, "created", func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionDelete })
		theirs := w.stranger(ctx, arizetest.Role{Name: "adopted"})
		adopted := w.settledRole(ctx, "adopted")
		w.arize.ResetLog()

		crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "arizeroles." + v1alpha1.GroupName}}
		Expect(k8s.Delete(ctx, crd)).To(Succeed())
		gone(ctx, crd)
		Expect(w.arize.Count(deleteRole)).To(BeZero())
		Expect(w.names()).To(ConsistOf("created", "adopted"))
		Expect(w.remote("created").ID).To(Equal(created.Status.RoleID))
		Expect(adopted.Status.RoleID).To(Equal(theirs.ID))

		By("installing it again")
		_, err := envtest.InstallCRDs(config, envtest.CRDInstallOptions{Paths: []string{crds}})
		Expect(err).NotTo(HaveOccurred())
	})
})
