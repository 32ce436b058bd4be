package arizetest

import (
	"cmp"
	"slices"
	"time"
)

// Request is one request in the log. It holds no header, hence no key.
type Request struct {
	Seq     int64     `json:"seq"`               // 1, 2, ... in order of arrival; never reset
	Time    time.Time `json:"time"`              // of arrival
	Account string    `json:"account,omitempty"` // empty when the key is unknown
	Method  string    `json:"method"`
	Route   string    `json:"route"` // such as "PATCH /v2/roles/{role_id}"
	Path    string    `json:"path"`  // as it was sent, escaped
	Query   string    `json:"query,omitempty"`
	RoleID  string    `json:"role_id,omitempty"` // from the path, not escaped; of a create, that of the new role
	Body    string    `json:"body,omitempty"`
	// Status is what was answered: 0 while the request is under way, and for ever when it was never processed.
	Status int `json:"status"`
	// Lost: the client did not get the whole answer.
	Lost bool `json:"lost,omitempty"`
	// Mutated: the request changed the state, whatever was answered.
	Mutated bool `json:"mutated,omitempty"`
	// Faults are the kinds of the faults that hit.
	Faults []FaultKind `json:"faults,omitempty"`
	// Over: the request is no longer under way.
	Over bool `json:"over"`
}

// Count says how many requests of one route got one status since the log was reset.
type Count struct {
	Route    string `json:"route"`
	Status   int    `json:"status"` // 0: under way, or never processed
	Requests int    `json:"requests"`
	Mutated  int    `json:"mutated"`
	Lost     int    `json:"lost"`
}

// Filter chooses requests of the log.
type Filter func(Request) bool

// ByRoute chooses one route, such as "GET /v2/roles".
func ByRoute(route string) Filter { return func(r Request) bool { return r.Route == route } }

// ByAccount chooses the requests of one account; "" those whose key was unknown.
func ByAccount(name string) Filter { return func(r Request) bool { return r.Account == name } }

// ByRole chooses the requests about one role: those with its id in the path, and the one that created it.
func ByRole(id string) Filter { return func(r Request) bool { return r.RoleID == id } }

// After chooses the requests that arrived after the one with that sequence number.
func After(seq int64) Filter { return func(r Request) bool { return r.Seq > seq } }

// Mutations chooses the requests that changed the state.
func Mutations(r Request) bool { return r.Mutated }

// Requests returns the requests that every filter chooses, in order of arrival.
func (s *Server) Requests(filters ...Filter) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Request{}
	for _, entry := range s.log.newest() {
		if !slices.ContainsFunc(filters, func(chosen Filter) bool { return !chosen(*entry) }) {
			found = append(found, entry.clone())
		}
	}
	return found
}

// Count returns how many requests of a route, such as "POST /v2/roles", arrived since the log was reset.
func (s *Server) Count(route string) int {
	total := 0
	for _, count := range s.Counts() {
		if count.Route == route {
			total += count.Requests
		}
	}
	return total
}

// Counts returns the requests by route and status since the log was reset, sorted. It forgets nothing, even when
// Options.LogLimit made the log forget.
func (s *Server) Counts() []Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := []Count{}
	for _, count := range s.log.counts {
		if count.Requests > 0 {
			counts = append(counts, *count)
		}
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Status, b.Status))
	})
	return counts
}

// ResetLog forgets all requests and counts; sequence numbers go on.
func (s *Server) ResetLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.entries, s.log.counts = nil, map[countKey]*Count{}
}

func (r *Request) clone() Request {
	c := *r
	c.Faults = slices.Clone(r.Faults)
	return c
}

type countKey struct {
	route  string
	status int
}

// requestLog keeps the newest requests and counts all. The server's lock guards it.
type requestLog struct {
	limit   int
	seq     int64
	entries []*Request
	counts  map[countKey]*Count
}

func newRequestLog(limit int) requestLog {
	return requestLog{limit: limit, counts: map[countKey]*Count{}}
}

// newest returns the entries that the limit allows: a few more may still be there.
func (l *requestLog) newest() []*Request {
	if l.limit > 0 && len(l.entries) > l.limit {
		return l.entries[len(l.entries)-l.limit:]
	}
	return l.entries
}

func (l *requestLog) add(r Request) *Request {
	l.seq++
	r.Seq = l.seq
	if l.limit > 0 && len(l.entries) >= 2*l.limit {
		l.entries = slices.Clone(l.newest()) // seldom, so cheap on average
	}
	l.entries = append(l.entries, &r)
	l.count(r.Route, 0).Requests++
	return &r
}

func (l *requestLog) count(route string, status int) *Count {
	key := countKey{route, status}
	if l.counts[key] == nil {
		l.counts[key] = &Count{Route: route, Status: status}
	}
	return l.counts[key]
}

// answered notes the status, before the answer is sent.
func (l *requestLog) answered(entry *Request, status int, lost bool) {
	entry.Status, entry.Lost = status, lost
	if underWay := l.count(entry.Route, 0); underWay.Requests > 0 { // else the log was reset meanwhile
		underWay.Requests--
	}
	count := l.count(entry.Route, status)
	count.Requests++
	if entry.Mutated {
		count.Mutated++
	}
	if lost {
		count.Lost++
	}
}

// over notes that nothing more will happen.
func (l *requestLog) over(entry *Request, lost bool) Request {
	if lost && !entry.Lost {
		entry.Lost = true
		l.count(entry.Route, entry.Status).Lost++
	}
	entry.Over = true
	return entry.clone()
}
