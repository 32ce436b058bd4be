// Package v1alpha1 holds the API of arize-operator: ArizeRole says what one
// custom role of an Arize account should be, ArizeAccount says how to reach the
// account. The types carry meaning, limits and defaults; there is no logic here
// beyond reading a spec with its defaults.
//
// +kubebuilder:object:generate=true
// +groupName=iam.arize-operator.io
package v1alpha1
