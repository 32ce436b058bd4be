package plan

import (
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Limits of the patience with one role.
const (
	// SlowRetry is how long after a refusal the same request is tried again.
	SlowRetry = time.Hour
	// FightWindow and MaxCorrections bound a fight: so many corrections of one
	// field within the window, and no more.
	FightWindow    = time.Hour
	MaxCorrections = 3
)

// Correction is one write that was to bring the remote role back to an unchanged spec.
type Correction struct {
	At      time.Time
	Fields  Fields
	Differs Fields // the parts in which the server's answer was not what was written
}

// Refusal is a request that Arize refused; it is not repeated for a while.
type Refusal struct {
	Request string // Step.Request of what was refused
	Reason  Reason
	Message string
	At      time.Time
}

// History is what happened to one role since the process started. Losing it
// costs a few requests and breaks no promise.
type History struct {
	Generation  int64 // of the spec that corrections and refusal belong to
	Corrections []Correction
	Refusal     *Refusal
	Failures    int       // requests that got no clear answer, in a row
	Failed      time.Time // when the last of them ended
	Uncertain   time.Time // when a creation last ended without a clear answer
	Repeated    time.Time // when a creation was last repeated, perhaps with success: an earlier try may yet take effect
	Foreign     bool      // the name of the last creation was taken when it was first tried: the role that has it is not ours
	Demand      time.Time // when a fresh look was first asked for
	Request     string    // the value that asked for it
	Looked      bool      // the look that was asked for was taken
}

// IsZero says that there is nothing to remember.
func (h History) IsZero() bool {
	return len(h.Corrections) == 0 && h.Refusal == nil && h.Failures == 0 &&
		h.Uncertain.IsZero() && h.Repeated.IsZero() && h.Demand.IsZero()
}

// For is the history as far as it speaks of this generation of the spec.
func (h History) For(generation int64) History {
	if h.Generation != generation {
		h.Generation, h.Corrections, h.Refusal, h.Failures = generation, nil, nil, 0
	}
	return h
}

// Asked is the history from a person's request for a fresh look on: it starts anew,
// but for what may yet come of a creation.
func (h History) Asked(value string, now time.Time) History {
	return History{
		Generation: h.Generation, Uncertain: h.Uncertain, Repeated: h.Repeated, Foreign: h.Foreign,
		Demand: now, Request: value,
	}
}

// Explained is the history without the refusal of a name that was taken, once it can
// be seen who has the name: when that one lets go, the request is worth repeating.
func (h History) Explained(seen Observed) History {
	if h.Refusal != nil && h.Refusal.Reason == NameTaken && seen.Named != nil {
		h.Refusal = nil
	}
	return h
}

// After is the history with one finished request added.
func (h History) After(step Step, out Outcome, now time.Time) History {
	if !out.Sent {
		return h
	}
	verdict := Judge(step, out)
	if step.Verb == Look && out.Answered() {
		h.Looked = true
		return h
	}
	h.Refusal = nil
	if step.Verb == Create {
		h = h.afterCreate(step, out, now)
	}
	switch {
	case out.Err == nil:
		h.Failures, h.Uncertain = 0, time.Time{}
		h.Corrections = h.corrected(step, out, now)
	case arize.ClassOf(out.Err) == arize.ClassConflict && step.Verb != Delete:
		h.Failures, h.Refusal = 0, refusalOf(step, takenUnseen(step.Wanted.Name), now)
	case verdict.Reason == AccountNotReady || verdict.Reason.Policy().Retry != RetrySlow:
		// Says nothing about the request itself, which is worth repeating.
		h.Failures, h.Failed = h.Failures+1, now
	default:
		h.Failures, h.Refusal = 0, refusalOf(step, verdict, now)
	}
	return h
}

// afterCreate notes whose a role of that name may be. Even a name that is taken may
// be taken by an earlier try of ours; by the first one it cannot be.
func (h History) afterCreate(step Step, out Outcome, now time.Time) History {
	h.Foreign = !step.Repeat && arize.ClassOf(out.Err) == arize.ClassConflict
	if step.WantsSweep(out) {
		h.Uncertain = now
	}
	if step.Repeat && !out.Refused {
		h.Repeated = now
	}
	return h
}

func refusalOf(step Step, verdict Verdict, now time.Time) *Refusal {
	return &Refusal{Request: step.Request(), Reason: verdict.Reason, Message: verdict.Message, At: now}
}

func (h History) corrected(step Step, out Outcome, now time.Time) []Correction {
	kept := slices.DeleteFunc(slices.Clone(h.Corrections), func(c Correction) bool {
		return now.Sub(c.At) >= FightWindow
	})
	if !step.Correction {
		return kept
	}
	correction := Correction{At: now, Fields: step.Fields}
	if out.Role != nil {
		written := step.Wanted
		if step.Patch.Name != nil {
			written.Name = *step.Patch.Name // a temporary one, perhaps
		}
		correction.Differs = step.Fields & Diff(written, *out.Role).Fields()
	}
	return append(kept, correction)
}

// stuck are the fields that were corrected too often of late.
func (h History) stuck(now time.Time) Fields {
	var stuck Fields
	for _, field := range []Fields{FieldName, FieldDescription, FieldPermissions, FieldExistence} {
		if h.corrections(field, now) >= MaxCorrections {
			stuck |= field
		}
	}
	return stuck
}

func (h History) corrections(field Fields, now time.Time) int {
	n := 0
	for _, c := range h.Corrections {
		if c.Fields.Has(field) && now.Sub(c.At) < FightWindow {
			n++
		}
	}
	return n
}

// answersDiffer says whether the server's own answers had other values than were
// written: then nobody reverts us, Arize does not take it.
func (h History) answersDiffer(fields Fields) bool {
	return slices.ContainsFunc(h.Corrections, func(c Correction) bool { return c.Differs&fields != 0 })
}

// refused is the refusal of this very request, while it is too early to repeat it.
func (h History) refused(step Step, now time.Time) *Refusal {
	if h.Refusal == nil || now.Sub(h.Refusal.At) >= SlowRetry || h.Refusal.Request != step.Request() {
		return nil
	}
	return h.Refusal
}
