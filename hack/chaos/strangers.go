package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// strangers work in Arize behind the operator's back.
//
// They never remove more than a third of what an account's ArizeRoles hold at once. More would rightly stop the account
// with RolesVanished until a person looks at it, and nobody does here; the fault suite has a row for that.
var strangers = []action{
	{"a stranger makes a role", 4, (*soak).strangerMakes},
	{"a stranger takes a wanted name", 1, (*soak).strangerTakesName},
	{"a stranger changes our role", 6, (*soak).strangerChangesOurs},
	{"a stranger renames our role", 2, (*soak).strangerRenamesOurs},
	{"a stranger removes our role", 3, (*soak).strangerRemovesOurs},
	{"a stranger changes their role", 2, (*soak).strangerChangesTheirs},
	{"a stranger removes their role", 3, (*soak).strangerRemovesTheirs},
	{"the bindings go", 2, (*soak).unbindAll},
}

// corrections is how often a part of a role may be changed behind the operator's back before it gives up, less one: a
// rename costs two.
const corrections = 2

// addStranger adds somebody's role, or does nothing when the name is taken. The role is an hour old: one that is as new as
// an intent to create exactly the same cannot be told from what came of the intent, once an answer was lost.
func (s *soak) addStranger(ctx context.Context, a *account, name string) (arizetest.Role, bool) {
	s.numbers++
	role := arizetest.Role{
		// An id of our own, so that the ledger knows the role before anybody can see it.
		ID:   base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "Role:%d:strA", 1_000_000+s.numbers)),
		Name: name, Permissions: s.somePermissions(),
		Description: fmt.Sprintf("A stranger's, number %d.", s.numbers),
		CreatedAt:   time.Now().Add(-time.Hour),
	}
	s.ledger.changing(a.arize, role)
	err := s.inArize(ctx, http.MethodPost, "/_sim/roles?account="+a.arize, role)
	return role, err == nil
}

// inArize uses the simulator's control API, which refuses what cannot be.
func (s *soak) inArize(ctx context.Context, method, path string, body any) error {
	return (&stack.Simulator{URL: s.door.url}).Call(ctx, method, path, body, nil)
}

// pickStranger is one of the strangers' roles that are there.
func (s *soak) pickStranger(a *account) (arizetest.Role, bool) {
	theirs := slices.DeleteFunc(s.arize.Account(a.arize).CustomRoles(), func(role arizetest.Role) bool {
		return !s.ledger.strange(role.ID)
	})
	if len(theirs) == 0 {
		return arizetest.Role{}, false
	}
	return pick(s, theirs), true
}

func (s *soak) strangerMakes(ctx context.Context) (string, error) {
	role, _ := s.addStranger(ctx, pick(s, s.accounts), s.freshName("Stranger"))
	return role.Name, nil
}

// strangerTakesName makes a role with a name that an ArizeRole wants, which succeeds while it is free.
func (s *soak) strangerTakesName(ctx context.Context) (string, error) {
	victim, found := s.pickLive()
	if !found {
		return "", nil
	}
	role, made := s.addStranger(ctx, victim.account, victim.RoleName())
	if !made {
		return "", nil
	}
	return role.Name + " in " + victim.account.name, nil
}

func (s *soak) strangerChangesOurs(context.Context) (string, error) {
	return s.drift("content", func(role *arizetest.Role) {
		if s.random.IntN(2) == 0 {
			role.Description = fmt.Sprintf("Drifted, number %d.", s.numbers)
		} else {
			role.Permissions = append(role.Permissions, "SPACE_DELETE")
		}
		s.numbers++
	})
}

func (s *soak) strangerRenamesOurs(context.Context) (string, error) {
	name := s.freshName("Drifted")
	return s.drift("name", func(role *arizetest.Role) { role.Name = name })
}

