package plan

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// world is an Arize account, the ArizeRoles that mean it, and an operator which does what plan says. Users edit both
// sides, answers get lost, requests arrive late, and the operator is killed wherever that hurts most.
type world struct {
	t      *testing.T
	random *rand.Rand
	calm   bool // nothing goes wrong any more
	now    time.Time
	began  time.Time // of the operator's process
	log    []string

	roles     map[string]arize.Role // what Arize has, by id
	strangers map[string]arize.Role // what of it is none of our business
	maker     map[string]string     // who created a role, by id
	late      []delayed

	objects []*object
	known   map[string]arize.Role // the inventory: the last list, and all answers since
	since   time.Time
	doubts  map[string]bool
}

// delayed is a request that arrives when its sender has given up, but no later than by.
type delayed struct {
	by     time.Time
	arrive func()
}

// object is one ArizeRole: the spec, the status, and what the operator remembers of it.
type object struct {
	claim      Claim // key, uid and age; the rest follows from the spec and the status
	desired    Desired
	generation int64
	deleting   bool
	gone       bool

	record   Record
	observed int64 // generation
	history  History
}

const inFlight = 30 * time.Second

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, random: rand.New(rand.NewPCG(seed, seed)), now: now, //nolint:gosec // the same every time
		roles: map[string]arize.Role{}, strangers: map[string]arize.Role{}, maker: map[string]string{}, doubts: map[string]bool{},
	}
	for _, name := range []string{"Stranger 1", "Stranger 2"} {
		role := arize.Role{ID: w.newID(), Name: name, Description: "A stranger's.", Permissions: []string{"SPACE_READ"}, CreatedAt: w.now}
		w.roles[role.ID], w.strangers[role.ID] = role, role
	}
	for i := range 5 {
		key := Key{"team", fmt.Sprintf("role-%d", i)}
		w.objects = append(w.objects, &object{
			claim:   Claim{Key: key, UID: "uid " + key.Name, Created: w.now.Add(time.Duration(w.random.IntN(3)) * time.Second), SameAccount: true},
			desired: NewDesired(fmt.Sprintf("Name %d", i), "Made for "+key.Name, []string{"DATASET_READ"}), generation: 1,
		})
	}
	w.sweep()
	return w
}

func (w *world) newID() string { return fmt.Sprintf("r%d", len(w.maker)+len(w.strangers)) }

func (w *world) anyone() *object { return w.objects[w.random.IntN(len(w.objects))] }

func (w *world) trouble(oneIn int) bool { return !w.calm && w.random.IntN(oneIn) == 0 }

func (w *world) note(format string, args ...any) {
	w.log = append(w.log, w.now.Format(time.TimeOnly)+" "+fmt.Sprintf(format, args...))
}

func (w *world) fail(format string, args ...any) {
	for _, line := range w.log[max(len(w.log)-60, 0):] {
		w.t.Log(line)
	}
	w.t.Fatalf(format, args...)
}

// sweep lists the account.
func (w *world) sweep() { w.known, w.since, w.doubts = maps.Clone(w.roles), w.now, map[string]bool{} }

// restart forgets all that was not written down.
func (w *world) restart() {
	w.note("restart")
	for _, o := range w.objects {
		o.history = History{}
	}
	w.began = w.now
	w.sweep()
}

// elapse lets time pass, and requests arrive whose sender has given up.
func (w *world) elapse(d time.Duration) {
	w.now = w.now.Add(d)
	var still []delayed
	for _, request := range w.late {
		if w.now.After(request.by) || w.trouble(4) {
			request.arrive()
		} else {
			still = append(still, request)
		}
	}
	w.late = still
}

func (w *world) taken(name, except string) bool {
	for id, role := range w.roles {
		if role.Name == name && id != except {
			return true
		}
	}
	return false
}

func (w *world) post(o *object, spec arize.RoleSpec) (*arize.Role, error) {
	if w.taken(spec.Name, "") {
		return nil, status(409)
	}
	role := arize.Role{ID: w.newID(), Name: spec.Name, Description: spec.Description, Permissions: spec.Permissions, CreatedAt: w.now}
	w.roles[role.ID], w.maker[role.ID] = role, o.claim.UID
	for id, uid := range w.maker {
		if _, exists := w.roles[id]; exists && uid == o.claim.UID && id != role.ID {
			w.fail("two roles for %s: %s and %s", o.claim.Key, id, role.ID)
		}
	}
	return &role, nil
}

