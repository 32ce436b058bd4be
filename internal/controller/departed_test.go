package controller_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("An ArizeRole whose deletion began before it had our finalizer, and that goes when it has it", func() {
	It("takes its role with it", func(ctx SpecContext) {
		w := newWorld(ctx)
		role, slip := w.slippingRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonInSync)
		w.arize.ResetLog()
		slip()
		gone(ctx, role)
		Eventually(w.names).Should(BeEmpty())
		Expect(routes(w.arize.Requests())).To(Equal([]string{deleteRole}))
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(ConsistOf(v1alpha1.EventCreated, v1alpha1.EventDeleted))

		By("declaring it anew")
		w.settledRole(ctx, "role")
		Expect(routes(w.arize.Requests())).To(Equal([]string{deleteRole, createRole}))
	})

	It("takes with it what is created when it is gone, even if Arize makes it otherwise", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.DroppedPermissions = []string{"DATASET_READ"} })
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Method: http.MethodPost})
		role, slip := w.slippingRole(ctx, "role")
		w.paused(ctx)
		slip()
		gone(ctx, role)
		w.arize.ResetLog()
		w.arize.ReleaseAll()
		Eventually(func() []string { return routes(w.arize.Requests()) }).Should(Equal([]string{deleteRole}))
		Expect(w.names()).To(BeEmpty())
	})

	It("takes with it what came of a creation whose answer was lost", func(ctx SpecContext) {
		w := newWorld(ctx)
		_, request := w.slippedCreation(ctx)
		w.arize.Drop(request.Seq)
		Eventually(w.names).Should(BeEmpty())
		Expect(w.arize.Count(createRole)).To(Equal(1))
	})

	It("is not given up while Arize does not delete the role, and says what is in the way", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: http.StatusServiceUnavailable, Method: http.MethodDelete, Times: 2})
		role, slip := w.slippingRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonInSync)
		binding := w.arize.AddBinding(arizetest.Binding{RoleID: role.Status.RoleID})
		slip()
		gone(ctx, role)
		Eventually(func() []string { return eventsOf(ctx, role) }).
			Should(ConsistOf(v1alpha1.EventCreated, v1alpha1.ReasonDeletionBlocked, v1alpha1.ReasonDeletionBlocked), "each trouble is told once")
		Expect(notes(eventsAbout(ctx, role))).To(ContainElement(And(ContainSubstring(`"role"`), ContainSubstring("user "+binding.UserID))))
		w.arize.RemoveBinding(binding.ID)
		Eventually(w.names).Should(BeEmpty())
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(ContainElement(v1alpha1.EventDeleted))
	})

	It("keeps its account until its role is gone", func(ctx SpecContext) {
		w := newWorld(ctx)
		refusal := w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: http.StatusServiceUnavailable, Method: http.MethodDelete})
		role, slip := w.slippingRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonInSync)
		slip()
		gone(ctx, role)
		Eventually(func() int { return w.arize.Count(deleteRole) }).Should(BeNumerically(">", 0))
		Expect(k8s.Delete(ctx, w.account)).To(Succeed())
		w.accountTurns(ctx, metav1.ConditionTrue, v1alpha1.ReasonInUse)
		Expect(message(w.account.Status.Conditions)).To(ContainSubstring("1 ArizeRole: " + client.ObjectKeyFromObject(role).String()))
		w.arize.RemoveFault(refusal)
		gone(ctx, w.account)
		Expect(w.names()).To(BeEmpty())
	})

	It("does not hold its account when that has no key any more that could tell", func(ctx SpecContext) {
		w := newWorld(ctx)
		role, request := w.slippedCreation(ctx)
		Expect(k8s.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "arize-api-key"}})).To(Succeed())
		w.accountTurns(ctx, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		Expect(k8s.Delete(ctx, w.account)).To(Succeed())
		w.arize.Drop(request.Seq)
		gone(ctx, w.account)
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(ContainElement(v1alpha1.EventOrphaned))
	})

	It("is done with before anybody takes over", func(ctx SpecContext) {
		w := newWorld(ctx)
		role, slip := w.slippingRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonInSync)
		second := w.newRole(ctx, "second", func(second *v1alpha1.ArizeRole) { second.Spec.Name = role.RoleName() })
		settle(ctx, second, v1alpha1.ReasonClaimed)
		w.arize.ResetLog()
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Method: http.MethodDelete})
		slip()
		w.paused(ctx)
		stays(ctx, second)
		w.arize.ReleaseAll()
		settle(ctx, second, v1alpha1.ReasonInSync)
		Expect(routes(w.arize.Requests())).To(Equal([]string{deleteRole, createRole}))
		Expect(second.Status.Origin).To(Equal(v1alpha1.OriginCreated))
	})

	It("leaves its role to one that waited for it, when it cannot be deleted", func(ctx SpecContext) {
		w := newWorld(ctx)
		role, slip := w.slippingRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonInSync)
		second := w.newRole(ctx, "second", func(second *v1alpha1.ArizeRole) { second.Spec.Name = role.RoleName() })
		settle(ctx, second, v1alpha1.ReasonClaimed)
		binding := w.arize.AddBinding(arizetest.Binding{RoleID: role.Status.RoleID})
		slip()
		settle(ctx, second, v1alpha1.ReasonInSync)
		Expect(second.Status.RoleID).To(Equal(role.Status.RoleID))
		w.arize.RemoveBinding(binding.ID)
		deletions := w.arize.Count(deleteRole)
		Consistently(func() int { return w.arize.Count(deleteRole) }, 2*time.Second).Should(Equal(deletions))
	})

	It("leaves its role where it says so", func(ctx SpecContext) {
		w := newWorld(ctx)
		role, slip := w.slippingRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionOrphan })
		settle(ctx, role, v1alpha1.ReasonInSync)
		w.arize.ResetLog()
		slip()
		gone(ctx, role)
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(ConsistOf(v1alpha1.EventCreated, v1alpha1.EventOrphaned))
		Expect(w.arize.Requests()).To(BeEmpty())
		Expect(w.names()).To(ConsistOf("role"))
	})

	It("leaves its role when its account is gone, too", func(ctx SpecContext) {
		w := newWorld(ctx)
		role, slip := w.slippingRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonInSync)
		w.loseAccount(ctx)
		settle(ctx, role, v1alpha1.ReasonAccountNotReady)
		slip()
		gone(ctx, role)
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(ContainElement(v1alpha1.EventOrphaned))
		Expect(w.names()).To(ConsistOf("role"))
	})

	It("takes its role with it although its namespace is gone, too", func(ctx SpecContext) {
		w := newWorld(ctx, func(account *v1alpha1.ArizeAccount) {
			account.Spec.AllowedNamespaces = v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromSelector, Selector: &metav1.LabelSelector{}}
		})
		namespace := w.newNamespace(ctx, nil)
		refusal := w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: http.StatusServiceUnavailable, Method: http.MethodDelete})
		role, slip := w.slippingRole(ctx, "role", func(role *v1alpha1.ArizeRole) {
			role.Namespace, role.Spec.AccountRef.Namespace = namespace, w.namespace
		})
		settle(ctx, role, v1alpha1.ReasonInSync)
		slip()
		gone(ctx, role)
		Eventually(func() int { return w.arize.Count(deleteRole) }).Should(BeNumerically(">", 0))
		finalize(ctx, namespace)
		w.arize.RemoveFault(refusal)
		Eventually(w.names).Should(BeEmpty())
	})

	DescribeTable("leaves what may be its role to the one that takes its place",
		func(ctx SpecContext, adoption v1alpha1.AdoptionPolicy, reason string) {
			w := newWorld(ctx)
			_, request := w.slippedCreation(ctx)
			successor := w.newRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = adoption })
			w.arize.Drop(request.Seq)
			settle(ctx, successor, reason)
			Consistently(func() int { return w.arize.Count(deleteRole) }, 2*inFlight).Should(BeZero())
		},
		Entry("which adopts it", v1alpha1.AdoptIfIdentical, v1alpha1.ReasonInSync),
		Entry("which does not want it", v1alpha1.AdoptNever, v1alpha1.ReasonNameTaken),
	)
})

