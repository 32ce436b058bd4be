package controller

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/plan"
	"github.com/arize-operator/arize-operator/internal/session"
)

// longPause is how long Arize has to want nothing sent before a role that has yet
// sent nothing says so.
const longPause = 10 * time.Second

// uninvited is when one that found no slot looks by itself. It is woken long before.
const uninvited = 30 * time.Second

// maxLooks is how often a role is read for one request of a person, if Arize does not answer.
const maxLooks = 3

// result is what a pass did.
type result struct {
	step    plan.Step
	outcome plan.Outcome
	wait    time.Duration // when to look again, other than for the reason of the verdict
	// unanswered: what a person asked for has still to be done.
	unanswered bool
}

func (r result) verdict() plan.Verdict { return plan.Judge(r.step, r.outcome) }

// finished says that nothing is left to do for an ArizeRole that is being deleted.
func (r result) finished() bool {
	return r.step.Verb == plan.Release || r.step.Verb == plan.Delete && r.outcome.Gone()
}

// looksAgain says that a look was sent and that trouble came of it rather than an answer: another one is worth it, but
// not for ever, for nothing else is done about the role meanwhile.
func looksAgain(done result, failures int) bool {
	trouble := done.step.Verb == plan.Look && done.outcome.Sent && !done.outcome.Answered()
	return trouble && arize.ClassOf(done.outcome.Err) != arize.ClassForbidden && failures+1 < maxLooks
}

// act sends at most one request to Arize, and some more to tell who holds a role that
// cannot be deleted. How that ends is part of the result; an error is trouble with the
// apiserver.
func (r *RoleReconciler) act(ctx context.Context, role *v1alpha1.ArizeRole, pass rolePass, step plan.Step) (result, error) {
	done := result{step: step, wait: step.Again}
	if step.Verb == plan.Wait {
		r.waitForSweep(pass, step)
		return done, nil
	}
	if step.Sends() {
		urgency := lane(role, pass)
		if !pass.session.TakeSlot(pass.who, urgency) {
			return result{step: plan.Step{Verb: plan.Wait}, wait: jittered(uninvited, 0.5)}, nil
		}
		defer pass.session.FreeSlot()
		if done.wait = pass.session.Admit(pass.who, urgency); done.wait > 0 {
			done.step = plan.Step{Verb: plan.Wait}
			if pass.session.Pause() >= longPause {
				done.step = plan.Held(step)
			}
			return done, nil
		}
		defer pass.session.Release()
	}
	if err := r.record(ctx, role, step); err != nil {
		return done, err
	}
	r.desks.away(func() { done.outcome = send(ctx, pass.session, step) })
	done.unanswered = looksAgain(done, pass.input.History.Failures)
	r.learn(ctx, role, pass, done)
	return done, nil
}

// lane is how urgent the role's request is among those of its account.
func lane(role *v1alpha1.ArizeRole, pass rolePass) session.Lane {
	switch {
	case pass.input.Deleting || !pass.input.Record.Observed:
		return session.Person
	case pass.input.Requested || role.Status.PendingCreate != nil:
		return session.Demand
	default:
		return session.Repair
	}
}

// record writes down what must be known before the request goes out: that the
// ArizeRole has something to let go of, and the intent to create.
func (r *RoleReconciler) record(ctx context.Context, role *v1alpha1.ArizeRole, step plan.Step) error {
	owned := role.Status.Origin != "" && role.DeletionTimestamp.IsZero() // somebody may have taken the finalizer away
	taking := step.Origin != "" && step.Verb != plan.Refuse
	if taking || owned {
		if err := r.ensureFinalizer(ctx, role); err != nil {
			return err
		}
	}
	if step.Verb != plan.Create {
		return nil
	}
	return r.writeIntent(ctx, role, step)
}

func (r *RoleReconciler) ensureFinalizer(ctx context.Context, role *v1alpha1.ArizeRole) error {
	before := role.DeepCopy()
	if !controllerutil.AddFinalizer(role, v1alpha1.RoleFinalizer) {
		return nil
	}
	if err := r.client.Patch(ctx, role, lockedOn(before)); err != nil {
		return fmt.Errorf("adding the finalizer: %w", err)
	}
	r.memory.wrote(role.UID, role.ResourceVersion)
	return nil
}

