package arizetest

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
)

// accountInfo is what the control API tells about an account.
type accountInfo struct {
	Name     string `json:"name"`
	Roles    int    `json:"roles"`
	Custom   int    `json:"custom"`
	Bindings int    `json:"bindings"`
}

func (s *Server) controlAccounts(*http.Request) (any, error) {
	infos := []accountInfo{}
	for _, name := range s.Accounts() {
		a := s.Account(name)
		infos = append(infos, accountInfo{name, len(a.Roles()), len(a.CustomRoles()), len(a.Bindings())})
	}
	return infos, nil
}

// controlAccount finds the account that a request means; unlike Account, it creates none by mistake.
func (s *Server) controlAccount(r *http.Request) (*Account, error) {
	name := cmp.Or(r.URL.Query().Get("account"), DefaultAccount)
	if !slices.Contains(s.Accounts(), name) {
		return nil, missing("there is no account %q; adding a key for it creates it", name)
	}
	return s.Account(name), nil
}

// controlRole finds the role that a path names, by id or by name.
func (s *Server) controlRole(r *http.Request) (*Account, Role, error) {
	a, err := s.controlAccount(r)
	if err != nil {
		return nil, Role{}, err
	}
	role, err := a.lookUp(r.PathValue("role"))
	return a, role, err
}

func (a *Account) lookUp(idOrName string) (Role, error) {
	if role, found := a.Role(idOrName); found {
		return role, nil
	}
	if role, found := a.RoleByName(idOrName); found {
		return role, nil
	}
	return Role{}, missing("account %q has no role with the id or the name %q", a.name, idOrName)
}

func (s *Server) controlListRoles(r *http.Request) (any, error) {
	a, err := s.controlAccount(r)
	if err != nil {
		return nil, err
	}
	return a.Roles(), nil
}

func (s *Server) controlGetRole(r *http.Request) (any, error) {
	_, role, err := s.controlRole(r)
	if err != nil {
		return nil, err
	}
	return role, nil
}

func (s *Server) controlAddRole(r *http.Request) (any, error) {
	a, err := s.controlAccount(r)
	if err != nil {
		return nil, err
	}
	var role Role
	if err := readControl(r, &role); err != nil {
		return nil, err
	}
	if role.Name == "" {
		return nil, errors.New("a role needs a name")
	}
	return taken(a.tryAddRole(role))
}

// taken makes a conflict of an error of the state.
func taken[T any](value T, err error) (any, error) {
	if err != nil {
		return nil, &controlError{http.StatusConflict, err.Error()}
	}
	return value, nil
}

// roleChange is the body of a PATCH of the control API: unlike Arize's, it can also add and remove permissions.
type roleChange struct {
	Name              *string   `json:"name"`
	Description       *string   `json:"description"`
	Permissions       *[]string `json:"permissions"`
	AddPermissions    []string  `json:"add_permissions"`
	RemovePermissions []string  `json:"remove_permissions"`
}

func (change roleChange) apply(role *Role) {
	if change.Name != nil {
		role.Name = *change.Name
	}
	if change.Description != nil {
		role.Description = *change.Description
	}
	if change.Permissions != nil {
		role.Permissions = *change.Permissions
	}
	role.Permissions = slices.DeleteFunc(slices.Concat(role.Permissions, change.AddPermissions), func(p string) bool {
		return slices.Contains(change.RemovePermissions, p)
	})
}

func (s *Server) controlChangeRole(r *http.Request) (any, error) {
	a, role, err := s.controlRole(r)
	if err != nil {
		return nil, err
	}
	var change roleChange
	if err := readControl(r, &change); err != nil {
		return nil, err
	}
	return taken(a.tryChangeRole(role.ID, change.apply))
}

func (s *Server) controlRemoveRole(r *http.Request) (any, error) {
	a, role, err := s.controlRole(r)
	if err != nil {
		return nil, err
	}
	a.RemoveRole(role.ID)
	return nil, nil
}