var _ = Describe("An ArizeRole that its labels hide", func() {
	It("stays as it is, and so does its role", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.ResetLog()
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Labels = map[string]string{hidden: ""} })
		stays(ctx, role)
		Expect(w.arize.Requests()).To(BeEmpty())
		Expect(w.names()).To(ConsistOf("role"))

		By("showing it again")
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Labels, role.Spec.Description = nil, "shown" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(routes(w.arize.Requests())).To(Equal([]string{updateRole}))
	})
})

// slippedCreation is a request that created a role, and is still to be answered when its ArizeRole is gone.
func (w *world) slippedCreation(ctx context.Context) (*v1alpha1.ArizeRole, arizetest.Request) {
	GinkgoHelper()
	w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: arizetest.AfterCommit, Method: http.MethodPost, Times: 1})
	role, slip := w.slippingRole(ctx, "role")
	request := w.paused(ctx)
	slip()
	gone(ctx, role)
	return role, request
}

// slippingRole declares a role that is being created and, behind that, deleted. The apiserver has looked for finalizers before
// ours was there, and then asks a webhook about the deletion, which answers when slip is called.
func (w *world) slippingRole(ctx context.Context, name string, edits ...func(*v1alpha1.ArizeRole)) (role *v1alpha1.ArizeRole, slip func()) {
	GinkgoHelper()
	role = w.newRole(ctx, name, append(edits, func(role *v1alpha1.ArizeRole) { role.Spec.Suspend = true })...)
	settle(ctx, role, v1alpha1.ReasonSuspended)
	Expect(role.Finalizers).To(BeEmpty())

	door := guardDeletions(ctx, role)
	deleted := make(chan error, 1)
	go func() { deleted <- k8s.Delete(ctx, role.DeepCopy()) }()
	Eventually(door.asked.Load).Should(BeNumerically(">", 0))
	edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Suspend = false })
	return role, func() {
		GinkgoHelper()
		reload(ctx, role)
		Expect(role.Finalizers).To(ConsistOf(v1alpha1.RoleFinalizer))
		Expect(role.DeletionTimestamp).To(BeNil())
		door.open()
		Eventually(deleted).Should(Receive(BeNil()))
	}
}

