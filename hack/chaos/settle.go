package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

const (
	// convergence is how long it may take until everything is as declared once nothing goes wrong any more. An account
	// that was down for seconds is probed again within a minute, a creation that was cut off is awaited for a minute.
	convergence = 5 * time.Minute
	// quiet is how long nothing may happen then.
	quiet = 12 * time.Second
)

// settle ends all faults; then everything has to converge, and stay.
func (s *soak) settle(ctx context.Context) error {
	s.note("all faults stop")
	if err := s.mend(ctx); err != nil {
		return err
	}
	if err := stack.AwaitWithin(ctx, convergence, "everything to converge", s.converged); err != nil {
		return err
	}
	s.note("everything converged")
	if err := s.check(ctx); err != nil {
		return err
	}
	if err := s.noKeyStored(ctx); err != nil {
		return err
	}
	return s.staysQuiet(ctx)
}

// mend ends every disturbance.
func (s *soak) mend(ctx context.Context) error {
	if err := s.repair(ctx, time.Now().Add(time.Hour)); err != nil {
		return err
	}
	s.front.openGates()
	s.arize.ReleaseAll()
	s.arize.ChangeSettings(func(settings *arizetest.Settings) { *settings = arizetest.Settings{} })
	_, err := s.unbindAll(ctx)
	return err
}

// converged says what is not yet as it should be.
func (s *soak) converged(ctx context.Context) error {
	roles, err := s.liveRoles(ctx)
	if err != nil {
		return err
	}
	for i := range roles {
		s.ledger.saw(&roles[i])
	}
	var wrong []error
	for i := range roles {
		if err := s.complaint(&roles[i], roles); err != nil {
			ready := condition(&roles[i])
			wrong = append(wrong, fmt.Errorf("ArizeRole %s (%s; %s: %s): %w", client.ObjectKeyFromObject(&roles[i]), roles[i].RoleName(), ready.reason, ready.message, err))
		}
	}
	for _, role := range s.live {
		if !slices.ContainsFunc(roles, func(r v1alpha1.ArizeRole) bool { return r.UID == role.UID }) {
			wrong = append(wrong, fmt.Errorf("ArizeRole %s is gone", client.ObjectKeyFromObject(role)))
		}
	}
	s.leaving = slices.DeleteFunc(s.leaving, func(gone *subject) bool {
		return !slices.ContainsFunc(roles, func(r v1alpha1.ArizeRole) bool { return r.UID == gone.UID })
	})
	return errors.Join(append(wrong, s.leaked(roles)...)...)
}

type state struct{ reason, message string }

func condition(role *v1alpha1.ArizeRole) state {
	if ready := meta.FindStatusCondition(role.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return state{ready.Reason, ready.Message}
	}
	return state{}
}

// complaint says in what an ArizeRole is not as it should be, or nothing.
func (s *soak) complaint(role *v1alpha1.ArizeRole, all []v1alpha1.ArizeRole) error {
	reason := condition(role).reason
	switch {
	case !role.DeletionTimestamp.IsZero():
		return errors.New("it is still being deleted")
	case role.Status.ObservedGeneration != role.Generation:
		return errors.New("its spec was not dealt with")
	case role.Spec.Suspend:
		return want(reason, v1alpha1.ReasonSuspended)
	case s.namesNothing(role):
		return want(reason, v1alpha1.ReasonNotFound, v1alpha1.ReasonClaimed)
	case s.contended(role, all):
		return want(reason, v1alpha1.ReasonInSync, v1alpha1.ReasonReporting, v1alpha1.ReasonClaimed, v1alpha1.ReasonNameTaken, v1alpha1.ReasonProgressing)
	case role.Spec.EffectiveMode() == v1alpha1.ModeReport:
		return want(reason, v1alpha1.ReasonReporting)
	case reason != v1alpha1.ReasonInSync:
		return want(reason, v1alpha1.ReasonInSync)
	}
	return s.matches(role)
}

func want(reason string, expected ...string) error {
	if slices.Contains(expected, reason) {
		return nil
	}
	return fmt.Errorf("it should be %v", expected)
}

// matches compares the remote role with what is declared.
func (s *soak) matches(role *v1alpha1.ArizeRole) error {
	remote, exists := s.arizeOf(role).Role(role.Status.RoleID)
	switch {
	case !exists:
		return fmt.Errorf("it is InSync without a remote role (%s)", role.Status.RoleID)
	case role.Status.PendingCreate != nil:
		return errors.New("its creation is still pending")
	case role.Status.Origin == "":
		return errors.New("it is InSync with a role that is not its own")
	case role.Spec.RoleID != "" && role.Spec.RoleID != remote.ID:
		return fmt.Errorf("it has role %s instead of the one it was told to have", remote.ID)
	}
	if is, should := asDesired(remote).Digest(), desired(role).Digest(); is != should {
		return fmt.Errorf("it is InSync, and the remote role differs: %+v", remote)
	}
	return nil
}

