package arize

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"
)

// errOwnTimeout is the cause of a context that Options.Timeout ended.
var errOwnTimeout = errors.New("the time for one request is over")

// failure is what went wrong, in words that are safe to print and the same every time. The error behind it is there for
// errors.Is and errors.As, not for people: it may hold addresses and whatever the other side sent.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }

func (f *failure) Unwrap() error { return f.err }

// unsentError says why a request was never sent.
type unsentError struct{ text string }

func (e *unsentError) Error() string { return e.text }

func unsent(text string) error { return &unsentError{text: text} }

func isUnsent(err error) bool {
	_, ok := errors.AsType[*unsentError](err)
	return ok
}

// lost says why there is no answer, or (begun) not all of it.
//
// Which context ended decides, not err: net/http reports the cause of a context, which could be anything.
func (c *Client) lost(caller, timed context.Context, err error, begun bool) error {
	what := "no answer"
	if begun {
		what = "no complete answer"
	}
	switch {
	case errors.Is(caller.Err(), context.Canceled):
		return &failure{text: "canceled before the answer came", err: context.Canceled}
	case caller.Err() != nil:
		return &failure{text: what + " before the caller's deadline", err: context.DeadlineExceeded}
	case errors.Is(context.Cause(timed), errOwnTimeout):
		return &failure{text: what + " within " + readable(c.timeout), err: context.DeadlineExceeded}
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // it quotes the URL
	}
	if begun && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) {
		return errCutShort
	}
	text := describe(err, c.key)
	if begun {
		text = "the answer cannot be read: " + text
	}
	return &failure{text: text, err: c.withoutKey(err)}
}

// withoutKey drops an error that quotes the key, as one about a malformed answer can.
func (c *Client) withoutKey(err error) error {
	if text := err.Error(); c.key.Redact(text) != text {
		return nil
	}
	return err
}

// readable writes 30s and 1m, where Duration's own String has 1m0s.
func readable(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}
