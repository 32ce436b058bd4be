package arizetest

import (
	_ "embed" // the catalogue
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed permissions.txt
var permissionsFile string

var catalogue = sync.OnceValue(func() []string { return set(strings.Fields(permissionsFile)) })

// Permissions returns the permissions that were known on 2026-09-17, sorted. Arize adds some every few weeks.
func Permissions() []string { return slices.Clone(catalogue()) }

// predefinedRoles returns the roles that every account has. Arize does not document them; these are made up to be
// plausible: all permissions, those of daily work, those of annotating, and those of looking.
func predefinedRoles() []Role {
	at := time.Date(2024, time.March, 5, 9, 30, 0, 0, time.UTC)
	role := func(name, description string, permissions []string) Role {
		return Role{
			Name: name, Description: description, Permissions: permissions, Predefined: true, CreatedAt: at, UpdatedAt: at,
		}
	}
	return []Role{
		role("Admin", "Full access to everything in the account.", Permissions()),
		role("Member", "Can work with everything in a space, but not administer it.", matching(isDailyWork)),
		role("Annotator", "Can annotate spans, examples and queue records.", matching(isAnnotating)),
		role("Viewer", "Can read.", matching(isReading)),
	}
}

func matching(chosen func(string) bool) []string {
	return slices.DeleteFunc(Permissions(), func(p string) bool { return !chosen(p) })
}

func isReading(permission string) bool { return strings.HasSuffix(permission, "_READ") }

func isAnnotating(permission string) bool {
	if strings.HasSuffix(permission, "_ANNOTATE") {
		return true
	}
	return slices.Contains([]string{
		"ANNOTATION_CONFIG_READ", "DATASET_EXAMPLE_READ", "DATASET_READ", "EXPERIMENT_READ", "EXPERIMENT_RUN_READ",
		"PROJECT_READ", "PROJECT_SPAN_READ", "QUEUE_READ", "QUEUE_RECORD_READ", "SPACE_READ",
	}, permission)
}

func isDailyWork(permission string) bool {
	if isReading(permission) {
		return true
	}
	for _, administered := range []string{"ORGANIZATION_", "ROLE_", "SERVICE_KEY_", "SPACE_", "USER_"} {
		if strings.HasPrefix(permission, administered) {
			return false
		}
	}
	return !strings.HasSuffix(permission, "_RESTRICT")
}
