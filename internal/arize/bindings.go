package arize

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"time"
)

// ResourceType is what a role binding gives access to.
type ResourceType string

// The resource types that Arize binds roles on (Arize API reference).
const (
	ResourceSpace   ResourceType = "SPACE"
	ResourceProject ResourceType = "PROJECT"
)

// RoleBinding says that a user holds a role on a resource.
type RoleBinding struct {
	ID           string
	RoleID       string
	UserID       string
	ResourceType string
	ResourceID   string
	CreatedAt    time.Time
	UpdatedAt    time.Time // both times are zero when missing or unparsable
}

// BindingPage is one page of a list of role bindings.
type BindingPage struct {
	Bindings   []RoleBinding
	HasMore    bool
	NextCursor string // set when HasMore
}

// RoleBindingPages iterates over the bindings on one type of resource, as RolePages does over roles. Arize cannot
// filter them by role. An empty list proves nothing: it covers only the spaces in which the caller holds
// ROLE_BINDING_READ (Arize API reference).
func (c *Client) RoleBindingPages(ctx context.Context, resource ResourceType) iter.Seq2[BindingPage, error] {
	query := url.Values{"resource_type": {string(resource)}, "limit": {strconv.Itoa(MaxPageSize)}}
	return func(yield func(BindingPage, error) bool) {
		for page, err := range pages[bindingPage](ctx, c, opListBindings, "/v2/role-bindings", query, "") {
			if !yield(page.decoded(), err) {
				return
			}
		}
	}
}

// wireBinding is a role binding as Arize sends it.
type wireBinding struct {
	ID           string `json:"id"`
	RoleID       string `json:"role_id"`
	UserID       string `json:"user_id"`
	ResourceType string `json:"resource_type"`
	ResourceID   string `json:"resource_id"`
	CreatedAt    string `json:"created_at"`
	UpdatedAt    string `json:"updated_at"`
}

func (b wireBinding) id() string { return b.ID }

// bindingPage is the answer that is a page of role bindings.
type bindingPage struct {
	Bindings   items[wireBinding] `json:"role_bindings"`
	Pagination pagination         `json:"pagination"`
}

func (a *bindingPage) decode(body []byte) error {
	if err := unmarshal(body, a); err != nil {
		return err
	}
	return a.Pagination.check(a.Bindings.found)
}

func (a *bindingPage) next() (string, bool) { return a.Pagination.cursor(), a.Pagination.more() }

func (a *bindingPage) decoded() BindingPage {
	if a == nil {
		return BindingPage{}
	}
	page := BindingPage{HasMore: a.Pagination.more(), NextCursor: a.Pagination.cursor()}
	for _, item := range a.Bindings.list {
		page.Bindings = append(page.Bindings, RoleBinding{
			ID:           item.ID,
			RoleID:       item.RoleID,
			UserID:       item.UserID,
			ResourceType: item.ResourceType,
			ResourceID:   item.ResourceID,
			CreatedAt:    timestamp(item.CreatedAt),
			UpdatedAt:    timestamp(item.UpdatedAt),
		})
	}
	return page
}
