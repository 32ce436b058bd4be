package arizetest

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// bucket is the token bucket of one account. Its zero value is full.
type bucket struct {
	spent float64 // tokens below the brim
	at    time.Time
}

// take spends a token, or says how long until there will be one.
func (b *bucket) take(now time.Time, limits Settings) time.Duration {
	if limits.RequestsPerSecond <= 0 {
		return 0
	}
	burst := math.Max(1, float64(limits.Burst))
	refilled := now.Sub(b.at).Seconds() * limits.RequestsPerSecond
	b.spent, b.at = math.Max(0, b.spent-refilled), now
	if missing := b.spent + 1 - burst; missing > 1e-9 {
		return time.Duration(math.Ceil(missing / limits.RequestsPerSecond * float64(time.Second)))
	}
	b.spent++
	return 0
}

// throttled is the answer to a request that came too early. The lock is held.
func (s *Server) throttled(pause time.Duration) answer {
	a := refuse(http.StatusTooManyRequests, "rate_limited", "too many requests for this account")
	seconds := int(math.Ceil(pause.Seconds())) // at least one, since the pause is not zero
	switch s.settings.RetryAfter {
	case RetryAfterAbsent:
	case RetryAfterDate:
		// A date has no fractions: round up, so that it is never too early.
		at := s.opts.Now().UTC().Add(time.Duration(seconds)*time.Second + time.Second - 1)
		a.header.Set("Retry-After", at.Truncate(time.Second).Format(http.TimeFormat))
	default:
		a.header.Set("Retry-After", strconv.Itoa(seconds))
	}
	return a
}
