package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AccountReference names an ArizeAccount.
type AccountReference struct {
	// name of the ArizeAccount. Absent means "default".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="must be the name of an ArizeAccount: lower case letters, digits, '-' and '.', with a letter or digit at either end"
	Name string `json:"name,omitempty"`

	// namespace of the ArizeAccount. Absent means the namespace of the ArizeRole.
	// Another namespace has to be admitted by the account's `spec.allowedNamespaces`.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be the name of a namespace: lower case letters, digits and '-', with a letter or digit at either end"
	Namespace string `json:"namespace,omitempty"`
}

// SecretKeyReference names one key of a Secret in the same namespace.
type SecretKeyReference struct {
	// name of the Secret, in the namespace of the ArizeAccount.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="must be the name of a Secret: lower case letters, digits, '-' and '.', with a letter or digit at either end"
	Name string `json:"name,omitempty"`

	// key within the Secret's data. Absent means "api-key".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="must be a key of a Secret: letters, digits, '-', '_' and '.'"
	Key string `json:"key,omitempty"`
}

// NamespacesFrom says which namespaces may use an account. More values may be
// added later: treat an unknown one as admitting nobody.
//
// +kubebuilder:validation:Enum=Same;All;Selector
type NamespacesFrom string

const (
	// NamespacesFromSame admits the account's own namespace alone.
	NamespacesFromSame NamespacesFrom = "Same"
	// NamespacesFromAll admits every namespace.
	NamespacesFromAll NamespacesFrom = "All"
	// NamespacesFromSelector admits the namespaces whose labels match the selector.
	NamespacesFromSelector NamespacesFrom = "Selector"
)

// AllowedNamespaces says from which namespaces ArizeRoles may use an account.
//
// +kubebuilder:validation:XValidation:rule="(has(self.from) && self.from == 'Selector') == has(self.selector)",message="`selector` must be set when `from` is 'Selector', and only then"
type AllowedNamespaces struct {
	// from is 'Same' (the account's own namespace), 'All', or 'Selector' (every
	// namespace whose labels match `selector`; the account's own is no exception).
	// Absent means 'Same'.
	//
	// +optional
	From NamespacesFrom `json:"from,omitempty"`

	// selector picks namespaces by their labels; only with `from: Selector`.
	//
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.matchExpressions) || self.matchExpressions.all(e, e.operator in ['In', 'NotIn'] ? has(e.values) && size(e.values) > 0 : e.operator in ['Exists', 'DoesNotExist'] && (!has(e.values) || size(e.values) == 0))",message="each of `matchExpressions` must have the operator 'In' or 'NotIn' with at least one of `values`, or 'Exists' or 'DoesNotExist' without `values`"
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}
