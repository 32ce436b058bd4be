package controller_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/controller"
)

// inFlight is how long the suite's manager believes in requests whose answer was lost.
const inFlight = 2 * time.Second

// hidden is the label of ArizeRoles that the suite's managers do not see.
const hidden = "example.com/hidden"

// crds is where the CRDs are.
var crds = filepath.Join("..", "..", "config", "crd", "bases")

var (
	k8s    client.Client // reads the apiserver, not a cache
	config *rest.Config
)

func TestController(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Fatal("KUBEBUILDER_ASSETS is not set: run the tests with `make test`, or set it to what `make -s assets` prints last")
	}
	RegisterFailHandler(Fail)
	RunSpecs(t, "Controller Suite")
}

var _ = BeforeSuite(func() {
	SetDefaultEventuallyTimeout(20 * time.Second)
	SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	SetDefaultConsistentlyDuration(300 * time.Millisecond)
	var logged zap.Options
	flags := flag.NewFlagSet("", flag.PanicOnError)
	logged.BindFlags(flags)
	Expect(flags.Parse([]string{"--zap-log-level=9"})).To(Succeed())
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&logged), zap.WriteTo(io.MultiWriter(GinkgoWriter, rules)), zap.UseDevMode(true)))

	startControlPlane()
	rules.watch()
	DeferCleanup(startManager(controller.Options{InFlight: inFlight}))
})

// startControlPlane makes k8s and config those of a new control plane, and stops it
// at the end of the suite or container.
func startControlPlane() {
	GinkgoHelper()
	By("starting a real kube-apiserver and etcd")
	environment := &envtest.Environment{
		CRDDirectoryPaths:     []string{crds},
		ErrorIfCRDPathMissing: true,
	}
	var err error
	config, err = environment.Start()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(environment.Stop)
	config.QPS = -1

	scheme := runtime.NewScheme()
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(apiextensionsv1.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	k8s, err = client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
}

// startManager runs the controllers until they are stopped.
func startManager(options controller.Options) (stop func()) {
	GinkgoHelper()
	visible, err := labels.Parse("!" + hidden)
	Expect(err).NotTo(HaveOccurred())
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:     k8s.Scheme(),
		Cache:      controller.CacheOptions(options.Namespaces, visible),
		Client:     controller.ClientOptions(),
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: ctrlconfig.Controller{SkipNameValidation: new(true)}, // this process may run two
	})
	Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(context.Background())
	Expect(controller.SetupWithManager(ctx, mgr, options)).To(Succeed())
	stopped := make(chan error, 1)
	go func() { stopped <- mgr.Start(ctx) }()
	return func() {
		cancel()
		Eventually(stopped).Should(Receive(BeNil()))
	}
}

// world is what one spec plays in: a namespace, a simulated Arize of its own, and
// an ArizeAccount that leads there.
type world struct {
	namespace string
	arize     *arizetest.Server
	url       string
	account   *v1alpha1.ArizeAccount
}

// newWorld makes a world whose account is ready, unless an edit keeps it from that.
func newWorld(ctx context.Context, edits ...func(*v1alpha1.ArizeAccount)) *world {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}}
	Expect(k8s.Create(ctx, namespace)).To(Succeed())
	return newWorldIn(ctx, namespace.Name, edits...)
}

// newWorldIn makes a world in a namespace that there is.
func newWorldIn(ctx context.Context, namespace string, edits ...func(*v1alpha1.ArizeAccount)) *world {
	GinkgoHelper()
	w := &world{namespace: namespace, arize: arizetest.NewServer(arizetest.Options{})}
	server := httptest.NewServer(w.arize)
	DeferCleanup(server.Close)
	w.url = server.URL
	w.writeKey(ctx, arizetest.DefaultKey)
	w.account = w.newAccount(ctx, v1alpha1.DefaultAccountName, edits...)
	DeferCleanup(w.cleanUp)
	return w
}

func (w *world) newAccount(ctx context.Context, name string, edits ...func(*v1alpha1.ArizeAccount)) *v1alpha1.ArizeAccount {
	GinkgoHelper()
	account := &v1alpha1.ArizeAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1alpha1.ArizeAccountSpec{
			APIKeySecretRef: v1alpha1.SecretKeyReference{Name: "arize-api-key"},
			BaseURL:         w.url,
			RateLimit:       v1alpha1.RateLimit{RequestsPerSecond: 1000, Burst: 1000},
		},
	}
	for _, edit := range edits {
		edit(account)
	}
	Expect(k8s.Create(ctx, account)).To(Succeed())
	return account
}

func (w *world) writeKey(ctx context.Context, key string) {
	GinkgoHelper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "arize-api-key"},
		Data:       map[string][]byte{v1alpha1.DefaultSecretKey: []byte(key)},
	}
	if err := k8s.Create(ctx, secret); err != nil {
		Expect(k8s.Update(ctx, secret)).To(Succeed())
	}
}

