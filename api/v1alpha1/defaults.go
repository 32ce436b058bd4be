package v1alpha1

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// What an absent field means. Defaults live here rather than in the CRD, so that
// they can change without rewriting stored objects and so that server-side apply
// has no owner for a value nobody wrote.
const (
	DefaultAccountName       = "default"
	DefaultSecretKey         = "api-key"
	DefaultSweepInterval     = 5 * time.Minute
	MinSweepInterval         = 10 * time.Second
	MaxSweepInterval         = 24 * time.Hour
	DefaultRequestsPerSecond = 10
	DefaultBurst             = 20
)

// Account is the ArizeAccount that the role lives in.
func (r *ArizeRole) Account() types.NamespacedName {
	ref := r.Spec.AccountRef
	return types.NamespacedName{
		Namespace: orDefault(ref.Namespace, r.Namespace),
		Name:      orDefault(ref.Name, DefaultAccountName),
	}
}

// RoleName is the name that the role should have in Arize.
func (r *ArizeRole) RoleName() string { return orDefault(r.Spec.Name, r.Name) }

// EffectiveMode is the mode with its default.
func (s *ArizeRoleSpec) EffectiveMode() Mode { return orDefault(s.Mode, ModeEnforce) }

// EffectiveAdoptionPolicy is the adoption policy with its default.
func (s *ArizeRoleSpec) EffectiveAdoptionPolicy() AdoptionPolicy {
	return orDefault(s.AdoptionPolicy, AdoptIfIdentical)
}

// EffectiveDeletionPolicy is the deletion policy with its default, which depends
// on how the remote role came to be managed: one that is being created is ours,
// even where it takes the place of an adopted one that is gone.
func (r *ArizeRole) EffectiveDeletionPolicy() DeletionPolicy {
	if r.Status.Origin == OriginAdopted && r.Status.PendingCreate == nil {
		return orDefault(r.Spec.DeletionPolicy, DeletionOrphan)
	}
	return orDefault(r.Spec.DeletionPolicy, DeletionDelete)
}

// SecretKey is the key within the Secret, with its default.
func (r SecretKeyReference) SecretKey() string { return orDefault(r.Key, DefaultSecretKey) }

// EffectiveFrom says which namespaces are allowed, with its default.
func (a AllowedNamespaces) EffectiveFrom() NamespacesFrom {
	return orDefault(a.From, NamespacesFromSame)
}

// EffectiveSweepInterval is the sweep interval with its default. A value that the
// CRD's validation would have refused counts as absent.
func (s *ArizeAccountSpec) EffectiveSweepInterval() time.Duration {
	interval, err := time.ParseDuration(s.SweepInterval)
	if err != nil || interval < MinSweepInterval || interval > MaxSweepInterval {
		return DefaultSweepInterval
	}
	return interval
}

// EffectiveRequestsPerSecond is the rate with its default.
func (l RateLimit) EffectiveRequestsPerSecond() int {
	return int(orDefault(l.RequestsPerSecond, DefaultRequestsPerSecond))
}

// EffectiveBurst is the burst with its default.
func (l RateLimit) EffectiveBurst() int { return int(orDefault(l.Burst, DefaultBurst)) }

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
