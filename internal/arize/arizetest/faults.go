package arizetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// FaultKind says what goes wrong.
type FaultKind string

// The kinds of faults. Each has a natural stage, which Fault.Stage can override where both make sense.
const (
	// FaultStatus answers Status with a problem, or with Body. Before the commit, unless told otherwise.
	FaultStatus FaultKind = "status"
	// FaultHTML answers Status (502) with the page of a proxy. Before the commit, unless told otherwise.
	FaultHTML FaultKind = "html"
	// FaultRedirect answers Status (307) with Location. Before the commit, unless told otherwise.
	FaultRedirect FaultKind = "redirect"
	// FaultClose closes the connection without an answer. Before the commit, unless told otherwise; after it, this is
	// the lost answer. Mind that Go's own transport repeats a GET on its own when this hits a connection that it reused.
	FaultClose FaultKind = "close"
	// FaultHang gives no answer until the client gives up. Before the commit, unless told otherwise.
	FaultHang FaultKind = "hang"
	// FaultDelay lets Delay pass, then goes on. Before the commit, unless told otherwise.
	FaultDelay FaultKind = "delay"
	// FaultPause stops the request until it is released (see [Server.Release]). Before the commit, unless told otherwise.
	FaultPause FaultKind = "pause"
	// FaultHook does nothing but call Hook. Before the commit, unless told otherwise.
	FaultHook FaultKind = "hook"

	// FaultEmpty sends the true status without a body. After the commit, as the kinds below.
	FaultEmpty FaultKind = "empty"
	// FaultCut sends half of the body, as if it were all: well-formed HTTP, broken JSON.
	FaultCut FaultKind = "cut"
	// FaultCutConnection sends half of the body, then closes the connection.
	FaultCutConnection FaultKind = "cut-connection"
	// FaultHuge sends, with the true status, a JSON body of Size bytes (10 MiB) that never closes.
	FaultHuge FaultKind = "huge"
	// FaultSlowBody sends the body in pieces of a few bytes, with Delay between them.
	FaultSlowBody FaultKind = "slow-body"
	// FaultContentType sends the true answer as ContentType (text/plain).
	FaultContentType FaultKind = "content-type"
	// FaultGarbage sends, with the true status, Body (or something that is no JSON at all).
	FaultGarbage FaultKind = "garbage"
)

// Stage says when a fault strikes: the commit is when the operation takes effect.
type Stage string

// The stages.
const (
	NaturalStage Stage = ""
	BeforeCommit Stage = "before-commit"
	AfterCommit  Stage = "after-commit"
)

// stages are the kinds and their natural stages.
var stages = map[FaultKind]Stage{
	FaultStatus: BeforeCommit, FaultHTML: BeforeCommit, FaultRedirect: BeforeCommit, FaultClose: BeforeCommit,
	FaultHang: BeforeCommit, FaultDelay: BeforeCommit, FaultPause: BeforeCommit, FaultHook: BeforeCommit,
	FaultEmpty: AfterCommit, FaultCut: AfterCommit, FaultCutConnection: AfterCommit, FaultHuge: AfterCommit,
	FaultSlowBody: AfterCommit, FaultContentType: AfterCommit, FaultGarbage: AfterCommit,
}

// Fault is something that goes wrong with some requests. Faults hit requests with a good key that are within the rate
// limit, in the order in which they were added; all that match apply, until one has ended the request.
type Fault struct {
	// ID is given by AddFault.
	ID int `json:"id,omitempty"`

	// Account, Method, Route and Role choose requests; what is empty matches all. Route is a path of the API, such as
	// "/v2/roles/{role_id}". Role is the name of a role: the one that the path's id belongs to when the request arrives,
	// or the one in the body.
	Account string `json:"account,omitempty"`
	Method  string `json:"method,omitempty"`
	Route   string `json:"route,omitempty"`
	Role    string `json:"role,omitempty"`
	// Nth, above 0, chooses only the nth request that matches the fields above, counted from 1.
	Nth int `json:"nth,omitempty"`
	// Probability, above 0, is the chance of a request to be hit.
	Probability float64 `json:"probability,omitempty"`
	// Times, above 0, is how often the fault strikes before it is spent.
	Times int `json:"times,omitempty"`

	Kind  FaultKind `json:"kind"`
	Stage Stage     `json:"stage,omitempty"`
	// Detached: a delay or a pause goes on, and the request is processed, although the client has given up.
	Detached bool `json:"detached,omitempty"`

	Status      int           `json:"status,omitempty"`
	Detail      string        `json:"detail,omitempty"`
	ErrorCode   string        `json:"error_code,omitempty"`
	RetryAfter  string        `json:"retry_after,omitempty"` // the header, as it is to be sent
	Body        string        `json:"body,omitempty"`
	ContentType string        `json:"content_type,omitempty"`
	Location    string        `json:"location,omitempty"`
	Delay       time.Duration `json:"delay,omitempty"`
	Size        int           `json:"size,omitempty"`

	// Hook is called when the fault strikes, at its stage and before its effect, without any lock held.
	Hook func(Request) `json:"-"`

	// Matched and Hit say how many requests the fault matched and hit so far.
	Matched int `json:"matched"`
	Hits    int `json:"hits"`
}

