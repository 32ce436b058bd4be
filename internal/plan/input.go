package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Key identifies an ArizeRole in the cluster.
type Key struct{ Namespace, Name string }

// String is namespace/name, as kubectl users write it.
func (k Key) String() string { return k.Namespace + "/" + k.Name }

// Desired is what the remote role should be.
type Desired struct {
	Name, Description string
	Permissions       []string // sorted, unique
}

// NewDesired brings the permissions into the order that comparison relies on.
func NewDesired(name, description string, permissions []string) Desired {
	sorted := slices.Sorted(slices.Values(permissions))
	return Desired{Name: name, Description: description, Permissions: slices.Compact(sorted)}
}

// Spec is the body of a request that creates the role.
func (d Desired) Spec() arize.RoleSpec {
	return arize.RoleSpec{Name: d.Name, Description: d.Description, Permissions: d.Permissions}
}

// Digest identifies name, description and permissions, whatever their order was.
func (d Desired) Digest() string {
	// None of the fields can hold a newline, so the joined text is unambiguous
	// enough: a description is last and takes what remains.
	text := d.Name + "\n" + strings.Join(d.Permissions, ",") + "\n" + d.Description
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// AsDesired reads a remote role as if somebody had declared it.
func AsDesired(role arize.Role) Desired {
	return NewDesired(role.Name, role.Description, role.Permissions)
}

// Mode says whether the remote role may be written.
type Mode string

// Modes of an ArizeRole.
const (
	Enforce Mode = "Enforce"
	Report  Mode = "Report"
)

// Adoption says when an existing remote role of the wanted name may be taken.
type Adoption string

// Adoption policies of an ArizeRole.
const (
	AdoptIfIdentical Adoption = "IfIdentical"
	AdoptNever       Adoption = "Never"
	AdoptAlways      Adoption = "Always"
)

// Origin says how the remote role came to be managed.
type Origin string

// Origins of a managed role; empty means that none is managed.
const (
	Created Origin = "Created"
	Adopted Origin = "Adopted"
)

// Policy is what a person decided about the handling of the role.
type Policy struct {
	Mode     Mode
	Adoption Adoption
	Orphan   bool   // on deletion leave the remote role behind
	OnlyOwn  bool   // on deletion leave behind what was adopted: nobody declared what to do with it
	Suspend  bool   // leave the remote role alone
	RoleID   string // manage exactly this one; empty means by name
}

// readOnly says that Arize must not be written to. A mode from a newer version of
// the API is met with care.
func (p Policy) readOnly() bool { return p.Mode != Enforce }

// Pending is the recorded intent to create a role.
type Pending struct {
	Name   string
	Start  time.Time
	Digest string // of what was to be sent; empty in a record that has none
}

// Record is what the status remembers: facts, not judgements.
type Record struct {
	RoleID   string
	Origin   Origin // empty: RoleID was only looked at, it is not ours
	Pending  *Pending
	Observed bool // this generation of the spec was dealt with before
}

// Owned says whether a remote role is provably ours.
func (r Record) Owned() bool { return r.RoleID != "" && r.Origin != "" }

// Gate says whether the account can be used.
type Gate int

// States of the account, as far as one of its roles is concerned.
const (
	// GateOpen: swept and healthy.
	GateOpen Gate = iota
	// GateStarting: nothing is known yet; the account wakes its roles when it is.
	GateStarting
	// GateClosed: missing, not ready, or not for this namespace.
	GateClosed
	// GateDeleteOnly: closed, but the last good key still serves deletions.
	GateDeleteOnly
)

// Account is the state of the ArizeAccount.
type Account struct {
	Gate    Gate
	Message string // why it is not open
}

// Observed is what is known of the remote side.
type Observed struct {
	Since   time.Time   // when the last complete sweep began
	Role    *arize.Role // the role that this ArizeRole manages or names by id
	Doubt   bool        // Arize said 404 for it after the last sweep began
	Named   *arize.Role // the role that has the desired name
	Pending *arize.Role // the role that has the name of the pending creation
	Chain   []Claim     // who holds Named, who holds the name that one wants, and so on
}

// Input is everything that a decision depends on.
type Input struct {
	Now      time.Time
	Began    time.Time // when this process began to work: what was sent before, another one sent
	Self     Claim
	Deleting bool
	LetGo    bool // being deleted, and our finalizer is gone: whatever was ours to do is done
	Desired  Desired
	Policy   Policy
	Record   Record
	Account  Account
	Observed Observed
	Rivals   []Claim // the other ArizeRoles that may mean the same remote role
	History  History
	// Requested: a person asked for a fresh look that was not answered yet.
	Requested bool
	// Looked: the fresh look was taken, in this pass or before.
	Looked bool
	// InFlight is how long a request whose answer was lost may still take effect.
	InFlight time.Duration
}

// TargetID is the id of the remote role that the ArizeRole manages or is told to
// manage; empty when it goes by name.
func TargetID(policy Policy, record Record) string {
	if policy.RoleID != "" {
		return policy.RoleID
	}
	if record.Owned() {
		return record.RoleID
	}
	return ""
}
