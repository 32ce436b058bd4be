package session

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// TestInventoryNeverShowsWhatIsOlderThanWhatItLearned plays the model with random
// decisions; FuzzInventory with those of the fuzzer.
func TestInventoryNeverShowsWhatIsOlderThanWhatItLearned(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], seed)
		decisions := make([]byte, 700)
		if _, err := rand.NewChaCha8(key).Read(decisions); err != nil {
			t.Fatal(err)
		}
		playModel(t, decisions[2*int(decisions[0]):])
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzInventory(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1, 0, 0, 2, 2, 0, 1, 1, 5, 0, 9, 9, 2, 2, 2, 2, 7, 1, 3, 3, 3, 3})
	f.Fuzz(playModel)
}

// model is an account in Arize, the inventory of it, and the requests between the
// two. Each is sent, takes effect, and is answered in steps of their own, between
// which anything may happen. The model knows the whole truth: every change in Arize
// has a revision, which a role carries in its description.
type model struct {
	t         *testing.T
	decisions []byte
	trace     []string

	// clocked: Arize dates its changes, and answers may be late. Else it does not, and
	// all answers but the pages of a list come at once: for requests that crossed there
	// would be no telling.
	clocked bool

	revision int
	roles    map[string]arize.Role // by id
	removed  map[string]int        // the revision of each deletion
	order    []string              // ids, from the oldest to the newest

	inventory inventory
	requests  []*request
	list      *list
	listed    map[string]int // what the pages of the list showed, by id
	position  int            // of the list, in order
	born      int            // how many roles there had been when the list's first page was served

	learned map[string]lesson // the newest that any answer taught, by id
	doubted map[string]uint64
	shown   map[string]arize.Role // after the last list; without what we wrote ourselves since
}

// lesson is what an answer taught about a role.
type lesson struct {
	revision int
	gone     bool
	moment   uint64 // it says nothing about what was asked for later
	existed  uint64 // a list that began before may miss the role
}

// request is a request under way.
type request struct {
	what   string
	id     string
	sent   uint64
	served bool
	role   arize.Role // as it was when it was served
	found  bool
	page   []arize.Role
	last   bool
}

func playModel(t *testing.T, decisions []byte) {
	m := &model{
		t: t, decisions: decisions[:min(len(decisions), 1000)], roles: map[string]arize.Role{}, removed: map[string]int{}, inventory: newInventory(),
		learned: map[string]lesson{}, doubted: map[string]uint64{}, shown: map[string]arize.Role{},
	}
	m.clocked = m.choose(4) > 0
	for range m.choose(6) {
		m.happen()
	}
	for len(m.decisions) > 0 && !t.Failed() {
		m.step()
		m.check()
	}
	m.settle()
	if t.Failed() {
		t.Log("\n" + fmt.Sprintln(m.trace))
	}
}

func (m *model) choose(n int) int {
	if len(m.decisions) == 0 {
		return 0
	}
	chosen := int(m.decisions[0]) % n
	m.decisions = m.decisions[1:]
	return chosen
}

func (m *model) note(format string, args ...any) {
	m.trace = append(m.trace, fmt.Sprintf(format, args...)+"\n")
}

func (m *model) step() {
	switch m.choose(8) {
	case 0:
		m.happen()
	case 1, 2:
		m.sweep()
	case 3:
		m.send()
	default:
		m.proceed()
	}
}

// happen is a change in Arize by somebody else.
func (m *model) happen() {
	ids := slices.Sorted(maps.Keys(m.roles))
	switch what := m.choose(5); {
	case what == 0 || len(ids) == 0:
		m.create()
	case what == 1:
		// Who created a role learns of it at last, even if a list that crossed the creation misses it; so what is
		// deleted before that is shown once more, until the next list.
		if id := ids[m.choose(len(ids))]; !m.beingCreated(id) {
			m.remove(id)
		}
	case what == 2 && len(ids) > 1: // two exchange their names
		a, b := m.roles[ids[m.choose(len(ids))]], m.roles[ids[m.choose(len(ids))]]
		if a.ID != b.ID {
			a.Name, b.Name = b.Name, a.Name
			m.store(a)
			m.store(b)
		}
	default:
		m.change(ids[m.choose(len(ids))])
	}
}

func (m *model) create() arize.Role {
	role := arize.Role{ID: "id" + strconv.Itoa(len(m.order)), Name: m.freeName("")}
	m.order = append(m.order, role.ID)
	return m.store(role)
}

// change renames a role, where there is a name, or changes something else.
func (m *model) change(id string) arize.Role {
	role := m.roles[id]
	if m.choose(2) == 0 {
		role.Name = m.freeName(role.Name)
	} else {
		role.Permissions = []string{"P_" + strconv.Itoa(m.choose(3))}
	}
	return m.store(role)
}

func (m *model) store(role arize.Role) arize.Role {
	m.revision++
	role.Description = strconv.Itoa(m.revision)
	if m.clocked {
		role.UpdatedAt = epoch.Add(time.Duration(m.revision) * sec)
	}
	m.roles[role.ID] = role
	m.note("  arize: %s is %q at revision %d", role.ID, role.Name, m.revision)
	return role
}

