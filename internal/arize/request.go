package arize

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	maxAnswerBytes  = 8 << 20
	maxProblemBytes = 64 << 10
)

// request is one request to make.
type request struct {
	op     string
	method string
	path   string // escaped, from the base URL on
	query  url.Values
	body   any // sent as JSON; nil means none
}

// answer is what the body of a success is decoded into.
type answer interface {
	// decode fills the answer. Its error is a *json.SyntaxError, or a *failure that says why the body will not do.
	decode(body []byte) error
}

// do makes one request. When into is nil any success will do, whatever its body. The error is always an *Error.
func (c *Client) do(ctx context.Context, req request, into answer) error {
	timed, cancel := context.WithTimeoutCause(ctx, c.timeout, errOwnTimeout)
	defer cancel()
	httpReq, err := c.build(timed, req)
	if err != nil {
		return &Error{Op: req.op, Err: err}
	}
	resp, err := c.send(httpReq)
	if err != nil {
		return &Error{Op: req.op, Err: c.lost(ctx, timed, err, false)}
	}
	defer func() { _ = resp.Body.Close() }()

	failed := c.errorFor(req.op, resp)
	body, err := readAnswer(resp, into != nil)
	switch {
	case isSuccess(resp.StatusCode) && into == nil:
		return nil
	case isRedirect(resp.StatusCode):
		failed.Err = c.redirect(resp)
	case errors.Is(err, errTooLarge):
		failed.Err = tooLarge(resp, body)
	case err != nil:
		failed.Err = c.lost(ctx, timed, err, true)
	case isSuccess(resp.StatusCode):
		if err := into.decode(body); err != nil {
			failed.Err = unusable(resp, body, err)
			break
		}
		return nil
	default:
		failed.Err = c.explain(failed, resp, body)
	}
	return failed
}

// build makes the HTTP request. What cannot be built was never sent.
func (c *Client) build(ctx context.Context, req request) (*http.Request, error) {
	var body io.Reader
	if req.body != nil {
		encoded, err := json.Marshal(req.body)
		if err != nil {
			return nil, unsent("the request cannot be written as JSON")
		}
		body = bytes.NewReader(encoded)
	}
	target := c.baseURL + req.path
	if len(req.query) > 0 {
		target += "?" + req.query.Encode()
	}
	httpReq, err := http.NewRequestWithContext(ctx, req.method, target, body)
	if err != nil {
		return nil, unsent("the request does not make a valid URL")
	}
	httpReq.Header.Set("Authorization", "Bearer "+c.key.secret())
	httpReq.Header.Set("Accept", "application/json, application/problem+json")
	httpReq.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		httpReq.Header.Set("Content-Type", "application/json")
	}
	return httpReq, nil
}

// send uses the transport directly, not an http.Client: no redirects are followed (one could carry the key to another
// host), and no cookies are kept.
func (c *Client) send(req *http.Request) (*http.Response, error) {
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.Body == nil { // a transport made for a test may leave it out
		resp.Body = http.NoBody
	}
	return resp, nil
}

// readAnswer reads as much of a body as its kind may have. A body that is read to its end lets the connection be used
// again; one that is too long is given up together with its connection.
func readAnswer(resp *http.Response, wanted bool) ([]byte, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil // the body is the connection itself, which no deadline ends (net/http)
	}
	limit := int64(maxProblemBytes)
	if wanted && isSuccess(resp.StatusCode) {
		limit = maxAnswerBytes
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = errTooLarge
	}
	return body, err
}

// errorFor begins the Error for an answer with what its headers say.
func (c *Client) errorFor(op string, resp *http.Response) *Error {
	return &Error{
		Op:         op,
		StatusCode: resp.StatusCode,
		RequestID:  c.text(resp.Header.Get("X-Request-Id"), maxTokenBytes),
		RetryAfter: retryAfter(resp.Header, time.Now()),
	}
}

func isSuccess(status int) bool { return status >= 200 && status < 300 }

func isRedirect(status int) bool { return status >= 300 && status < 400 }
