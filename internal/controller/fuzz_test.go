package controller

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/plan"
)

// manifests are objects as an apiserver might hold them: some a person's, some with a status, some that no validation
// would let pass, or that a later version of the API wrote.
var manifests = []string{
	`{"metadata":{"name":"viewer"},"spec":{"permissions":["PROJECT_READ"]}}`,
	`{"metadata":{"name":"a"},"spec":{"name":"B","description":"d\nn","permissions":["B_READ","A_READ","B_READ"],"suspend":true}}`,
	`{"metadata":{"name":"a"},"spec":{"permissions":["A_READ"],"mode":"Report"},"status":{"roleID":"r1"}}`,
	`{"metadata":{"name":"a","generation":3},"spec":{"permissions":[]},"status":{"roleID":"r1","origin":"Created","observedGeneration":3}}`,
	`{"metadata":{"name":"a"},"spec":{"roleID":"r2","adoptionPolicy":"Always"},"status":{"roleID":"r1","origin":"Adopted"}}`,
	`{"metadata":{"name":"a","deletionTimestamp":"2026-11-25T12:00:00Z","finalizers":["iam.arize-operator.io/role"]},"spec":{},"status":{"roleID":"r1","origin":"Created"}}`,
	`{"metadata":{"name":"a","deletionTimestamp":"2026-11-25T12:00:00Z"},"spec":{"deletionPolicy":"Orphan"},"status":{"roleID":"r1","origin":"Created"}}`,
	`{"metadata":{"name":"a","deletionTimestamp":"2026-11-25T12:00:00Z"},"spec":{},"status":{"roleID":"r1","origin":"Adopted"}}`,
	`{"metadata":{"name":"a","deletionTimestamp":"2026-11-25T12:00:00Z","finalizers":["iam.arize-operator.io/role"]},"spec":{},"status":{"roleID":"r1"}}`,
	`{"metadata":{"name":"a"},"spec":{"permissions":["A_READ"]},"status":{"pendingCreate":{"name":"a","startTime":"2026-11-25T11:59:59Z","digest":"x"}}}`,
	`{"metadata":{"name":"a"},"spec":{"mode":"Later","adoptionPolicy":"Later","deletionPolicy":"Later"},"status":{"origin":"Later","roleID":"r1"}}`,
	`{"spec":{"permissions":null},"status":{"pendingCreate":{}}}`,
}

// FuzzManifest: whatever an ArizeRole says, what is decided about it is what it asks for, and nothing is written that it
// does not ask for.
func FuzzManifest(f *testing.F) {
	for _, manifest := range manifests {
		f.Add([]byte(manifest))
	}
	directory := os.DirFS("../../config/samples")
	samples, err := fs.Glob(directory, "*_arizerole*.yaml")
	if err != nil || len(samples) == 0 {
		f.Fatalf("the samples: %v, %v", samples, err)
	}
	for _, sample := range samples {
		f.Add(asJSON(f, directory, sample))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var role v1alpha1.ArizeRole
		if json.Unmarshal(data, &role) != nil {
			return // the apiserver would not have taken it
		}
		before := role.DeepCopy()
		checkMapping(t, &role)
		for name, remote := range remotes(&role) {
			t.Run(name, func(t *testing.T) { checkStep(t, &role, remote) })
		}
		if diff := cmp.Diff(&role, before); diff != "" {
			t.Errorf("the ArizeRole was changed (-now +before):\n%s", diff)
		}
	})
}

func asJSON(f *testing.F, directory fs.FS, name string) []byte {
	f.Helper()
	data, err := fs.ReadFile(directory, name)
	if err == nil {
		data, err = yaml.YAMLToJSON(data)
	}
	if err != nil {
		f.Fatal(err)
	}
	return data
}

// checkMapping: the manifest's own words are what is desired; the order of a set means nothing.
func checkMapping(t *testing.T, role *v1alpha1.ArizeRole) {
	t.Helper()
	got := desiredOf(role)
	if diff := cmp.Diff(got, plan.Desired{Name: nameIn(role), Description: role.Spec.Description, Permissions: permissionsIn(role)}); diff != "" {
		t.Errorf("desired (-got +said):\n%s", diff)
	}
	reversed := role.DeepCopy()
	slices.Reverse(reversed.Spec.Permissions)
	if desiredOf(reversed).Digest() != got.Digest() {
		t.Error("the order of the permissions matters")
	}
}

func nameIn(role *v1alpha1.ArizeRole) string {
	if role.Spec.Name != "" {
		return role.Spec.Name
	}
	return role.Name
}

