package arizetest

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// rolePage is the body of a list of roles.
type rolePage struct {
	Roles      []Role     `json:"roles"`
	Pagination pagination `json:"pagination"`
}

func (s *Server) listRoles(c *call) answer {
	if problem := readQuery(c.query, "limit", "cursor", "is_predefined"); problem != nil {
		return problem.answer()
	}
	chosen := c.query.Get("is_predefined")
	if !slices.Contains([]string{"", "true", "false"}, chosen) {
		return unreadable("is_predefined must be true or false").answer()
	}
	var records []*roleRecord
	for _, record := range c.account.roles {
		if chosen == "" || record.Predefined == (chosen == "true") {
			records = append(records, record)
		}
	}
	list := "roles/" + c.account.name + "/" + chosen
	records, info, problem := page(s, c, list, records, func(r *roleRecord) int64 { return r.N })
	if problem != nil {
		return problem.answer()
	}
	body := rolePage{Roles: []Role{}, Pagination: info}
	for _, record := range records {
		body.Roles = append(body.Roles, s.wire(record))
	}
	return reply(http.StatusOK, body)
}

func (s *Server) createRole(c *call) answer {
	object, problem := readObject(c, "name", "description", "permissions")
	if problem != nil {
		return problem.answer()
	}
	var role Role
	if role.Name, problem = readName(object); problem != nil {
		return problem.answer()
	}
	if role.Permissions, problem = s.readPermissions(object); problem != nil {
		return problem.answer()
	}
	if _, given := object["description"]; given {
		if role.Description, problem = readDescription(object); problem != nil {
			return problem.answer()
		}
	}
	if problem = c.account.free(role.Name, ""); problem != nil {
		return problem.answer()
	}
	record := c.account.insert(s.settings.bend(role))
	c.entry.RoleID = record.ID
	return s.written(http.StatusCreated, record)
}

func (s *Server) getRole(c *call) answer {
	record, problem := findRole(c)
	if problem != nil {
		return problem.answer()
	}
	return reply(http.StatusOK, s.wire(record))
}

func (s *Server) updateRole(c *call) answer {
	record, problem := findCustomRole(c)
	if problem != nil {
		return problem.answer()
	}
	object, problem := readObject(c, "name", "description", "permissions")
	if problem != nil {
		return problem.answer()
	}
	role, problem := s.patched(record.Role.clone(), object)
	if problem != nil {
		return problem.answer()
	}
	if problem = c.account.free(role.Name, role.ID); problem != nil {
		return problem.answer()
	}
	role.UpdatedAt = s.later(record.UpdatedAt)
	record.Role = s.settings.bend(role)
	return s.written(http.StatusOK, record)
}

// patched returns the role with the members of a PATCH applied: what is absent stays, and a description of null clears.
func (s *Server) patched(role Role, object members) (Role, refusal) {
	if len(object) == 0 {
		return role, invalid("body", "must have at least one of name, description, permissions")
	}
	var problem refusal
	if _, given := object["name"]; given {
		if role.Name, problem = readName(object); problem != nil {
			return role, problem
		}
	}
	if _, given := object["permissions"]; given {
		if role.Permissions, problem = s.readPermissions(object); problem != nil {
			return role, problem
		}
	}
	if raw, given := object["description"]; !given {
		return role, nil
	} else if bytes.Equal(raw, []byte("null")) {
		role.Description = ""
		return role, nil
	}
	role.Description, problem = readDescription(object)
	return role, problem
}

// deleteRole is soft in Arize: the role is gone from every answer, and may keep its name taken.
func (s *Server) deleteRole(c *call) answer {
	record, problem := findCustomRole(c)
	if problem != nil {
		return problem.answer()
	}
	bound := 0
	for _, binding := range c.account.bindings {
		if binding.RoleID == record.ID {
			bound++
		}
	}
	if bound > 0 {
		return conflict("the role is still bound: %d role bindings use it", bound).answer()
	}
	c.account.remove(record)
	return answer{status: http.StatusNoContent, mutated: true}
}

// findRole finds the role that the path names. Roles of other accounts do not exist here.
func findRole(c *call) (*roleRecord, refusal) {
	id, problem := readID(c, "role_id", "Role")
	if problem != nil {
		return nil, problem
	}
	record, found := c.account.roles[id]
	if !found {
		return nil, newProblem(http.StatusNotFound, "not_found", "there is no role %s, or it may not be read", id)
	}
	return record, nil
}

func findCustomRole(c *call) (*roleRecord, refusal) {
	record, problem := findRole(c)
	if problem == nil && record.Predefined {
		problem = newProblem(http.StatusForbidden, "forbidden", "a predefined role can't be changed or deleted")
	}
	return record, problem
}

// free refuses a name that another role holds. The lock is held.
func (a *Account) free(name, except string) refusal {
	if a.holder(name, except) != nil || (a.reserved(name) && !a.keepsName(name, except)) {
		return conflict("the name %q is taken", name)
	}
	return nil
}

// keepsName says whether the role has that name already, so that it may keep it.
func (a *Account) keepsName(name, id string) bool {
	record, found := a.roles[id]
	return found && record.Name == name
}

// written is the answer to a write that succeeded.
func (s *Server) written(status int, record *roleRecord) answer {
	a := reply(status, s.wire(record))
	a.mutated = true
	return a
}

// wire is the role as an answer shows it: the order of a set is nobody's business, so it differs every time.
func (s *Server) wire(record *roleRecord) Role {
	role := record.Role.clone()
	s.random.Shuffle(len(role.Permissions), func(i, j int) {
		role.Permissions[i], role.Permissions[j] = role.Permissions[j], role.Permissions[i]
	})
	return role
}

// bend makes of a write what an unfriendly server would store.
func (c Settings) bend(role Role) Role {
	role.Permissions = c.kept(role.Permissions)
	if c.TrimDescriptions {
		role.Description = strings.TrimSpace(role.Description)
	}
	return role
}
