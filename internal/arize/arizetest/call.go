package arizetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// maxBody bounds what a client may send.
const maxBody = 1 << 20

// call is one request on its way through the server.
type call struct {
	request *http.Request
	route   route
	entry   *Request // in the log; guarded by the server's lock
	id      string   // request_id
	query   url.Values
	body    []byte
	account *Account // nil until the key is known
}

// handle takes one request through arrival, processing and answer.
func (s *Server) handle(w http.ResponseWriter, r *http.Request, rt route) {
	body, bodyErr := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	c := s.arrive(r, rt, body)
	var a answer
	if _, tooLarge := errors.AsType[*http.MaxBytesError](bodyErr); tooLarge {
		a = unreadable("the body is larger than %d bytes", maxBody).answer()
	} else if bodyErr != nil {
		a = gone(answer{}) // the client went away while it was sending
	} else {
		a = s.process(r.Context(), c)
	}
	a = a.seal(c.id)
	// The log is complete before the client can know the answer.
	s.answered(c, a)
	// A client that is gone already would not be noticed while the answer fits into a buffer.
	lost := a.lost || r.Context().Err() != nil || a.write(r.Context(), w) != nil
	s.over(c, lost)
	if lost {
		panic(http.ErrAbortHandler) // closes the connection, without a word in any log
	}
}

// gone marks an answer that can't be delivered.
func gone(a answer) answer {
	a.lost = true
	return a
}

// process returns the answer to a request that was read.
func (s *Server) process(ctx context.Context, c *call) answer {
	if !wait(ctx, s.latency()) {
		return gone(answer{})
	}
	if a, refused := s.admit(c); refused {
		return a
	}
	faults := s.hits(c)
	for _, f := range faults {
		if a, over := s.before(ctx, c, f); over {
			return a
		}
	}
	a := s.commit(c)
	for _, f := range faults {
		a = s.after(ctx, c, f, a)
		if a.lost {
			break
		}
	}
	return a
}

// commit runs the operation itself, and keeps what it changed.
func (s *Server) commit(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := c.route.serve(s, c)
	if a.mutated {
		s.changed()
		c.entry.Mutated = true
	}
	return a
}

func (s *Server) latency() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	latency := s.settings.Latency
	if jitter := s.settings.LatencyJitter; jitter > 0 {
		latency += time.Duration(s.random.Int64N(int64(jitter) + 1))
	}
	return latency
}

// admit refuses unknown keys and accounts that ask too often. Paths and methods that do not exist are told to anyone.
func (s *Server) admit(c *call) (answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	account, known := s.accountOf(c.request.Header)
	if c.route.path == UnknownRoute {
		return answer{}, false
	}
	if !known {
		return refuse(http.StatusUnauthorized, "unauthorized", "the API key is missing, expired or revoked"), true
	}
	c.account = account
	c.entry.Account = account.name
	if pause := account.bucket.take(s.opts.Now(), s.settings); pause > 0 {
		return s.throttled(pause), true
	}
	return answer{}, false
}

func (s *Server) arrive(r *http.Request, rt route, body []byte) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{request: r, route: rt, body: body, query: r.URL.Query()}
	c.id = fmt.Sprintf("req_%016x", s.random.Uint64())
	c.entry = s.log.add(Request{
		Time: s.opts.Now().UTC(), Method: r.Method, Route: rt.name(), Path: r.URL.EscapedPath(), Query: r.URL.RawQuery,
		RoleID: r.PathValue("role_id"), Body: string(body),
	})
	return c
}

func (s *Server) answered(c *call, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.answered(c.entry, a.status, a.lost)
}

// over closes the log's entry, which may learn only now that the client did not get the answer.
func (s *Server) over(c *call, lost bool) {
	s.mu.Lock()
	request := s.log.over(c.entry, lost)
	s.mu.Unlock()
	if s.opts.OnRequest != nil {
		s.opts.OnRequest(request)
	}
}
