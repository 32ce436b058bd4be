package arize

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is the answer, or the lack of one, to one request.
type Error struct {
	Op         string        // what was asked: "list roles", "create role", ...
	StatusCode int           // the HTTP status; 0 when there was no answer
	Title      string        // RFC 9457 title: the kind of problem
	Detail     string        // RFC 9457 detail: this occurrence of it
	Code       string        // Arize's error_code
	RequestID  string        // Arize's request_id, else the X-Request-Id header
	RetryAfter time.Duration // 0 when absent; at most MaxRetryAfter
	Err        error         // what went wrong on the way or in decoding; nil for a well-formed refusal
}

// Class is the closed set of meanings on which machines act. Everything else about an Error is for people.
type Class int

// The classes, with the statuses that lead to them.
const (
	// ClassNone is no error.
	ClassNone Class = iota
	// ClassInvalid: Arize will not accept this request however often it is repeated (400, 422, and any other 4xx not
	// named below), or it was refused in here before it was sent.
	ClassInvalid
	// ClassUnauthorized: the key is missing, expired or revoked (401).
	ClassUnauthorized
	// ClassForbidden: the key is good but may not do this (403).
	ClassForbidden
	// ClassNotFound: the object does not exist, or the caller may not read it (404, from Arize itself).
	ClassNotFound
	// ClassConflict: the name is taken; of a delete: the role is still bound (409).
	ClassConflict
	// ClassRateLimited: too many requests (429).
	ClassRateLimited
	// ClassUnavailable: no usable answer, so that nothing is known (5xx, 3xx, 407, 408, 421, 425, network, timeouts,
	// bodies that cannot be read, and refusals that did not come from Arize).
	ClassUnavailable
	// ClassCanceled: the caller gave up.
	ClassCanceled
)

var classNames = [...]string{
	"None", "Invalid", "Unauthorized", "Forbidden", "NotFound", "Conflict", "RateLimited", "Unavailable", "Canceled",
}

// String is the name of the class without its prefix.
func (c Class) String() string {
	if c < 0 || int(c) >= len(classNames) {
		return "Class(" + strconv.Itoa(int(c)) + ")"
	}
	return classNames[c]
}

// ClassOf is the class of the Error in err's chain. For any other error it is ClassCanceled when it is
// context.Canceled, else ClassUnavailable; for nil it is ClassNone.
func ClassOf(err error) Class {
	if err == nil {
		return ClassNone
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class()
	}
	if errors.Is(err, context.Canceled) {
		return ClassCanceled
	}
	return ClassUnavailable
}

// Class says what e means to a machine.
//
// A refusal that is not a problem document (HTML, an empty body: a proxy or an ingress speaks, not Arize) is
// ClassUnavailable: a misrouted 404 must never pass for "the role does not exist". Only 401, 403 and 429 count
// whatever their body: they mean the same from everybody on the way, and all that follows from them is to wait.
func (e *Error) Class() Class {
	switch {
	case errors.Is(e.Err, context.Canceled):
		return ClassCanceled
	case isUnsent(e.Err):
		return ClassInvalid
	}
	switch e.StatusCode {
	case http.StatusUnauthorized:
		return ClassUnauthorized
	case http.StatusForbidden:
		return ClassForbidden
	case http.StatusTooManyRequests:
		return ClassRateLimited
	}
	if e.Err != nil {
		return ClassUnavailable
	}
	return classOfProblem(e.StatusCode)
}

// classOfProblem reads the status of a well-formed refusal.
func classOfProblem(status int) Class {
	switch status {
	case http.StatusNotFound:
		return ClassNotFound
	case http.StatusConflict:
		return ClassConflict
	case http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly:
		// About the way to Arize, or about this moment; not about the request.
		return ClassUnavailable
	}
	if status >= 400 && status < 500 {
		return ClassInvalid
	}
	return ClassUnavailable
}

// Refused reports whether Arize itself certainly turned the request down, so that a create certainly created nothing:
// a well-formed 4xx answer, or a request that was never sent because it was wrong. After anything else (5xx, a lost or
// unreadable answer, an error page of a proxy, which may have replaced Arize's answer) the change may have happened.
func (e *Error) Refused() bool {
	if isUnsent(e.Err) {
		return true
	}
	return e.Err == nil && e.StatusCode >= 400 && e.StatusCode < 500 && e.Class() != ClassUnavailable
}

// Error is one bounded line for logs: operation, explanation, status, error code and request id.
func (e *Error) Error() string {
	text := e.Message()
	if e.Err == nil {
		text = joinNonEmpty(": ", e.Title, e.Detail)
		if text == "" {
			text = statusText(e.StatusCode)
		}
		text += statusSuffix(e.StatusCode)
	}
	var extra []string
	if e.Code != "" {
		extra = append(extra, "error code "+e.Code)
	}
	if e.RequestID != "" {
		extra = append(extra, "request id "+e.RequestID)
	}
	if len(extra) > 0 {
		text += " [" + strings.Join(extra, ", ") + "]"
	}
	return joinNonEmpty(": ", e.Op, text)
}

// Unwrap is Err.
func (e *Error) Unwrap() error { return e.Err }

// Message is one sentence for a condition in Kubernetes. The same failure gives the same sentence every time: it holds
// no request id, time, address or counter, because a status that changes with every attempt wakes its own controller.
func (e *Error) Message() string {
	switch {
	case e.Class() == ClassRateLimited:
		// Details of a 429 tend to count down.
		return "too many requests" + statusSuffix(e.StatusCode)
	case e.Err != nil:
		return describe(e.Err, APIKey{}) + statusSuffix(e.StatusCode)
	case e.StatusCode >= 500 && e.Title != "":
		// The detail of a server error is about one occurrence; RFC 9457 wants titles constant.
		return stable(e.Title, e.RequestID) + statusSuffix(e.StatusCode)
	case e.StatusCode < 500 && e.Detail != "":
		return stable(e.Detail, e.RequestID) + statusSuffix(e.StatusCode)
	case e.Title != "":
		return stable(e.Title, e.RequestID) + statusSuffix(e.StatusCode)
	}
	return statusText(e.StatusCode) + statusSuffix(e.StatusCode)
}

func statusSuffix(status int) string {
	if status == 0 {
		return ""
	}
	return " (HTTP " + strconv.Itoa(status) + ")"
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return strings.ToLower(text)
	}
	return "refused without an explanation"
}

func joinNonEmpty(sep string, parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, sep)
}
