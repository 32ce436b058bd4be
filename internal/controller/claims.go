package controller

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/plan"
)

// claimOf is what an ArizeRole says about a remote role.
func claimOf(role *v1alpha1.ArizeRole) plan.Claim {
	claim := plan.Claim{
		Key:     plan.Key{Namespace: role.Namespace, Name: role.Name},
		UID:     string(role.UID),
		Created: role.CreationTimestamp.Time,
		RoleID:  role.Spec.RoleID,
		Name:    role.RoleName(),

		Suspended: role.Spec.Suspend,
		Active: !role.Spec.Suspend && role.DeletionTimestamp.IsZero() &&
			role.Spec.EffectiveMode() == v1alpha1.ModeEnforce,
	}
	if role.Status.Origin != "" && role.Status.RoleID != "" {
		claim.RoleID, claim.Carries = role.Status.RoleID, true
	}
	if pending := role.Status.PendingCreate; pending != nil {
		claim.Pending, claim.Digest = pending.Name, pending.Digest
	}
	return claim
}

// rivals are the claims of the other ArizeRoles that may mean the same remote
// role: those that want the same name in the account, and those, of whatever
// account, that speak of the same id.
func (r *RoleReconciler) rivals(ctx context.Context, role *v1alpha1.ArizeRole, in plan.Input) ([]plan.Claim, error) {
	found, err := r.meaningTheSame(ctx, role, in)
	if err != nil {
		return nil, err
	}
	var claims []plan.Claim
	for _, other := range found {
		claim, counts, err := r.claim(ctx, role, other)
		if err != nil {
			return nil, err
		}
		if counts {
			claims = append(claims, claim)
		}
	}
	return claims, nil
}

// meaningTheSame are the other ArizeRoles that want the same name in the same account,
// or speak of an id that is at stake.
func (r *RoleReconciler) meaningTheSame(ctx context.Context, role *v1alpha1.ArizeRole, in plan.Input) (map[types.UID]*v1alpha1.ArizeRole, error) {
	found := map[types.UID]*v1alpha1.ArizeRole{}
	gather := func(field, value string) error {
		roles, err := rolesWhere(ctx, r.client, field, value)
		for i := range roles {
			if other := &roles[i]; other.UID != role.UID && (field == rolesByID || other.Account() == role.Account()) {
				fresh, outdated := r.fresh(ctx, other)
				found[other.UID], err = fresh, errors.Join(err, outdated)
			}
		}
		return err
	}
	err := gather(rolesByName, in.Desired.Name)
	if pending := in.Record.Pending; pending != nil && pending.Name != in.Desired.Name {
		err = errors.Join(err, gather(rolesByName, pending.Name))
	}
	for _, id := range idsAtStake(in) {
		err = errors.Join(err, gather(rolesByID, id))
	}
	return found, err
}

// fresh is a rival, and not from a cache that is older than our own last write of it: it
// may have taken something since.
func (r *RoleReconciler) fresh(ctx context.Context, rival *v1alpha1.ArizeRole) (*v1alpha1.ArizeRole, error) {
	if !r.memory.behind(rival.UID, rival.ResourceVersion) {
		return rival, nil
	}
	present := &v1alpha1.ArizeRole{} // what the cache holds is shared
	err := r.live.Get(ctx, client.ObjectKeyFromObject(rival), present)
	if apierrors.IsNotFound(err) || err == nil && present.UID != rival.UID {
		return rival, nil // it is gone, which the cache will hear of
	}
	return present, err
}

// claim is a rival's claim, and whether it counts: not when it lives at another
// endpoint, nor when its account does not admit it and it holds nothing.
func (r *RoleReconciler) claim(ctx context.Context, role, other *v1alpha1.ArizeRole) (plan.Claim, bool, error) {
	claim := claimOf(other)
	claim.SameAccount = other.Account() == role.Account()
	// An account that cannot be seen says nothing about the role that it led to.
	if !r.watches(other.Account().Namespace) {
		return claim, claim.Carries, nil
	}
	var account v1alpha1.ArizeAccount
	if err := r.client.Get(ctx, other.Account(), &account); err != nil {
		return claim, claim.Carries, client.IgnoreNotFound(err)
	}
	if !claim.SameAccount && !r.sameEndpoint(ctx, role, &account) {
		return claim, false, nil
	}
	if claim.Carries {
		return claim, true, nil
	}
	admitted, err := r.admits(ctx, &account, other.Namespace)
	return claim, admitted, err
}

// sameEndpoint says whether the role's account is served from where the other
// one is. What cannot be told counts as the same: then ids decide.
func (r *RoleReconciler) sameEndpoint(ctx context.Context, role *v1alpha1.ArizeRole, other *v1alpha1.ArizeAccount) bool {
	var account v1alpha1.ArizeAccount
	if err := r.client.Get(ctx, role.Account(), &account); err != nil {
		return true
	}
	ours, ourErr := endpoint(account.Spec)
	theirs, theirErr := endpoint(other.Spec)
	return ourErr != nil || theirErr != nil || ours == theirs
}

// idsAtStake are the remote roles that this pass may touch or stumble over, and
// those that stand between it and the name that it wants.
func idsAtStake(in plan.Input) []string {
	ids := []string{}
	if in.Self.RoleID != "" {
		ids = append(ids, in.Self.RoleID)
	}
	if named := in.Observed.Named; named != nil && named.ID != in.Self.RoleID {
		ids = append(ids, named.ID)
	}
	if pending := in.Observed.Pending; pending != nil {
		ids = append(ids, pending.ID)
	}
	return ids
}

// chain is who holds the wanted name, whom that one waits for, and so on, where
// another remote role stands in the way of a rename.
func (r *RoleReconciler) chain(ctx context.Context, pass rolePass) ([]plan.Claim, error) {
	self, named := pass.input.Self, pass.input.Observed.Named
	if named == nil || !self.Carries || named.ID == self.RoleID {
		return nil, nil
	}
	var failed error
	chain := plan.Chain(self, pass.session.Named, func(id string) (plan.Claim, bool) {
		roles, err := rolesWhere(ctx, r.client, rolesByID, id)
		failed = errors.Join(failed, err)
		for i := range roles {
			claim := claimOf(&roles[i])
			if claim.SameAccount = roles[i].Account() == pass.account; claim.SameAccount && claim.Carries && claim.RoleID == id {
				return claim, true
			}
		}
		return plan.Claim{}, false
	})
	return chain, failed
}
