package v1alpha1_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

func TestRoleAccessors(t *testing.T) {
	// What a role means once every default is in.
	type means struct {
		Account        types.NamespacedName
		RoleName       string
		Mode           v1alpha1.Mode
		AdoptionPolicy v1alpha1.AdoptionPolicy
		DeletionPolicy v1alpha1.DeletionPolicy
	}
	const (
		enforce, report  = v1alpha1.ModeEnforce, v1alpha1.ModeReport
		identical, never = v1alpha1.AdoptIfIdentical, v1alpha1.AdoptNever
		remove, orphan   = v1alpha1.DeletionDelete, v1alpha1.DeletionOrphan
	)
	account := func(namespace, name string) types.NamespacedName {
		return types.NamespacedName{Namespace: namespace, Name: name}
	}
	tests := map[string]struct {
		spec   v1alpha1.ArizeRoleSpec
		status v1alpha1.ArizeRoleStatus
		want   means
	}{
		"nothing given": {
			want: means{account("team-a", "default"), "ai-engineer", enforce, identical, remove},
		},
		"everything given": {
			spec: v1alpha1.ArizeRoleSpec{
				AccountRef: v1alpha1.AccountReference{Name: "production", Namespace: "arize-system"},
				Name:       "AI Engineer", Mode: report, AdoptionPolicy: never, DeletionPolicy: orphan,
			},
			want: means{account("arize-system", "production"), "AI Engineer", report, never, orphan},
		},
		"an account's name alone is in the role's namespace": {
			spec: v1alpha1.ArizeRoleSpec{AccountRef: v1alpha1.AccountReference{Name: "production"}},
			want: means{account("team-a", "production"), "ai-engineer", enforce, identical, remove},
		},
		"an account's namespace alone means the default there": {
			spec: v1alpha1.ArizeRoleSpec{AccountRef: v1alpha1.AccountReference{Namespace: "arize-system"}},
			want: means{account("arize-system", "default"), "ai-engineer", enforce, identical, remove},
		},
		"a role that we created is deleted": {
			status: v1alpha1.ArizeRoleStatus{Origin: v1alpha1.OriginCreated},
			want:   means{account("team-a", "default"), "ai-engineer", enforce, identical, remove},
		},
		"a role that we adopted is left behind": {
			status: v1alpha1.ArizeRoleStatus{Origin: v1alpha1.OriginAdopted},
			want:   means{account("team-a", "default"), "ai-engineer", enforce, identical, orphan},
		},
		"a role that we adopted is deleted when that is asked for": {
			spec:   v1alpha1.ArizeRoleSpec{DeletionPolicy: remove},
			status: v1alpha1.ArizeRoleStatus{Origin: v1alpha1.OriginAdopted},
			want:   means{account("team-a", "default"), "ai-engineer", enforce, identical, remove},
		},
		"a role that we created is left behind when that is asked for": {
			spec:   v1alpha1.ArizeRoleSpec{DeletionPolicy: orphan},
			status: v1alpha1.ArizeRoleStatus{Origin: v1alpha1.OriginCreated},
			want:   means{account("team-a", "default"), "ai-engineer", enforce, identical, orphan},
		},
		"a value from a newer version is handed on, not replaced by a default": {
			spec: v1alpha1.ArizeRoleSpec{Mode: "Audit", AdoptionPolicy: "Ask", DeletionPolicy: "Archive"},
			want: means{account("team-a", "default"), "ai-engineer", "Audit", "Ask", "Archive"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			role := &v1alpha1.ArizeRole{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ai-engineer"}, Spec: test.spec, Status: test.status}
			before := role.DeepCopy()
			got := means{
				role.Account(), role.RoleName(), role.Spec.EffectiveMode(), role.Spec.EffectiveAdoptionPolicy(), role.EffectiveDeletionPolicy(),
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, role); diff != "" {
				t.Errorf("reading changed the role:\n%s", diff)
			}
		})
	}
}

func TestAccountAccessors(t *testing.T) {
	// What an account means once every default is in.
	type means struct {
		SecretKey         string
		From              v1alpha1.NamespacesFrom
		SweepInterval     time.Duration
		RequestsPerSecond int
		Burst             int
	}
	tests := map[string]struct {
		spec v1alpha1.ArizeAccountSpec
		want means
	}{
		"nothing given": {
			want: means{"api-key", v1alpha1.NamespacesFromSame, 5 * time.Minute, 10, 20},
		},
		"everything given": {
			spec: v1alpha1.ArizeAccountSpec{
				APIKeySecretRef:   v1alpha1.SecretKeyReference{Name: "s", Key: "token"},
				AllowedNamespaces: v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromAll},
				SweepInterval:     "1h30m",
				RateLimit:         v1alpha1.RateLimit{RequestsPerSecond: 3, Burst: 1},
			},
			want: means{"token", v1alpha1.NamespacesFromAll, 90 * time.Minute, 3, 1},
		},
		"one of the two limits": {
			spec: v1alpha1.ArizeAccountSpec{RateLimit: v1alpha1.RateLimit{Burst: 7}},
			want: means{"api-key", v1alpha1.NamespacesFromSame, 5 * time.Minute, 10, 7},
		},
		"a value from a newer version is handed on, not replaced by a default": {
			spec: v1alpha1.ArizeAccountSpec{AllowedNamespaces: v1alpha1.AllowedNamespaces{From: "Tenant"}},
			want: means{"api-key", "Tenant", 5 * time.Minute, 10, 20},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := means{
				test.spec.APIKeySecretRef.SecretKey(), test.spec.AllowedNamespaces.EffectiveFrom(), test.spec.EffectiveSweepInterval(),
				test.spec.RateLimit.EffectiveRequestsPerSecond(), test.spec.RateLimit.EffectiveBurst(),
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEffectiveSweepInterval(t *testing.T) {
	tests := map[string]struct {
		interval string
		want     time.Duration
	}{
		"the shortest":             {"10s", 10 * time.Second},
		"the longest":              {"24h", 24 * time.Hour},
		"shorter than the bound":   {"9.999s", 5 * time.Minute},
		"longer than the bound":    {"24h1s", 5 * time.Minute},
		"negative":                 {"-1h", 5 * time.Minute},
		"no duration":              {"soon", 5 * time.Minute},
		"without a unit":           {"300", 5 * time.Minute},
		"more than a duration can": {"9999999999999h", 5 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := v1alpha1.ArizeAccountSpec{SweepInterval: test.interval}
			if got := spec.EffectiveSweepInterval(); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
