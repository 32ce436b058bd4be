package arize

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter bounds what an answer may ask for.
const MaxRetryAfter = time.Hour

// explain fills e from the body of a refusal. It returns nil when the body is Arize's explanation, else what it is.
//
// A problem is a JSON object that is labelled application/problem+json or has a title (RFC 9457; Arize requires one).
// Other JSON objects explain too, except a 404: gateways answer a path that they do not know with JSON of their own,
// and that must not pass for a role that does not exist.
func (c *Client) explain(e *Error, resp *http.Response, body []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(withoutBOM(body), &members); err != nil || members == nil {
		if _, other := errors.AsType[*json.UnmarshalTypeError](err); other || err == nil {
			return errNoProblem
		}
		return unusable(resp, body, err)
	}
	e.Title = c.member(members, maxTextBytes, "title")
	e.Detail = c.member(members, maxTextBytes, "detail", "message", "error")
	e.Code = c.member(members, maxTokenBytes, "error_code")
	if id := c.member(members, maxTokenBytes, "request_id"); id != "" {
		e.RequestID = id
	}
	if e.StatusCode == http.StatusNotFound && e.Title == "" && mediaType(resp) != "application/problem+json" {
		return errStranger
	}
	return nil
}

// member is the first of the named members that says something.
func (c *Client) member(members map[string]json.RawMessage, limit int, names ...string) string {
	for _, name := range names {
		if text := c.text(plain(members[name]), limit); text != "" {
			return text
		}
	}
	return ""
}

// plain is the value of a string, and anything else but null as compact JSON: some servers put a list of what is wrong
// where RFC 9457 has a string.
func plain(raw json.RawMessage) string {
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil || value == nil {
		return ""
	}
	if s, ok := value.(string); ok {
		return s
	}
	// Written anew instead of quoted, because escapes in the original could hide the key from redaction.
	var rewritten strings.Builder
	encoder := json.NewEncoder(&rewritten)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return ""
	}
	return rewritten.String()
}

// retryAfter reads Retry-After: whole seconds or an HTTP date (RFC 9110, section 10.2.3). Dates are measured against
// the Date of the same answer where there is one, so that the two clocks need not agree. It is 0 for what is absent,
// past or unreadable, and at most MaxRetryAfter.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(MaxRetryAfter/time.Second))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(header.Get("Date")); err == nil {
		now = sent
	}
	return min(max(until.Sub(now), 0), MaxRetryAfter)
}