func (m *model) remove(id string) {
	m.revision++
	delete(m.roles, id)
	m.removed[id] = m.revision
	m.note("  arize: %s is deleted at revision %d", id, m.revision)
}

// freeName is one of a few names, so that they are given again often.
func (m *model) freeName(instead string) string {
	taken := map[string]bool{}
	for _, role := range m.roles {
		taken[role.Name] = true
	}
	for i := m.choose(4); ; i++ {
		if name := "name" + strconv.Itoa(i); !taken[name] || name == instead {
			return name
		}
	}
}

// send sends a request about one role.
func (m *model) send() {
	r := &request{what: []string{"create", "update", "delete", "read"}[m.choose(4)]}
	if r.what != "create" {
		// Of an id that nobody could know yet nothing can be asked.
		if len(m.order) == 0 {
			return
		}
		r.id = m.order[m.choose(len(m.order))]
		if m.beingCreated(r.id) {
			return
		}
	}
	r.sent = m.inventory.tick()
	m.note("sent %d: %s %s", r.sent, r.what, r.id)
	m.requests = append(m.requests, r)
	if !m.clocked {
		m.serve(r)
		m.answer(r)
	}
}

func (m *model) beingCreated(id string) bool {
	return slices.ContainsFunc(m.requests, func(r *request) bool { return r.id == id && r.what == "create" })
}

// sweep goes on with the list, or begins one.
func (m *model) sweep() {
	if slices.ContainsFunc(m.requests, func(r *request) bool { return r.what == "page" }) {
		return
	}
	if m.list == nil {
		m.list = m.inventory.begin(epoch)
		m.listed, m.position = map[string]int{}, -1
	} else {
		m.list.sent = m.inventory.tick()
	}
	r := &request{what: "page", sent: m.list.sent}
	m.note("sent %d: page of the list of %d", r.sent, m.list.moment)
	m.requests = append(m.requests, r)
	if !m.clocked {
		m.serve(r)
	}
}

// proceed lets a request take effect, or its answer arrive or be lost.
func (m *model) proceed() {
	if len(m.requests) == 0 {
		m.sweep()
		return
	}
	r := m.requests[m.choose(len(m.requests))]
	switch {
	case !r.served:
		m.serve(r)
	case m.choose(12) == 11:
		m.lose(r)
	default:
		m.answer(r)
	}
}

func (m *model) serve(r *request) {
	r.served = true
	switch r.what {
	case "create":
		r.role, r.found = m.create(), true
		r.id = r.role.ID
	case "page":
		m.servePage(r)
	default:
		if r.role, r.found = m.roles[r.id]; !r.found {
			break
		}
		switch r.what {
		case "update":
			r.role = m.change(r.id)
		case "delete":
			m.remove(r.id)
		}
	}
	m.note("served %d: %s", r.sent, r.what)
}

// servePage lists from the newest to the oldest. Some pages are empty, and some
// repeat the end of the page before.
func (m *model) servePage(r *request) {
	if m.position < 0 {
		m.position, m.born = len(m.order), len(m.order)
	}
	size := m.choose(4)
	if m.position < len(m.order) && m.choose(6) == 5 {
		m.position++
	}
	for ; size > 0 && m.position > 0; m.position-- {
		if role, exists := m.roles[m.order[m.position-1]]; exists {
			r.page = append(r.page, role)
			size--
		}
	}
	r.last = m.position == 0
}

func (m *model) lose(r *request) {
	m.note("lost %d: %s", r.sent, r.what)
	m.requests = slices.DeleteFunc(m.requests, func(other *request) bool { return other == r })
	if r.what == "page" {
		m.list = nil
	}
}

func (m *model) answer(r *request) {
	m.note("answered %d: %s %s %v %q revision %s", r.sent, r.what, r.id, r.found, r.role.Name, r.role.Description)
	m.requests = slices.DeleteFunc(m.requests, func(other *request) bool { return other == r })
	switch {
	case r.what == "page":
		m.answerPage(r)
	case r.what == "delete":
		m.inventory.forget(r.id)
		delete(m.doubted, r.id)
		delete(m.shown, r.id)
		m.teach(r.id, lesson{revision: m.removed[r.id], gone: true, moment: m.inventory.clock})
	case !r.found:
		m.inventory.doubt(r.id)
		m.doubted[r.id] = m.inventory.clock
	default:
		m.answerRole(r)
	}
}

func (m *model) answerRole(r *request) {
	sources := map[string]source{"create": created, "update": updated, "read": read}
	m.inventory.learn(r.role, r.sent, sources[r.what])
	if r.sent > m.doubted[r.id] {
		delete(m.doubted, r.id)
	}
	if l := m.learned[r.id]; l.gone && l.moment < r.sent {
		// The list that missed it proves nothing: the role may have been created after that began.
		m.learned[r.id] = lesson{existed: l.existed}
	}
	existed := r.sent
	if _, known := m.learned[r.id]; r.what == "create" && !known {
		existed = m.inventory.clock // it came to exist at some moment before
	}
	m.teach(r.id, lesson{revision: revisionOf(r.role), existed: existed})
	if now := m.inventory.role(r.id); r.what != "read" && now != nil {
		m.shown[r.id] = *now
	}
}

