package controller

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// CacheOptions say what the manager's cache holds: objects without managed fields,
// of these namespaces (all when there are none) and ArizeRoles with these labels.
// A read of a kind that nobody watches is a mistake, not a new watch.
func CacheOptions(namespaces []string, roles labels.Selector) cache.Options {
	options := cache.Options{
		DefaultTransform:            cache.TransformStripManagedFields(),
		ReaderFailOnMissingInformer: true,
		ByObject:                    map[client.Object]cache.ByObject{&v1alpha1.ArizeRole{}: {Label: roles}},
	}
	for _, namespace := range namespaces {
		if options.DefaultNamespaces == nil {
			options.DefaultNamespaces = map[string]cache.Config{}
		}
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	return options
}

// ClientOptions say how the manager's client works: it never caches a Secret's
// value, and a field that a CRD does not know is an error rather than lost.
func ClientOptions() client.Options {
	return client.Options{
		Cache:           &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}},
		FieldOwner:      reporter,
		FieldValidation: "Strict",
	}
}
