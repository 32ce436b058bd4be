package controller_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/controller"
)

// These specs play on a control plane of their own, whose manager they may stop and
// whose CRDs they may delete. It watches one namespace of two.
var _ = Describe("A cluster of its own", Ordered, func() {
	options := controller.Options{InFlight: inFlight, Namespaces: []string{"watched"}}
	var stop func()

	BeforeAll(func(ctx SpecContext) {
		shared, sharedConfig := k8s, config
		DeferCleanup(func() { k8s, config = shared, sharedConfig })
		startControlPlane()
		for _, name := range []string{"watched", "unwatched"} {
			Expect(k8s.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})).To(Succeed())
		}
		stop = startManager(options)
		DeferCleanup(func() { stop() })
	})

	It("says so when the account is in a namespace that is not watched", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched")
		role := w.newRole(ctx, "astray", func(role *v1alpha1.ArizeRole) { role.Spec.AccountRef.Namespace = "unwatched" })
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		Expect(message(role.Status.Conditions)).To(And(ContainSubstring("unwatched/default"), ContainSubstring("--watch-namespaces")))
		w.settledRole(ctx, "astray-too", func(role *v1alpha1.ArizeRole) { role.Spec.Name = "astray" })
	})

	It("does not take what an ArizeRole holds whose account is not watched", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched")
		theirs := w.stranger(ctx, arizetest.Role{Name: "held"})
		holder := w.newRole(ctx, "holder", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name, role.Spec.AccountRef.Namespace = "held", "unwatched"
		})
		settle(ctx, holder, v1alpha1.ReasonAccountNotReady)
		before := holder.DeepCopy()
		holder.Status.RoleID, holder.Status.RoleName, holder.Status.Origin = theirs.ID, theirs.Name, v1alpha1.OriginCreated
		Expect(k8s.Status().Patch(ctx, holder, client.MergeFrom(before))).To(Succeed(), "as a manager that watched more did")
		loser := w.newRole(ctx, "loser", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name, role.Spec.AdoptionPolicy = "held", v1alpha1.AdoptAlways
		})
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		Expect(w.writes()).To(BeZero())
	})

	It("pays for a restart with one list, and with no write", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched")
		theirs := w.stranger(ctx, arizetest.Role{Name: "adopted"})
		roles := []*v1alpha1.ArizeRole{
			w.settledRole(ctx, "created"), w.settledRole(ctx, "adopted"),
			w.newRole(ctx, "taken", func(role *v1alpha1.ArizeRole) {
				role.Spec.Name, role.Spec.RoleID, role.Spec.Mode = "elsewhere", theirs.ID, v1alpha1.ModeReport
			}),
		}
		settle(ctx, roles[2], v1alpha1.ReasonClaimed)
		w.sweep(ctx)
		stop()
		w.arize.ResetLog()
		versions := recorded(ctx, w.namespace)
		events := len(eventsAbout(ctx, roles[0]))
		stop = startManager(options)
		Eventually(func() []string { return routes(w.arize.Requests()) }).Should(Equal([]string{listRoles}))
		w.staysQuiet()
		Expect(names(versions())).To(HaveLen(len(roles)), "as they were")
		Expect(eventsAbout(ctx, roles[0])).To(HaveLen(events))

		By("being at work again")
		edit(ctx, roles[0], func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		settle(ctx, roles[0], v1alpha1.ReasonInSync)
	})

	It("needs no right to a Secret but to those that its accounts read", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched", func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "later" })
		stop()
		admin := config
		config = withoutSecrets(ctx, "watched", "arize-api-key", "later")
		stop = startManager(options)
		DeferCleanup(func() {
			stop()
			config = admin
			stop = startManager(options)
		})
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		later := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "watched", Name: "later"},
			Data:       map[string][]byte{v1alpha1.DefaultSecretKey: []byte(arizetest.DefaultKey)},
		}
		Expect(k8s.Create(ctx, later)).To(Succeed())
		w.settledRole(ctx, "role")

		By("following the account to another Secret, and no longer the old one")
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "arize-api-key" })
		Eventually(func() int64 { w.read(ctx); return w.account.Status.ObservedGeneration }).Should(Equal(w.account.Generation))
		Expect(k8s.Delete(ctx, later)).To(Succeed())
		w.sweep(ctx)
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)

		By("saying so where the right is missing")
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "others" })
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		Expect(message(w.account.Status.Conditions)).To(ContainSubstring(`may not read Secret "others" in namespace "watched"`))
		edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "arize-api-key" })
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)

		By("following what happens to the one that it may read")
		w.writeKey(ctx, "revoked")
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonUnauthorized)
		w.writeKey(ctx, arizetest.DefaultKey)
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonReady)
	})

	It("catches up on what happened while no manager ran", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched")
		edited, drifted, deleted := w.settledRole(ctx, "edited"), w.settledRole(ctx, "drifted"), w.settledRole(ctx, "deleted")
		stop()
		w.arize.ResetLog()
		edit(ctx, edited, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "edited" })
		w.arize.ChangeRole(drifted.Status.RoleID, func(role *arizetest.Role) { role.Description = "meddled" })
		Expect(k8s.Delete(ctx, deleted)).To(Succeed())
		added := w.newRole(ctx, "added")
		stop = startManager(options)
		settle(ctx, edited, v1alpha1.ReasonInSync)
		settle(ctx, added, v1alpha1.ReasonInSync)
		gone(ctx, deleted)
		Eventually(func() string { return w.remote("drifted").Description }).Should(BeEmpty())
		Expect(w.remote("edited").Description).To(Equal("edited"))
		Expect(w.names()).To(ConsistOf("edited", "drifted", "added"))
		Expect(w.writes()).To(Equal(4))
	})

	DescribeTable("never has two roles for one, or none, when the manager stops in the middle of a creation",
		func(ctx SpecContext, stage arizetest.Stage, edits change) {
			w := newWorldIn(ctx, "watched")
			fault := w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: stage, Method: http.MethodPost})
			role := w.newRole(ctx, "role")
			w.paused(ctx)
			stop()
			w.arize.RemoveFault(fault)
			edit(ctx, role, edits)
			stop = startManager(options)
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(w.names()).To(ConsistOf(role.RoleName()))
			Expect(w.remote(role.RoleName()).ID).To(Equal(role.Status.RoleID))
			Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
			Expect(role.Status.PendingCreate).To(BeNil())
		},
		Entry("before Arize had done it", arizetest.BeforeCommit, func(*v1alpha1.ArizeRole) {}),
		Entry("after Arize had done it", arizetest.AfterCommit, func(*v1alpha1.ArizeRole) {}),
		Entry("after, and the role is renamed meanwhile", arizetest.AfterCommit, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "renamed" }),
	)

	It("leaks nothing when the manager stops in the middle of a creation and the ArizeRole is deleted", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched")
		fault := w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: arizetest.AfterCommit, Method: http.MethodPost})
		role := w.newRole(ctx, "role")
		w.paused(ctx)
		stop()
		w.arize.RemoveFault(fault)
		Expect(w.names()).To(ConsistOf("role"))
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		stop = startManager(options)
		gone(ctx, role)
		Expect(w.names()).To(BeEmpty())
	})

	DescribeTable("leaks nothing when a creation that was repeated takes effect after the manager was stopped",
		func(ctx SpecContext, then func(context.Context, *v1alpha1.ArizeRole), left ...string) {
			w := newWorldIn(ctx, "watched")
			w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Method: http.MethodPost, Times: 2})
			w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Detached: true, Method: http.MethodPost, Nth: 3})
			role := w.newRole(ctx, "role")
			w.paused(ctx)
			reload(ctx, role)
			Expect(time.Since(role.Status.PendingCreate.StartTime.Time)).To(BeNumerically(">", inFlight), "the first try is long over")
			stop()
			w.arize.ResetLog()
			then(ctx, role)
			stop = startManager(options)
			w.sweep(ctx)
			w.arize.ReleaseAll()
			Eventually(w.names).Should(ConsistOf("role"))
			Eventually(w.names).Should(ConsistOf(left))
		},
		Entry("and the ArizeRole is deleted", func(ctx context.Context, role *v1alpha1.ArizeRole) { Expect(k8s.Delete(ctx, role)).To(Succeed()) }),
		Entry("and the ArizeRole is renamed", func(ctx context.Context, role *v1alpha1.ArizeRole) {
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "renamed" })
		}, "renamed"),
	)

	It("keeps every role in Arize when the CRD is deleted", func(ctx SpecContext) {
		w := newWorldIn(ctx, "watched")
		deletes := func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionDelete }
		created, waiting := w.settledRole(ctx, "created", deletes), w.settledRole(ctx, "waiting", deletes)

		By("after a person deleted one, which Arize wants to be asked for in an hour")
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: "3600", Method: http.MethodDelete, Times: 1})
		Expect(k8s.Delete(ctx, waiting)).To(Succeed())
		settle(ctx, waiting, v1alpha1.ReasonRateLimited)
		w.arize.ResetLog()

		crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "arizeroles." + v1alpha1.GroupName}}
		Expect(k8s.Delete(ctx, crd)).To(Succeed())
		gone(ctx, crd)
		Expect(w.arize.Count(deleteRole)).To(BeZero())
		Expect(w.remote("created").ID).To(Equal(created.Status.RoleID))
		Expect(w.remote("waiting").ID).To(Equal(waiting.Status.RoleID))

		By("installing it again")
		_, err := envtest.InstallCRDs(config, envtest.CRDInstallOptions{Paths: []string{crds}})
		Expect(err).NotTo(HaveOccurred())
	})
})

