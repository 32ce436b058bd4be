package arize

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The operations, as Error.Op names them.
const (
	opListRoles    = "list roles"
	opGetRole      = "get role"
	opCreateRole   = "create role"
	opUpdateRole   = "update role"
	opDeleteRole   = "delete role"
	opListBindings = "list role bindings"
)

// Role is a role of an account as Arize tells it.
type Role struct {
	ID          string // opaque; survives a rename
	Name        string
	Description string   // "" when there is none
	Permissions []string // sorted, unique; nil when there are none
	Predefined  bool     // made by Arize: may be read, never changed
	CreatedAt   time.Time
	UpdatedAt   time.Time // both times are zero when missing or unparsable
}

// RoleKind selects roles by who made them.
type RoleKind int

// The kinds of roles.
const (
	AnyRole RoleKind = iota
	CustomRoles
	PredefinedRoles
)

// MaxPageSize is the most items that Arize puts on a page (Arize API reference).
const MaxPageSize = 100

// ListOptions narrows and paces a list. The zero value lists everything in the largest pages.
type ListOptions struct {
	Kind     RoleKind
	PageSize int    // 1..MaxPageSize; anything else means MaxPageSize
	Cursor   string // resume here: the NextCursor of an earlier page
}

// RolePage is one page of a list. It may be short, or empty, and still have more behind it.
type RolePage struct {
	Roles      []Role
	HasMore    bool
	NextCursor string // set when HasMore
}

// RoleSpec is a role to create.
type RoleSpec struct {
	Name        string
	Description string // "" means none
	Permissions []string
}

// RolePages iterates over the pages of a list; each step is one request. It stops after the last page or after an
// error. A list is only complete when it ended without one: a page that does not say whether there are more, promises
// more without a cursor, or gives a cursor a second time, is an error.
func (c *Client) RolePages(ctx context.Context, opts ListOptions) iter.Seq2[RolePage, error] {
	query := url.Values{}
	if opts.Kind != AnyRole {
		query.Set("is_predefined", strconv.FormatBool(opts.Kind == PredefinedRoles))
	}
	query.Set("limit", strconv.Itoa(pageSize(opts.PageSize)))
	return func(yield func(RolePage, error) bool) {
		for page, err := range pages[rolePage](ctx, c, opListRoles, "/v2/roles", query, opts.Cursor) {
			if !yield(page.decoded(), err) {
				return
			}
		}
	}
}

// Roles flattens RolePages: it yields each role, and last the error that ended the list early, if any.
func (c *Client) Roles(ctx context.Context, opts ListOptions) iter.Seq2[Role, error] {
	return func(yield func(Role, error) bool) {
		for page, err := range c.RolePages(ctx, opts) {
			if err != nil {
				yield(Role{}, err)
				return
			}
			for _, role := range page.Roles {
				if !yield(role, nil) {
					return
				}
			}
		}
	}
}

// Role reads one role.
func (c *Client) Role(ctx context.Context, id string) (Role, error) {
	return c.oneRole(ctx, request{op: opGetRole, method: http.MethodGet}, id)
}

// CreateRole creates a custom role. When it fails and the Error is not Refused, the role may exist all the same: look
// for it before creating it again.
func (c *Client) CreateRole(ctx context.Context, spec RoleSpec) (Role, error) {
	body := roleBody{Name: spec.Name, Description: spec.Description, Permissions: spec.Permissions}
	if body.Permissions == nil {
		body.Permissions = []string{} // let Arize say that it wants one, instead of stumbling over null
	}
	var answer oneRole
	err := c.do(ctx, request{op: opCreateRole, method: http.MethodPost, path: "/v2/roles", body: body}, &answer)
	return answer.decoded(), err
}

// UpdateRole changes the given fields of a role and returns all of it. A zero patch is an error before any request.
func (c *Client) UpdateRole(ctx context.Context, id string, patch RolePatch) (Role, error) {
	if patch.IsZero() {
		return Role{}, &Error{Op: opUpdateRole, Err: unsent("the patch changes nothing")}
	}
	return c.oneRole(ctx, request{op: opUpdateRole, method: http.MethodPatch, body: patch.body()}, id)
}

// DeleteRole deletes a custom role. ClassNotFound means that it was gone already, ClassConflict that somebody still
// holds it.
func (c *Client) DeleteRole(ctx context.Context, id string) error {
	path, err := rolePath(id)
	if err != nil {
		return &Error{Op: opDeleteRole, Err: err}
	}
	return c.do(ctx, request{op: opDeleteRole, method: http.MethodDelete, path: path}, nil)
}

func (c *Client) oneRole(ctx context.Context, req request, id string) (Role, error) {
	path, err := rolePath(id)
	if err != nil {
		return Role{}, &Error{Op: req.op, Err: err}
	}
	req.path = path
	var answer oneRole
	err = c.do(ctx, req, &answer)
	return answer.decoded(), err
}

// rolePath escapes an id, which is base64 and so may hold = + and /. An empty id or dots would address something else
// once a proxy has tidied the path: with DELETE, something else to delete.
func rolePath(id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", unsent("the role id is empty or made of dots")
	}
	// PathEscape leaves + alone, rightly, but some servers read it as a space.
	return "/v2/roles/" + strings.ReplaceAll(url.PathEscape(id), "+", "%2B"), nil
}

func pageSize(n int) int {
	if n < 1 || n > MaxPageSize {
		return MaxPageSize
	}
	return n
}