// cleanUp lets everything go, so that no spec is disturbed by the remains of
// another. Orphan is the way out that needs no Arize.
func (w *world) cleanUp(ctx context.Context) {
	var roles v1alpha1.ArizeRoleList
	Expect(k8s.List(ctx, &roles, client.InNamespace(w.namespace))).To(Succeed())
	for i := range roles.Items {
		edit(ctx, &roles.Items[i], func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionOrphan })
	}
	Expect(k8s.DeleteAllOf(ctx, &v1alpha1.ArizeRole{}, client.InNamespace(w.namespace))).To(Succeed())
	Expect(k8s.DeleteAllOf(ctx, &v1alpha1.ArizeAccount{}, client.InNamespace(w.namespace))).To(Succeed())
	Eventually(func(g Gomega) {
		var accounts v1alpha1.ArizeAccountList
		g.Expect(k8s.List(ctx, &accounts, client.InNamespace(w.namespace))).To(Succeed())
		g.Expect(accounts.Items).To(BeEmpty())
	}).Should(Succeed())
}

// newRole declares a role with two permissions, as edited.
func (w *world) newRole(ctx context.Context, name string, edits ...func(*v1alpha1.ArizeRole)) *v1alpha1.ArizeRole {
	GinkgoHelper()
	role := &v1alpha1.ArizeRole{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec:       v1alpha1.ArizeRoleSpec{Permissions: []string{"PROJECT_READ", "DATASET_READ"}},
	}
	for _, edit := range edits {
		edit(role)
	}
	Expect(k8s.Create(ctx, role)).To(Succeed())
	return role
}

// sweep asks for a sweep of the account and waits until it is over.
func (w *world) sweep(ctx context.Context) {
	GinkgoHelper()
	request := fmt.Sprintf("%s-%d", w.account.Name, time.Now().UnixNano())
	edit(ctx, w.account, func(account *v1alpha1.ArizeAccount) {
		metav1.SetMetaDataAnnotation(&account.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, request)
	})
	Eventually(func(g Gomega) {
		g.Expect(k8s.Get(ctx, client.ObjectKeyFromObject(w.account), w.account)).To(Succeed())
		g.Expect(w.account.Status.LastHandledReconcileAt).To(Equal(request))
	}).Should(Succeed())
}

// read brings the account up to date.
func (w *world) read(ctx context.Context) {
	GinkgoHelper()
	Expect(k8s.Get(ctx, client.ObjectKeyFromObject(w.account), w.account)).To(Succeed())
}

// accountTurns waits until the account's Ready condition is as given.
func (w *world) accountTurns(ctx context.Context, status metav1.ConditionStatus, reason string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(k8s.Get(ctx, client.ObjectKeyFromObject(w.account), w.account)).To(Succeed())
		ready := meta.FindStatusCondition(w.account.Status.Conditions, v1alpha1.ConditionReady)
		g.Expect(ready).NotTo(BeNil())
		g.Expect(ready.Reason).To(Equal(reason), ready.Message)
		g.Expect(ready.Status).To(Equal(status), ready.Message)
	}).Should(Succeed())
}

// names are those of the custom roles in Arize.
func (w *world) names() []string {
	var names []string
	for _, role := range w.arize.CustomRoles() {
		names = append(names, role.Name)
	}
	return names
}

// remote is the only custom role of that name in Arize.
func (w *world) remote(name string) arizetest.Role {
	GinkgoHelper()
	role, exists := w.arize.RoleByName(name)
	Expect(exists).To(BeTrue(), "no role %q in Arize", name)
	return role
}

// edit changes an object as a person with kubectl would: against its newest version.
func edit[T client.Object](ctx context.Context, object T, change func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := k8s.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		before, ok := object.DeepCopyObject().(T)
		Expect(ok).To(BeTrue())
		change(object)
		return client.IgnoreNotFound(k8s.Patch(ctx, object, client.MergeFrom(before)))
	}).Should(Succeed())
}

// settle waits until the role's Ready condition has the reason for its newest spec.
func settle(ctx context.Context, role *v1alpha1.ArizeRole, reason string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(k8s.Get(ctx, client.ObjectKeyFromObject(role), role)).To(Succeed())
		g.Expect(role.Status.ObservedGeneration).To(Equal(role.Generation))
		g.Expect(readyReason(role.Status.Conditions)).To(Equal(reason), message(role.Status.Conditions))
	}).Should(Succeed())
}

// gone waits until the object does not exist any more.
func gone(ctx context.Context, object client.Object) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(client.IgnoreNotFound(k8s.Get(ctx, client.ObjectKeyFromObject(object), object))).To(Succeed())
		g.Expect(k8s.Get(ctx, client.ObjectKeyFromObject(object), object)).NotTo(Succeed())
	}).Should(Succeed())
}

func readyReason(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}

func message(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Message
	}
	return ""
}
