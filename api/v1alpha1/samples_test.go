package v1alpha1_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

var _ = Describe("The samples", func() {
	It("are accepted as they are", func(ctx SpecContext) {
		paths, err := filepath.Glob(filepath.Join("..", "..", "config", "samples", "iam_*.yaml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(paths).NotTo(BeEmpty())
		for _, path := range paths {
			content, err := os.ReadFile(filepath.Clean(path))
			Expect(err).NotTo(HaveOccurred())
			sample := &unstructured.Unstructured{}
			Expect(yaml.Unmarshal(content, &sample.Object)).To(Succeed())
			// Their own namespaces are not there.
			sample.SetNamespace(inNewNamespace(ctx))
			Expect(k8sClient.Create(ctx, sample)).To(Succeed(), path)
		}
	})
})
