package arize

// RolePatch names the fields of a role to change. Each has three states: keep (nil), set, and for the description
// also clear.
type RolePatch struct {
	Name        *string
	Description *string  // a pointer to "" clears: Arize wants null for that, never ""
	Permissions []string // nil keeps; else replaces the whole set, which Arize refuses to empty
}

// IsZero reports whether p changes nothing. Arize refuses such a patch.
func (p RolePatch) IsZero() bool {
	return p.Name == nil && p.Description == nil && p.Permissions == nil
}

// body is a map because only presence tells keep from clear, which struct tags cannot say.
func (p RolePatch) body() map[string]any {
	body := make(map[string]any, 3)
	if p.Name != nil {
		body["name"] = *p.Name
	}
	if p.Description != nil {
		body["description"] = *p.Description
		if *p.Description == "" {
			body["description"] = nil
		}
	}
	if p.Permissions != nil {
		body["permissions"] = p.Permissions
	}
	return body
}
