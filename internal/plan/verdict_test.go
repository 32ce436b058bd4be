package plan

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The table of conditions that users rely on, as docs/arizerole.md has it. A change here
// changes what Flux, Argo CD and people's scripts see.
var documented = map[Reason]struct {
	ready                Ready
	reconciling, stalled bool
}{
	"InSync":          {ready: "True"},
	"Reporting":       {ready: "True"},
	"Suspended":       {ready: "True"},
	"Progressing":     {ready: "Unknown", reconciling: true},
	"AccountNotReady": {ready: "False", reconciling: true},
	"RateLimited":     {ready: "False", reconciling: true},
	"Unavailable":     {ready: "False", reconciling: true},
	"Rejected":        {ready: "False", stalled: true},
	"Forbidden":       {ready: "False", stalled: true},
	"Predefined":      {ready: "False", stalled: true},
	"NameTaken":       {ready: "False", stalled: true},
	"Claimed":         {ready: "False", stalled: true},
	"NotFound":        {ready: "False", stalled: true},
	"NotConverging":   {ready: "False", stalled: true},
	"Contended":       {ready: "False", stalled: true},
	"DeletionBlocked": {ready: "False", reconciling: true},
}

func TestReasonsAreThoseOfTheDesign(t *testing.T) {
	var want []Reason
	for reason := range documented {
		want = append(want, reason)
	}
	slices.Sort(want)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(policies)), want); diff != "" {
		t.Errorf("the reasons (-got +want):\n%s", diff)
	}
}

func TestEveryReasonMeansWhatIsDocumented(t *testing.T) {
	for reason, want := range documented {
		t.Run(string(reason), func(t *testing.T) {
			got := reason.Policy()
			if got.Ready != want.ready {
				t.Errorf("Ready: got %s, want %s", got.Ready, want.ready)
			}
			if got.Stalled != want.stalled {
				t.Errorf("Stalled: got %t, want %t", got.Stalled, want.stalled)
			}
			if got.Reconciling() != want.reconciling {
				t.Errorf("Reconciling: got %t, want %t", got.Reconciling(), want.reconciling)
			}
		})
	}
}

func TestEveryReasonIsRetriedAsItsConditionsPromise(t *testing.T) {
	for reason := range policies {
		t.Run(string(reason), func(t *testing.T) {
			switch policy := reason.Policy(); {
			case policy.Ready == True && policy.Retry != RetryWoken:
				t.Errorf("ready, but has a timer: %v", policy.Retry)
			case policy.Stalled && policy.Retry != RetrySlow:
				t.Errorf("stalled, but is not retried slowly: %v", policy.Retry)
			case policy.Ready != True && policy.Retry == RetryWoken:
				t.Error("not ready, but nothing retries it")
			case policy.Ready == True && policy.Stalled:
				t.Error("ready and stalled at once")
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second,
		8: 128 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 11: 5 * time.Minute, 1 << 40: 5 * time.Minute,
	} {
		if got := Backoff(failures); got != want {
			t.Errorf("after %d failures: got %v, want %v", failures, got, want)
		}
	}
}
