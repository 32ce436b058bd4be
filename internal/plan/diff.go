package plan

import (
	"fmt"
	"strings"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// Fields is a set of the parts of a role that can be corrected.
type Fields uint8

// The parts of a role. Existence is corrected by creating the role again.
const (
	FieldName Fields = 1 << iota
	FieldDescription
	FieldPermissions
	FieldExistence
)

// Has says whether all of some are in the set.
func (f Fields) Has(some Fields) bool { return f&some == some }

// String lists the parts in words.
func (f Fields) String() string {
	var words []string
	for _, part := range []struct {
		field Fields
		word  string
	}{
		{FieldExistence, "existence"},
		{FieldName, "name"},
		{FieldDescription, "description"},
		{FieldPermissions, "permissions"},
	} {
		if f.Has(part.field) {
			words = append(words, part.word)
		}
	}
	return strings.Join(words, ", ")
}

// Drift is how a remote role differs from the desired one. The zero value is no
// difference.
type Drift struct {
	Missing     bool    // there is no remote role
	Name        *string // the remote name, where it differs
	Description *string // the remote description, where it differs
	Added       []string
	Removed     []string // permissions that we would add and remove
}

// Diff compares the remote role with the desired one.
func Diff(desired Desired, role arize.Role) Drift {
	var drift Drift
	if role.Name != desired.Name {
		drift.Name = new(role.Name)
	}
	if role.Description != desired.Description {
		drift.Description = new(role.Description)
	}
	drift.Added, drift.Removed = compare(desired.Permissions, role.Permissions)
	return drift
}

// MissingRole is the drift of a role that does not exist.
func MissingRole(desired Desired) Drift {
	return Drift{Missing: true, Added: desired.Permissions}
}

// IsZero says that nothing differs.
func (d Drift) IsZero() bool { return d.Fields() == 0 }

// Fields are the parts that differ.
func (d Drift) Fields() Fields {
	var fields Fields
	if d.Missing {
		return FieldExistence
	}
	if d.Name != nil {
		fields |= FieldName
	}
	if d.Description != nil {
		fields |= FieldDescription
	}
	if len(d.Added)+len(d.Removed) > 0 {
		fields |= FieldPermissions
	}
	return fields
}

// Summary says in words what differs, for a person.
func (d Drift) Summary() string {
	if d.Missing {
		return "the role does not exist"
	}
	var parts []string
	if d.Name != nil {
		parts = append(parts, fmt.Sprintf("its name is %q", *d.Name))
	}
	if d.Description != nil {
		parts = append(parts, "its description differs")
	}
	if n := len(d.Added); n > 0 {
		parts = append(parts, fmt.Sprintf("it lacks %s", count(n, "permission")))
	}
	if n := len(d.Removed); n > 0 {
		parts = append(parts, fmt.Sprintf("it has %s too many", count(n, "permission")))
	}
	return strings.Join(parts, ", ")
}

// patch is the request that brings the given parts to what is desired.
func patch(desired Desired, fields Fields) arize.RolePatch {
	var p arize.RolePatch
	if fields.Has(FieldName) {
		p.Name = &desired.Name
	}
	if fields.Has(FieldDescription) {
		p.Description = &desired.Description
	}
	if fields.Has(FieldPermissions) {
		p.Permissions = desired.Permissions
	}
	return p
}

// compare walks two sorted sets once.
func compare(want, have []string) (added, removed []string) {
	for len(want) > 0 && len(have) > 0 {
		switch {
		case want[0] == have[0]:
			want, have = want[1:], have[1:]
		case want[0] < have[0]:
			added, want = append(added, want[0]), want[1:]
		default:
			removed, have = append(removed, have[0]), have[1:]
		}
	}
	return append(added, want...), append(removed, have...)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
