package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RateLimit is the budget of requests that everything using an account shares.
type RateLimit struct {
	// requestsPerSecond is the highest rate of requests to Arize, 1 to 1000.
	// Absent means 10.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	RequestsPerSecond int32 `json:"requestsPerSecond,omitempty"`

	// burst is how many requests may go out at once after a pause, 1 to 1000.
	// Absent means 20.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Burst int32 `json:"burst,omitempty"`
}

// ArizeAccountSpec says how to reach one Arize account, and who may use it.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.region) && has(self.baseURL))",message="`region` and `baseURL` must not both be set: `region` for Arize's own cloud, `baseURL` for another installation"
type ArizeAccountSpec struct {
	// apiKeySecretRef names the Secret, in the namespace of the ArizeAccount, that
	// holds the API key: a user key of an account admin, or a service key whose
	// account role is ADMIN. A changed Secret takes effect at once.
	//
	// +required
	APIKeySecretRef SecretKeyReference `json:"apiKeySecretRef,omitzero"`

	// region of Arize's cloud, such as 'eu-west-1a'. Exclusive with `baseURL`;
	// neither means https://api.arize.com.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]+(-[a-z0-9]+)*$')",message="must be a region of Arize such as 'us-central-1a', 'us-east-1b', 'eu-west-1a' or 'ca-central-1a': lower case letters, digits and '-'; for another host use `baseURL`"
	Region string `json:"region,omitempty"`

	// baseURL of a self-hosted installation: scheme, host, and if needed port and
	// path prefix (without the version of the API), such as
	// 'https://arize.example.com:8443/api'. Plain http is accepted only for
	// loopback addresses and in-cluster names that end in .svc or
	// .svc.cluster.local, for the API key would cross the network in the clear.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule=`self.matches('^https?://[^/?#@:]')`,message="must begin with 'https://' and a host, such as 'https://arize.example.com'"
	// +kubebuilder:validation:XValidation:rule=`!self.matches('[?#@]')`,message="must consist of scheme, host, port and path only: no user, query or fragment"
	// +kubebuilder:validation:XValidation:rule=`!self.matches('^https?://[^/?#@:]') || self.matches('[?#@]') || self.matches(r"^https?://(\w([-\w]*\w)?(\.\w([-\w]*\w)?)*\.?|\[[0-9a-fA-F:.]+\])(:[0-9]*)?(/[-\w.~!$&'()*+,;=:]+)*/*$") && !self.matches(r'/\.\.?(/|$)')`,message="must have after 'https://' a host name or an IP address, if needed ':' and a port, if needed '/' and a path; nothing that is not ASCII or would have to be percent-encoded, and no '..' in the path"
	// +kubebuilder:validation:XValidation:rule=`!isURL(self) || url(self).getPort() == '' || int(url(self).getPort()) >= 1 && int(url(self).getPort()) <= 65535`,message="must have a port between 1 and 65535"
	// +kubebuilder:validation:XValidation:rule=`!self.matches('/v2/*$')`,message="must not end in '/v2', for the operator adds that itself"
	// +kubebuilder:validation:XValidation:rule=`!self.startsWith('http://') || self.matches(r'^http://(localhost|127(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}|\[::1\]|(\w([-\w]*\w)?\.){2,}svc(\.cluster\.local)?)(:[0-9]*)?(/|$)')`,message="must use https; plain http is accepted only for 'localhost', loopback addresses and in-cluster names such as 'arize.monitoring.svc' or 'arize.monitoring.svc.cluster.local'"
	BaseURL string `json:"baseURL,omitempty"`

	// caBundle holds the PEM certificates of a private CA, trusted for this account
	// in addition to the system's.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=262144
	// +kubebuilder:validation:XValidation:rule="!self.contains('PRIVATE KEY-----')",message="must hold certificates only; a private key must not be here, where everybody can read it"
	// +kubebuilder:validation:XValidation:rule="self.contains('-----BEGIN CERTIFICATE-----')",message="must hold at least one PEM block that begins with '-----BEGIN CERTIFICATE-----'"
	CABundle string `json:"caBundle,omitempty"`

	// allowedNamespaces says from which namespaces ArizeRoles may use this account.
	// Absent means only from its own.
	//
	// +optional
	AllowedNamespaces AllowedNamespaces `json:"allowedNamespaces,omitzero"`

	// sweepInterval is the time between two looks at all roles of the account, and
	// so how long a change made in Arize can go unnoticed; from '10s' to '24h',
	// jittered by 10 %. Absent means '5m'.
	//
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('10s') && duration(self) <= duration('24h')",message="must be a duration from '10s' to '24h', such as '5m' or '1h30m'"
	SweepInterval string `json:"sweepInterval,omitempty"`

	// rateLimit is the budget of requests that everything using this account shares.
	// Absent means 10 requests per second, 20 at once.
	//
	// +optional
	RateLimit RateLimit `json:"rateLimit,omitzero"`
}

