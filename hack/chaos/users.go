package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// action is something that happens. It returns what it did in words, or nothing when there was nothing to do it to.
type action struct {
	name   string
	weight int
	do     func(*soak, context.Context) (string, error)
}

// actions are all that happens, and how often in comparison.
var actions = slices.Concat(people, strangers, faults, machines, credentials)

// people are the users of the operator.
var people = []action{
	{"declare a role", 14, (*soak).declareRole},
	{"declare a role like a stranger's", 2, (*soak).declareLikeStranger},
	{"declare a role by id", 2, (*soak).declareByID},
	{"declare a second role of one name", 1, (*soak).declareTwice},
	{"change permissions", 8, (*soak).changePermissions},
	{"change the description", 6, (*soak).changeDescription},
	{"rename", 6, (*soak).rename},
	{"exchange names", 4, (*soak).exchangeNames},
	{"consent to take over", 1, (*soak).consent},
	{"toggle mode", 2, (*soak).toggleMode},
	{"toggle suspend", 2, (*soak).toggleSuspend},
	{"ask for a look", 2, (*soak).askForLook},
	{"delete", 10, (*soak).deleteRole},
	{"let go after all", 1, (*soak).letGo},
}

// declareRole declares a new role, if there are not enough.
func (s *soak) declareRole(ctx context.Context) (string, error) {
	if len(s.live) >= fleet {
		return "", nil
	}
	role := s.newRole(s.freshName("Role"))
	role.Spec.DeletionPolicy = pick(s, []v1alpha1.DeletionPolicy{"", "", v1alpha1.DeletionDelete, v1alpha1.DeletionOrphan})
	return s.declare(ctx, role, pick(s, s.accounts))
}

// declareLikeStranger declares what a stranger has made, perhaps only just now, so that no list has it: it may be adopted
// when it is identical.
func (s *soak) declareLikeStranger(ctx context.Context) (string, error) {
	a := pick(s, s.accounts)
	stranger, found := s.pickStranger(a)
	if s.random.IntN(2) == 0 {
		stranger, found = s.addStranger(ctx, a, s.freshName("Twin"))
	}
	if !found {
		return "", nil
	}
	role := s.newRole(stranger.Name)
	role.Spec.AdoptionPolicy = pick(s, []v1alpha1.AdoptionPolicy{"", v1alpha1.AdoptIfIdentical, v1alpha1.AdoptNever, v1alpha1.AdoptAlways})
	if s.random.IntN(2) == 0 {
		role.Spec.Permissions, role.Spec.Description = stranger.Permissions, stranger.Description
	}
	return s.declare(ctx, role, a)
}

// declareByID declares that a stranger's role is to be managed.
func (s *soak) declareByID(ctx context.Context) (string, error) {
	a := pick(s, s.accounts)
	stranger, found := s.pickStranger(a)
	if !found {
		return "", nil
	}
	role := s.newRole(s.freshName("Adopted"))
	role.Spec.RoleID = stranger.ID
	return s.declare(ctx, role, a)
}

// declareTwice declares a role whose name another ArizeRole wants already.
func (s *soak) declareTwice(ctx context.Context) (string, error) {
	first, found := s.pickLive()
	if !found || len(s.live) >= fleet {
		return "", nil
	}
	return s.declare(ctx, s.newRole(first.RoleName()), first.account)
}

func (s *soak) changePermissions(ctx context.Context) (string, error) {
	return s.editOne(ctx, func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = s.somePermissions() })
}

func (s *soak) changeDescription(ctx context.Context) (string, error) {
	return s.editOne(ctx, func(role *v1alpha1.ArizeRole) {
		role.Spec.Description = ""
		if s.random.IntN(4) > 0 {
			role.Spec.Description = fmt.Sprintf("Description %d.", s.random.IntN(1000))
		}
	})
}

func (s *soak) rename(ctx context.Context) (string, error) {
	return s.editOne(ctx, func(role *v1alpha1.ArizeRole) { role.Spec.Name = s.freshName("Renamed") })
}

