package session

import (
	"context"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Bounds of what is asked and said about who holds a role.
const (
	holderPages = 5 // of at most 100 bindings, for each kind of resource
	holderNames = 3
)

// Holders are the bindings that keep a role from being deleted.
type Holders struct {
	Spaces, Projects int
	First            []arize.RoleBinding // a few of them
	Partial          bool                // there may be more: not all pages were read
}

// Holders asks Arize who still holds a role. The answer is bounded, and may miss
// bindings in spaces that the key cannot read. The budget is not asked for each of
// the few pages, for what is said about the role must not depend on it; the
// requests that come next pay for them.
func (s *Session) Holders(ctx context.Context, roleID string) (Holders, error) {
	var held Holders
	for _, resource := range []arize.ResourceType{arize.ResourceSpace, arize.ResourceProject} {
		if err := s.holders(ctx, roleID, resource, &held); err != nil {
			return Holders{}, err
		}
	}
	return held, nil
}

func (s *Session) holders(ctx context.Context, roleID string, resource arize.ResourceType, held *Holders) error {
	pages := 0
	for page, err := range s.client.RoleBindingPages(ctx, resource) {
		s.extra(err)
		if err != nil {
			return err
		}
		for _, binding := range page.Bindings {
			if binding.RoleID == roleID {
				held.add(binding, resource)
			}
		}
		if pages++; page.HasMore && pages == holderPages {
			held.Partial = true
			return nil
		}
	}
	return nil
}

func (h *Holders) add(binding arize.RoleBinding, resource arize.ResourceType) {
	if resource == arize.ResourceSpace {
		h.Spaces++
	} else {
		h.Projects++
	}
	if len(h.First) < holderNames {
		h.First = append(h.First, binding)
	}
}