func (w *world) patch(id string, p arize.RolePatch) (*arize.Role, error) {
	role, exists := w.roles[id]
	if !exists {
		return nil, status(404)
	}
	if role = apply(role, p); w.taken(role.Name, id) {
		return nil, status(409)
	}
	w.roles[id] = role
	return &role, nil
}

func (w *world) remove(id string) (*arize.Role, error) {
	if _, exists := w.roles[id]; !exists {
		return nil, status(404)
	}
	delete(w.roles, id)
	return nil, nil
}

// send is one request, of which anything may get lost.
func (w *world) send(request func() (*arize.Role, error)) (*arize.Role, error) {
	switch fate := w.random.IntN(8); {
	case w.calm:
		return request()
	case fate == 0: // the answer is lost
		_, _ = request()
		return nil, context.DeadlineExceeded
	case fate == 1: // the request is lost
		return nil, context.DeadlineExceeded
	case fate == 2: // the request arrives later than anybody waits
		w.late = append(w.late, delayed{w.now.Add(inFlight - time.Second), func() { _, _ = request() }})
		return nil, context.DeadlineExceeded
	case fate == 3: // there are too many requests, or the key has lost its rights for a while
		return nil, status([]int{429, 403}[w.random.IntN(2)])
	default:
		return request()
	}
}

func (w *world) claimOf(o *object) Claim {
	claim := o.claim
	claim.Name, claim.Active = o.desired.Name, !o.deleting
	if o.record.Owned() {
		claim.RoleID, claim.Carries = o.record.RoleID, true
	}
	if o.record.Pending != nil {
		claim.Pending, claim.Digest = o.record.Pending.Name, o.record.Pending.Digest
	}
	return claim
}

func (w *world) input(o *object) Input {
	s := scene{Input: Input{
		Now: w.now, Began: w.began, Self: w.claimOf(o), Deleting: o.deleting, Desired: o.desired, Record: o.record, InFlight: inFlight,
		Policy: Policy{Mode: Enforce, Adoption: AdoptIfIdentical}, History: o.history.For(o.generation),
	}}
	s.Record.Observed = o.observed == o.generation
	s.Observed.Since, s.Observed.Doubt = w.since, w.doubts[o.record.RoleID]
	for _, other := range w.objects {
		if other != o && !other.gone {
			s.Rivals = append(s.Rivals, w.claimOf(other))
		}
	}
	s.remote = slices.Collect(maps.Values(w.known))
	s.observe()
	return s.Input
}

// pass is one reconciliation.
func (w *world) pass(o *object) {
	in := w.input(o)
	step := Decide(in)
	w.note("%s %s %s %s: %s", o.claim.Key.Name, step.Verb, step.ID, step.Fields, step.Verdict.Message)
	w.elapse(time.Second + step.Again)
	if step.Verb == Wait {
		if step.Sweep {
			w.sweep()
		}
		return
	}
	out, killed := w.act(o, step)
	if killed || w.trouble(8) { // before the status was written
		w.restart()
		return
	}
	o.history = in.History.After(step, out, w.now)
	w.learn(step, out)
	w.report(o, step, out)
}

func (w *world) act(o *object, step Step) (out Outcome, killed bool) {
	if !step.Writes() {
		return Outcome{}, false
	}
	if step.Verb == Create {
		intent := &Pending{Name: step.Spec.Name, Start: w.now.Truncate(time.Second), Digest: step.Wanted.Digest()}
		if old := o.record.Pending; old != nil && old.Name == intent.Name && old.Digest == intent.Digest {
			intent.Start = old.Start
		}
		o.record.Pending = intent
		if w.trouble(8) {
			return Outcome{}, true
		}
	}
	return Did(w.send(func() (*arize.Role, error) {
		switch step.Verb {
		case Create:
			return w.post(o, step.Spec)
		case Update:
			return w.patch(step.ID, step.Patch)
		default:
			return w.remove(step.ID)
		}
	})), false
}

func (w *world) learn(step Step, out Outcome) {
	switch {
	case step.Verb == Delete && out.Gone():
		delete(w.known, step.ID)
	case out.Role != nil:
		w.known[out.Role.ID] = *out.Role
	case out.Sent && arize.ClassOf(out.Err) == arize.ClassNotFound:
		w.doubts[step.ID] = true
	}
}

