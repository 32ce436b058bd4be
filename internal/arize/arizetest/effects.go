package arizetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"time"
)

// before applies a fault to a request that is not processed yet. It returns true when the request ends here.
func (s *Server) before(ctx context.Context, c *call, f Fault) (answer, bool) {
	if f.stage() != BeforeCommit {
		return answer{}, false
	}
	s.callHook(c, f)
	switch f.Kind {
	case FaultStatus, FaultHTML, FaultRedirect:
		return f.instead(), true
	case FaultClose:
		return gone(answer{}), true
	default:
		if !s.hold(ctx, c, f) {
			return gone(answer{}), true
		}
		return answer{}, false
	}
}

// after applies a fault to an answer that the client does not have yet.
func (s *Server) after(ctx context.Context, c *call, f Fault, a answer) answer {
	if f.stage() != AfterCommit {
		return a
	}
	s.callHook(c, f)
	switch f.Kind {
	case FaultStatus, FaultHTML, FaultRedirect:
		return f.instead()
	case FaultClose:
		return gone(a)
	case FaultHang, FaultDelay, FaultPause, FaultHook:
		if !s.hold(ctx, c, f) {
			return gone(a)
		}
		return a
	default:
		return f.bend(a.seal(c.id))
	}
}

func (s *Server) callHook(c *call, f Fault) {
	if f.Hook == nil {
		return
	}
	s.mu.Lock()
	request := c.entry.clone()
	s.mu.Unlock()
	f.Hook(request)
}

// hold keeps a request waiting, and returns false when its connection is to be closed.
func (s *Server) hold(ctx context.Context, c *call, f Fault) bool {
	if f.Detached && f.Kind != FaultHang {
		ctx = context.WithoutCancel(ctx)
	}
	switch f.Kind {
	case FaultHang:
		<-ctx.Done()
		return false
	case FaultDelay:
		return wait(ctx, f.Delay)
	case FaultPause:
		return s.pause(ctx, c, f)
	default:
		return true
	}
}

// instead is the answer of a fault that takes the place of the true one.
func (f Fault) instead() answer {
	var a answer
	switch f.Kind {
	case FaultHTML:
		a = answer{status: http.StatusBadGateway, header: http.Header{"Content-Type": {"text/html"}}, body: []byte(proxyPage)}
	case FaultRedirect:
		a = answer{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {f.Location}}}
	default:
		status := cmp.Or(f.Status, http.StatusServiceUnavailable)
		a = refuse(status, cmp.Or(f.ErrorCode, "injected"), "%s", cmp.Or(f.Detail, "an injected fault"))
	}
	a.status = cmp.Or(f.Status, a.status)
	if f.RetryAfter != "" {
		a.header.Set("Retry-After", f.RetryAfter)
	}
	if f.Body != "" {
		a.body, a.problem = []byte(f.Body), nil
	}
	if f.ContentType != "" {
		a.header.Set("Content-Type", f.ContentType)
	}
	return a
}

const proxyPage = `<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>some proxy</center></body></html>
`

// bend changes how the true answer is sent.
func (f Fault) bend(a answer) answer {
	switch f.Kind {
	case FaultEmpty:
		a.body = nil
	case FaultCut:
		a.body = a.body[:len(a.body)/2]
	case FaultCutConnection:
		a.send = sendHalf
	case FaultHuge:
		a.send = sendHuge(cmp.Or(f.Size, 10<<20))
	case FaultSlowBody:
		a.send = sendSlowly(f.Delay)
	case FaultContentType:
		header := http.Header{} // an answer without a body has none
		maps.Copy(header, a.header)
		a.header = header
		a.header.Set("Content-Type", cmp.Or(f.ContentType, "text/plain"))
	case FaultGarbage:
		a.body = []byte(cmp.Or(f.Body, "\x00\x01 this is not JSON ]}"))
	default: // the other kinds leave the true answer as it is
	}
	return a
}

var errCut = errors.New("cut on purpose")

// sendHalf announces the whole body and sends half of it.
func sendHalf(_ context.Context, w http.ResponseWriter, a answer) error {
	a.writeHead(w, len(a.body))
	if _, err := w.Write(a.body[:len(a.body)/2]); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		return err
	}
	return errCut
}

// sendHuge sends size bytes of a JSON text that never ends, a piece at a time.
func sendHuge(size int) func(context.Context, http.ResponseWriter, answer) error {
	return func(ctx context.Context, w http.ResponseWriter, a answer) error {
		a.writeHead(w, -1)
		piece := []byte(`{"detail":"` + strings.Repeat("x", 64<<10))
		for size > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := w.Write(piece[:min(size, len(piece))])
			if err != nil {
				return err
			}
			size -= n
			piece = bytes.TrimPrefix(piece, []byte(`{"detail":"`))
		}
		return nil
	}
}

// sendSlowly sends the body in pieces.
func sendSlowly(delay time.Duration) func(context.Context, http.ResponseWriter, answer) error {
	const size = 16
	return func(ctx context.Context, w http.ResponseWriter, a answer) error {
		a.writeHead(w, len(a.body))
		for body := a.body; len(body) > 0; {
			if !wait(ctx, delay) {
				return ctx.Err()
			}
			n := min(size, len(body))
			if _, err := w.Write(body[:n]); err != nil {
				return err
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				return err
			}
			body = body[n:]
		}
		return nil
	}
}
