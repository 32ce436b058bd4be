package v1alpha1_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gcustom"
	gomegatypes "github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// The control plane of this suite: etcd and a kube-apiserver that has our CRDs and nothing else, no controller at all.
var (
	restConfig *rest.Config
	k8sClient  client.Client
)

func TestTypes(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The API types, on a real kube-apiserver")
}

var _ = BeforeSuite(func() {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		AbortSuite("KUBEBUILDER_ASSETS is not set: run `make test`, which finds or builds the control plane that these tests need")
	}
	environment := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join("..", "..", "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}
	var err error
	restConfig, err = environment.Start()
	DeferCleanup(func() { Expect(environment.Stop()).To(Succeed()) })
	Expect(err).NotTo(HaveOccurred())

	scheme := runtime.NewScheme()
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	Expect(corev1.AddToScheme(scheme)).To(Succeed())
	Expect(apiextensionsv1.AddToScheme(scheme)).To(Succeed())
	k8sClient, err = client.New(restConfig, client.Options{Scheme: scheme, FieldValidation: metav1.FieldValidationStrict})
	Expect(err).NotTo(HaveOccurred())
})

// fields are a part of a manifest as a person writes it. The typed structs cannot say "", an unknown field or a wrong type.
//
//nolint:kubeapilinter // a manifest of a test is no API type
type fields = map[string]any

// role is an ArizeRole with these fields in its spec; unless given, permissions is the one field that it needs.
func role(spec fields) *unstructured.Unstructured {
	return object("ArizeRole", fields{"permissions": list("PROJECT_READ")}, spec)
}

// account is an ArizeAccount with these fields in its spec; unless given, apiKeySecretRef is the one field that it needs.
func account(spec fields) *unstructured.Unstructured {
	return object("ArizeAccount", fields{"apiKeySecretRef": fields{"name": "arize-api-key"}}, spec)
}

func object(kind string, least, spec fields) *unstructured.Unstructured {
	all := maps.Clone(least)
	maps.Copy(all, spec)
	made := &unstructured.Unstructured{Object: fields{"spec": all}}
	made.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	made.SetNamespace(metav1.NamespaceDefault)
	made.SetGenerateName(strings.ToLower(kind) + "-")
	return made
}

func list(items ...string) []any {
	anys := make([]any, 0, len(items))
	for _, item := range items {
		anys = append(anys, item)
	}
	return anys
}

// mustCreate is for what a test builds on; what it is about is created in its own words.
func mustCreate[T client.Object](ctx context.Context, obj T) T {
	GinkgoHelper()
	Expect(k8sClient.Create(ctx, obj)).To(Succeed())
	return obj
}

// change applies a JSON merge patch to the spec; null removes a field.
func change(ctx context.Context, obj client.Object, specJSON string) error {
	return k8sClient.Patch(ctx, obj, client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":%s}`, specJSON)))
}

func inNewNamespace(ctx context.Context) string {
	GinkgoHelper()
	return mustCreate(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "types-"}}).Name
}

// beRefused matches the apiserver's answer to an invalid object: it has a cause at this path whose message holds all words.
func beRefused(path string, words ...string) gomegatypes.GomegaMatcher {
	return gcustom.MakeMatcher(func(err error) (bool, error) {
		status, ok := errors.AsType[*apierrors.StatusError](err)
		if !ok || !apierrors.IsInvalid(err) {
			return false, nil
		}
		return slices.ContainsFunc(status.ErrStatus.Details.Causes, func(cause metav1.StatusCause) bool {
			return cause.Field == path && containsAll(cause.Message, words)
		}), nil
	}).WithTemplate("Expected\n{{.FormattedActual}}\n{{.To}} be a refusal at {{.Data.path}} that says {{.Data.words}}",
		fields{"path": path, "words": words})
}

func containsAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// text is so many characters of one byte each, upper case as in a permission.
func text(n int) string {
	return strings.Repeat("X", n)
}

// wide is so many characters of four bytes each, the widest that there are: the bounds count characters.
func wide(n int) string {
	return strings.Repeat("🤖", n)
}

// differing are so many different texts of that length.
func differing(n, length int) []string {
	texts := make([]string, 0, n)
	for i := range n {
		texts = append(texts, fmt.Sprintf("%0*d", length, i))
	}
	return texts
}

// aTime has no fraction of a second, which the API does not keep.
var aTime = metav1.NewTime(time.Date(2026, time.September, 29, 12, 30, 0, 0, time.Local))

func condition(conditionType string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: message, ObservedGeneration: 1, LastTransitionTime: aTime}
}

// largestConditions are as many conditions as fit, and each as large as it may be.
func largestConditions() []metav1.Condition {
	conditions := make([]metav1.Condition, 0, 8)
	for _, name := range differing(8, 316) {
		conditions = append(conditions, condition(name, metav1.ConditionUnknown, text(1024), text(32768)))
	}
	return conditions
}
