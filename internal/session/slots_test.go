package session

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// door is a bit of everything that happens to slots: who enters is noted, who is invited comes.
type door struct {
	slots

	now    time.Time
	inside []string
}

func newDoor(size int) *door { return &door{slots: newSlots(size), now: time.Unix(0, 0)} }

func (d *door) enter(who string, lane Lane) bool {
	entered := d.take(who, lane, d.now)
	if entered {
		d.inside = append(d.inside, who)
	}
	return entered
}

func (d *door) leave() { d.taken-- }

func (d *door) wantInside(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, d.inside); diff != "" {
		t.Errorf("inside (-want +got):\n%s", diff)
	}
}

func TestSlotsAreGivenInTheOrderOfUrgency(t *testing.T) {
	t.Parallel()
	d := newDoor(1)
	d.enter("first", Upkeep)
	for _, waits := range []struct {
		who  string
		lane Lane
	}{{"upkeep", Upkeep}, {"demand", Demand}, {"person", Person}, {"later", Person}, {"demand", Person}, {"person", Upkeep}} {
		if d.enter(waits.who, waits.lane) {
			t.Fatalf("%s entered, and there was no slot", waits.who)
		}
	}
	for last := "first"; ; last = d.inside[len(d.inside)-1] {
		d.leave()
		guests := d.invite(last, d.now)
		if len(guests) == 0 {
			break
		}
		if len(guests) > 1 || last == "first" && d.enter("stranger", Person) || !d.enter(guests[0], Upkeep) {
			t.Fatalf("got guests %q and inside %q, want one guest, for whom the slot is kept", guests, d.inside)
		}
	}
	d.wantInside(t, "first", "person", "later", "demand", "stranger", "upkeep") // "demand" became a person's wish
}

func TestSlotsThatAreNotUsedGoToTheNext(t *testing.T) {
	t.Parallel()
	d := newDoor(2)
	d.enter("a", Person)
	d.enter("b", Person)
	for _, who := range []string{"c", "d", "e"} {
		d.enter(who, Person)
	}
	d.leave()
	if got := d.invite("a", d.now); !slices.Equal(got, []string{"c"}) {
		t.Fatalf("got %q, want c", got)
	}
	if got := d.invite("b", d.now); len(got) > 0 {
		t.Fatalf("got %q, but the slot is promised to c", got)
	}
	if got := d.invite("c", d.now); !slices.Equal(got, []string{"d"}) { // c changed its mind
		t.Fatalf("got %q, want d", got)
	}
	d.now = d.now.Add(invitationLife + 1) // d is gone
	if got := d.invite("b", d.now); !slices.Equal(got, []string{"e"}) {
		t.Fatalf("got %q, want e", got)
	}
}

func TestSlotsWithoutABound(t *testing.T) {
	t.Parallel()
	d := newDoor(0)
	for i := range 1000 {
		if !d.enter(strconv.Itoa(i), Upkeep) {
			t.Fatalf("%d had to wait", i)
		}
	}
	if got := d.invite("0", d.now); len(got) > 0 {
		t.Errorf("got guests %q, want none", got)
	}
}

// TestSlotsAreAllUsed: whoever waits is invited in the end, and never are more inside than there are slots.
func TestSlotsAreAllUsed(t *testing.T) {
	t.Parallel()
	const size, many = 4, 100
	d := newDoor(size)
	coming := make([]string, 0, many)
	for i := range many {
		coming = append(coming, strconv.Itoa(i))
	}
	var sending []string
	for len(coming)+len(sending) > 0 {
		if len(coming) > 0 {
			who := coming[0]
			coming = coming[1:]
			if d.enter(who, Person) {
				sending = append(sending, who)
			}
		} else {
			d.leave()
			coming = append(coming, d.invite(sending[0], d.now)...)
			sending = sending[1:]
		}
		if d.taken > size || d.taken != len(sending) {
			t.Fatalf("%d are inside, %d send", d.taken, len(sending))
		}
	}
	if len(d.inside) != many || d.taken != 0 {
		t.Errorf("%d of %d entered, and %d are still inside", len(d.inside), many, d.taken)
	}
}
