package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Names that manifests, scripts and people depend on.
const (
	// GroupName is the API group of both kinds.
	GroupName = "iam.arize-operator.io"

	// RoleFinalizer holds an ArizeRole until its remote role is deleted or released.
	RoleFinalizer = GroupName + "/role"
	// InUseFinalizer holds an ArizeAccount while an ArizeRole references it.
	InUseFinalizer = GroupName + "/in-use"

	// ReconcileRequestAnnotation asks for a reconcile now: on an ArizeRole the
	// remote role is read again, on an ArizeAccount the account is swept. Any new
	// value counts; it is answered in status.lastHandledReconcileAt.
	ReconcileRequestAnnotation = GroupName + "/reconcile-requested-at"
	// AcceptVanishedAnnotation, set on an ArizeAccount to the value of its
	// status.vanishedSince, accepts that the vanished roles are really gone.
	AcceptVanishedAnnotation = GroupName + "/accept-vanished"
)

// GroupVersion is the group and version of every type of this package.
var GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

var schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

// AddToScheme registers the types of this package with a scheme.
var AddToScheme = schemeBuilder.AddToScheme

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&ArizeRole{}, &ArizeRoleList{},
		&ArizeAccount{}, &ArizeAccountList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