// arizeOf is the account of the simulated Arize that an ArizeRole lives in.
func (s *soak) arizeOf(role *v1alpha1.ArizeRole) *arizetest.Account {
	declared := slices.IndexFunc(s.accounts, func(a *account) bool { return a.name == role.Account().Name })
	return s.arize.Account(s.accounts[declared].arize)
}

// namesNothing says that an ArizeRole declares an id that does not exist any more: another ArizeRole may have had the role
// before, and it went with that one or by a stranger's hand.
func (s *soak) namesNothing(role *v1alpha1.ArizeRole) bool {
	_, exists := s.arizeOf(role).Role(role.Spec.RoleID)
	return role.Spec.RoleID != "" && !exists
}

// contended says that somebody else has, or wants, what an ArizeRole wants.
func (s *soak) contended(role *v1alpha1.ArizeRole, all []v1alpha1.ArizeRole) bool {
	if named, taken := s.arizeOf(role).RoleByName(role.RoleName()); taken && named.ID != role.Status.RoleID {
		return true
	}
	return slices.ContainsFunc(all, func(other v1alpha1.ArizeRole) bool {
		if other.UID == role.UID || s.arizeOf(&other) != s.arizeOf(role) {
			return false
		}
		sameID := role.Spec.RoleID != "" && (other.Spec.RoleID == role.Spec.RoleID || other.Status.RoleID == role.Spec.RoleID) ||
			role.Status.RoleID != "" && other.Spec.RoleID == role.Status.RoleID
		return sameID || other.RoleName() == role.RoleName()
	})
}

// leaked are remote roles that nobody answers for, and remote roles that two ArizeRoles say are theirs.
func (s *soak) leaked(roles []v1alpha1.ArizeRole) []error {
	var wrong []error
	inSync := map[string]string{}
	for i := range roles {
		role := &roles[i]
		id := role.Status.RoleID
		if condition(role).reason != v1alpha1.ReasonInSync {
			continue
		}
		if other := inSync[id]; other != "" {
			wrong = append(wrong, fmt.Errorf("ArizeRoles %s and %s are both in sync with role %s", other, role.Name, id))
		}
		inSync[id] = role.Name
	}
	for _, a := range s.accounts {
		for _, role := range s.arize.Account(a.arize).CustomRoles() {
			if why := s.ledger.explains(role.ID); why == "" {
				wrong = append(wrong, fmt.Errorf("role %s (%s) in %s was left behind without anybody's wish", role.ID, role.Name, a.name))
			}
		}
	}
	return wrong
}

// windows is how often peace may be disturbed: a list that shows what a stranger did last lets the roles that waited for
// it move, and others after them. A loop disturbs every window.
const windows = 5

// staysQuiet waits for a time in which the operator lists, and does nothing else.
func (s *soak) staysQuiet(ctx context.Context) error {
	var disturbed error
	for range windows {
		if disturbed = s.quietly(ctx); disturbed == nil || ctx.Err() != nil {
			break
		}
	}
	return disturbed
}

// quietly lets some time pass in which nothing is asked of the operator.
func (s *soak) quietly(ctx context.Context) error {
	s.newest = s.lastRequest()
	began, written := time.Now(), s.ledger.written()
	if err := stack.Pause(ctx, quiet); err != nil {
		return err
	}
	lists := map[string]int{}
	for _, r := range s.arize.Requests(arizetest.After(s.newest)) {
		if r.Route != "GET /v2/roles" {
			return fmt.Errorf("while nothing was asked: %s %s %s", r.Method, r.Path, r.Body)
		}
		if !strings.Contains(r.Query, "cursor=") { // the first page
			lists[r.Account]++
		}
	}
	allowed := 1 + int(time.Since(began)/(v1alpha1.MinSweepInterval*9/10))
	for _, a := range s.accounts {
		lists[a.arize] -= allowed
	}
	for account, tooMany := range lists {
		if tooMany > 0 {
			return fmt.Errorf("while nothing was asked account %s was listed %d times too often in %s", account, tooMany, quiet)
		}
	}
	if n := s.ledger.written() - written; n > 0 {
		return fmt.Errorf("while nothing was asked ArizeRoles were written %d times", n)
	}
	return s.converged(ctx)
}

func (s *soak) lastRequest() int64 {
	all := s.arize.Requests(arizetest.After(s.newest))
	if len(all) == 0 {
		return s.newest
	}
	return all[len(all)-1].Seq
}

// empty deletes every ArizeRole. What is left in Arize afterwards is what somebody wanted there.
func (s *soak) empty(ctx context.Context) error {
	s.note("everything is deleted")
	for len(s.live) > 0 {
		if err := s.remove(ctx, s.live[0]); err != nil {
			return err
		}
	}
	err := stack.AwaitWithin(ctx, convergence, "everything to go", func(ctx context.Context) error {
		roles, err := s.liveRoles(ctx)
		if err == nil && len(roles) > 0 {
			err = fmt.Errorf("%d ArizeRoles are there, the first is %s (%v)", len(roles), roles[0].Name, condition(&roles[0]))
		}
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(append(s.leaked(nil), s.check(ctx))...)
}
