package controller

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// Field indexes of the cached ArizeRoles.
const (
	rolesByAccount = "account"  // namespace/name of its account
	rolesByName    = "roleName" // names in Arize that it wants or is creating, of whatever account
	rolesByID      = "roleID"   // ids that its spec or its status names
)

// addIndexes registers the field indexes that both controllers look things up by.
func addIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	for field, keys := range map[string]func(*v1alpha1.ArizeRole) []string{
		rolesByAccount: func(role *v1alpha1.ArizeRole) []string { return []string{role.Account().String()} },
		rolesByName:    namesOf,
		rolesByID:      idsOf,
	} {
		if err := indexer.IndexField(ctx, &v1alpha1.ArizeRole{}, field, ofRole(keys)); err != nil {
			return err
		}
	}
	return nil
}

func ofRole(keys func(*v1alpha1.ArizeRole) []string) client.IndexerFunc {
	return func(object client.Object) []string {
		if role, ok := object.(*v1alpha1.ArizeRole); ok {
			return keys(role)
		}
		return nil
	}
}

// namesOf are the names in Arize that an ArizeRole wants or is creating.
func namesOf(role *v1alpha1.ArizeRole) []string {
	names := []string{role.RoleName()}
	if pending := role.Status.PendingCreate; pending != nil && pending.Name != names[0] {
		names = append(names, pending.Name)
	}
	return names
}

// idsOf are the remote roles that an ArizeRole speaks of by id.
func idsOf(role *v1alpha1.ArizeRole) []string {
	var ids []string
	if role.Spec.RoleID != "" {
		ids = append(ids, role.Spec.RoleID)
	}
	if id := role.Status.RoleID; id != "" && role.Status.Origin != "" && id != role.Spec.RoleID {
		ids = append(ids, id)
	}
	return ids
}

// rolesWhere lists the ArizeRoles with this value in an index.
func rolesWhere(ctx context.Context, reader client.Reader, field, value string) ([]v1alpha1.ArizeRole, error) {
	var roles v1alpha1.ArizeRoleList
	err := reader.List(ctx, &roles, client.MatchingFields{field: value}, client.UnsafeDisableDeepCopy)
	return roles.Items, err
}