// withoutSecrets is the access that config/rbac gives to the manager, but of all Secrets only to some of one namespace.
func withoutSecrets(ctx SpecContext, namespace string, but ...string) *rest.Config {
	GinkgoHelper()
	data, err := os.ReadFile("../../config/rbac/role.yaml")
	Expect(err).NotTo(HaveOccurred())
	var everything rbacv1.ClusterRole
	Expect(yaml.UnmarshalStrict(data, &everything)).To(Succeed())
	for i, rule := range everything.Rules {
		everything.Rules[i].Resources = slices.DeleteFunc(rule.Resources, func(resource string) bool { return resource == "secrets" })
	}
	some := rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: but, Verbs: []string{"get", "list", "watch"}}
	who := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "restricted"}
	meta := metav1.ObjectMeta{Name: "restricted", Namespace: namespace}
	for _, object := range []client.Object{
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: meta.Name}, Rules: everything.Rules},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: meta.Name}, Subjects: []rbacv1.Subject{who},
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name},
		},
		&rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{some}},
		&rbacv1.RoleBinding{
			ObjectMeta: meta, Subjects: []rbacv1.Subject{who},
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		},
	} {
		Expect(k8s.Create(ctx, object)).To(Succeed())
	}
	restricted := rest.CopyConfig(config)
	restricted.Impersonate.UserName = who.Name
	return restricted
}
