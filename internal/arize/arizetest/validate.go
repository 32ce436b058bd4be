package arizetest

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxName        = 255
	maxDescription = 1000
)

var (
	namePattern       = regexp.MustCompile(`^[a-zA-Z0-9 \-_.,()\[\]'"/:\\&@#$%!?+=]+$`)
	permissionPattern = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
)

// members are the members of a JSON object. A map, since encoding/json would take "Name" for a field called name.
type members map[string]json.RawMessage

// readObject reads the body of a write: 400 for what is no JSON object, 422 for a member that is not allowed.
func readObject(c *call, allowed ...string) (members, refusal) {
	mediaType, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return nil, unreadable("the Content-Type must be application/json")
	}
	if !utf8.Valid(c.body) {
		return nil, unreadable("the body is not UTF-8")
	}
	var object members
	if err := json.Unmarshal(c.body, &object); err != nil || object == nil {
		return nil, unreadable("the body is not a JSON object")
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(allowed, name) {
			return nil, invalid(name, "must not be given")
		}
	}
	return object, nil
}

// decode reads a member of the right type; null is never right.
func decode[T any](object members, field, kind string) (T, refusal) {
	var value T
	raw, given := object[field]
	if !given {
		return value, invalid(field, "is required")
	}
	if bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, &value) != nil {
		return value, invalid(field, "must be %s", kind)
	}
	return value, nil
}

func readName(object members) (string, refusal) {
	name, problem := decode[string](object, "name", "a string")
	switch {
	case problem != nil:
		return "", problem
	case name == "" || utf8.RuneCountInString(name) > maxName:
		return "", invalid("name", "must have 1 to %d characters", maxName)
	case !namePattern.MatchString(name):
		return "", invalid("name", "must match %s", namePattern)
	}
	return name, nil
}

func readDescription(object members) (string, refusal) {
	description, problem := decode[string](object, "description", "a string")
	switch {
	case problem != nil:
		return "", problem
	case description == "" || utf8.RuneCountInString(description) > maxDescription:
		return "", invalid("description", "must have 1 to %d characters", maxDescription)
	}
	return description, nil
}

func (s *Server) readPermissions(object members) ([]string, refusal) {
	permissions, problem := decode[[]string](object, "permissions", "a list of strings")
	if problem != nil {
		return nil, problem
	}
	if len(permissions) == 0 {
		return nil, invalid("permissions", "must not be empty")
	}
	for _, permission := range permissions { // null in the list is "", which matches nothing
		if !permissionPattern.MatchString(permission) {
			return nil, invalid("permissions", "%q must match %s", permission, permissionPattern)
		}
		if s.settings.RefuseUnknownPermissions && !slices.Contains(catalogue(), permission) {
			return nil, invalid("permissions", "%q is not a permission", permission)
		}
	}
	return permissions, nil
}

// readQuery checks that a query has only parameters that are allowed, each at most once and none empty.
func readQuery(query url.Values, allowed ...string) refusal {
	for name, values := range query {
		if !slices.Contains(allowed, name) {
			return unreadable("there is no query parameter %q", name)
		}
		if len(values) != 1 || values[0] == "" {
			return unreadable("the query parameter %q must be given once, with a value", name)
		}
	}
	return nil
}

// readID checks the form of an id in the path.
func readID(c *call, parameter, kind string) (string, refusal) {
	id := c.request.PathValue(parameter)
	if !wellFormed(kind, id) {
		return "", unreadable("%q is not the id of a %s", id, strings.ToLower(kind))
	}
	return id, nil
}
