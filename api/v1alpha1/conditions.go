package v1alpha1

// Condition types. Ready is always there once the object was looked at; the
// others are there only while they are True, as kstatus expects of them.
const (
	// ConditionReady says whether the remote side is as declared.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the operator is working or retrying.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when it will not get better without a person. It is
	// still retried, about once an hour.
	ConditionStalled = "Stalled"
	// ConditionDrifted is True while the remote role differs from the spec and the
	// operator does not, or cannot, correct it.
	ConditionDrifted = "Drifted"
)

// Reasons of an ArizeRole's Ready condition. A reason says what to do about it,
// the message says what happened.
const (
	// ReasonInSync: the remote role is as declared.
	ReasonInSync = "InSync"
	// ReasonReporting: mode Report; the remote role is watched and never written.
	ReasonReporting = "Reporting"
	// ReasonSuspended: spec.suspend; the remote role is left alone.
	ReasonSuspended = "Suspended"
	// ReasonProgressing: a pass is under way.
	ReasonProgressing = "Progressing"
	// ReasonAccountNotReady: the ArizeAccount is missing, not ready, or does not
	// allow this namespace.
	ReasonAccountNotReady = "AccountNotReady"
	// ReasonRejected: Arize refused the role (400 or 422).
	ReasonRejected = "Rejected"
	// ReasonPredefined: the name or the id is that of a predefined role.
	ReasonPredefined = "Predefined"
	// ReasonNameTaken: a remote role of that name exists and may not be adopted.
	ReasonNameTaken = "NameTaken"
	// ReasonClaimed: another ArizeRole holds this remote role or this name.
	ReasonClaimed = "Claimed"
	// ReasonNotFound: spec.roleID does not exist.
	ReasonNotFound = "NotFound"
	// ReasonNotConverging: Arize repeatedly answers something else than was written.
	ReasonNotConverging = "NotConverging"
	// ReasonContended: somebody keeps reverting what the operator writes.
	ReasonContended = "Contended"
	// ReasonDeletionBlocked: the remote role cannot be deleted yet.
	ReasonDeletionBlocked = "DeletionBlocked"
)

// Reasons shared by both kinds.
const (
	// ReasonForbidden: 403; on a role for this role, on an account for the list.
	ReasonForbidden = "Forbidden"
	// ReasonRateLimited: 429.
	ReasonRateLimited = "RateLimited"
	// ReasonUnavailable: 5xx, or no answer.
	ReasonUnavailable = "Unavailable"
)

// Reasons of an ArizeAccount's Ready condition.
const (
	// ReasonReady: the account was swept.
	ReasonReady = "Ready"
	// ReasonSecretNotFound: the Secret or its key is missing.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonUnauthorized: 401; the API key is wrong, expired or revoked.
	ReasonUnauthorized = "Unauthorized"
	// ReasonInvalidSpec: the spec cannot be used as it is.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonRolesVanished: most managed roles are suddenly missing in Arize.
	ReasonRolesVanished = "RolesVanished"
	// ReasonInUse: being deleted, and held by the ArizeRoles that reference it.
	ReasonInUse = "InUse"
)

// Reasons of events on transitions that are no condition's reason.
const (
	// EventCreated: a remote role was created.
	EventCreated = "Created"
	// EventAdopted: an existing remote role was taken over.
	EventAdopted = "Adopted"
	// EventUpdated: the remote role was changed after the spec.
	EventUpdated = "Updated"
	// EventDriftCorrected: the remote role was changed back to the spec.
	EventDriftCorrected = "DriftCorrected"
	// EventDriftDetected: the remote role differs and is not corrected.
	EventDriftDetected = "DriftDetected"
	// EventDeleted: the remote role was deleted.
	EventDeleted = "Deleted"
	// EventOrphaned: the remote role was left behind on purpose.
	EventOrphaned = "Orphaned"
)