// exchangeNames lets two or three roles of one account pass their names around.
func (s *soak) exchangeNames(ctx context.Context) (string, error) {
	first, found := s.pickLive()
	if !found {
		return "", nil
	}
	var circle []*subject
	for _, i := range s.random.Perm(len(s.live)) {
		if other := s.live[i]; other.account == first.account && len(circle) < 2+s.random.IntN(2) {
			circle = append(circle, other)
		}
	}
	if len(circle) < 2 {
		return "", nil
	}
	var names []string
	for _, role := range circle {
		names = append(names, role.RoleName())
	}
	var what []string
	for i, role := range circle {
		name := names[(i+1)%len(names)]
		what = append(what, fmt.Sprintf("%s becomes %q", client.ObjectKeyFromObject(role), name))
		if err := s.edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name = name }); err != nil {
			return "", err
		}
	}
	return strings.Join(what, ", "), nil
}

func (s *soak) consent(ctx context.Context) (string, error) {
	return s.editOne(ctx, func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptAlways })
}

func (s *soak) toggleMode(ctx context.Context) (string, error) {
	return s.editOne(ctx, func(role *v1alpha1.ArizeRole) {
		if role.Spec.EffectiveMode() == v1alpha1.ModeReport {
			role.Spec.Mode = v1alpha1.ModeEnforce
		} else {
			role.Spec.Mode = v1alpha1.ModeReport
		}
	})
}

func (s *soak) toggleSuspend(ctx context.Context) (string, error) {
	return s.editOne(ctx, func(role *v1alpha1.ArizeRole) { role.Spec.Suspend = !role.Spec.Suspend })
}

func (s *soak) askForLook(ctx context.Context) (string, error) {
	return s.editOne(ctx, func(role *v1alpha1.ArizeRole) {
		metav1.SetMetaDataAnnotation(&role.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, time.Now().Format(time.RFC3339Nano))
	})
}

// deleteRole deletes an ArizeRole, now and then while somebody holds the remote role.
func (s *soak) deleteRole(ctx context.Context) (string, error) {
	role, found := s.pickLive()
	if !found || len(s.live) < fleet/3 || s.missing(role.account, 0) {
		return "", nil
	}
	what := client.ObjectKeyFromObject(role).String()
	if id := s.ledger.holds(role.UID); id != "" && s.random.IntN(8) == 0 {
		if s.bind(ctx, role.account, id) {
			what += ", which somebody holds"
		}
	}
	return what, s.remove(ctx, role)
}

// letGo tells an ArizeRole that waits for its remote role's deletion to go without it.
func (s *soak) letGo(ctx context.Context) (string, error) {
	if len(s.leaving) == 0 {
		return "", nil
	}
	role := pick(s, s.leaving)
	s.ledger.release(role.ArizeRole)
	before := role.ArizeRole.DeepCopy()
	role.Spec.DeletionPolicy = v1alpha1.DeletionOrphan
	err := s.try(ctx, "let go", func(ctx context.Context) error {
		return client.IgnoreNotFound(s.Client.Patch(ctx, role.ArizeRole.DeepCopy(), client.MergeFrom(before))) // it may be gone already
	})
	return client.ObjectKeyFromObject(role).String(), err
}

// newRole is a role in a random namespace.
func (s *soak) newRole(name string) *v1alpha1.ArizeRole {
	s.numbers++
	return &v1alpha1.ArizeRole{
		ObjectMeta: metav1.ObjectMeta{Namespace: pick(s, teams), Name: fmt.Sprintf("role-%d", s.numbers)},
		Spec: v1alpha1.ArizeRoleSpec{
			Name: name, Permissions: s.somePermissions(), Description: fmt.Sprintf("Made for chaos, number %d.", s.numbers),
		},
	}
}

func (s *soak) freshName(kind string) string {
	s.numbers++
	return fmt.Sprintf("%s %d", kind, s.numbers)
}

func (s *soak) somePermissions() []string {
	all := arizetest.Permissions()
	some := []string{}
	for _, i := range s.random.Perm(len(all))[:1+s.random.IntN(6)] {
		some = append(some, all[i])
	}
	return some
}

func (s *soak) pickLive() (*subject, bool) {
	if len(s.live) == 0 {
		return nil, false
	}
	return pick(s, s.live), true
}

func pick[T any](s *soak, from []T) T { return from[s.random.IntN(len(from))] }
