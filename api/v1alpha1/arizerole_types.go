package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Mode says what the operator may do to the remote role. More values may be
// added later: treat an unknown one as one that does not write.
//
// +kubebuilder:validation:Enum=Enforce;Report
type Mode string

const (
	// ModeEnforce makes the remote role what the spec says.
	ModeEnforce Mode = "Enforce"
	// ModeReport never writes to Arize and shows what would change.
	ModeReport Mode = "Report"
)

// AdoptionPolicy says what happens when a remote custom role of the wanted name
// exists already and is not ours.
//
// +kubebuilder:validation:Enum=IfIdentical;Never;Always
type AdoptionPolicy string

const (
	// AdoptIfIdentical takes it only when description and permissions match already.
	AdoptIfIdentical AdoptionPolicy = "IfIdentical"
	// AdoptNever leaves it alone.
	AdoptNever AdoptionPolicy = "Never"
	// AdoptAlways takes it, and makes it what the spec says.
	AdoptAlways AdoptionPolicy = "Always"
)

// DeletionPolicy says what happens to the remote role when the ArizeRole is deleted.
//
// +kubebuilder:validation:Enum=Delete;Orphan
type DeletionPolicy string

const (
	// DeletionDelete deletes the remote role.
	DeletionDelete DeletionPolicy = "Delete"
	// DeletionOrphan leaves the remote role as it is.
	DeletionOrphan DeletionPolicy = "Orphan"
)

// Origin says how a remote role came to be managed by its ArizeRole.
//
// +kubebuilder:validation:Enum=Created;Adopted
type Origin string

const (
	// OriginCreated means that the operator created the remote role.
	OriginCreated Origin = "Created"
	// OriginAdopted means that the remote role existed before.
	OriginAdopted Origin = "Adopted"
)

