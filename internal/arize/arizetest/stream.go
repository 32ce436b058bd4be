package arizetest

import "sync"

// streamBuffer is what a socket would take before a write blocks.
const streamBuffer = 256 << 10

// stream is a pipe with a buffer, as a socket is: what fits is written although nobody reads yet.
type stream struct {
	mu      sync.Mutex
	change  sync.Cond
	buffer  []byte
	ended   error // set by the writer: what the reader gets after the buffer
	refused error // set by the reader: what both get from now on
}

func newStream() *stream {
	s := &stream{}
	s.change.L = &s.mu
	return s
}

func (s *stream) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for len(data) > 0 {
		for len(s.buffer) >= streamBuffer && s.refused == nil {
			s.change.Wait()
		}
		if s.refused != nil {
			return written, s.refused
		}
		n := min(len(data), streamBuffer-len(s.buffer))
		s.buffer = append(s.buffer, data[:n]...)
		data, written = data[n:], written+n
		s.change.Broadcast()
	}
	return written, nil
}

func (s *stream) Read(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.buffer) == 0 && s.ended == nil && s.refused == nil {
		s.change.Wait()
	}
	if s.refused != nil {
		return 0, s.refused
	}
	if len(s.buffer) == 0 {
		return 0, s.ended
	}
	n := copy(data, s.buffer)
	s.buffer = s.buffer[n:]
	s.change.Broadcast()
	return n, nil
}

// end is the writer's: nothing follows; io.EOF if that is as it should be.
func (s *stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = err
	s.change.Broadcast()
}

// refuse is the reader's: it takes no more.
func (s *stream) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		s.refused = err
	}
	s.change.Broadcast()
}