func permissionsIn(role *v1alpha1.ArizeRole) []string {
	set := map[string]bool{}
	for _, permission := range role.Spec.Permissions {
		set[permission] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// remotes are what Arize may have: nothing, a role that is as declared, one that differs in everything, and a predefined
// one. The roles have the id that the ArizeRole speaks of, if it speaks of one.
func remotes(role *v1alpha1.ArizeRole) map[string]*arize.Role {
	id := role.Spec.RoleID
	if id == "" {
		id = role.Status.RoleID
	}
	if id == "" {
		id = "r0"
	}
	same := arize.Role{ID: id, Name: nameIn(role), Description: role.Spec.Description, Permissions: permissionsIn(role)}
	other := arize.Role{ID: id, Name: same.Name + "x", Description: same.Description + "x", Permissions: []string{"OTHER_READ"}}
	predefined := same
	predefined.Predefined = true
	return map[string]*arize.Role{"nothing": nil, "as declared": &same, "different": &other, "predefined": &predefined}
}

var noon = time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)

// checkStep decides as the reconciler does about a role of an open account, and holds the step against what the manifest
// says, read here without the reconciler's own reading of it.
func checkStep(t *testing.T, role *v1alpha1.ArizeRole, remote *arize.Role) {
	in := inputFor(role, remote)
	step := plan.Decide(in)
	if !step.Writes() {
		return
	}
	deleting := role.DeletionTimestamp != nil
	switch {
	case remote != nil && remote.Predefined && step.Verb != plan.Create:
		t.Errorf("a predefined role: %+v", step)
	case !deleting && role.Spec.Suspend, !deleting && role.Spec.Mode != "" && role.Spec.Mode != v1alpha1.ModeEnforce:
		t.Errorf("it is suspended, or in a mode that does not write: %+v", step)
	case deleting != (step.Verb == plan.Delete):
		t.Errorf("being deleted: %v: %+v", deleting, step)
	case deleting:
		checkDelete(t, role, step)
	case step.Verb == plan.Create:
		checkCreate(t, role, step)
	default:
		checkUpdate(t, role, remote, step)
	}
}

func inputFor(role *v1alpha1.ArizeRole, remote *arize.Role) plan.Input {
	in := plan.Input{
		Now: noon, Self: claimOf(role), Deleting: role.DeletionTimestamp != nil, Desired: desiredOf(role), Policy: policyOf(role),
		Record: recordOf(role), Observed: plan.Observed{Since: noon.Add(-time.Second)}, InFlight: time.Minute,
	}
	in.Self.SameAccount = true
	if remote == nil {
		return in
	}
	if remote.ID == plan.TargetID(in.Policy, in.Record) {
		in.Observed.Role = remote
	}
	if remote.Name == in.Desired.Name {
		in.Observed.Named = remote
	}
	if in.Record.Pending != nil && remote.Name == in.Record.Pending.Name {
		in.Observed.Pending = remote
	}
	return in
}

// checkDelete: only what is on record as managed goes, and only when nobody said otherwise; what was adopted stays unless
// somebody said so.
func checkDelete(t *testing.T, role *v1alpha1.ArizeRole, step plan.Step) {
	policy, status := role.Spec.DeletionPolicy, role.Status
	switch {
	case policy == v1alpha1.DeletionOrphan, role.Spec.Suspend, role.Spec.Mode != "" && role.Spec.Mode != v1alpha1.ModeEnforce:
		t.Errorf("it was to stay: %+v", step)
	case status.Origin == v1alpha1.OriginAdopted && status.PendingCreate == nil && policy == "":
		t.Errorf("it was adopted: %+v", step)
	case status.Origin == "" && status.PendingCreate == nil, step.ID != status.RoleID && status.PendingCreate == nil:
		t.Errorf("it is not on record as ours: %+v", step)
	}
}

func checkCreate(t *testing.T, role *v1alpha1.ArizeRole, step plan.Step) {
	want := arize.RoleSpec{Name: nameIn(role), Description: role.Spec.Description, Permissions: permissionsIn(role)}
	if diff := cmp.Diff(step.Spec, want); diff != "" {
		t.Errorf("created (-got +said):\n%s", diff)
	}
	if role.Spec.RoleID != "" {
		t.Error("it names an existing role, and another was created")
	}
}

// checkUpdate: the patch goes to the role that the manifest or the record names, holds what the manifest says, and leaves
// out what is so already.
func checkUpdate(t *testing.T, role *v1alpha1.ArizeRole, remote *arize.Role, step plan.Step) {
	if remote == nil || step.ID != remote.ID {
		t.Fatalf("a patch of a role that is not there: %+v", step)
	}
	if patch := step.Patch; patch.Name != nil && (*patch.Name != nameIn(role) || *patch.Name == remote.Name) {
		t.Errorf("name %q", *patch.Name)
	} else if patch.Description != nil && (*patch.Description != role.Spec.Description || *patch.Description == remote.Description) {
		t.Errorf("description %q", *patch.Description)
	} else if patch.Permissions != nil && (!slices.Equal(patch.Permissions, permissionsIn(role)) || slices.Equal(patch.Permissions, remote.Permissions)) {
		t.Errorf("permissions %q", patch.Permissions)
	}
}
