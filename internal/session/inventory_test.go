package session

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// script drives an inventory by hand. A role is written as "id name version"; what
// is shown, as "id name version", and "name: id" for each name that finds one.
type script struct {
	inventory
	sent map[string]uint64 // requests under way, by any label
	list *list
	last Changes
}

func newScript() *script { return &script{inventory: newInventory(), sent: map[string]uint64{}} }

// undated is a role as an Arize without updated_at would tell it.
func undated(text string) arize.Role {
	var id, name, version string
	if _, err := fmt.Sscan(text, &id, &name, &version); err != nil {
		panic(err)
	}
	return arize.Role{ID: id, Name: name, Description: version}
}

// dated is the same with a date: version 2 is newer than version 1.
func dated(text string) arize.Role {
	role := undated(text)
	version, err := strconv.Atoi(role.Description)
	if err != nil {
		panic(err)
	}
	role.UpdatedAt = epoch.Add(time.Duration(version) * sec)
	return role
}

func (s *script) send(label string) { s.sent[label] = s.tick() }

func (s *script) answer(label string, from source, role arize.Role) {
	s.learn(role, s.sent[label], from)
}

// write and read are requests that nothing crosses.
func (s *script) write(text string) { s.learn(undated(text), s.tick(), updated) }

func (s *script) create(text string) { s.learn(undated(text), s.tick(), created) }

func (s *script) read(text string) { s.learn(undated(text), s.tick(), read) }

func (s *script) begin() { s.list = s.inventory.begin(epoch) }

// turn sends the request for the next page; page takes its answer.
func (s *script) turn() { s.list.sent = s.tick() }

func (s *script) page(texts ...string) {
	var roles []arize.Role
	for _, text := range texts {
		roles = append(roles, undated(text))
	}
	s.take(s.list, roles)
}

func (s *script) complete() { s.last = s.install(s.list) }

// whole is a list of one page.
func (s *script) whole(texts ...string) {
	s.begin()
	s.page(texts...)
	s.complete()
}

func (s *script) shown() []string {
	shown := []string{}
	for _, id := range slices.Sorted(maps.Keys(s.roles)) {
		role := s.role(id)
		shown = append(shown, id+" "+role.Name+" "+role.Description)
	}
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		shown = append(shown, name+": "+s.named(name).ID)
	}
	return shown
}

