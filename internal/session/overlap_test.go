package session_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/session"
)

// A list of some pages has these points: before it, and of each page when it was asked
// for, when Arize made it, and when it came, which is also the time between two pages.
const (
	overlapPages  = 3
	overlapPoints = 3*overlapPages + 1
)

// overlap is a request that overlaps a list: at each of the list's points it may be
// sent, take effect, and be answered.
type overlap struct {
	*account

	sent, served, answered int
	limited                int // a page that is answered with a 429 first; zero: none

	id     string
	route  string
	call   func() // the request
	theirs func() // instead of sending it: what somebody else did before it
}

// TestSweepNeverUndoesNews plays all orders in which the points of one list and one
// request can come. From its answer on the request's news must be seen, whatever the
// list says.
func TestSweepNeverUndoesNews(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(o *overlap) (want string){
		"update": func(o *overlap) string {
			o.route = updateRole
			o.call = func() { o.update(o.id, "new") }
			return "new"
		},
		"delete": func(o *overlap) string {
			o.route = deleteRole
			o.call = func() { o.must(o.Delete(o.t.Context(), o.id)) }
			return "gone"
		},
		"create": func(o *overlap) string {
			o.id, o.route = "", createRole
			o.call = func() {
				role, err := o.Create(o.t.Context(), arize.RoleSpec{Name: "New", Description: "new", Permissions: []string{"PROJECT_READ"}})
				o.must(err)
				o.id = role.ID
			}
			return "new"
		},
		"read of what somebody else changed": func(o *overlap) string {
			o.route = getRole
			o.theirs = func() { o.describe(o.id, "new") }
			o.call = func() { o.must(o.Read(o.t.Context(), o.id)) }
			return "new"
		},
		"read of what somebody else created": func(o *overlap) string {
			o.route = getRole
			o.theirs = func() { o.id = o.add("New").ID }
			o.call = func() { o.must(o.Read(o.t.Context(), o.id)) }
			return ""
		},
	} {
		for page := 1; page <= overlapPages; page++ {
			if page > 1 && strings.Contains(name, "create") {
				continue // what is new is always on the first page
			}
			t.Run(name+", a role on page "+strconv.Itoa(page), func(t *testing.T) {
				t.Parallel()
				eachOrder(func(sent, served, answered int) {
					synctest.Test(t, func(t *testing.T) {
						o := newOverlap(t, page)
						o.sent, o.served, o.answered = sent, served, answered
						o.limited = 2 * ((sent + served + answered) % 2) // every other list meets a 429
						o.play(prepare(o))
					})
				})
			})
		}
	}
}

func eachOrder(play func(sent, served, answered int)) {
	for sent := range overlapPoints {
		for served := sent; served < overlapPoints; served++ {
			for answered := served; answered < overlapPoints; answered++ {
				play(sent, served, answered)
			}
		}
	}
}

// newOverlap is an account that was listed, with a budget for one page at a time, in
// which each request stops twice: before it takes effect, and before it is answered.
func newOverlap(t *testing.T, page int) *overlap {
	t.Helper()
	const size = 6
	a := newAccount(t, session.Limits{RequestsPerSecond: 1, Burst: 1})
	// One role may come and one may go, and it is still as many pages.
	custom := a.srv.SeedRoles(size*overlapPages - 1 - len(a.srv.Roles()))
	a.srv.ChangeSettings(func(s *arizetest.Settings) { s.PageCap = size })
	for swept := (session.Swept{}); !swept.Complete; a.pass(time.Second) {
		var err error
		swept, err = a.Sweep(t.Context(), session.Upkeep, believe)
		a.must(err)
	}
	for _, stage := range []arizetest.Stage{arizetest.BeforeCommit, arizetest.AfterCommit} {
		a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: stage})
	}
	// The newest come first; the predefined ones, which cannot be changed, last.
	return &overlap{account: a, id: custom[len(custom)-1-size*(page-1)].ID}
}

func (o *overlap) play(want string) {
	done := false
	for point := range overlapPoints {
		o.pass(time.Millisecond)
		if point > 0 {
			o.list(point)
		}
		if point == o.sent {
			o.send()
		}
		if point == o.served {
			o.serve()
		}
		if point == o.answered {
			o.goOn(o.route)
			done = true
		}
		if got := o.described(o.id); done && got != want {
			o.t.Fatalf("sent at %d, served at %d, answered at %d: at %d got %q, want %q", o.sent, o.served, o.answered, point, got, want)
		}
	}
	if swept := o.Observe("", "", ""); o.srv.Count(listRoles) < 2*overlapPages || !swept.Since.After(start.Add(time.Second)) {
		o.t.Fatalf("got %d pages and a list from %v: this is not how the list goes", o.srv.Count(listRoles), swept.Since)
	}
	if o.described(o.id) != "gone" {
		o.equal()
	}
}

// list lets the list come to its next point.
func (o *overlap) list(point int) {
	if point%3 != 1 {
		o.goOn(listRoles)
		return
	}
	o.pass(10 * time.Second)
	if o.limited == point/3+1 {
		fault := o.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, Route: "/v2/roles", Method: "GET"})
		o.start(func() { _, _ = o.Sweep(o.t.Context(), session.Upkeep, believe) })
		o.goOn(listRoles)
		o.srv.RemoveFault(fault)
		o.pass(10 * time.Second)
	}
	o.start(func() {
		_, err := o.Sweep(o.t.Context(), session.Upkeep, believe)
		o.must(err)
	})
}

// send sends the request, or does what it is to find.
func (o *overlap) send() {
	if o.theirs != nil {
		o.theirs()
		return
	}
	o.start(o.call)
}

func (o *overlap) serve() {
	if o.theirs != nil {
		o.start(o.call)
	}
	o.goOn(o.route)
}

// start lets something come to where its request stops.
func (o *overlap) start(do func()) {
	go do()
	synctest.Wait()
}

// goOn lets the request of a route that stopped go on.
func (o *overlap) goOn(route string) {
	for _, paused := range o.srv.Paused() {
		if paused.Request.Route == route {
			o.srv.Release(paused.Request.Seq)
			synctest.Wait()
			return
		}
	}
	o.t.Fatalf("sent at %d, served at %d, answered at %d: no %s is paused", o.sent, o.served, o.answered, route)
}
