package plan

import (
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize"
)

func TestRequestIdentifiesWhatIsSent(t *testing.T) {
	steps := map[string]Step{
		"an update":               updating,
		"of another role":         {Verb: Update, ID: "r2", Patch: updating.Patch},
		"of another value":        {Verb: Update, ID: "r1", Patch: arize.RolePatch{Description: new("Other.")}},
		"of no description":       {Verb: Update, ID: "r1", Patch: arize.RolePatch{Description: new("")}},
		"of another field":        {Verb: Update, ID: "r1", Patch: arize.RolePatch{Name: &reader.Description}},
		"of the permissions":      {Verb: Update, ID: "r1", Patch: arize.RolePatch{Permissions: reader.Permissions}},
		"a creation":              posting,
		"of a role of other name": {Verb: Create, Spec: arize.RoleSpec{Name: "Other", Description: reader.Description, Permissions: reader.Permissions}},
		"a deletion":              erasing,
	}
	met := map[string]string{}
	for name, step := range steps {
		request := step.Request()
		if request == "" {
			t.Errorf("%s has no request", name)
		}
		if other, known := met[request]; known {
			t.Errorf("%q and %q pass for the same request", name, other)
		}
		met[request] = name
	}
}

func TestRequestIsTheSameForTheSameRequest(t *testing.T) {
	again := updating
	again.Patch.Description = new(*updating.Patch.Description)
	again.Correction, again.Verdict, again.Drift = true, says(Progressing), MissingRole(reader)
	if got, want := again.Request(), updating.Request(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyWritesHaveARequest(t *testing.T) {
	for verb, want := range map[Verb]bool{
		Wait: false, Look: false, Keep: false, Refuse: false, Adopt: false, Release: false, Create: true, Update: true, Delete: true,
	} {
		step := Step{Verb: verb, ID: "r1"}
		if got := step.Writes(); got != want {
			t.Errorf("%s writes: got %t, want %t", verb, got, want)
		}
		if got := step.Request() != ""; got != want {
			t.Errorf("%s has a request: got %t, want %t", verb, got, want)
		}
	}
}

func TestWantsSweep(t *testing.T) {
	for name, row := range map[string]struct {
		step Step
		out  Outcome
		want bool
	}{
		"a creation without an answer":    {posting, Did(nil, unavailable), true},
		"a creation that a proxy refused": {posting, Did(nil, proxy(403)), true},
		"a creation of a taken name":      {posting, Did(nil, status(409)), true},
		"a creation that was refused":     {posting, Did(nil, status(422)), false},
		"a creation that was limited":     {posting, Did(nil, status(429)), false},
		"a creation":                      {posting, Did(new(remote("r1")), nil), false},
		"an update to a taken name":       {updating, Did(nil, status(409)), true},
		"an update of a lost role":        {updating, Did(nil, status(404)), true},
		"an update without an answer":     {updating, Did(nil, unavailable), false},
		"a look at a lost role":           {looking, Did(nil, status(404)), true},
		"a look":                          {looking, Did(nil, nil), false},
		"a deletion of a lost role":       {erasing, Did(nil, status(404)), false},
		"a deletion of a bound role":      {erasing, Did(nil, status(409)), false},
		"nothing":                         {posting, Outcome{}, false},
	} {
		if got := row.step.WantsSweep(row.out); got != row.want {
			t.Errorf("%s: got %t, want %t", name, got, row.want)
		}
	}
}

func TestFreed(t *testing.T) {
	deletion := Decide(input(deleting, owns("r1", Created), exists(remote("r1"))))
	undone := Decide(input(deleting, pending(reader, 1e12), exists(remote("r1"))))
	renaming := Decide(input(oursIsViewer))
	describing := Decide(input(owns("r1", Created), exists(remote("r1", description("")))))
	for name, row := range map[string]struct {
		step Step
		out  Outcome
		want string
	}{
		"a deletion frees the name":            {deletion, Did(nil, nil), "Reader"},
		"a deletion of a lost role too":        {deletion, Did(nil, status(404)), "Reader"},
		"a deletion of a pending creation too": {undone, Did(nil, nil), "Reader"},
		"a deletion that was refused does not": {deletion, Did(nil, status(409)), ""},
		"a rename frees the old name":          {renaming, Did(new(remote("r1")), nil), "Viewer"},
		"a rename without an answer does not":  {renaming, Did(nil, unavailable), ""},
		"a rename that Arize ignored does not": {renaming, Did(new(remote("r1", name("Viewer"))), nil), ""},
		"a change of something else does not":  {describing, Did(new(remote("r1")), nil), ""},
		"a step that was not taken does not":   {renaming, Outcome{}, ""},
	} {
		if got := row.step.Freed(row.out); got != row.want {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
	}
}
