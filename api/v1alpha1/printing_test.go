package v1alpha1_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// table is what the apiserver sends to `kubectl get`.
func table(ctx SpecContext, resource string, obj client.Object) metav1.Table {
	GinkgoHelper()
	httpClient, err := rest.HTTPClientFor(restConfig)
	Expect(err).NotTo(HaveOccurred())
	path, err := url.JoinPath(restConfig.Host, "apis", v1alpha1.GroupVersion.String(), "namespaces", obj.GetNamespace(), resource, obj.GetName())
	Expect(err).NotTo(HaveOccurred())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1")
	response, err := httpClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(response.Body.Close()).To(Succeed()) }()
	Expect(response).To(HaveHTTPStatus(http.StatusOK))

	var got metav1.Table
	Expect(json.NewDecoder(response.Body).Decode(&got)).To(Succeed())
	Expect(got.Rows).To(HaveLen(1))
	return got
}

// columns are the names in order; those that only `-o wide` shows are in brackets.
func columns(of metav1.Table) []string {
	names := make([]string, 0, len(of.ColumnDefinitions))
	for _, column := range of.ColumnDefinitions {
		// kubectl prints the names in upper case.
		name := strings.ToUpper(column.Name)
		if column.Priority > 0 {
			name = "[" + name + "]"
		}
		names = append(names, name)
	}
	return names
}

var _ = Describe("kubectl get arizeroles", func() {
	inOrder := []string{"NAME", "ROLE", "READY", "STATUS", "DRIFTED", "[ID]", "[ORIGIN]", "[MESSAGE]", "AGE"}

	It("shows a role that has everything", func(ctx SpecContext) {
		created := createdRole(ctx, nil, v1alpha1.ArizeRoleStatus{
			ObservedGeneration: 1, RoleID: "Um9sZToxOmFCY0Q=", RoleName: "AI Engineer", Origin: v1alpha1.OriginAdopted,
			Conditions: []metav1.Condition{
				condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReporting, "Would add 1 permission."),
				condition(v1alpha1.ConditionDrifted, metav1.ConditionTrue, v1alpha1.ReasonReporting, "Differs."),
			},
		})
		got := table(ctx, "arizeroles", created)
		Expect(columns(got)).To(Equal(inOrder))
		Expect(got.Rows[0].Cells).To(HaveExactElements(
			created.Name, "AI Engineer", "True", "Reporting", "True", "Um9sZToxOmFCY0Q=", "Adopted", "Would add 1 permission.", anAge))
	})
	It("shows nothing that there is not", func(ctx SpecContext) {
		created := mustCreate(ctx, role(nil))
		got := table(ctx, "arizeroles", created)
		Expect(columns(got)).To(Equal(inOrder))
		Expect(got.Rows[0].Cells).To(HaveExactElements(created.GetName(), nothing, nothing, nothing, nothing, nothing, nothing, nothing, anAge))
	})
})

var _ = Describe("kubectl get arizeaccounts", func() {
	inOrder := []string{"NAME", "ENDPOINT", "READY", "STATUS", "CUSTOM", "MANAGED", "UNMANAGED", "DRIFTED", "LAST SWEEP", "AGE"}

	It("shows an account that has everything", func(ctx SpecContext) {
		created := &v1alpha1.ArizeAccount{}
		Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(mustCreate(ctx, account(nil))), created)).To(Succeed())
		created.Status = v1alpha1.ArizeAccountStatus{
			ObservedGeneration: 1, Endpoint: "https://api.arize.com", LastSweepTime: metav1.NewTime(time.Now().Add(-90 * time.Minute)),
			Roles:      &v1alpha1.RoleCounts{Predefined: new(int32(3)), Custom: new(int32(12)), Managed: new(int32(10)), Unmanaged: new(int32(2)), Drifted: new(int32(0))},
			Conditions: []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "")},
		}
		Expect(k8sClient.Status().Update(ctx, created)).To(Succeed())
		got := table(ctx, "arizeaccounts", created)
		Expect(columns(got)).To(Equal(inOrder))
		Expect(got.Rows[0].Cells).To(HaveExactElements(
			created.Name, "https://api.arize.com", "True", "Ready", BeEquivalentTo(12), BeEquivalentTo(10), BeEquivalentTo(2), BeEquivalentTo(0), "90m", anAge))
	})
	It("shows nothing that there is not", func(ctx SpecContext) {
		created := mustCreate(ctx, account(nil))
		got := table(ctx, "arizeaccounts", created)
		Expect(columns(got)).To(Equal(inOrder))
		Expect(got.Rows[0].Cells).To(HaveExactElements(created.GetName(), nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, anAge))
	})
})

var (
	anAge   = MatchRegexp(`^\d+s$`)
	nothing = Or(BeNil(), BeEquivalentTo(""))
)

var _ = Describe("Discovery", func() {
	DescribeTable("gives the names that people use", func(plural string, want metav1.APIResource) {
		discoveryClient, err := discovery.NewDiscoveryClientForConfig(restConfig)
		Expect(err).NotTo(HaveOccurred())
		resources, err := discoveryClient.ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
		Expect(err).NotTo(HaveOccurred())
		i := slices.IndexFunc(resources.APIResources, func(r metav1.APIResource) bool { return r.Name == plural })
		Expect(i).NotTo(Equal(-1))
		got := resources.APIResources[i]
		got.Verbs, got.StorageVersionHash = nil, ""
		Expect(got).To(Equal(want))
		Expect(resources.APIResources).To(ContainElement(HaveField("Name", plural+"/status")))
	},
		Entry("for ArizeRole", "arizeroles", metav1.APIResource{
			Name: "arizeroles", SingularName: "arizerole", Kind: "ArizeRole", Namespaced: true, ShortNames: []string{"arole"}, Categories: []string{"arize"},
		}),
		Entry("for ArizeAccount", "arizeaccounts", metav1.APIResource{
			Name: "arizeaccounts", SingularName: "arizeaccount", Kind: "ArizeAccount", Namespaced: true, ShortNames: []string{"aacct"}, Categories: []string{"arize"},
		}),
	)
})

var _ = Describe("kubectl explain", func() {
	DescribeTable("has something to say about every field", func(ctx SpecContext, plural string) {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		Expect(k8sClient.Get(ctx, client.ObjectKey{Name: plural + "." + v1alpha1.GroupName}, crd)).To(Succeed())
		Expect(crd.Spec.Versions).To(HaveLen(1))
		schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
		Expect(schema.Description).NotTo(BeEmpty())
		Expect(schema.Properties).To(And(HaveKey("spec"), HaveKey("status")))
		for _, name := range []string{"spec", "status"} {
			Expect(withoutDescription(name, schema.Properties[name])).To(BeEmpty())
		}
	},
		Entry("of ArizeRole", "arizeroles"),
		Entry("of ArizeAccount", "arizeaccounts"),
	)
})

// withoutDescription are the paths of the properties that have none.
func withoutDescription(path string, schema apiextensionsv1.JSONSchemaProps) []string {
	var missing []string
	if strings.TrimSpace(schema.Description) == "" {
		missing = append(missing, path)
	}
	properties := schema.Properties
	if schema.Items != nil && schema.Items.Schema != nil {
		properties = schema.Items.Schema.Properties
	}
	for name, property := range properties {
		missing = append(missing, withoutDescription(path+"."+name, property)...)
	}
	return missing
}