func (s *Server) controlListBindings(r *http.Request) (any, error) {
	a, err := s.controlAccount(r)
	if err != nil {
		return nil, err
	}
	return a.Bindings(), nil
}

// newBinding is the body that adds a binding: the role may be given by its name, and nothing else is needed.
type newBinding struct {
	Role         string `json:"role"`
	RoleID       string `json:"role_id"`
	UserID       string `json:"user_id"`
	ResourceType string `json:"resource_type"`
	ResourceID   string `json:"resource_id"`
}

func (s *Server) controlAddBinding(r *http.Request) (any, error) {
	a, err := s.controlAccount(r)
	if err != nil {
		return nil, err
	}
	var body newBinding
	if err := readControl(r, &body); err != nil {
		return nil, err
	}
	role, err := a.lookUp(cmp.Or(body.RoleID, body.Role))
	if err != nil {
		return nil, err
	}
	return taken(a.tryAddBinding(Binding{
		RoleID: role.ID, UserID: body.UserID, ResourceType: body.ResourceType, ResourceID: body.ResourceID,
	}))
}

func (s *Server) controlRemoveBinding(r *http.Request) (any, error) {
	a, err := s.controlAccount(r)
	if err != nil {
		return nil, err
	}
	if id := r.PathValue("binding"); !a.RemoveBinding(id) {
		return nil, missing("account %q has no role binding %q", a.name, id)
	}
	return nil, nil
}

// keyBody names a key. Keys are never sent back, and never part of a path, which others may log.
type keyBody struct {
	Key     string `json:"key"`
	Account string `json:"account"`
}

func readKey(r *http.Request) (keyBody, error) {
	var body keyBody
	err := readControl(r, &body)
	if err == nil && body.Key == "" {
		err = errors.New("a key is needed")
	}
	return body, err
}

func (s *Server) controlListKeys(*http.Request) (any, error) { return s.keyInfos(), nil }

func (s *Server) controlAddKey(r *http.Request) (any, error) {
	body, err := readKey(r)
	if err != nil {
		return nil, err
	}
	s.AddKey(body.Key, cmp.Or(body.Account, DefaultAccount))
	return nil, nil
}

func (s *Server) controlRevokeKey(r *http.Request) (any, error) {
	body, err := readKey(r)
	if err != nil {
		return nil, err
	}
	s.RevokeKey(body.Key)
	return nil, nil
}

func (s *Server) controlRevokeFingerprint(r *http.Request) (any, error) {
	if fingerprint := r.PathValue("fingerprint"); !s.revokeFingerprint(fingerprint) {
		return nil, missing("there is no key with the fingerprint %q", fingerprint)
	}
	return nil, nil
}

func (s *Server) controlFaults(*http.Request) (any, error) { return s.Faults(), nil }

func (s *Server) controlAddFault(r *http.Request) (any, error) {
	var f Fault
	if err := readControl(r, &f); err != nil {
		return nil, err
	}
	return s.tryAddFault(f)
}

func (s *Server) controlClearFaults(*http.Request) (any, error) {
	s.ClearFaults()
	return nil, nil
}

func (s *Server) controlRemoveFault(r *http.Request) (any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !s.RemoveFault(id) {
		return nil, missing("there is no fault %q", r.PathValue("id"))
	}
	return nil, nil
}

func (s *Server) controlReleaseAll(*http.Request) (any, error) {
	return map[string]int{"released": s.ReleaseAll()}, nil
}

func (s *Server) controlRelease(r *http.Request) (any, error) { return nil, resumed(r, s.Release) }

func (s *Server) controlDrop(r *http.Request) (any, error) { return nil, resumed(r, s.Drop) }

func resumed(r *http.Request, resume func(int64) bool) error {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil || !resume(seq) {
		return missing("the request %q is not paused", r.PathValue("seq"))
	}
	return nil
}