func (f Fault) check() error {
	natural, known := stages[f.Kind]
	switch {
	case !known:
		return fmt.Errorf("there is no fault of kind %q", f.Kind)
	case f.Stage != NaturalStage && f.Stage != BeforeCommit && f.Stage != AfterCommit:
		return fmt.Errorf("there is no stage %q: it is %s or %s", f.Stage, BeforeCommit, AfterCommit)
	case natural == AfterCommit && f.Stage == BeforeCommit:
		return fmt.Errorf("a fault of kind %q bends an answer, so it can't strike before the commit", f.Kind)
	}
	return f.checkNumbers()
}

func (f Fault) checkNumbers() error {
	switch {
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Errorf("a probability of %v is not between 0 and 1", f.Probability)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("%d is not a status to answer", f.Status)
	case min(f.Nth, f.Times, f.Size) < 0 || f.Delay < 0:
		return errors.New("nth, times, size and delay can't be negative")
	}
	return nil
}

func (f Fault) stage() Stage { return cmp.Or(f.Stage, stages[f.Kind]) }

type faultList struct {
	lastID int
	faults []*Fault
}

// AddFault adds a fault and returns its id. It panics when the fault makes no sense, since a test that adds it is wrong.
func (s *Server) AddFault(f Fault) int {
	added, err := s.tryAddFault(f)
	if err != nil {
		panic(err)
	}
	return added.ID
}

func (s *Server) tryAddFault(f Fault) (Fault, error) {
	if err := f.check(); err != nil {
		return Fault{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.lastID++
	f.ID, f.Matched, f.Hits = s.faults.lastID, 0, 0
	s.faults.faults = append(s.faults.faults, &f)
	return f, nil
}

// Faults returns copies of all faults, with their counts; spent ones too.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := []Fault{}
	for _, f := range s.faults.faults {
		faults = append(faults, *f)
	}
	return faults
}

// RemoveFault removes one fault. It returns false when there is none with that id.
func (s *Server) RemoveFault(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults.faults)
	s.faults.faults = slices.DeleteFunc(s.faults.faults, func(f *Fault) bool { return f.ID == id })
	return len(s.faults.faults) < before
}

// ClearFaults removes all faults. Requests that are paused or delayed stay so.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.faults = nil
}

// hits returns copies of the faults that hit a request, and counts.
func (s *Server) hits(c *call) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit []Fault
	for _, f := range s.faults.faults {
		if !c.matches(f) {
			continue
		}
		f.Matched++
		if f.Times > 0 && f.Hits >= f.Times || f.Nth > 0 && f.Matched != f.Nth {
			continue
		}
		if f.Probability > 0 && s.random.Float64() >= f.Probability {
			continue
		}
		f.Hits++
		c.entry.Faults = append(c.entry.Faults, f.Kind)
		hit = append(hit, *f)
	}
	return hit
}

// matches compares the fields that choose requests. The lock is held.
func (c *call) matches(f *Fault) bool {
	return (f.Account == "" || c.account != nil && f.Account == c.account.name) &&
		(f.Method == "" || f.Method == c.route.method) &&
		(f.Route == "" || f.Route == c.route.path) &&
		(f.Role == "" || slices.Contains(c.roleNames(), f.Role))
}

// roleNames returns the names of the role that a request is about: by the id in its path, and by its body.
func (c *call) roleNames() []string {
	var names []string
	if c.account != nil {
		if record, found := c.account.roles[c.request.PathValue("role_id")]; found {
			names = append(names, record.Name)
		}
	}
	var body struct{ Name string }
	if c.request.Method != http.MethodGet && json.Unmarshal(c.body, &body) == nil && body.Name != "" {
		names = append(names, body.Name)
	}
	return names
}

type plainFault Fault // without methods

type faultJSON struct {
	*plainFault
	Delay text `json:"delay,omitempty"`
}

// MarshalJSON writes the delay as text.
func (f Fault) MarshalJSON() ([]byte, error) {
	plain := plainFault(f)
	return json.Marshal(faultJSON{&plain, text(f.Delay)})
}

// UnmarshalJSON refuses what it does not know.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var plain plainFault
	out := faultJSON{plainFault: &plain}
	if err := strictly(data, &out); err != nil {
		return err
	}
	*f = Fault(plain)
	f.Delay = time.Duration(out.Delay)
	return nil
}
