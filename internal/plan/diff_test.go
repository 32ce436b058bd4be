package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

func TestDiff(t *testing.T) {
	for name, row := range map[string]struct {
		desired Desired
		role    arize.Role
		want    Drift
	}{
		"nothing differs": {reader, remote("r1"), Drift{}},
		"no description is the same as an empty one": {
			NewDesired("Reader", "", reader.Permissions), remote("r1", description("")), Drift{},
		},
		"the name":                            {reader, remote("r1", name("Viewer")), Drift{Name: new("Viewer")}},
		"a name in another case":              {reader, remote("r1", name("reader")), Drift{Name: new("reader")}},
		"the description":                     {reader, remote("r1", description("Other.")), Drift{Description: new("Other.")}},
		"a description where none is desired": {NewDesired("Reader", "", reader.Permissions), remote("r1"), Drift{Description: new("May read.")}},
		"a description that was cleared":      {reader, remote("r1", description("")), Drift{Description: new("")}},
		"a permission too few":                {reader, remote("r1", permissions("DATASET_READ")), Drift{Added: []string{"PROJECT_READ"}}},
		"a permission too many":               {reader, remote("r1", permissions("DATASET_READ", "MODEL_READ", "PROJECT_READ")), Drift{Removed: []string{"MODEL_READ"}}},
		"other permissions altogether":        {reader, remote("r1", permissions("A_READ", "MODEL_READ", "Z_READ")), Drift{Added: reader.Permissions, Removed: []string{"A_READ", "MODEL_READ", "Z_READ"}}},
		"no permissions":                      {reader, remote("r1", permissions()), Drift{Added: reader.Permissions}},
		"everything": {
			reader, remote("r1", name("Viewer"), description(""), permissions("DATASET_READ", "SPACE_READ")),
			Drift{Name: new("Viewer"), Description: new(""), Added: []string{"PROJECT_READ"}, Removed: []string{"SPACE_READ"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Diff(row.desired, row.role)
			if diff := cmp.Diff(got, row.want); diff != "" {
				t.Errorf("Diff (-got +want):\n%s", diff)
			}
			if got, want := got.IsZero(), cmp.Equal(row.want, Drift{}); got != want {
				t.Errorf("IsZero: got %t, want %t", got, want)
			}
		})
	}
}

func TestPatchBringsOnlyTheGivenFields(t *testing.T) {
	drifted := remote("r1", name("Viewer"), description(""), permissions("SPACE_READ"))
	for fields := Fields(0); fields <= FieldName|FieldDescription|FieldPermissions; fields++ {
		t.Run(fields.String(), func(t *testing.T) {
			p := patch(reader, fields)
			if p.IsZero() != (fields == 0) {
				t.Errorf("IsZero: got %t", p.IsZero())
			}
			left := Diff(reader, apply(drifted, p)).Fields()
			if want := (FieldName | FieldDescription | FieldPermissions) &^ fields; left != want {
				t.Errorf("fields that still differ: got %q, want %q", left, want)
			}
		})
	}
}

func TestPatchClearsADescription(t *testing.T) {
	got := patch(NewDesired("Reader", "", reader.Permissions), FieldDescription)
	if diff := cmp.Diff(got, arize.RolePatch{Description: new("")}); diff != "" {
		t.Errorf("patch (-got +want):\n%s", diff)
	}
}

func TestSummary(t *testing.T) {
	for want, drift := range map[string]Drift{
		"":                             {},
		"the role does not exist":      MissingRole(reader),
		`its name is "Viewer"`:         {Name: new("Viewer")},
		`its name is "a\nb"`:           {Name: new("a\nb")},
		"its description differs":      {Description: new("a\nb")},
		"it lacks 1 permission":        {Added: []string{"A_B"}},
		"it lacks 2 permissions":       {Added: []string{"A_B", "C_D"}},
		"it has 1 permission too many": {Removed: []string{"A_B"}},
		`its name is "V", its description differs, it lacks 1 permission, it has 2 permissions too many`: {
			Name: new("V"), Description: new(""), Added: []string{"A_B"}, Removed: []string{"C_D", "E_F"},
		},
	} {
		t.Run(want, func(t *testing.T) {
			if got := drift.Summary(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestMissingRoleDiffersInExistenceAlone(t *testing.T) {
	drift := MissingRole(reader)
	if got := drift.Fields(); got != FieldExistence {
		t.Errorf("fields: got %q, want %q", got, FieldExistence)
	}
	if diff := cmp.Diff(drift.Added, reader.Permissions); diff != "" {
		t.Errorf("to be added (-got +want):\n%s", diff)
	}
}

func TestFieldsHas(t *testing.T) {
	both := FieldName | FieldPermissions
	for name, row := range map[string]struct{ got, want bool }{
		"one of them":        {both.Has(FieldName), true},
		"all of them":        {both.Has(both), true},
		"not one that lacks": {both.Has(FieldDescription), false},
		"not if one lacks":   {both.Has(FieldName | FieldDescription), false},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %t, want %t", name, row.got, row.want)
		}
	}
}

// apply is what Arize makes of a patch.
func apply(role arize.Role, p arize.RolePatch) arize.Role {
	if p.Name != nil {
		role.Name = *p.Name
	}
	if p.Description != nil {
		role.Description = *p.Description
	}
	if p.Permissions != nil {
		role.Permissions = p.Permissions
	}
	return role
}

var kept Drift // keeps the compiler from leaving out what a benchmark measures

func BenchmarkDiff(b *testing.B) {
	desired := many(20)
	for name, role := range map[string]arize.Role{
		"in sync": {Name: desired.Name, Description: desired.Description, Permissions: desired.Permissions},
		"drifted": {Name: "Viewer", Description: desired.Description, Permissions: desired.Permissions[1:]},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				kept = Diff(desired, role)
			}
		})
	}
}