// writeIntent records a creation before it is requested. The optimistic lock is
// what makes a second creation from a stale cache impossible: it conflicts here,
// and nothing was sent. The start of a creation that is still unclear is kept,
// for the role may date from then.
func (r *RoleReconciler) writeIntent(ctx context.Context, role *v1alpha1.ArizeRole, step plan.Step) error {
	before := role.DeepCopy()
	intent := &v1alpha1.PendingCreate{
		Name:      step.Spec.Name,
		StartTime: metav1.NewTime(r.clock.Now().UTC().Truncate(time.Second)),
		Digest:    step.Wanted.Digest(),
	}
	if old := role.Status.PendingCreate; old != nil && old.Name == intent.Name && old.Digest == intent.Digest {
		intent.StartTime = old.StartTime
	}
	role.Status.PendingCreate = intent
	if role.Status.ObservedGeneration != role.Generation || ready(role) == nil || ready(role).Status != metav1.ConditionFalse {
		setConditions(&role.Status, role.Generation, step.Verdict, r.clock.Now()) // else another try is no news
	}
	if err := r.client.Status().Patch(ctx, role, lockedOn(before)); err != nil {
		return fmt.Errorf("recording the intent to create the role: %w", err)
	}
	r.memory.wrote(role.UID, role.ResourceVersion)
	return nil
}

// lockedOn is a patch that conflicts when the object has changed since: a merge patch replaces the whole list of finalizers,
// and an intent must not come from a cache that is behind.
func lockedOn(before client.Object) client.Patch {
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}

// send is the request of a step, if it has one.
func send(ctx context.Context, s *session.Session, step plan.Step) plan.Outcome {
	switch step.Verb {
	case plan.Look:
		return plan.Did(nil, s.Read(ctx, step.ID))
	case plan.Create:
		return plan.Did(s.Create(ctx, step.Spec))
	case plan.Update:
		return plan.Did(s.Update(ctx, step.ID, step.Patch))
	case plan.Delete:
		outcome := plan.Did(nil, s.Delete(ctx, step.ID))
		if arize.ClassOf(outcome.Err) == arize.ClassConflict {
			outcome.Holders = whoHolds(ctx, s, step.ID)
		}
		return outcome
	default:
		return plan.Outcome{}
	}
}

// learn keeps what the request taught beyond this pass, and wakes whom it concerns.
func (r *RoleReconciler) learn(ctx context.Context, role *v1alpha1.ArizeRole, pass rolePass, done result) {
	if first := done.step.Nudge; first != (plan.Key{}) {
		r.roles.wake(types.NamespacedName(first))
	}
	if !done.outcome.Sent {
		return
	}
	r.memory.remember(role.UID, pass.input.History.After(done.step, done.outcome, r.clock.Now()))
	if done.step.WantsSweep(done.outcome) {
		pass.session.WantSweep(pass.who)
		r.accounts.wake(pass.account)
	}
	if pass.session.Health().State == session.Failed {
		r.accounts.wake(pass.account) // the account probes, nobody else
	}
	if freed := done.step.Freed(done.outcome); freed != "" {
		r.wakeNamed(ctx, role, freed)
	}
}

func (r *RoleReconciler) waitForSweep(pass rolePass, step plan.Step) {
	if step.Sweep && pass.session != nil {
		pass.session.WantSweep(pass.who)
		r.accounts.wake(pass.account)
	}
}

// whoHolds says in words who holds a role that cannot be deleted. Not to know is
// no reason to fail: the deletion is tried again.
func whoHolds(ctx context.Context, s *session.Session, roleID string) string {
	held, err := s.Holders(ctx, roleID)
	if err != nil {
		return " (by whom cannot be told: " + plan.Did(nil, err).Message + ")"
	}
	if held.Spaces+held.Projects == 0 {
		return " (by bindings that the account's API key cannot see)"
	}
	some := make([]string, 0, len(held.First))
	for _, binding := range held.First {
		some = append(some, fmt.Sprintf("user %s on %s %s", binding.UserID, strings.ToLower(binding.ResourceType), binding.ResourceID))
	}
	all := held.Spaces + held.Projects
	number := fmt.Sprintf("%d role bindings, %d on spaces and %d on projects", all, held.Spaces, held.Projects)
	if all == 1 {
		number = "1 role binding"
	}
	if held.Partial {
		number = "at least " + number
	}
	more := ""
	if all > len(some) {
		more = " and others"
	}
	return fmt.Sprintf(" (%s: %s%s)", number, strings.Join(some, ", "), more)
}
