package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Verb is what a step does.
type Verb string

// The verbs. Look, Create, Update and Delete are one request each, the others none.
const (
	// Wait: nothing can be decided yet; whoever has the missing knowledge wakes the role.
	Wait Verb = "Wait"
	// Look: read the remote role once, then decide again.
	Look Verb = "Look"
	// Keep: nothing to do.
	Keep Verb = "Keep"
	// Refuse: something is wrong, and a request would not mend it.
	Refuse Verb = "Refuse"
	// Create: post the role, after recording the intent.
	Create Verb = "Create"
	// Adopt: record that an existing role is ours.
	Adopt Verb = "Adopt"
	// Update: patch the fields that differ.
	Update Verb = "Update"
	// Delete: delete the remote role.
	Delete Verb = "Delete"
	// Release: let go of the ArizeRole without any request.
	Release Verb = "Release"
)

// Step is one decision: what to do now, and what to say about it.
type Step struct {
	Verb    Verb
	Verdict Verdict // when the step needs no request, or before it is answered

	ID     string          // the remote role that is meant
	Origin Origin          // how it came to be ours, when the step makes or finds it so
	Spec   arize.RoleSpec  // of Create
	Patch  arize.RolePatch // of Update
	Fields Fields          // that Update or Create brings to what is wanted

	Wanted     Desired       // what the remote role should be after the step
	Seen       *arize.Role   // the remote role as it was
	Drift      Drift         // what differs and is left so
	Unseen     bool          // the remote side could not be judged: drift stays as it was recorded
	Correction bool          // the write corrects what changed without a change of the spec
	Settled    bool          // how a pending creation ended is known
	Repeat     bool          // of Create: an earlier try of it may have had an effect
	Sweep      bool          // a fresh list of the account is needed
	Again      time.Duration // when to look again, where nothing but time will wake the role
	Orphaned   bool          // Release leaves a remote role of ours behind on purpose
	Nudge      Key           // another ArizeRole that is to move first, and may not know it yet
}

// Writes says whether the step changes something in Arize.
func (s Step) Writes() bool {
	return s.Verb == Create || s.Verb == Update || s.Verb == Delete
}

// Sends says whether the step is a request to Arize.
func (s Step) Sends() bool { return s.Writes() || s.Verb == Look }

// Request identifies the request of a writing step: the same text means the same
// request. Empty when the step writes nothing.
func (s Step) Request() string {
	if !s.Writes() {
		return ""
	}
	body, err := json.Marshal(struct {
		Spec  arize.RoleSpec
		Patch arize.RolePatch
	}{s.Spec, s.Patch})
	if err != nil { // plain strings always marshal; an unequal text is the safe answer
		return ""
	}
	sum := sha256.Sum256(body)
	return string(s.Verb) + " " + s.ID + " " + hex.EncodeToString(sum[:8])
}

// WantsSweep says that only a fresh list of the account can tell what the end of
// the request means: the creation may have happened all the same, or a role that
// the inventory does not know has the name, or the role is gone.
func (s Step) WantsSweep(out Outcome) bool {
	if !out.Sent || out.Err == nil {
		return false
	}
	switch arize.ClassOf(out.Err) {
	case arize.ClassConflict:
		return s.Verb == Create || s.Verb == Update
	case arize.ClassNotFound:
		return s.Verb == Look || s.Verb == Update
	default:
		return s.Verb == Create && !out.Refused
	}
}

// Freed is the name that the step took from its remote role, so that another may
// have it now; empty when it took none.
func (s Step) Freed(out Outcome) string {
	switch {
	case s.Seen == nil || !out.Sent:
		return ""
	case s.Verb == Delete && out.Gone():
		return s.Seen.Name
	case s.Verb == Update && out.Role != nil && out.Role.Name != s.Seen.Name:
		return s.Seen.Name
	default:
		return ""
	}
}
