package arizetest

import (
	"context"
	"slices"
)

// PausedRequest is a request that a fault of kind pause holds.
type PausedRequest struct {
	Request Request `json:"request"`
	Fault   int     `json:"fault"`
	Stage   Stage   `json:"stage"`
}

type pausedCall struct {
	info  PausedRequest
	entry *Request
	goOn  chan bool // false: close the connection
}

// pauseList holds the requests that wait. The server's lock guards it.
type pauseList struct {
	calls  []*pausedCall
	change chan struct{} // closed when a request joins; nil when nobody waits for that
}

// Paused returns the requests that are paused now, the longest first.
func (s *Server) Paused() []PausedRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paused.list()
}

func (l *pauseList) list() []PausedRequest {
	paused := []PausedRequest{}
	for _, p := range l.calls {
		info := p.info
		info.Request = p.entry.clone()
		paused = append(paused, info)
	}
	return paused
}

// AwaitPaused returns the paused requests as soon as there is one, or an empty list and the error when ctx ends.
func (s *Server) AwaitPaused(ctx context.Context) ([]PausedRequest, error) {
	for {
		s.mu.Lock()
		paused := s.paused.list()
		if s.paused.change == nil {
			s.paused.change = make(chan struct{})
		}
		change := s.paused.change
		s.mu.Unlock()
		if len(paused) > 0 {
			return paused, nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return paused, ctx.Err()
		}
	}
}

// Release lets the paused request with that sequence number go on. It returns false when it is not paused.
func (s *Server) Release(seq int64) bool { return s.resume(seq, true) }

// Drop closes the connection of the paused request with that sequence number; paused before the commit, it is never
// processed. It returns false when it is not paused.
func (s *Server) Drop(seq int64) bool { return s.resume(seq, false) }

// ReleaseAll lets all paused requests go on, and returns how many there were.
func (s *Server) ReleaseAll() int {
	paused := s.Paused()
	for _, p := range paused {
		s.Release(p.Request.Seq)
	}
	return len(paused)
}

func (s *Server) resume(seq int64, goOn bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.paused.calls {
		if p.entry.Seq == seq {
			s.paused.remove(p)
			p.goOn <- goOn // has room for one, and only who removed p sends
			return true
		}
	}
	return false
}

func (l *pauseList) remove(p *pausedCall) bool {
	before := len(l.calls)
	l.calls = slices.DeleteFunc(l.calls, func(other *pausedCall) bool { return other == p })
	return len(l.calls) < before
}

// pause blocks until the request is released, which returns true, or dropped or given up by its client.
func (s *Server) pause(ctx context.Context, c *call, f Fault) bool {
	p := &pausedCall{PausedRequest{Fault: f.ID, Stage: f.stage()}, c.entry, make(chan bool, 1)}
	s.mu.Lock()
	s.paused.calls = append(s.paused.calls, p)
	if s.paused.change != nil {
		close(s.paused.change)
		s.paused.change = nil
	}
	s.mu.Unlock()
	select {
	case goOn := <-p.goOn:
		return goOn
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.paused.remove(p) {
			return false
		}
		return <-p.goOn // released at the same moment
	}
}
