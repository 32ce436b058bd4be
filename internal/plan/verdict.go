package plan

import "time"

// Reason is the reason of an ArizeRole's Ready condition.
type Reason string

// The reasons; docs/arizerole.md says what to do about each.
const (
	InSync          Reason = "InSync"
	Reporting       Reason = "Reporting"
	Suspended       Reason = "Suspended"
	Progressing     Reason = "Progressing"
	AccountNotReady Reason = "AccountNotReady"
	RateLimited     Reason = "RateLimited"
	Unavailable     Reason = "Unavailable"
	Rejected        Reason = "Rejected"
	Forbidden       Reason = "Forbidden"
	Predefined      Reason = "Predefined"
	NameTaken       Reason = "NameTaken"
	Claimed         Reason = "Claimed"
	NotFound        Reason = "NotFound"
	NotConverging   Reason = "NotConverging"
	Contended       Reason = "Contended"
	DeletionBlocked Reason = "DeletionBlocked"
)

// Ready is the status of the Ready condition.
type Ready string

// The three values of a condition.
const (
	True    Ready = "True"
	False   Ready = "False"
	Unknown Ready = "Unknown"
)

// Retry says what makes the operator look at a role again.
type Retry int

// Classes of retry, from never to soon.
const (
	// RetryWoken: only when something changes: the spec, the remote role, the account.
	RetryWoken Retry = iota
	// RetrySlow: besides, about once an hour.
	RetrySlow
	// RetryBackoff: after a request soon, and ever later while it goes on failing;
	// without one as RetrySlow, for then somebody else has to move first.
	RetryBackoff
)

// ReasonPolicy is what a reason means for conditions and retries.
type ReasonPolicy struct {
	Ready   Ready
	Stalled bool // will not get better without a person
	Retry   Retry
}

// policies is the one table behind conditions and retries.
var policies = map[Reason]ReasonPolicy{
	InSync:          {Ready: True},
	Reporting:       {Ready: True},
	Suspended:       {Ready: True},
	Progressing:     {Ready: Unknown, Retry: RetryBackoff},
	AccountNotReady: {Ready: False, Retry: RetrySlow},
	RateLimited:     {Ready: False, Retry: RetryBackoff},
	Unavailable:     {Ready: False, Retry: RetryBackoff},
	Rejected:        {Ready: False, Stalled: true, Retry: RetrySlow},
	Forbidden:       {Ready: False, Stalled: true, Retry: RetrySlow},
	Predefined:      {Ready: False, Stalled: true, Retry: RetrySlow},
	NameTaken:       {Ready: False, Stalled: true, Retry: RetrySlow},
	Claimed:         {Ready: False, Stalled: true, Retry: RetrySlow},
	NotFound:        {Ready: False, Stalled: true, Retry: RetrySlow},
	NotConverging:   {Ready: False, Stalled: true, Retry: RetrySlow},
	Contended:       {Ready: False, Stalled: true, Retry: RetrySlow},
	DeletionBlocked: {Ready: False, Retry: RetryBackoff},
}

// Policy is what the reason means.
func (r Reason) Policy() ReasonPolicy { return policies[r] }

// Reconciling says that the operator is working on it or retrying.
func (p ReasonPolicy) Reconciling() bool { return p.Ready != True && !p.Stalled }

// Verdict is what a pass comes to: why the role is or is not ready, in words that
// do not change while nothing does.
type Verdict struct {
	Reason  Reason
	Message string
}

// Bounds of the wait before a request without a clear answer is tried again.
const (
	minBackoff = time.Second
	maxBackoff = 5 * time.Minute
)

// Backoff is the wait after so many failures in a row.
func Backoff(failures int) time.Duration {
	// Beyond ten doublings the cap is long reached; the bound keeps the shift sane.
	wait := minBackoff << min(max(failures-1, 0), 10)
	return min(wait, maxBackoff)
}
