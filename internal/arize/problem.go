package arize

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
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
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &members); err != nil || members == nil {
		return notAProblem(resp, body, err)
	}
	e.Title = c.member(members, maxTextBytes, "title")
	e.Detail = c.member(members, maxTextBytes, "detail", "message", "error")
	e.Code = c.member(members, maxTokenBytes, "error_code")
	if id := c.member(members, maxTokenBytes, "request_id"); id != "" {
		e.RequestID = id
	}
	if e.StatusCode == http.StatusNotFound && e.Title == "" && mediaType(resp) != "application/problem+json" {
		return &failure{text: "answered with JSON that is not from Arize; check the base URL"}
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
	if encoder.Encode(value) != nil {
		return ""
	}
	return rewritten.String()
}

// notAProblem says what the body of a refusal is instead of a JSON object; err is nil for other JSON.
func notAProblem(resp *http.Response, body []byte, err error) error {
	if _, isOther := errors.AsType[*json.UnmarshalTypeError](err); err == nil || isOther {
		return &failure{text: "answered with JSON that is not a problem document"}
	}
	return notJSON(resp, body, err)
}

// notJSON says what a body is that err was found in.
func notJSON(resp *http.Response, body []byte, err error) error {
	if err == nil {
		return nil
	}
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case !isSyntax:
		return &failure{text: err.Error()} // one of ours
	case len(trimmed) == 0:
		return &failure{text: "answered with an empty body"}
	case trimmed[0] == '<' || mediaType(resp) == "text/html":
		return &failure{text: "answered with HTML instead of JSON"}
	case (trimmed[0] == '{' || trimmed[0] == '[') && syntax.Offset >= int64(len(bytes.TrimPrefix(body, []byte("\ufeff")))):
		return &failure{text: "the answer is cut short"}
	}
	return &failure{text: "answered with something that is not JSON"}
}

// redirect refuses to follow, because the key would go to wherever the answer says. It names the host alone: the rest
// of a Location may hold secrets.
func (c *Client) redirect(resp *http.Response) error {
	location, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || location.Host == "" {
		return &failure{text: "redirects elsewhere; check the base URL"}
	}
	return &failure{text: "redirects to " + c.text(location.Host, maxTokenBytes) + "; check the base URL"}
}

func mediaType(resp *http.Response) string {
	parsed, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return parsed
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
