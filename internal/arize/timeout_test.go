package arize_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// TestTimeouts tells apart whose patience ended, and when.
func TestTimeouts(t *testing.T) {
	patient := context.WithCancel
	deadline := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeoutCause(ctx, 10*time.Millisecond, errors.New("a cause of the caller's own"))
	}
	gone := func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancelCause(ctx)
		cancel(errors.New("a cause of the caller's own"))
		return ctx, func() {}
	}
	for name, test := range map[string]struct {
		caller  func(context.Context) (context.Context, context.CancelFunc)
		timeout time.Duration
		headers bool // the server sends headers and half a body before it falls silent
		want    reading
		is      error
	}{
		"no answer": {
			patient, 10 * time.Millisecond, false,
			reading{arize.ClassUnavailable, false, "no answer within 10ms"},
			context.DeadlineExceeded,
		},
		"half an answer": {
			patient, 50 * time.Millisecond, true,
			reading{arize.ClassUnavailable, false, "no complete answer within 50ms (HTTP 200)"},
			context.DeadlineExceeded,
		},
		"the caller's deadline": {
			deadline, time.Minute, false,
			reading{arize.ClassUnavailable, false, "no answer before the caller's deadline"},
			context.DeadlineExceeded,
		},
		"the caller gave up before": {
			gone, time.Minute, false,
			reading{arize.ClassCanceled, false, "canceled before the answer came"},
			context.Canceled,
		},
	} {
		t.Run(name, func(t *testing.T) {
			served := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the client left
				if test.headers {
					_, _ = io.WriteString(w, `{"id":"r1",`)
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			}))
			client := mustNew(t, arize.Options{BaseURL: served.BaseURL(), Timeout: test.timeout})
			ctx, cancel := test.caller(t.Context())
			defer cancel()
			_, err := client.Role(ctx, "r1")
			if diff := cmp.Diff(test.want, read(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if !errors.Is(err, test.is) {
				t.Errorf("%v is not %v", err, test.is)
			}
		})
	}
}
