package arizetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Role is a role as Arize sends it. Permissions are sorted, except in answers, where their order is random.
type Role struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Permissions []string  `json:"permissions"`
	Predefined  bool      `json:"is_predefined"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func (r Role) clone() Role {
	r.Permissions = slices.Clone(r.Permissions)
	return r
}

// Account is one Arize account: its roles and its role bindings. The methods act at once, behind the back of the
// API: they are not logged, not limited, not hit by faults and not bent by settings.
type Account struct {
	srv  *Server
	name string

	// The server's lock guards what follows.
	roles    map[string]*roleRecord // by id
	bindings map[string]*bindingRecord
	deleted  map[string]bool // names of deleted roles
	bucket   bucket
}

// roleRecord is a role with its place in the order of creation.
type roleRecord struct {
	Role
	N int64 `json:"n"`
}

// Account returns the account of that name. A new one gets the predefined roles.
func (s *Server) Account(name string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[name]; a != nil {
		return a
	}
	a := s.emptyAccount(name)
	for _, role := range predefinedRoles() {
		a.insert(role)
	}
	s.changed()
	return a
}

func (s *Server) emptyAccount(name string) *Account {
	a := &Account{
		srv: s, name: name,
		roles: map[string]*roleRecord{}, bindings: map[string]*bindingRecord{}, deleted: map[string]bool{},
	}
	s.accounts[name] = a
	return a
}

// Accounts returns the names of all accounts, sorted.
func (s *Server) Accounts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.accounts))
}

// Name returns the account's name.
func (a *Account) Name() string { return a.name }

// Roles returns copies of all roles, predefined ones too, sorted by name.
func (a *Account) Roles() []Role {
	return a.rolesIf(func(*roleRecord) bool { return true })
}

// CustomRoles returns copies of the roles that are not predefined, sorted by name.
func (a *Account) CustomRoles() []Role {
	return a.rolesIf(func(r *roleRecord) bool { return !r.Predefined })
}

func (a *Account) rolesIf(chosen func(*roleRecord) bool) []Role {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	roles := []Role{}
	for _, record := range a.roles {
		if chosen(record) {
			roles = append(roles, record.Role.clone())
		}
	}
	slices.SortFunc(roles, func(x, y Role) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) })
	return roles
}

// Role returns a copy of the role with that id.
func (a *Account) Role(id string) (Role, bool) {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	record, found := a.roles[id]
	if !found {
		return Role{}, false
	}
	return record.Role.clone(), true
}

// RoleByName returns a copy of the role with exactly that name.
func (a *Account) RoleByName(name string) (Role, bool) {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	for _, record := range a.roles {
		if record.Name == name {
			return record.Role.clone(), true
		}
	}
	return Role{}, false
}

// AddRole adds a role and returns it as stored: without an id or times it gets new ones. It panics when another role
// has that name or id, since a test that does this is wrong.
func (a *Account) AddRole(role Role) Role {
	added, err := a.tryAddRole(role)
	if err != nil {
		panic(err)
	}
	return added
}

func (a *Account) tryAddRole(role Role) (Role, error) {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	if holder := a.holder(role.Name, ""); holder != nil {
		return Role{}, fmt.Errorf("account %q has a role %q already: %s", a.name, role.Name, holder.ID)
	}
	if a.roles[role.ID] != nil {
		return Role{}, fmt.Errorf("account %q has a role with the id %q already", a.name, role.ID)
	}
	record := a.insert(role)
	a.srv.changed()
	return record.Role.clone(), nil
}

// insert stores a role and fills in what is missing. The lock is held.
func (a *Account) insert(role Role) *roleRecord {
	record := &roleRecord{role.clone(), a.srv.number()}
	record.Permissions = set(role.Permissions)
	if record.ID == "" {
		record.ID = a.srv.newID("Role", record.N)
	}
	if record.CreatedAt.IsZero() {
		record.CreatedAt = a.srv.timestamp()
	}
	if record.UpdatedAt.IsZero() {
		record.UpdatedAt = record.CreatedAt
	}
	a.roles[record.ID] = record
	return record
}

// ChangeRole lets change edit the role with that id, and moves its updated_at unless change did. It returns false when
// there is no such role. The id can't be changed. It panics when another role has the new name.
func (a *Account) ChangeRole(id string, change func(*Role)) bool {
	if _, found := a.Role(id); !found {
		return false
	}
	if _, err := a.tryChangeRole(id, change); err != nil {
		panic(err)
	}
	return true
}

func (a *Account) tryChangeRole(id string, change func(*Role)) (Role, error) {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	record, found := a.roles[id]
	if !found {
		return Role{}, fmt.Errorf("account %q has no role %q any more", a.name, id)
	}
	role := record.Role.clone()
	change(&role)
	if holder := a.holder(role.Name, id); holder != nil {
		return Role{}, fmt.Errorf("account %q has a role %q already: %s", a.name, role.Name, holder.ID)
	}
	role.ID, role.Permissions = id, set(role.Permissions)
	if role.UpdatedAt.Equal(record.UpdatedAt) {
		role.UpdatedAt = a.srv.later(record.UpdatedAt)
	}
	record.Role = role
	a.srv.changed()
	return role.clone(), nil
}

// RemoveRole deletes a role, bound or predefined as it may be, and its bindings. It returns false when there is none.
func (a *Account) RemoveRole(id string) bool {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	record, found := a.roles[id]
	if !found {
		return false
	}
	a.remove(record)
	maps.DeleteFunc(a.bindings, func(_ string, b *bindingRecord) bool { return b.RoleID == id })
	a.srv.changed()
	return true
}

func (a *Account) remove(record *roleRecord) {
	delete(a.roles, record.ID)
	a.deleted[record.Name] = true
}

// holder returns the role, other than the one with the id except, that has the name. The lock is held.
func (a *Account) holder(name, except string) *roleRecord {
	for id, record := range a.roles {
		if id != except && a.srv.sameName(record.Name, name) {
			return record
		}
	}
	return nil
}

func (s *Server) sameName(x, y string) bool {
	return x == y || s.settings.CaseInsensitiveNames && strings.EqualFold(x, y)
}

// reserved says whether a deleted role still holds the name. The lock is held.
func (a *Account) reserved(name string) bool {
	if !a.srv.settings.ReserveDeletedNames {
		return false
	}
	for deleted := range a.deleted {
		if a.srv.sameName(deleted, name) {
			return true
		}
	}
	return false
}