func TestInventory(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		do   func(*script)
		want []string
	}{
		"a list is what there is": {func(s *script) {
			s.whole("a x 1", "b y 1")
			s.whole("b y 1", "c z 1")
		}, []string{"b y 1", "c z 1", "y: b", "z: c"}},
		"a list that is not complete shows nothing": {func(s *script) {
			s.whole("a x 1")
			s.begin()
			s.page("a x 2", "b y 1")
		}, []string{"a x 1", "x: a"}},
		"a list that is given up leaves nothing behind": {func(s *script) {
			s.whole("a x 1", "b y 1")
			s.begin()
			s.page("a x 2", "b y 1")
			s.whole("a x 1")
		}, []string{"a x 1", "x: a"}},

		"a write survives a page that was read before it": {func(s *script) {
			s.whole("a x 1")
			s.begin()
			s.write("a x 2")
			s.page("a x 1")
			s.complete()
		}, []string{"a x 2", "x: a"}},
		"a write that was sent before a list began, and answered after, survives its pages": {func(s *script) {
			s.whole("a x 1")
			s.send("write")
			s.begin()
			s.page("a x 1")
			s.answer("write", updated, undated("a x 2"))
			s.complete()
		}, []string{"a x 2", "x: a"}},
		"a write is news even when its answer comes after the list": {func(s *script) {
			s.whole("a x 1")
			s.send("write")
			s.whole("a x 1")
			s.answer("write", updated, undated("a x 2"))
		}, []string{"a x 2", "x: a"}},
		"a read survives a page that was sent before it": {func(s *script) {
			s.whole("a x 1")
			s.begin()
			s.read("a x 2")
			s.page("a x 1")
			s.complete()
		}, []string{"a x 2", "x: a"}},
		"a page that was asked for after a write is newer than that": {func(s *script) {
			s.whole("a x 1")
			s.begin()
			s.page()
			s.write("a x 2")
			s.turn()
			s.page("a x 3")
			s.complete()
		}, []string{"a x 3", "x: a"}},
		"a write before a list began is older than that": {func(s *script) {
			s.write("a x 2")
			s.whole("a x 3")
		}, []string{"a x 3", "x: a"}},

		"a late read does not undo a write": {func(s *script) {
			s.whole("a x 1")
			s.send("read")
			s.write("a x 2")
			s.answer("read", read, undated("a x 1"))
		}, []string{"a x 2", "x: a"}},
		"a late read does not undo a write that a list has confirmed since": {func(s *script) {
			s.whole("a x 1")
			s.send("read")
			s.write("a x 2")
			s.whole("a x 2")
			s.answer("read", read, undated("a x 1"))
		}, []string{"a x 2", "x: a"}},
		"a late read does not undo a list": {func(s *script) {
			s.whole("a x 1")
			s.send("read")
			s.whole("a x 2")
			s.answer("read", read, undated("a x 1"))
		}, []string{"a x 2", "x: a"}},
		"a read that was sent later is newer": {func(s *script) {
			s.write("a x 1")
			s.read("a x 2")
		}, []string{"a x 2", "x: a"}},
		"of answers that crossed the dates tell": {func(s *script) {
			s.send("read")
			s.send("write")
			s.answer("write", updated, dated("a x 1"))
			s.answer("read", read, dated("a x 2"))
		}, []string{"a x 2", "x: a"}},
		"of answers that crossed the dates tell, against a write too": {func(s *script) {
			s.send("write")
			s.send("read")
			s.answer("read", read, dated("a x 2"))
			s.answer("write", updated, dated("a x 1"))
		}, []string{"a x 2", "x: a"}},
		"of a page and an answer that crossed the dates tell": {func(s *script) {
			s.begin()
			s.send("write")
			s.answer("write", updated, dated("a x 1"))
			s.take(s.list, []arize.Role{dated("a x 2")})
			s.complete()
		}, []string{"a x 2", "x: a"}},
		"of a page and an answer that crossed a date on one side tells nothing": {func(s *script) {
			s.begin()
			s.write("a x 2")
			s.take(s.list, []arize.Role{dated("a x 1")})
			s.complete()
		}, []string{"a x 2", "x: a"}},
		"of answers that did not cross the dates tell nothing": {func(s *script) {
			s.learn(dated("a x 2"), s.tick(), updated)
			s.learn(dated("a x 1"), s.tick(), read)
		}, []string{"a x 1", "x: a"}},
		"of a page and an answer that did not cross the dates tell nothing": {func(s *script) {
			s.begin()
			s.take(s.list, []arize.Role{dated("a x 2")})
			s.learn(dated("a x 1"), s.tick(), read)
			s.complete()
		}, []string{"a x 1", "x: a"}},
		"a list that shows the same with a later date counts with that": {func(s *script) {
			s.learn(dated("a x 1"), s.tick(), read)
			s.send("late")
			later := dated("a x 3")
			later.Description = "1"
			s.begin()
			s.take(s.list, []arize.Role{later})
			s.complete()
			s.answer("late", read, dated("a x 2"))
		}, []string{"a x 1", "x: a"}},

		"a role that is created while a list is under way stays, though that misses it": {func(s *script) {
			s.begin()
			s.create("a x 1")
			s.page()
			s.complete()
		}, []string{"a x 1", "x: a"}},
		"a role whose creation began before a list, and ended after it, is there": {func(s *script) {
			s.send("create")
			s.whole()
			s.answer("create", created, undated("a x 1"))
		}, []string{"a x 1", "x: a"}},
		"a role that was created before a list that misses it is gone": {func(s *script) {
			s.create("a x 1")
			s.whole()
		}, []string{}},
		"a role that a list showed before its creation was answered is gone when the next misses it": {func(s *script) {
			s.send("create")
			s.whole("a x 1")
			s.begin()
			s.answer("create", created, undated("a x 1"))
			s.page()
			s.complete()
		}, []string{}},
		"a role that is read while a list is under way stays, though that misses it": {func(s *script) {
			s.begin()
			s.read("a x 1")
			s.page()
			s.complete()
		}, []string{"a x 1", "x: a"}},
		"a role that an older answer shows is not missed by a list that began before that was asked for": {func(s *script) {
			s.send("first")
			s.begin()
			s.send("second")
			s.answer("first", read, dated("a x 2"))
			s.answer("second", read, dated("a x 1"))
			s.page()
			s.complete()
		}, []string{"a x 2", "x: a"}},
		"a role that a page shows is not missed because of an older write": {func(s *script) {
			s.send("write")
			s.begin()
			s.answer("write", updated, undated("a x 2"))
			s.page("a x 1")
			s.complete()
		}, []string{"a x 2", "x: a"}},

		"a deleted role does not come back from a page that was sent before": {func(s *script) {
			s.whole("a x 1")
			s.begin()
			s.forget("a")
			s.page("a x 1")
			s.complete()
		}, []string{}},
		"a deleted role does not come back from a page that shows it otherwise": {func(s *script) {
			s.whole("a x 1")
			s.begin()
			s.forget("a")
			s.page("a x 2")
			s.complete()
		}, []string{}},
		"a deleted role does not come back from a late read": {func(s *script) {
			s.whole("a x 1")
			s.send("read")
			s.forget("a")
			s.answer("read", read, undated("a x 1"))
		}, []string{}},
		"a deleted role does not come back from a late write": {func(s *script) {
			s.whole("a x 1")
			s.send("write")
			s.forget("a")
			s.answer("write", updated, undated("a x 2"))
		}, []string{}},
		"a deleted role does not come back from a late read after the next list": {func(s *script) {
			s.whole("a x 1")
			s.send("read")
			s.forget("a")
			s.whole()
			s.answer("read", read, undated("a x 1"))
		}, []string{}},
		"a role that a list misses does not come back from a late read": {func(s *script) {
			s.whole("a x 1")
			s.send("read")
			s.whole()
			s.answer("read", read, undated("a x 1"))
		}, []string{}},
		"a role that a list misses comes back from a read that was sent later": {func(s *script) {
			s.whole()
			s.read("a x 1")
		}, []string{"a x 1", "x: a"}},
		"a role that was deleted before its creation was answered stays away": {func(s *script) {
			s.send("create")
			s.whole("a x 1")
			s.forget("a")
			s.answer("create", created, undated("a x 1"))
		}, []string{}},

		"of a role on two pages the later one counts": {func(s *script) {
			s.begin()
			s.page("a x 1")
			s.turn()
			s.page("a x 2")
			s.complete()
		}, []string{"a x 2", "x: a"}},
		"of a role on two pages the later one counts, also when it shows what was known": {func(s *script) {
			s.whole("a x 1")
			s.begin()
			s.page("a y 2")
			s.turn()
			s.page("a x 1")
			s.complete()
		}, []string{"a x 1", "x: a"}},
		"names that were exchanged before a list": {func(s *script) {
			s.whole("a x 1", "b y 1")
			s.whole("a y 2", "b x 2")
		}, []string{"a y 2", "b x 2", "x: b", "y: a"}},
		"names that we exchange while a list is under way, between its pages": {func(s *script) {
			s.whole("a x 1", "b y 1")
			s.begin()
			s.page("a x 1")
			s.write("a tmp 2")
			s.write("b x 2")
			s.write("a y 3")
			s.turn()
			s.page("b x 2")
			s.complete()
		}, []string{"a y 3", "b x 2", "x: b", "y: a"}},
		"of two roles that show one name, for it changed hands between two pages, the newer has it": {func(s *script) {
			s.whole("a x 1", "b y 1")
			s.begin()
			s.page("a x 1")
			s.turn()
			s.page("b x 2")
			s.complete()
		}, []string{"a x 1", "b x 2", "x: b"}},
		"the same where the one that got the name comes first": {func(s *script) {
			s.whole("a x 1", "b y 1")
			s.begin()
			s.page("b x 2")
			s.turn()
			s.page("a x 1")
			s.complete()
		}, []string{"a x 1", "b x 2", "x: a"}},
		"of two roles that go on showing one name the one that was seen last has it": {func(s *script) {
			s.read("a x 1")
			s.read("b x 1")
			s.begin()
			s.page("b x 1")
			s.turn()
			s.page("a x 1")
			s.complete()
		}, []string{"a x 1", "b x 1", "x: a"}},
		"who showed a name too long gives it up, and the other keeps it": {func(s *script) {
			s.begin()
			s.page("a x 1")
			s.turn()
			s.page("b x 2")
			s.complete()
			s.read("a y 3")
		}, []string{"a y 3", "b x 2", "x: b", "y: a"}},
		"who shows a name with another is found again when that one goes": {func(s *script) {
			s.begin()
			s.page("a x 1")
			s.turn()
			s.page("b x 2")
			s.complete()
			s.forget("b")
		}, []string{"a x 1", "x: a"}},
		"three that show one name": {func(s *script) {
			s.read("a x 1")
			s.read("b x 1")
			s.read("c x 1")
			s.forget("b")
			s.read("c y 2")
		}, []string{"a x 1", "c y 2", "x: a", "y: c"}},
		"no name is not a name": {func(s *script) {
			s.learn(arize.Role{ID: "a"}, s.tick(), read)
			s.forget("a")
		}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript()
			row.do(s)
			if diff := cmp.Diff(row.want, s.shown()); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInventoryDoubts(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		do   func(*script)
		want bool
	}{
		"a doubt stays": {func(s *script) { s.doubt("a") }, true},
		"a doubt survives a list that began before": {func(s *script) {
			s.begin()
			s.doubt("a")
			s.page()
			s.complete()
		}, true},
		"a doubt ends with a list that began later": {func(s *script) {
			s.doubt("a")
			s.whole("a x 1")
		}, false},
		"a doubt ends with a later answer": {func(s *script) {
			s.doubt("a")
			s.read("a x 1")
		}, false},
		"a doubt survives a write that crossed it": {func(s *script) {
			s.send("write")
			s.doubt("a")
			s.answer("write", updated, undated("a x 1"))
		}, true},
		"a doubt ends with the role": {func(s *script) {
			s.doubt("a")
			s.forget("a")
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript()
			s.whole("a x 1")
			row.do(s)
			if _, got := s.doubts["a"]; got != row.want {
				t.Errorf("got a doubt: %v, want %v", got, row.want)
			}
		})
	}
}

func TestInventoryChanges(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		do         func(*script)
		ids, names []string
	}{
		"nothing": {func(s *script) { s.whole("a x 1", "b y 1") }, nil, nil},
		"a role that is new": {func(s *script) {
			s.whole("a x 1", "b y 1", "c z 1")
		}, []string{"c"}, []string{"z"}},
		"a role that is gone": {func(s *script) {
			s.whole("a x 1")
		}, []string{"b"}, []string{"y"}},
		"a role that differs": {func(s *script) {
			s.whole("a x 1", "b y 2")
		}, []string{"b"}, []string{"y"}},
		"a role with another name, by both": {func(s *script) {
			s.whole("a x 1", "b z 2")
		}, []string{"b"}, []string{"y", "z"}},
		"a role that only has a later date is as it was": {func(s *script) {
			s.begin()
			touched := undated("b y 1")
			touched.UpdatedAt = epoch
			s.take(s.list, []arize.Role{undated("a x 1"), touched})
			s.complete()
		}, nil, nil},
		"what we wrote is known to us": {func(s *script) {
			s.write("b z 2")
			s.create("c y 1")
			s.whole("a x 1", "b z 2", "c y 1")
		}, nil, nil},
		"what differs from what we wrote": {func(s *script) {
			s.write("b z 2")
			s.whole("a x 1", "b y 3")
		}, []string{"b"}, []string{"y", "z"}},
		"what a read of one showed is news to the others": {func(s *script) {
			s.read("b z 2")
			s.whole("a x 1", "b z 2")
		}, []string{"b"}, []string{"y", "z"}},
		"what a read found to be as it was is not": {func(s *script) {
			s.read("b y 1")
			s.whole("a x 1", "b y 1")
		}, nil, nil},
		"what was told once is not told again": {func(s *script) {
			s.read("b z 2")
			s.whole("a x 1", "b z 2", "c y 1")
			s.whole("a x 1", "b z 2", "c y 1")
		}, nil, nil},
		"a role that was in doubt, to whoever waits": {func(s *script) {
			s.doubt("a")
			s.whole("a x 1", "b y 1")
		}, []string{"a"}, nil},
		"a role that is in doubt since the list began has to wait for the next": {func(s *script) {
			s.begin()
			s.doubt("a")
			s.page("a x 1", "b y 1")
			s.complete()
		}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript()
			s.whole("a x 1", "b y 1")
			row.do(s)
			if diff := cmp.Diff(row.ids, slices.Sorted(maps.Keys(s.last.IDs))); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(row.names, slices.Sorted(maps.Keys(s.last.Names))); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	base := arize.Role{
		ID: "a", Name: "x", Description: "d", Permissions: []string{"P_A", "P_B"}, CreatedAt: epoch, UpdatedAt: epoch,
	}
	for name, row := range map[string]struct {
		change func(*arize.Role)
		want   bool
	}{
		"nothing":                   {func(*arize.Role) {}, true},
		"the date of change":        {func(r *arize.Role) { r.UpdatedAt = epoch.Add(sec) }, true},
		"the zone of a date":        {func(r *arize.Role) { r.CreatedAt = epoch.In(time.FixedZone("", 3600)) }, true},
		"the name":                  {func(r *arize.Role) { r.Name = "X" }, false},
		"the description":           {func(r *arize.Role) { r.Description = "" }, false},
		"a permission":              {func(r *arize.Role) { r.Permissions = []string{"P_A", "P_C"} }, false},
		"a permission less":         {func(r *arize.Role) { r.Permissions = []string{"P_A"} }, false},
		"no permissions any more":   {func(r *arize.Role) { r.Permissions = nil }, false},
		"who made it":               {func(r *arize.Role) { r.Predefined = true }, false},
		"the date of its creation":  {func(r *arize.Role) { r.CreatedAt = epoch.Add(sec) }, false},
		"a copy of the permissions": {func(r *arize.Role) { r.Permissions = slices.Clone(r.Permissions) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := base
			row.change(&other)
			if got := same(&base, &other); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

// TestListThatDoesNotEnd is about what only shows over several calls; the client
// sees to a single one.
func TestListThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		cursor func(page int) string
		want   error
	}{
		"it goes round in circles": {func(page int) string { return strconv.Itoa(page % 3) }, errRepeats},
		"it goes on for ever":      {strconv.Itoa, errUnended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newInventory()
			l := v.begin(epoch)
			var err error
			for page := 0; err == nil && page <= arize.MaxPages; page++ {
				err = l.follow(row.cursor(page))
			}
			if !errors.Is(err, row.want) {
				t.Fatalf("got %v, want %v", err, row.want)
			}
			want := Health{State: Failed, Reason: Unavailable, Message: row.want.Error()}
			if diff := cmp.Diff(want, failed(err)); diff != "" {
				t.Errorf("health (-want +got):\n%s", diff)
			}
		})
	}
}
