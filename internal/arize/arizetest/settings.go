package arizetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// RetryAfterForm says how a 429 tells the client when to come back.
type RetryAfterForm string

// The forms of Retry-After.
const (
	RetryAfterSeconds RetryAfterForm = ""       // whole seconds, as documented
	RetryAfterDate    RetryAfterForm = "date"   // an HTTP date
	RetryAfterAbsent  RetryAfterForm = "absent" // no header
)

// Settings are what can be changed while the server runs. The zero value is a friendly server; every field makes it
// slower, stricter or stranger. JSON (the control API) writes durations as "50ms".
type Settings struct {
	// Latency passes before a request is looked at, unless its client gives up.
	Latency time.Duration `json:"latency"`
	// LatencyJitter is the most that is added to Latency, at random.
	LatencyJitter time.Duration `json:"latency_jitter"`
	// RequestsPerSecond and Burst bound each account by a token bucket; 0 is unlimited, a burst below 1 counts as 1.
	RequestsPerSecond float64 `json:"requests_per_second"`
	Burst             int     `json:"burst"`
	// RetryAfter is the form of the header on a 429.
	RetryAfter RetryAfterForm `json:"retry_after"`

	// RefuseUnknownPermissions answers 422 to permissions that [Permissions] does not list. What the real Arize does
	// is not known; the default accepts whatever has the right form.
	RefuseUnknownPermissions bool `json:"refuse_unknown_permissions"`

	// ImpliedPermissions adds, on every write, the values of each key that is in the set; the key "*" always applies.
	ImpliedPermissions map[string][]string `json:"implied_permissions"`
	// DroppedPermissions are silently left out of every write.
	DroppedPermissions []string `json:"dropped_permissions"`
	// TrimDescriptions removes leading and trailing white space from descriptions on every write.
	TrimDescriptions bool `json:"trim_descriptions"`
	// PageCap, above 0, is the most that a page holds, whatever limit was asked for.
	PageCap int `json:"page_cap"`
	// EmptyPages puts an empty page, with has_more true, before every page.
	EmptyPages bool `json:"empty_pages"`
	// RepeatCursor answers every cursor with itself as the next one, for ever.
	RepeatCursor bool `json:"repeat_cursor"`
	// ClockOffset is added to created_at and updated_at.
	ClockOffset time.Duration `json:"clock_offset"`
	// CaseInsensitiveNames makes "a" and "A" the same name.
	CaseInsensitiveNames bool `json:"case_insensitive_names"`
	// ReserveDeletedNames keeps the names of deleted roles taken.
	ReserveDeletedNames bool `json:"reserve_deleted_names"`
}

func (c Settings) clone() Settings {
	c.ImpliedPermissions = maps.Clone(c.ImpliedPermissions)
	for permission, implied := range c.ImpliedPermissions {
		c.ImpliedPermissions[permission] = slices.Clone(implied)
	}
	c.DroppedPermissions = slices.Clone(c.DroppedPermissions)
	return c
}

// kept returns the set that a write of permissions leaves behind.
func (c Settings) kept(permissions []string) []string {
	kept := slices.Concat(permissions, c.ImpliedPermissions["*"])
	for _, permission := range permissions {
		kept = append(kept, c.ImpliedPermissions[permission]...)
	}
	kept = slices.DeleteFunc(kept, func(p string) bool { return slices.Contains(c.DroppedPermissions, p) })
	return set(kept)
}

// set returns values sorted, without duplicates, never nil.
func set(values []string) []string {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return append([]string{}, slices.Compact(sorted)...)
}

type plainSettings Settings // without methods

type settingsJSON struct {
	*plainSettings
	Latency       text `json:"latency"`
	LatencyJitter text `json:"latency_jitter"`
	ClockOffset   text `json:"clock_offset"`
}

// MarshalJSON writes durations as text.
func (c Settings) MarshalJSON() ([]byte, error) {
	plain := plainSettings(c)
	return json.Marshal(settingsJSON{&plain, text(c.Latency), text(c.LatencyJitter), text(c.ClockOffset)})
}

// UnmarshalJSON changes only what data names, and refuses what it does not know.
func (c *Settings) UnmarshalJSON(data []byte) error {
	plain := plainSettings(c.clone())
	out := settingsJSON{&plain, text(c.Latency), text(c.LatencyJitter), text(c.ClockOffset)}
	if err := strictly(data, &out); err != nil {
		return err
	}
	*c = Settings(plain)
	c.Latency, c.LatencyJitter = time.Duration(out.Latency), time.Duration(out.LatencyJitter)
	c.ClockOffset = time.Duration(out.ClockOffset)
	return nil
}

// text is a duration that JSON writes as "1.5s".
type text time.Duration

func (t text) MarshalText() ([]byte, error) { return []byte(time.Duration(t).String()), nil }

func (t *text) UnmarshalText(data []byte) error {
	d, err := time.ParseDuration(string(data))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 50ms or 2s", data)
	}
	*t = text(d)
	return nil
}

// strictly decodes exactly one JSON value and refuses fields that out does not have.
func strictly(data []byte, out any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(out); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}
