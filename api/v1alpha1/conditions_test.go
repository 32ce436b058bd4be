package v1alpha1_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Dashboards and scripts know these names, so they are written out here once more.
var (
	roleReasons = []string{
		"InSync", "Reporting", "Suspended", "Progressing", "AccountNotReady", "RateLimited", "Unavailable", "Rejected", "Forbidden",
		"Predefined", "NameTaken", "Claimed", "NotFound", "NotConverging", "Contended", "DeletionBlocked",
	}
	accountReasons = []string{
		"Ready", "SecretNotFound", "Unauthorized", "Forbidden", "RateLimited", "Unavailable", "InvalidSpec", "RolesVanished", "InUse",
	}
	eventReasons   = []string{"Created", "Adopted", "Updated", "DriftCorrected", "DriftDetected", "Deleted", "Orphaned"}
	conditionTypes = []string{"Ready", "Reconciling", "Stalled", "Drifted"}
)

func TestConditionsGoHasTheNamesOfTheContractAndNoOthers(t *testing.T) {
	want := map[string]string{}
	for prefix, values := range map[string][]string{
		"Reason": slices.Concat(roleReasons, accountReasons), "Event": eventReasons, "Condition": conditionTypes,
	} {
		for _, value := range values {
			want[prefix+value] = value
		}
	}
	if diff := cmp.Diff(want, stringConstants(t, "conditions.go")); diff != "" {
		t.Errorf("constants (-want +got):\n%s", diff)
	}
}

// stringConstants are the names and values of a file's constants.
func stringConstants(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]string{}
	for node := range ast.Preorder(file) {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, name := range spec.Names {
			literal, ok := spec.Values[i].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s is not a literal", name.Name)
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatalf("%s: %v", name.Name, err)
			}
			constants[name.Name] = value
		}
	}
	return constants
}