// ArizeRoleSpec says what one custom role of an Arize account should be.
//
// +kubebuilder:validation:XValidation:rule="(has(self.accountRef) && has(self.accountRef.name) ? self.accountRef.name : 'default') == (has(oldSelf.accountRef) && has(oldSelf.accountRef.name) ? oldSelf.accountRef.name : 'default') && (has(self.accountRef) && has(self.accountRef.__namespace__) ? self.accountRef.__namespace__ : \"\") == (has(oldSelf.accountRef) && has(oldSelf.accountRef.__namespace__) ? oldSelf.accountRef.__namespace__ : \"\")",message="`accountRef` must not change; to move a role to another account create a second ArizeRole there, and delete this one",fieldPath=".accountRef"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.roleID) || (has(self.roleID) && self.roleID == oldSelf.roleID)",message="`roleID` must not change or be removed once it is set; to manage another remote role create another ArizeRole",fieldPath=".roleID"
type ArizeRoleSpec struct {
	// accountRef names the ArizeAccount that the role lives in. It cannot change;
	// to write out the name "default" later is no change, to write out the namespace is.
	// Absent means the account named "default" in the namespace of the ArizeRole.
	//
	// +optional
	AccountRef AccountReference `json:"accountRef,omitzero"`

	// name of the role in Arize, unique in the account: 1 to 255 ASCII letters,
	// digits, spaces and - _ . , ( ) [ ] ' " / : \ & @ # $ % ! ? + = without a space
	// at either end. A change renames the remote role and keeps its id.
	// Absent means metadata.name.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-a-zA-Z0-9 _.,()\\\\[\\\\]\\'\"/:\\\\\\\\&@#$%!?+=]*$')",message="must consist of ASCII letters, digits, spaces and - _ . , ( ) [ ] ' \" / : \\ & @ # $ % ! ? + ="
	// +kubebuilder:validation:XValidation:rule="size(self) > 0",message="must not be empty; to use the name of the ArizeRole leave `name` out"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith(' ') && !self.endsWith(' ')",message="must not begin or end with a space"
	Name string `json:"name,omitempty"`

	// description of the role in Arize, at most 1000 characters.
	// Absent means that the remote description is cleared.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1000
	// +kubebuilder:validation:XValidation:rule="size(self) > 0",message="must not be empty; to have no description leave `description` out"
	Description string `json:"description,omitempty"`

	// permissions is the whole set that the role grants, 1 to 512 of them. Each is a
	// RESOURCE_ACTION of Arize such as PROJECT_READ; order means nothing. Arize adds
	// permissions often, so which ones exist is for Arize to say.
	//
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=512
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$')",message="must be a permission of Arize in the form RESOURCE_ACTION, upper case with underscores, such as 'PROJECT_READ'"
	Permissions []string `json:"permissions,omitempty"`

	// roleID is the id of an existing remote role to manage: exactly this one, and
	// never another. It is the explicit consent to adopt that role, whatever
	// `adoptionPolicy` says, and no role is ever created. It may be set once, and
	// cannot change after that.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$') && !(self in ['.', '..'])",message="must be the id of an Arize role as the API shows it, such as 'Um9sZToxOmFCY0Q=', without spaces"
	RoleID string `json:"roleID,omitempty"`

	// mode is 'Enforce' (make the remote role what the spec says) or 'Report' (never
	// write to Arize, show in `status.drift` what would change). Absent means
	// 'Enforce'.
	//
	// +optional
	Mode Mode `json:"mode,omitempty"`

	// adoptionPolicy says what to do when a remote custom role of this name exists
	// and is not ours: 'IfIdentical' (take it only when its name, description and
	// permissions match already), 'Never', or 'Always' (take it and overwrite it).
	// Absent means 'IfIdentical'.
	//
	// +optional
	AdoptionPolicy AdoptionPolicy `json:"adoptionPolicy,omitempty"`

	// deletionPolicy says what happens to the remote role when the ArizeRole is
	// deleted: 'Delete' or 'Orphan' (leave it). It may be set on an ArizeRole that is
	// being deleted already, and 'Orphan' then lets it go without any request.
	// Absent means 'Delete' for a role that the operator created and 'Orphan' for
	// one that it adopted.
	//
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// suspend leaves the remote role alone until it is removed or false. Deleting a
	// suspended ArizeRole works, and does not touch the remote role.
	// Absent means false.
	//
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// PendingCreate is the intent to create a role, recorded before the request is
// sent, so that a role whose creation was cut off is recognised afterwards.
type PendingCreate struct {
	// name that the role was to be created with.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name,omitempty"`

	// startTime is when the intent was recorded, before the request.
	//
	// +required
	StartTime metav1.Time `json:"startTime,omitzero"`

	// digest identifies name, description and permissions as they were sent, so
	// that the role is recognised even when the spec has changed since.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Digest string `json:"digest,omitempty"`
}

// Drift is how the remote role differs from the spec right now.
type Drift struct {
	// detectionTime is when the difference was first seen.
	//
	// +required
	DetectionTime metav1.Time `json:"detectionTime,omitzero"`

	// name is the remote role's name, when it is not the declared one.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Name string `json:"name,omitempty"`

	// description is the remote role's description (cut off after 1000
	// characters), when it is not the declared one; "" when the remote role has none.
	//
	// +optional
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=1024
	Description *string `json:"description,omitempty"`

	// addedPermissions are the ones that the operator would add; at most 50 are listed.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=256
	AddedPermissions []string `json:"addedPermissions,omitempty"`

	// removedPermissions are the ones that the operator would remove; at most 50 are listed.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=256
	RemovedPermissions []string `json:"removedPermissions,omitempty"`
}

// ArizeRoleStatus is what the operator last saw and did.
type ArizeRoleStatus struct {
	// conditions are Ready, and while they are True Reconciling, Stalled and Drifted.
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

	// roleID is the id of the remote role.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	RoleID string `json:"roleID,omitempty"`

	// roleName is the name of the remote role, as last seen.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	RoleName string `json:"roleName,omitempty"`

	// origin is 'Created' or 'Adopted': how the remote role came to be managed.
	// Absent while no remote role is ours.
	//
	// +optional
	Origin Origin `json:"origin,omitempty"`

	// pendingCreate is there while a role is being created, and until it is known
	// how an interrupted creation ended.
	//
	// +optional
	PendingCreate *PendingCreate `json:"pendingCreate,omitempty"`

	// drift is how the remote role differs from the spec, while it does.
	//
	// +optional
	Drift *Drift `json:"drift,omitempty"`

	// lastHandledReconcileAt is the value of the annotation
	// iam.arize-operator.io/reconcile-requested-at that was answered last.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}

// ArizeRole keeps one custom role of an Arize account as declared.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=arizeroles,shortName=arole,categories=arize
// +kubebuilder:printcolumn:name="ROLE",type=string,JSONPath=`.status.roleName`
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="STATUS",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="DRIFTED",type=string,JSONPath=`.status.conditions[?(@.type=="Drifted")].status`
// +kubebuilder:printcolumn:name="ID",type=string,priority=1,JSONPath=`.status.roleID`
// +kubebuilder:printcolumn:name="ORIGIN",type=string,priority=1,JSONPath=`.status.origin`
// +kubebuilder:printcolumn:name="MESSAGE",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="!has(self.spec.roleID) || has(oldSelf.spec.roleID) || !has(oldSelf.status) || !has(oldSelf.status.origin) || !has(oldSelf.status.roleID) || self.spec.roleID == oldSelf.status.roleID",message="`roleID` must be the id in `status.roleID`, for this ArizeRole manages that role already; to manage another one create another ArizeRole",fieldPath=".spec.roleID"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.roleID) || has(oldSelf.spec.roleID) || !has(oldSelf.status) || !has(oldSelf.status.pendingCreate)",message="`roleID` must not be set while a role is being created for this ArizeRole; set it when `status.pendingCreate` is gone",fieldPath=".spec.roleID"
type ArizeRole struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says what the role should be.
	//
	// +required
	Spec ArizeRoleSpec `json:"spec,omitzero"`

	// status is what the operator last saw and did.
	//
	// +optional
	// +kubebuilder:default={observedGeneration:-1}
	Status ArizeRoleStatus `json:"status,omitzero"`
}

// ArizeRoleList is a list of ArizeRoles.
//
// +kubebuilder:object:root=true
type ArizeRoleList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ArizeRole `json:"items"`
}
