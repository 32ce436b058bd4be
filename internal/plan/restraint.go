package plan

import "fmt"

// noFight takes from a correction the fields that did not stick when they were
// corrected before. With nothing left to correct it refuses.
func noFight(in Input, step Step) Step {
	if !step.Correction || !step.Writes() {
		return step
	}
	stuck := step.Fields & in.History.stuck(in.Now)
	if stuck == 0 {
		return step
	}
	if rest := step.Fields &^ stuck; rest != 0 {
		step.Fields, step.Patch = rest, patch(in.Desired, rest)
		return step
	}
	return refused(in, step, fightVerdict(in.History, stuck))
}

func fightVerdict(history History, stuck Fields) Verdict {
	if stuck.Has(FieldExistence) {
		return Verdict{Contended, fmt.Sprintf("Somebody keeps deleting the role in Arize: %d times within an hour it was created again. "+
			"Find who else manages this role.", MaxCorrections)}
	}
	if history.answersDiffer(stuck) {
		return Verdict{NotConverging, fmt.Sprintf("Arize answered every write of the %s with something else than was written. "+
			"Declare what Arize makes of it; `status.drift` shows the difference.", stuck)}
	}
	return Verdict{Contended, fmt.Sprintf("Somebody keeps changing the %s back: %d corrections within an hour did not last. "+
		"Find who else manages this role; `status.drift` shows the difference.", stuck, MaxCorrections)}
}

// notRefusedBefore does not repeat a request that Arize refused a while ago. A name
// that is taken invisibly, as by a role that was deleted, holds up nothing else.
func notRefusedBefore(in Input, step Step) Step {
	if !step.Writes() {
		return step
	}
	refusal := in.History.refused(step, in.Now)
	if refusal == nil {
		return step
	}
	if rest := step.Fields &^ FieldName; refusal.Reason == NameTaken && rest != step.Fields && rest != 0 {
		step.Fields, step.Patch = rest, patch(in.Desired, rest)
		return step
	}
	if refusal.Reason == NameTaken && !in.Observed.Since.After(refusal.At) {
		return Step{Verb: Wait, Sweep: true} // a list may show who has it
	}
	return refused(in, step, Verdict{refusal.Reason, refusal.Message})
}

// notTooSoon spaces the tries of what got no clear answer, whatever wakes the role
// meanwhile: else a list that works would drive a write that does not.
func notTooSoon(in Input, step Step) Step {
	if in.History.Failures == 0 || !step.Sends() {
		return step
	}
	wait := in.History.Failed.Add(Backoff(in.History.Failures)).Sub(in.Now)
	if wait <= 0 {
		return step
	}
	return Step{Verb: Wait, Again: wait}
}

// Held is the step that is left while Arize wants nothing to be sent for a while.
func Held(step Step) Step {
	return Step{
		Verb: Refuse, ID: step.ID, Seen: step.Seen, Unseen: true,
		Verdict: Verdict{RateLimited, "Arize limits the rate of requests; trying again as soon as it allows."},
	}
}

// refused is the step that is left when a write must not be sent. How a creation
// ended is known then, unless an earlier try of it may yet take effect, or the write
// was to delete what came of it.
func refused(in Input, step Step, verdict Verdict) Step {
	if step.Repeat {
		if wait, may := mayStillLand(in); may {
			return wait
		}
	}
	drift := step.Drift
	switch {
	case step.Seen != nil:
		drift = Diff(in.Desired, *step.Seen)
	case step.Correction:
		drift = MissingRole(in.Desired)
	}
	left := Step{Verb: Refuse, Verdict: verdict, Wanted: step.Wanted, Drift: drift, Settled: step.Verb != Delete, Unseen: step.Verb == Delete}
	if !in.Record.Owned() || in.Record.RoleID == step.ID {
		// Else the id is that of a role which was to replace a lost one of ours. Nobody
		// may put it on record beside the origin of that one.
		left.ID, left.Seen = step.ID, step.Seen
	}
	return left
}
