package plan

import (
	"errors"
	"fmt"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Outcome is how the request of a step ended. The zero value: none was sent.
type Outcome struct {
	Sent    bool
	Role    *arize.Role // what Arize answered to a create or an update
	Err     error
	Refused bool   // Arize certainly did nothing
	Message string // the error in words that are stable
	Holders string // who still holds a role that could not be deleted
}

// Did is the outcome of a request that was sent.
func Did(role *arize.Role, err error) Outcome {
	out := Outcome{Sent: true, Err: err}
	if err == nil {
		out.Role = role
		return out
	}
	out.Message = err.Error()
	if answer, ok := errors.AsType[*arize.Error](err); ok {
		out.Refused, out.Message = answer.Refused(), answer.Message()
	}
	return out
}

// Answered says that Arize answered a look: with the role, that it knows none, or that
// nothing can have such an id. Another look would tell no more.
func (o Outcome) Answered() bool {
	switch arize.ClassOf(o.Err) {
	case arize.ClassNone, arize.ClassNotFound, arize.ClassInvalid:
		return o.Sent
	default:
		return false
	}
}

// Judge says what a step and its outcome come to.
func Judge(step Step, out Outcome) Verdict {
	switch {
	case !out.Sent:
		return step.Verdict
	case out.Err == nil && step.Writes():
		return judgeAnswer(step, out)
	case out.Err == nil, step.Verb == Delete && out.Gone():
		return step.Verdict
	case step.Verb == Delete:
		return judgeDelete(out)
	default:
		return judgeWrite(step, out)
	}
}

func judgeAnswer(step Step, out Outcome) Verdict {
	if out.Role == nil {
		return step.Verdict
	}
	if drift := Diff(step.Wanted, *out.Role); !drift.IsZero() {
		return Verdict{Progressing, "Not yet as declared after the last write: " + drift.Summary() + "."}
	}
	return inSync
}

func judgeWrite(step Step, out Outcome) Verdict {
	switch arize.ClassOf(out.Err) {
	case arize.ClassInvalid:
		return Verdict{Rejected, fmt.Sprintf("Arize refused the role: %s. Change the spec accordingly.", out.Message)}
	case arize.ClassUnauthorized:
		return Verdict{AccountNotReady, "Arize does not accept the API key of the account any more; see the ArizeAccount."}
	case arize.ClassForbidden:
		return Verdict{Forbidden, fmt.Sprintf("Arize does not let the account's API key %s this role: %s. Give the key the rights of an account admin.",
			words[step.Verb], out.Message)}
	case arize.ClassConflict:
		return Verdict{Progressing, fmt.Sprintf("Arize says that the name %q is taken; listing the account to see by whom.", step.Wanted.Name)}
	case arize.ClassNotFound:
		if step.Verb == Create {
			return Verdict{Rejected, fmt.Sprintf("Arize answered 404 to the creation of the role: %s. Check the account's endpoint.", out.Message)}
		}
		return Verdict{Progressing, "Arize does not find the role any more; listing the account to be sure."}
	case arize.ClassRateLimited:
		return Verdict{RateLimited, "Arize limits the rate of requests; trying again as soon as it allows."}
	default:
		return Verdict{Unavailable, fmt.Sprintf("Arize cannot be reached or fails: %s. Trying again.", out.Message)}
	}
}

// takenUnseen is what a conflict comes to when a list does not show who has the name.
func takenUnseen(name string) Verdict {
	return Verdict{NameTaken, fmt.Sprintf("Arize says that the name %q is taken, though no role that the account's API key can list has it "+
		"(it may belong to a role that was deleted earlier). Choose another `spec.name`.", name)}
}

func judgeDelete(out Outcome) Verdict {
	switch arize.ClassOf(out.Err) {
	case arize.ClassConflict:
		return Verdict{DeletionBlocked, fmt.Sprintf("Arize does not delete a role that is still bound%s. "+
			"Remove the role bindings, or set `spec.deletionPolicy: Orphan` to leave the role in Arize.", out.Holders)}
	case arize.ClassInvalid, arize.ClassForbidden:
		reason := Rejected
		if arize.ClassOf(out.Err) == arize.ClassForbidden {
			reason = Forbidden
		}
		return Verdict{reason, fmt.Sprintf("Arize refused to delete the role: %s. %s", out.Message, orphanHint)}
	case arize.ClassRateLimited:
		return Verdict{RateLimited, "Arize limits the rate of requests; deleting as soon as it allows."}
	case arize.ClassUnauthorized:
		return Verdict{DeletionBlocked, "Arize does not accept the API key of the account any more. " + orphanHint}
	default:
		return Verdict{DeletionBlocked, fmt.Sprintf("Arize cannot be reached or fails: %s. Trying again. %s", out.Message, orphanHint)}
	}
}

// Gone says that the remote role is deleted, or was gone already.
func (o Outcome) Gone() bool {
	return o.Sent && (o.Err == nil || arize.ClassOf(o.Err) == arize.ClassNotFound)
}

const orphanHint = "Set `spec.deletionPolicy: Orphan` to let the ArizeRole go and leave the role in Arize."

var (
	inSync = Verdict{InSync, "The role in Arize is as declared."}
	words  = map[Verb]string{Look: "read", Create: "create", Update: "change"}
)
