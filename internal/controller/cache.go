package controller

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
)

// CacheOptions say what the manager's cache holds: objects without what nobody reads,
// of these namespaces (all when there are none), ArizeRoles with these labels, and of
// CRDs that of the ArizeRoles.
// A read of a kind that nobody watches is a mistake, not a new watch.
func CacheOptions(namespaces []string, roles labels.Selector) cache.Options {
	options := cache.Options{
		DefaultTransform:            slim,
		ReaderFailOnMissingInformer: true,
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.ArizeRole{}: {Label: roles},
			crdMetadata():         {Field: fields.OneTermEqualSelector(metav1.ObjectNameField, crdName)},
		},
	}
	for _, namespace := range namespaces {
		if options.DefaultNamespaces == nil {
			options.DefaultNamespaces = map[string]cache.Config{}
		}
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	return options
}

// slim drops what kubectl and the apiserver keep in an object for themselves, and lets
// all ArizeRoles share the names of permissions: there are few, and each is in many.
// What is not in the cache is in no patch either, so nothing is lost.
func slim(object any) (any, error) {
	if object, ok := object.(client.Object); ok {
		object.SetManagedFields(nil)
		if annotations := object.GetAnnotations(); annotations[corev1.LastAppliedConfigAnnotation] != "" {
			delete(annotations, corev1.LastAppliedConfigAnnotation)
			object.SetAnnotations(annotations)
		}
	}
	if role, ok := object.(*v1alpha1.ArizeRole); ok {
		for i, permission := range role.Spec.Permissions {
			role.Spec.Permissions[i] = arize.Intern(permission)
		}
		role.Spec.Permissions = exact(role.Spec.Permissions)
		role.Status.Conditions = exact(role.Status.Conditions)
	}
	return object, nil
}

// exact is a slice without the room to grow that decoding left in it.
func exact[T any](slice []T) []T {
	if cap(slice) == len(slice) {
		return slice
	}
	return append(make([]T, 0, len(slice)), slice...)
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