// RoleCounts counts the roles of an account as of the last sweep.
type RoleCounts struct {
	// predefined is the number of roles that come with Arize.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Predefined *int32 `json:"predefined,omitempty"`

	// custom is the number of roles that somebody made.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Custom *int32 `json:"custom,omitempty"`

	// managed is the number of custom roles that an ArizeRole manages.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Managed *int32 `json:"managed,omitempty"`

	// unmanaged is the number of custom roles that no ArizeRole manages.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Unmanaged *int32 `json:"unmanaged,omitempty"`

	// drifted is the number of ArizeRoles whose remote role differs from the spec.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Drifted *int32 `json:"drifted,omitempty"`
}

// ArizeAccountStatus is what the operator last saw of an account.
type ArizeAccountStatus struct {
	// conditions are Ready, and while they are True Reconciling and Stalled.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that this status speaks of;
	// -1 until somebody has looked.
	//
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// endpoint is the base URL in use.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	Endpoint string `json:"endpoint,omitempty"`

	// lastSweepTime is when the last complete sweep began.
	//
	// +optional
	LastSweepTime metav1.Time `json:"lastSweepTime,omitzero"`

	// vanishedSince is when a sweep suddenly missed most of the managed roles.
	// Nothing is created, changed or deleted until they are back, or until the
	// annotation iam.arize-operator.io/accept-vanished has this value.
	//
	// +optional
	VanishedSince metav1.Time `json:"vanishedSince,omitzero"`

	// lastHandledReconcileAt is the value of the annotation
	// iam.arize-operator.io/reconcile-requested-at that was answered last.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// roles counts the roles of the account as of the last sweep.
	//
	// +optional
	Roles *RoleCounts `json:"roles,omitempty"`
}

// ArizeAccount says how to reach one Arize account, and who may use it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=arizeaccounts,shortName=aacct,categories=arize
// +kubebuilder:printcolumn:name="ENDPOINT",type=string,JSONPath=`.status.endpoint`
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="STATUS",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="CUSTOM",type=integer,JSONPath=`.status.roles.custom`
// +kubebuilder:printcolumn:name="MANAGED",type=integer,JSONPath=`.status.roles.managed`
// +kubebuilder:printcolumn:name="UNMANAGED",type=integer,JSONPath=`.status.roles.unmanaged`
// +kubebuilder:printcolumn:name="DRIFTED",type=integer,JSONPath=`.status.roles.drifted`
// +kubebuilder:printcolumn:name="LAST SWEEP",type=date,JSONPath=`.status.lastSweepTime`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
type ArizeAccount struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says how to reach the account.
	//
	// +required
	Spec ArizeAccountSpec `json:"spec,omitzero"`

	// status is what the operator last saw of the account.
	//
	// +optional
	// +kubebuilder:default={observedGeneration:-1}
	Status ArizeAccountStatus `json:"status,omitzero"`
}

// ArizeAccountList is a list of ArizeAccounts.
//
// +kubebuilder:object:root=true
type ArizeAccountList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ArizeAccount `json:"items"`
}
