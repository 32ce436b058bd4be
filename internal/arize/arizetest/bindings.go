package arizetest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// The kinds of resource that a role can be bound on.
const (
	ResourceSpace   = "SPACE"
	ResourceProject = "PROJECT"
)

// Binding says that a user holds a role on a resource.
type Binding struct {
	ID           string    `json:"id"`
	RoleID       string    `json:"role_id"`
	UserID       string    `json:"user_id"`
	ResourceType string    `json:"resource_type"`
	ResourceID   string    `json:"resource_id"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
}

type bindingRecord struct {
	Binding
	N int64 `json:"n"`
}

// bindingPage is the body of a list of role bindings.
type bindingPage struct {
	Bindings   []Binding  `json:"role_bindings"`
	Pagination pagination `json:"pagination"`
}

const bindingKind = "RoleBinding"

// bindingFields are the fields that a new binding needs.
var bindingFields = []string{"role_id", "user_id", "resource_type", "resource_id"}

// Bindings returns all role bindings of the account, in order of creation.
func (a *Account) Bindings() []Binding {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	records := []*bindingRecord{}
	for _, record := range a.bindings {
		records = append(records, record)
	}
	slices.SortFunc(records, func(x, y *bindingRecord) int { return cmp.Compare(x.N, y.N) })
	bindings := []Binding{}
	for _, record := range records {
		bindings = append(bindings, record.Binding)
	}
	return bindings
}

// AddBinding binds a role, and returns the binding as stored: whatever but the role is missing is made up. It panics
// when there is no such role or the user has a role on that resource already, since a test that does this is wrong.
func (a *Account) AddBinding(binding Binding) Binding {
	added, err := a.tryAddBinding(binding)
	if err != nil {
		panic(err)
	}
	return added
}

func (a *Account) tryAddBinding(binding Binding) (Binding, error) {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	if a.roles[binding.RoleID] == nil {
		return Binding{}, fmt.Errorf("account %q has no role %q to bind", a.name, binding.RoleID)
	}
	binding.ResourceType = cmp.Or(binding.ResourceType, ResourceSpace)
	n := a.srv.number()
	if binding.UserID == "" {
		binding.UserID = a.srv.newID("User", n)
	}
	if binding.ResourceID == "" {
		binding.ResourceID = a.srv.newID("Space", n)
	}
	if a.bound(binding) {
		return Binding{}, fmt.Errorf("user %q has a role on %q already", binding.UserID, binding.ResourceID)
	}
	record := a.insertBinding(binding, n)
	a.srv.changed()
	return record.Binding, nil
}

// RemoveBinding removes a role binding. It returns false when there is none with that id.
func (a *Account) RemoveBinding(id string) bool {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	if a.bindings[id] == nil {
		return false
	}
	delete(a.bindings, id)
	a.srv.changed()
	return true
}

// insertBinding stores a binding and fills in what is missing. The lock is held.
func (a *Account) insertBinding(binding Binding, n int64) *bindingRecord {
	if binding.ID == "" {
		binding.ID = a.srv.newID(bindingKind, n)
	}
	if binding.CreatedAt.IsZero() {
		binding.CreatedAt = a.srv.timestamp()
	}
	if binding.UpdatedAt.IsZero() {
		binding.UpdatedAt = binding.CreatedAt
	}
	record := &bindingRecord{binding, n}
	a.bindings[binding.ID] = record
	return record
}

// bound says whether the user has a role on the resource already. The lock is held.
func (a *Account) bound(binding Binding) bool {
	for _, other := range a.bindings {
		if other.UserID == binding.UserID && other.ResourceType == binding.ResourceType &&
			other.ResourceID == binding.ResourceID {
			return true
		}
	}
	return false
}

func (s *Server) listBindings(c *call) answer {
	if problem := readQuery(c.query, "resource_type", "user_id", "limit", "cursor"); problem != nil {
		return problem.answer()
	}
	kind, user := c.query.Get("resource_type"), c.query.Get("user_id")
	if kind != ResourceSpace && kind != ResourceProject {
		return unreadable("resource_type must be SPACE or PROJECT").answer()
	}
	var records []*bindingRecord
	for _, record := range c.account.bindings {
		if record.ResourceType == kind && (user == "" || record.UserID == user) {
			records = append(records, record)
		}
	}
	list := "role-bindings/" + c.account.name + "/" + kind + "/" + user
	records, info, problem := page(s, c, list, records, func(b *bindingRecord) int64 { return b.N })
	if problem != nil {
		return problem.answer()
	}
	body := bindingPage{Bindings: []Binding{}, Pagination: info}
	for _, record := range records {
		body.Bindings = append(body.Bindings, record.Binding)
	}
	return reply(http.StatusOK, body)
}

func (s *Server) createBinding(c *call) answer {
	object, problem := readObject(c, bindingFields...)
	if problem != nil {
		return problem.answer()
	}
	var binding Binding
	values := []*string{&binding.RoleID, &binding.UserID, &binding.ResourceType, &binding.ResourceID}
	for i, field := range bindingFields {
		if *values[i], problem = readText(object, field); problem != nil {
			return problem.answer()
		}
	}
	if binding.ResourceType != ResourceSpace && binding.ResourceType != ResourceProject {
		return invalid("resource_type", "must be SPACE or PROJECT").answer()
	}
	if problem = c.account.bindable(binding.RoleID); problem != nil {
		return problem.answer()
	}
	if c.account.bound(binding) {
		return conflict("the user has a role on that resource already").answer()
	}
	a := reply(http.StatusCreated, c.account.insertBinding(binding, s.number()).Binding)
	a.mutated = true
	return a
}

func (s *Server) getBinding(c *call) answer {
	record, problem := findBinding(c)
	if problem != nil {
		return problem.answer()
	}
	return reply(http.StatusOK, record.Binding)
}

func (s *Server) updateBinding(c *call) answer {
	record, problem := findBinding(c)
	if problem != nil {
		return problem.answer()
	}
	object, problem := readObject(c, "role_id")
	if problem != nil {
		return problem.answer()
	}
	roleID, problem := readText(object, "role_id")
	if problem != nil {
		return problem.answer()
	}
	if problem = c.account.bindable(roleID); problem != nil {
		return problem.answer()
	}
	record.RoleID, record.UpdatedAt = roleID, s.later(record.UpdatedAt)
	a := reply(http.StatusOK, record.Binding)
	a.mutated = true
	return a
}

func (s *Server) deleteBinding(c *call) answer {
	record, problem := findBinding(c)
	if problem != nil {
		return problem.answer()
	}
	delete(c.account.bindings, record.ID)
	return answer{status: http.StatusNoContent, mutated: true}
}

func findBinding(c *call) (*bindingRecord, refusal) {
	id, problem := readID(c, "role_binding_id", bindingKind)
	if problem != nil {
		return nil, problem
	}
	record, found := c.account.bindings[id]
	if !found {
		return nil, newProblem(http.StatusNotFound, "not_found", "there is no role binding %s, or it may not be read", id)
	}
	return record, nil
}

func readText(object members, field string) (string, refusal) {
	value, problem := decode[string](object, field, "a string")
	if problem == nil && value == "" {
		problem = invalid(field, "must not be empty")
	}
	return value, problem
}

// bindable refuses roles that do not exist, or not here.
func (a *Account) bindable(roleID string) refusal {
	if a.roles[roleID] == nil {
		return newProblem(http.StatusNotFound, "not_found", "there is no role %s, or it may not be read", roleID)
	}
	return nil
}