func notes(events []eventsv1.Event) []string {
	notes := make([]string, 0, len(events))
	for _, event := range events {
		notes = append(notes, event.Note)
	}
	return notes
}

// door is a webhook that keeps what is asked waiting until it is opened.
type door struct {
	asked  atomic.Int32
	closed chan struct{}
	open   func()
}

// guardDeletions has the apiserver ask a door before it deletes an ArizeRole of the same namespace as this one.
func guardDeletions(ctx context.Context, guarded *v1alpha1.ArizeRole) *door {
	GinkgoHelper()
	d := &door{closed: make(chan struct{})}
	d.open = sync.OnceFunc(func() { close(d.closed) })
	server := httptest.NewTLSServer(d)
	DeferCleanup(server.Close)
	DeferCleanup(d.open)
	guard := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: guarded.Namespace},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "deletions.example.com",
			ClientConfig: admissionregistrationv1.WebhookClientConfig{
				URL:      new(server.URL),
				CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Delete},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{v1alpha1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"arizeroles"}},
			}},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: guarded.Namespace}},
			SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"},
			TimeoutSeconds:          new(int32(30)),
		}},
	}
	Expect(k8s.Create(ctx, guard)).To(Succeed())
	DeferCleanup(k8s.Delete, guard)
	d.awaited(ctx, guarded)
	return d
}

// awaited waits until the apiserver has heard of its new webhook.
func (d *door) awaited(ctx context.Context, guarded *v1alpha1.ArizeRole) {
	GinkgoHelper()
	Eventually(func() int32 {
		Expect(k8s.Delete(ctx, guarded.DeepCopy(), client.DryRunAll)).To(Succeed())
		return d.asked.Load()
	}).Should(BeNumerically(">", 0))
	d.asked.Store(0)
}

// finalize deletes a namespace at once, as the namespace controller does when it is empty.
func finalize(ctx context.Context, name string) {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	Expect(k8s.Delete(ctx, namespace)).To(Succeed())
	Expect(k8s.SubResource("finalize").Update(ctx, namespace)).To(Succeed())
	gone(ctx, namespace)
}

// ServeHTTP allows what it is asked, a rehearsal at once.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.asked.Add(1)
	if dry := review.Request.DryRun; dry == nil || !*dry {
		<-d.closed
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {"uid": %q, "allowed": true}}`, review.Request.UID)
}
