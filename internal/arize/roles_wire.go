package arize

// wireRole is a role as Arize sends it. Times are strings here: a time.Time that does not parse would end the decoding
// of everything else.
type wireRole struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Permissions permissions `json:"permissions"`
	Predefined  bool        `json:"is_predefined"`
	CreatedAt   string      `json:"created_at"`
	UpdatedAt   string      `json:"updated_at"`
}

// maxIDBytes is far more than Arize's ids have (about 24), and as much as a status has room for. A role whose id is
// longer could be created and then not be remembered.
const maxIDBytes = 256

// id is empty when the role has none that can be used.
func (r wireRole) id() string {
	if len(r.ID) > maxIDBytes {
		return ""
	}
	return r.ID
}

func (r wireRole) decoded() Role {
	return Role{
		ID:          r.ID,
		Name:        r.Name,
		Description: r.Description,
		Permissions: r.Permissions,
		Predefined:  r.Predefined,
		CreatedAt:   timestamp(r.CreatedAt),
		UpdatedAt:   timestamp(r.UpdatedAt),
	}
}

// oneRole is the answer that is a role.
type oneRole struct{ wireRole }

func (a *oneRole) decode(body []byte) error {
	var role wireRole
	if err := unmarshal(body, &role); err != nil {
		return err
	}
	if role.id() == "" {
		return errNoID
	}
	a.wireRole = role
	return nil
}

// rolePage is the answer that is a page of roles.
type rolePage struct {
	Roles      items[wireRole] `json:"roles"`
	Pagination pagination      `json:"pagination"`
}

func (a *rolePage) decode(body []byte) error {
	if err := unmarshal(body, a); err != nil {
		return err
	}
	return a.Pagination.check(a.Roles.found)
}

func (a *rolePage) next() (string, bool) { return a.Pagination.cursor(), a.Pagination.more() }

func (a *rolePage) decoded() RolePage {
	if a == nil {
		return RolePage{}
	}
	page := RolePage{HasMore: a.Pagination.more(), NextCursor: a.Pagination.cursor()}
	for _, item := range a.Roles.list {
		page.Roles = append(page.Roles, item.decoded())
	}
	return page
}

// roleBody is a role to create. Arize wants no description rather than an empty one (Arize API reference).
type roleBody struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Permissions []string `json:"permissions"`
}