// report writes the status, as the controller does.
func (w *world) report(o *object, step Step, out Outcome) {
	o.observed = o.generation
	o.gone = step.Verb == Release || step.Verb == Delete && out.Gone()
	switch {
	case out.Role != nil:
		o.record.RoleID, o.record.Origin = out.Role.ID, step.Origin
	case !out.Sent && !step.Unseen && step.ID != "" && step.Seen != nil:
		o.record.RoleID = step.ID
		if step.Verb == Adopt || step.Verb == Keep {
			o.record.Origin = step.Origin
		}
	}
	ended := step.Settled
	if step.Verb == Create {
		ended = out.Err == nil || out.Refused && !step.Repeat && arize.ClassOf(out.Err) != arize.ClassConflict
	}
	if ended {
		o.record.Pending = nil
	}
}

// editSpec is what users do in Kubernetes.
func (w *world) editSpec() {
	a, b := w.anyone(), w.anyone()
	switch w.random.IntN(4) {
	case 0:
		a.desired.Name, b.desired.Name = b.desired.Name, a.desired.Name
		b.generation++
	case 1:
		a.desired.Name = fmt.Sprintf("Name %d", w.random.IntN(7))
	case 2:
		a.desired.Permissions = []string{"DATASET_READ", fmt.Sprintf("KIND%d_READ", w.random.IntN(3))}
	default:
		a.desired.Name = "Stranger 1"
	}
	a.generation++
	w.note("spec of %s, perhaps %s: %v", a.claim.Key.Name, b.claim.Key.Name, a.desired)
}

// editRemote is what users do in Arize.
func (w *world) editRemote() {
	// Not those that nobody has on record yet: a role that was edited since it was created proves nothing.
	a, b := w.roles[w.anyone().record.RoleID], w.roles[w.anyone().record.RoleID]
	if a.ID == "" || b.ID == "" {
		return
	}
	switch w.random.IntN(4) {
	case 0:
		delete(w.roles, a.ID)
	case 1:
		a.Description = "Somebody was here."
		w.roles[a.ID] = a
	case 2:
		if a.Name = fmt.Sprintf("Name %d", w.random.IntN(7)); !w.taken(a.Name, "") {
			w.roles[a.ID] = a
		}
	default:
		if a.ID != b.ID {
			a.Name, b.Name = b.Name, a.Name
			w.roles[a.ID], w.roles[b.ID] = a, b
		}
	}
	w.note("somebody edits %s and %s", a.ID, b.ID)
}

// run gives every ArizeRole its turn, again and again, in any order.
func (w *world) run(passes int) {
	for range passes {
		w.elapse(time.Duration(w.random.IntN(20)) * time.Second)
		switch fate := w.random.IntN(60); {
		case w.calm:
		case fate < 5:
			w.editSpec()
		case fate < 10:
			w.editRemote()
		case fate < 13:
			w.restart()
		case fate < 21:
			w.sweep()
		}
		if o := w.anyone(); !o.gone {
			w.pass(o)
		}
		for id, before := range w.strangers {
			if drift := Diff(AsDesired(before), w.roles[id]); !drift.IsZero() {
				w.fail("a stranger's role was touched: %s", drift.Summary())
			}
		}
	}
}

// settle lets hours pass in peace.
func (w *world) settle() {
	w.calm = true
	for range 6 {
		w.elapse(20 * time.Minute)
		w.sweep()
		w.run(20)
	}
}

func TestManyRolesInTrouble(t *testing.T) {
	for seed := range uint64(500) {
		w := newWorld(t, seed)
		w.run(150)
		for i, position := range w.random.Perm(len(w.objects)) { // names that exclude nobody
			w.objects[i].desired.Name = fmt.Sprintf("Name %d", position)
			w.objects[i].generation++
		}
		w.settle()
		w.checkInSync(seed)
		w.calm = false
		w.run(w.random.IntN(60))
		for _, o := range w.objects {
			o.deleting = true
		}
		w.run(30)
		w.settle()
		if diff := cmp.Diff(w.roles, w.strangers); diff != "" {
			w.fail("seed %d: left in Arize after all was deleted (-got +want):\n%s", seed, diff)
		}
	}
}

func (w *world) checkInSync(seed uint64) {
	for _, o := range w.objects {
		if step := Decide(w.input(o)); step.Verdict.Reason != InSync {
			w.fail("seed %d: %s does not settle: %s %v", seed, o.claim.Key, step.Verb, step.Verdict)
		}
		if drift := Diff(o.desired, w.roles[o.record.RoleID]); !drift.IsZero() {
			w.fail("seed %d: %s is in sync, but %s", seed, o.claim.Key, drift.Summary())
		}
	}
}