func (m *model) answerPage(r *request) {
	m.inventory.take(m.list, r.page)
	for _, role := range r.page {
		m.listed[role.ID] = revisionOf(role)
	}
	if !r.last {
		return
	}
	changes := m.inventory.install(m.list)
	for id, revision := range m.listed {
		m.teach(id, lesson{revision: revision, existed: m.list.moment})
	}
	m.teachAbsence()
	for id, moment := range m.doubted {
		if moment < m.list.moment {
			delete(m.doubted, id)
		}
	}
	m.list = nil
	m.note("the list is complete: %v", slices.Sorted(maps.Keys(m.listed)))
	m.told(changes)
}

// teachAbsence is what a complete list teaches of the roles that it misses. It
// teaches nothing of one whose existence was learned by a request that began later:
// that one may have been created after the list began, and lists of which nobody
// knows the order may miss a role for other reasons.
func (m *model) teachAbsence() {
	for _, id := range m.order[:m.born] {
		if _, listed := m.listed[id]; !listed && m.learned[id].existed < m.list.moment {
			m.teach(id, lesson{revision: m.removed[id], gone: true, moment: m.list.moment})
		}
	}
}

func (m *model) teach(id string, l lesson) {
	old := m.learned[id]
	l.existed = max(l.existed, old.existed)
	switch {
	case l.revision < old.revision:
		l.revision, l.gone, l.moment = old.revision, old.gone, old.moment
	case l.revision == old.revision:
		l.moment = max(l.moment, old.moment)
	}
	m.learned[id] = l
}

// told checks that a complete list names whatever looks different since the last
// one, but for what we wrote ourselves.
func (m *model) told(changes Changes) {
	now := map[string]arize.Role{}
	for id, held := range m.inventory.roles {
		now[id] = *held.role
	}
	for _, id := range m.order {
		was, before := m.shown[id]
		is, after := now[id]
		if before == after && same(&was, &is) {
			continue
		}
		if !changes.IDs[id] || before && !changes.Names[was.Name] || after && !changes.Names[is.Name] {
			m.t.Errorf("%s looks different after a list, and nobody is told: it was %v, is %v; got %v", id, was, is, changes)
		}
	}
	m.shown = now
}

// check holds what the inventory shows against the truth.
func (m *model) check() {
	holders := map[string]arize.Role{}
	for id, held := range m.inventory.roles {
		if l := m.learned[id]; l.gone || revisionOf(*held.role) < l.revision {
			m.t.Errorf("%s is shown at revision %s, although %+v was learned", id, held.role.Description, l)
		}
		if holder, taken := holders[held.role.Name]; !taken || revisionOf(holder) < revisionOf(*held.role) {
			holders[held.role.Name] = *held.role
		}
	}
	for id, l := range m.learned {
		if m.inventory.role(id) == nil && !l.gone {
			m.t.Errorf("%s is not shown, although %+v was learned", id, l)
		}
	}
	for name, held := range m.inventory.names {
		if holder := holders[name]; held.role.Name != name || m.clocked && held.role.ID != holder.ID {
			m.t.Errorf("the name %q finds %s (%q, revision %s), want %s", name, held.role.ID, held.role.Name, held.role.Description, holder.ID)
		}
	}
	if len(m.inventory.names) != len(holders) {
		m.t.Errorf("got %d names, want %d", len(m.inventory.names), len(holders))
	}
	if diff := cmp.Diff(m.doubted, m.inventory.doubts); diff != "" {
		m.t.Errorf("doubts (-want +got):\n%s", diff)
	}
}

// settle lets everything come to its end, and then lists once in quiet.
func (m *model) settle() {
	for len(m.requests) > 0 && !m.t.Failed() {
		if r := m.requests[0]; !r.served {
			m.serve(r)
		} else {
			m.answer(r)
		}
		m.check()
	}
	m.list = nil
	m.note("quiet")
	quiet := m.inventory.begin(epoch)
	m.inventory.take(quiet, slices.Collect(maps.Values(m.roles)))
	m.inventory.install(quiet)
	got := map[string]arize.Role{}
	for id, held := range m.inventory.roles {
		got[id] = *held.role
	}
	if diff := cmp.Diff(m.roles, got); diff != "" {
		m.t.Errorf("after a quiet list (-want +got):\n%s", diff)
	}
	for _, role := range m.roles {
		if named := m.inventory.named(role.Name); named == nil || named.ID != role.ID {
			m.t.Errorf("after a quiet list the name %q finds %v, want %s", role.Name, named, role.ID)
		}
	}
	if len(m.inventory.gone)+len(m.inventory.doubts) != 0 {
		m.t.Errorf("after a quiet list there are left: %v, %v", m.inventory.gone, m.inventory.doubts)
	}
}

func revisionOf(role arize.Role) int {
	n, err := strconv.Atoi(role.Description)
	if err != nil {
		panic(err)
	}
	return n
}