// drift changes the remote role of a random ArizeRole.
func (s *soak) drift(part string, change func(*arizetest.Role)) (string, error) {
	victim, role, found := s.pickOurs(part)
	if !found {
		return "", nil
	}
	change(&role)
	s.ledger.changing(victim.account.arize, role)
	victim.drifts[part]++
	if !s.arize.Account(victim.account.arize).ChangeRole(role.ID, func(now *arizetest.Role) {
		now.Name, now.Description, now.Permissions = role.Name, role.Description, role.Permissions
	}) {
		return "", nil // deleted meanwhile
	}
	return fmt.Sprintf("%s: %q, %q, %v", role.ID, role.Name, role.Description, role.Permissions), nil
}

// pickOurs is a random ArizeRole whose remote role may drift once more, and that role.
func (s *soak) pickOurs(part string) (*subject, arizetest.Role, bool) {
	victim, found := s.pickLive()
	if part != "content" && s.mayLand() {
		return nil, arizetest.Role{}, false
	}
	if !found || victim.drifts[part] >= corrections || part == "name" && victim.drifts[part] > 0 {
		return nil, arizetest.Role{}, false
	}
	role, exists := s.arize.Account(victim.account.arize).Role(s.ledger.holds(victim.UID))
	return victim, role, exists
}

// strangerRemovesOurs removes a remote role, bound or not.
func (s *soak) strangerRemovesOurs(context.Context) (string, error) {
	victim, role, found := s.pickOurs("existence")
	// Without the role that its id names an ArizeRole can do nothing, for ever.
	if !found || victim.Spec.RoleID != "" || s.missing(victim.account, 1) {
		return "", nil
	}
	s.ledger.changing(victim.account.arize, role)
	victim.drifts["existence"]++
	s.arize.Account(victim.account.arize).RemoveRole(role.ID)
	return fmt.Sprintf("%s (%s) in %s", role.ID, role.Name, victim.account.name), nil
}

// missing says whether more than a third of what an account's ArizeRoles hold would be missing if more went.
func (s *soak) missing(a *account, more int) bool {
	held, gone := 0, more
	for _, role := range s.live {
		id := s.ledger.holds(role.UID)
		if role.account != a || id == "" {
			continue
		}
		held++
		if _, exists := s.arize.Account(a.arize).Role(id); !exists {
			gone++
		}
	}
	return 3*gone > held-1
}

func (s *soak) strangerChangesTheirs(context.Context) (string, error) {
	a := pick(s, s.accounts)
	role, found := s.pickStranger(a)
	if !found || s.ledger.holder(role.ID) != "" {
		return "", nil
	}
	s.numbers++
	role.Description = fmt.Sprintf("A stranger's, number %d.", s.numbers)
	s.ledger.changing(a.arize, role)
	s.arize.Account(a.arize).ChangeRole(role.ID, func(now *arizetest.Role) { now.Description = role.Description })
	return role.Name + " in " + a.name, nil
}

// strangerRemovesTheirs removes a stranger's role that no ArizeRole holds or is told to hold.
func (s *soak) strangerRemovesTheirs(context.Context) (string, error) {
	a := pick(s, s.accounts)
	role, found := s.pickStranger(a)
	if !found || s.ledger.holder(role.ID) != "" || len(s.arize.Account(a.arize).CustomRoles()) < fleet/2 {
		return "", nil
	}
	s.arize.Account(a.arize).RemoveRole(role.ID)
	return role.Name + " in " + a.name, nil
}

// bind lets somebody hold a role, for a while.
func (s *soak) bind(ctx context.Context, a *account, id string) bool {
	if s.inArize(ctx, http.MethodPost, "/_sim/bindings?account="+a.arize, map[string]string{"role_id": id}) != nil {
		return false
	}
	s.later(time.Duration(2+s.random.IntN(6))*time.Second, "nobody holds a role any more", func(ctx context.Context) error {
		_, err := s.unbindAll(ctx)
		return err
	})
	return true
}

func (s *soak) unbindAll(context.Context) (string, error) {
	n := 0
	for _, a := range s.accounts {
		for _, binding := range s.arize.Account(a.arize).Bindings() {
			s.arize.Account(a.arize).RemoveBinding(binding.ID)
			n++
		}
	}
	if n == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d of them", n), nil
}
