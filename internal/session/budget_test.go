package session

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var epoch = time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)

// ask is one call of a scripted test: who asks at a moment, and what is said.
type ask struct {
	at   time.Duration
	who  string
	lane Lane
	want time.Duration
	// Instead of asking:
	pause  time.Duration // a 429 arrives; negative: without Retry-After
	limits Limits        // the limits are changed
	say    bool          // and it lowers the rate
	charge bool          // a request was sent without asking
	over   int           // so many of those end that were slow
	// Of the request, if there is one:
	slow bool // it stays under way
}

// asks are so many visitors who ask for the first time.
func asks(at time.Duration, many int, lane Lane, want func(i int) time.Duration) (all []ask) {
	for i := range many {
		all = append(all, ask{at: at, who: fmt.Sprintf("%d/%d", lane, i), lane: lane, want: want(i)})
	}
	return all
}

const (
	ms  = time.Millisecond
	sec = time.Second
)

func TestBudget(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		rate, burst int
		asks        []ask
	}{
		"a full bucket admits its burst, and then one after the other in their order": {10, 2, []ask{
			{who: "a", want: 0},
			{who: "b", want: 0},
			{who: "c", want: 100 * ms},
			{who: "d", want: 200 * ms},
			{at: 100 * ms, who: "c", want: 0},
			{at: 200 * ms, who: "d", want: 0},
			{at: 200 * ms, who: "e", want: 100 * ms},
		}},
		"a quiet time earns a burst and no more": {10, 2, []ask{
			{who: "a"},
			{who: "b"},
			{at: time.Hour, who: "c"},
			{at: time.Hour, who: "d"},
			{at: time.Hour, who: "e", want: 100 * ms},
		}},
		"who asks early keeps the place and is told what is left": {10, 1, []ask{
			{who: "a"},
			{who: "b", want: 100 * ms},
			{who: "c", want: 200 * ms},
			{at: 50 * ms, who: "b", want: 50 * ms},
			{at: 60 * ms, who: "c", want: 140 * ms},
			{at: 100 * ms, who: "b"},
			{at: 200 * ms, who: "c"},
		}},
		"who asks late is admitted, and delays nobody who is punctual": {10, 5, []ask{
			{who: "a"},
			{who: "b"},
			{who: "c"},
			{who: "d"},
			{who: "e"},
			{who: "late", want: 100 * ms},
			{who: "punctual", want: 200 * ms},
			{at: 200 * ms, who: "punctual"},
			{at: 290 * ms, who: "late"},
		}},
		"a person goes before demand, and demand before upkeep": {10, 1, []ask{
			{who: "a"},
			{who: "upkeep", lane: Upkeep, want: 100 * ms},
			{who: "demand", lane: Demand, want: 100 * ms},
			{who: "person", lane: Person, want: 100 * ms},
			{at: 50 * ms, who: "upkeep", lane: Upkeep, want: 250 * ms},
			{at: 50 * ms, who: "demand", lane: Demand, want: 150 * ms},
			{at: 100 * ms, who: "upkeep", lane: Upkeep, want: 200 * ms},
			{at: 100 * ms, who: "person", lane: Person},
			{at: 200 * ms, who: "demand", lane: Demand},
			{at: 300 * ms, who: "upkeep", lane: Upkeep},
		}},
		"upkeep gets its turn when the people stop": {1, 1, []ask{
			{who: "p1"},
			{who: "sweep", lane: Upkeep, want: sec},
			{who: "p2", want: sec},
			{at: 500 * ms, who: "p3", want: 1500 * ms},
			{at: sec, who: "sweep", lane: Upkeep, want: 2 * sec},
			{at: sec, who: "p2"},
			{at: 2 * sec, who: "p3"},
			{at: 3 * sec, who: "sweep", lane: Upkeep},
		}},
		"who waits for upkeep and comes back for a person moves ahead": {10, 1, []ask{
			{who: "a"},
			{who: "b", lane: Upkeep, want: 100 * ms},
			{who: "c", lane: Upkeep, want: 200 * ms},
			{who: "c", lane: Person, want: 100 * ms},
			{at: 100 * ms, who: "c"},
			{at: 200 * ms, who: "b", lane: Upkeep},
			{at: 200 * ms, who: "d", lane: Upkeep, want: 100 * ms}, // c left nothing behind
		}},
		"who waits for a person keeps that place whatever comes after": {10, 1, []ask{
			{who: "a"},
			{who: "b", lane: Person, want: 100 * ms},
			{who: "c", lane: Demand, want: 200 * ms},
			{who: "b", lane: Upkeep, want: 100 * ms},
			{at: 100 * ms, who: "b", lane: Upkeep},
		}},
		"who never comes back costs the others one turn": {10, 1, []ask{
			{who: "a"},
			{who: "gone", want: 100 * ms},
			{who: "b", want: 200 * ms},
			{who: "c", want: 300 * ms},
			{at: 200 * ms, who: "b"},
			{at: 300 * ms, who: "c"},
			{at: 400 * ms, who: "d", want: 100 * ms},
			{at: 500 * ms, who: "d"}, // the one of gone is kept for a while
		}},
		"who comes when another took the turn goes next": {10, 1, []ask{
			{who: "a"},
			{who: "late", want: 100 * ms},
			{who: "b", want: 200 * ms},
			{at: 200 * ms, who: "b"},
			{at: 201 * ms, who: "late", want: 99 * ms},
			{at: 300 * ms, who: "late"},
		}},
		"who comes much too late starts again at the end": {10, 1, []ask{
			{who: "a"},
			{who: "late", want: 100 * ms},
			{who: "b", want: 200 * ms},
			{who: "c", want: 300 * ms},
			{who: "d", want: 400 * ms},
			{at: 301 * ms, who: "d", want: 99 * ms},
			{at: 301 * ms, who: "late", want: 199 * ms},
		}},
		"an admission that nobody needs is kept, though not for ever": {10, 2, []ask{
			{who: "a"},
			{who: "b"},
			{who: "gone", want: 100 * ms},
			{at: 5 * sec, who: "c"},
			{at: 5 * sec, who: "d", want: 100 * ms},
			{at: 5100 * ms, who: "d"}, // one of two is kept for gone
			{at: 20 * sec, who: "e"},
			{at: 20 * sec, who: "f"},
			{at: 20 * sec, who: "gone", want: 100 * ms},
		}},
		"admissions that nobody came for do not add up to more than the burst": {10, 2, []ask{
			{who: "a"},
			{who: "b"},
			{who: "c", want: 100 * ms},
			{who: "d", want: 200 * ms},
			{who: "e", want: 300 * ms},
			{who: "f", want: 400 * ms},
			{at: 5 * sec, who: "f"},
			{at: 5 * sec, who: "e"},
			{at: 5 * sec, who: "d", want: 100 * ms},
			{at: 5 * sec, who: "c", want: 200 * ms},
		}},
		"a clock that goes back earns nothing twice": {10, 1, []ask{
			{at: time.Minute, who: "a"},
			{who: "b", want: 100 * ms},
			{at: time.Minute, who: "b", want: 100 * ms},
			{at: time.Minute + 100*ms, who: "b"},
		}},

		"a 429 stops everybody for as long as it says": {10, 3, []ask{
			{who: "a"},
			{pause: 5 * sec},
			{who: "b", want: 5*sec + 100*ms},
			{who: "c", want: 5*sec + 200*ms},
			{at: 5 * sec, who: "b", want: 100 * ms},
			{at: 5*sec + 100*ms, who: "b"},
			{at: 5*sec + 200*ms, who: "c"},
		}},
		"a 429 that says nothing stops everybody for a second": {10, 3, []ask{
			{pause: -1}, {who: "a", want: sec + 100*ms}, {at: sec + 100*ms, who: "a"},
		}},
		"a 429 stops nobody for more than an hour": {10, 3, []ask{
			{pause: 48 * time.Hour}, {who: "a", want: time.Hour + 100*ms}, {at: time.Hour + 100*ms, who: "a"},
		}},
		"a shorter pause does not end a longer one": {10, 3, []ask{
			{pause: 5 * sec}, {pause: sec}, {who: "a", want: 5*sec + 100*ms}, {at: 2 * sec, who: "a", want: 3*sec + 100*ms},
		}},
		"who was admitted before a 429 waits again, in front of those who were not": {10, 1, []ask{
			{who: "a"},
			{who: "b", lane: Upkeep, want: 100 * ms},
			{who: "c", lane: Upkeep, want: 200 * ms},
			{at: 150 * ms, who: "c", lane: Upkeep, want: 50 * ms}, // which admits b
			{at: 150 * ms, pause: sec},
			{at: 160 * ms, who: "c", lane: Upkeep, want: 1190 * ms},
			{at: 160 * ms, who: "b", lane: Upkeep, want: 1090 * ms},
			{at: 1250 * ms, who: "b", lane: Upkeep},
			{at: 1350 * ms, who: "c", lane: Upkeep},
		}},

		"what is under way takes room in the bucket": {10, 2, []ask{
			{who: "a", slow: true},
			{who: "b", slow: true},
			{who: "c", want: 100 * ms},
			{at: 100 * ms, who: "c", want: 100 * ms}, // as long as both take
			{at: 200 * ms, over: 1},
			{at: 250 * ms, who: "c", want: 50 * ms},
			{at: 300 * ms, who: "c"},
			{at: 300 * ms, over: 1},
			{at: sec, who: "d"},
			{at: sec, who: "e"},
			{at: sec, who: "f", want: 100 * ms},
		}},
		"those who wait for what is under way to end keep their order": {10, 2, []ask{
			{who: "a", slow: true},
			{who: "b", slow: true},
			{who: "c", lane: Upkeep, want: 100 * ms},
			{who: "d", lane: Person, want: 100 * ms},
			{at: 200 * ms, who: "c", lane: Upkeep, want: 200 * ms},
			{at: 200 * ms, who: "d", lane: Person, want: 100 * ms},
			{at: 200 * ms, over: 2},
			{at: 300 * ms, who: "d"},
			{at: 400 * ms, who: "c"},
		}},
		"no more than a window is under way while the limit is not known": {1000, 1000, append(
			slices.Repeat([]ask{{who: "early", slow: true}}, firstWindow),
			ask{at: sec, who: "a", want: ms}, ask{at: sec, who: "b", want: 2 * ms},
			ask{at: sec, over: 2}, ask{at: sec + ms, who: "a"}, ask{at: sec + 2*ms, who: "b"},
		)},
		"who waits while the rate is low asks again at half time": {10, 1, []ask{
			{pause: sec, say: true},
			{at: sec, who: "a", want: 200 * ms}, // five per second
			{at: sec, who: "b", want: 200 * ms},
			{at: sec, who: "c", want: 300 * ms},
			{at: sec + 200*ms, who: "a"},
			{at: sec + 300*ms, who: "c", want: 200 * ms},
			{at: sec + 400*ms, who: "b"},
			{at: sec + 600*ms, who: "c"},
		}},
		"nor is so much saved up then": {10, 10, []ask{
			{pause: sec, say: true},
			{at: time.Hour, who: "a"},
			{at: time.Hour, who: "b"},
			{at: time.Hour, who: "c"},
			{at: time.Hour, who: "d"},
			{at: time.Hour, who: "e"},
			{at: time.Hour, who: "f", want: 200 * ms},
		}},
		"of ten admissions one is upkeep's, whoever is more urgent": {10, 1, slices.Concat(
			[]ask{{who: "a"}, {who: "sweep", lane: Upkeep, want: 100 * ms}},
			asks(0, 20, Person, func(i int) time.Duration { return time.Duration(i+1+min(i/8, 1)) * 100 * ms }),
			[]ask{{who: "sweep", lane: Upkeep, want: 900 * ms}, {at: 900 * ms, who: "sweep", lane: Upkeep}},
		)},

		"a lower rate holds from now on": {10, 1, []ask{
			{who: "a"},
			{who: "b", want: 100 * ms},
			{who: "c", want: 200 * ms},
			{at: 50 * ms, limits: Limits{RequestsPerSecond: 1, Burst: 1}}, // half a token is there
			{at: 100 * ms, who: "b", want: 450 * ms},
			{at: 550 * ms, who: "b"},
			{at: 550 * ms, who: "c", want: sec},
		}},
		"a higher rate holds from now on": {1, 1, []ask{
			{who: "a"},
			{who: "b", want: sec},
			{at: 500 * ms, limits: Limits{RequestsPerSecond: 100, Burst: 1}},
			{at: 501 * ms, who: "b", want: 4 * ms},
			{at: 505 * ms, who: "b"},
		}},
		"a lower burst holds for what was saved": {10, 5, []ask{
			{limits: Limits{RequestsPerSecond: 10, Burst: 2}}, {who: "a"}, {who: "b"}, {who: "c", want: 100 * ms},
		}},
		"a higher burst has to be earned": {10, 1, []ask{
			{limits: Limits{RequestsPerSecond: 10, Burst: 3}},
			{who: "a"},
			{who: "b", want: 100 * ms},
			{at: 10 * sec, who: "c"},
			{at: 10 * sec, who: "d"},
			{at: 10 * sec, who: "b"},
			{at: 10 * sec, who: "e", want: 100 * ms},
		}},
		"the same limits again change nothing": {10, 1, []ask{
			{who: "a"}, {who: "b", want: 100 * ms}, {at: 50 * ms, limits: Limits{RequestsPerSecond: 10, Burst: 1}}, {at: 50 * ms, who: "b", want: 50 * ms},
		}},

		"limits that nobody can mean are one request per second": {0, -1, []ask{
			{who: "a"}, {who: "b", want: sec}, {limits: Limits{RequestsPerSecond: -5}}, {at: sec, who: "b"},
		}},

		"a request that nobody asked for is paid by the others": {10, 2, []ask{
			{charge: true}, {charge: true}, {charge: true}, {who: "a", want: 200 * ms}, {at: 200 * ms, who: "a"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBudget(row.rate, row.burst, epoch)
			for i, step := range row.asks {
				now := epoch.Add(step.at)
				switch {
				case step.pause != 0:
					sent := uint64(0) // without a say
					if step.say {
						sent = 1
					}
					b.refuse(max(step.pause, 0), sent, 2, now)
				case step.over > 0:
					for range step.over {
						b.over(now)
					}
				case step.limits != Limits{}:
					b.limit(step.limits.RequestsPerSecond, step.limits.Burst, now)
				case step.charge:
					b.charge(now)
				default:
					// Less than a millisecond is how fractions of tokens add up.
					got := b.take(step.who, step.lane, now)
					if got < step.want || got > step.want+ms {
						t.Fatalf("step %d: %s at %v: got %v, want %v", i, step.who, step.at, got, step.want)
					}
					if got == 0 && !step.slow {
						b.over(now)
					}
				}
			}
		})
	}
}

func TestBudgetServesOneAfterTheOtherAtOnePerSecond(t *testing.T) {
	t.Parallel()
	const visitors = 200
	b := newBudget(1, 1, epoch)
	due := map[time.Duration]string{}
	for i := range visitors {
		who := fmt.Sprintf("role/%d", i)
		due[b.take(who, Upkeep, epoch).Round(sec)] = who
	}
	b.over(epoch)
	for at := sec; at < visitors*sec; at += sec {
		if wait := b.take(due[at], Upkeep, epoch.Add(at+ms)); wait != 0 {
			t.Fatalf("%s at %v: got a wait of %v, want none", due[at], at, wait)
		}
		b.over(epoch.Add(at + ms))
	}
	if b.room.len() != 0 || b.granted.len() != 0 || len(b.granted.waiters) != 0 {
		t.Errorf("got %d waiting and %d admissions left, want none", b.room.len(), b.granted.len())
	}
}

// TestBudgetStarvesNobody holds the shares of the lanes while all of them are full,
// and that otherwise the order is strict.
func TestBudgetStarvesNobody(t *testing.T) {
	t.Parallel()
	const each = 1000
	b := newBudget(10, 1, epoch)
	b.take("first", Person, epoch)
	b.over(epoch)
	for i := range each {
		for lane := range lanes {
			b.take(fmt.Sprintf("%d/%d", lane, i), lane, epoch)
		}
	}
	var got [lanes]int
	for n := 1; b.room.len() > 0; n++ {
		urgent := slices.IndexFunc(b.room.lines[:], func(q queue) bool { return q.len() > 0 })
		next := b.room.next()
		if own := favoured[b.room.admissions]; next != Lane(urgent) && next != own {
			t.Fatalf("admission %d is for lane %d, which is neither the most urgent one, %d, nor the one whose own it is, %d", n, next, urgent, own)
		}
		b.turn = 1
		b.promote()
		got[next]++
		for lane, percent := range [lanes]int{70, 10, 10, 10} {
			if n <= each && n%round == 0 && got[lane] != n*percent/100 {
				t.Fatalf("lane %d had %d of the first %d admissions, want %d %%", lane, got[lane], n, percent)
			}
		}
	}
}

// TestBudgetKnowsThePlaceOfEach compares what those who wait are told with what
// comes of it.
func TestBudgetKnowsThePlaceOfEach(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // repeatable on purpose
		r := room{lines: newLines(), admissions: random.IntN(round)}
		var who []waiter
		for lane := range lanes {
			for i := range random.IntN(1 + random.IntN(60)) {
				one := waiter{fmt.Sprintf("%d/%d", lane, i), lane, epoch}
				r.lines[lane].join(one)
				who = append(who, one)
			}
		}
		want := map[string]int{}
		for _, one := range who {
			want[one.who] = r.place(one.lane, one.who)
		}
		for n := 1; r.len() > 0; n++ {
			first := r.admit()
			if want[first.who] != n {
				t.Fatalf("seed %d: %s was told to be number %d, and is number %d", seed, first.who, want[first.who], n)
			}
		}
	}
}

// TestBudgetKeepsItsPromises lets visitors of all habits come at random, and
// watches from outside: the rate, the pauses, and what everybody was told.
func TestBudgetKeepsItsPromises(t *testing.T) {
	t.Parallel()
	for seed := range uint64(250) {
		newCrowd(t, seed).run()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// habit is how a visitor takes what it is told.
type habit int

const (
	punctual habit = iota
	gone           // does not come back
	early          // asks some times before
	late           // by up to a few seconds
)

type visitor struct {
	who     string
	lane    Lane
	habit   habit
	next    time.Time // when it asks
	told    time.Time // when it was told so
	promise time.Time // when it will be admitted; zero before it asked
}

// crowd is a simulation in which nothing sleeps.
type crowd struct {
	t        *testing.T
	random   *rand.Rand
	budget   budget
	limits   Limits
	visitors []*visitor
	names    int
	now      time.Time
	worst    habit // that somebody has

	level  float64 // an independent token bucket
	at     time.Time
	paused time.Time
	voided time.Time        // when promises became void: a pause, new limits, a charge
	came   [lanes]time.Time // when somebody last joined a lane
}

func newCrowd(t *testing.T, seed uint64) *crowd {
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // repeatable on purpose
	limits := Limits{RequestsPerSecond: 1 + random.IntN(20), Burst: 1 + random.IntN(10)}
	return &crowd{
		t: t, random: random, limits: limits, now: epoch, at: epoch, worst: gone + habit(seed%3), level: float64(limits.Burst),
		budget: newBudget(limits.RequestsPerSecond, limits.Burst, epoch),
	}
}

func (c *crowd) run() {
	arrivals := 30 + c.random.IntN(100)
	for at := epoch; arrivals > 0; arrivals-- {
		at = at.Add(time.Duration(c.random.ExpFloat64() * float64(sec) / float64(c.limits.RequestsPerSecond) / (0.3 + c.random.Float64())))
		c.arrive(at)
	}
	trouble := c.random.IntN(3) == 0
	for step := 0; len(c.visitors) > 0 && !c.t.Failed(); step++ {
		if step > 100_000 {
			c.t.Fatalf("after %d steps %d visitors still wait", step, len(c.visitors))
		}
		if trouble && c.random.IntN(60) == 0 {
			c.disturb()
		}
		slices.SortStableFunc(c.visitors, func(a, b *visitor) int { return a.next.Compare(b.next) })
		c.serve(c.visitors[0])
	}
}

func (c *crowd) arrive(at time.Time) {
	c.names++
	c.visitors = append(c.visitors, &visitor{
		who: fmt.Sprintf("team/%d", c.names), lane: Lane(c.random.IntN(int(lanes))),
		habit: habit(c.random.IntN(int(c.worst) + 1)), next: at,
	})
}

// disturb is what takes promises back.
func (c *crowd) disturb() {
	c.voided = c.now
	switch c.random.IntN(3) {
	case 0:
		pause := time.Duration(c.random.IntN(5)) * sec
		c.budget.refuse(pause, 0, 1, c.now)
		c.refill()
		c.level = min(c.level, 0)
		c.paused = later(c.paused, c.now.Add(max(pause, sec)))
		if pause > 0 {
			c.paused = later(c.paused, c.now.Add(pause))
		}
	case 1:
		c.refill()
		c.limits = Limits{RequestsPerSecond: 1 + c.random.IntN(20), Burst: 1 + c.random.IntN(10)}
		c.budget.limit(c.limits.RequestsPerSecond, c.limits.Burst, c.now)
		c.level = min(c.level, float64(c.limits.Burst))
	case 2:
		c.budget.charge(c.now)
		c.refill()
		c.level--
	}
}

func (c *crowd) serve(v *visitor) {
	c.now = later(c.now, v.next)
	wait := c.budget.take(v.who, v.lane, c.now)
	if wait == 0 {
		c.budget.over(c.now)
		c.admit(v)
		return
	}
	if !v.promise.IsZero() && !c.now.After(v.promise) {
		c.believe(v, wait)
	}
	if !c.now.Before(v.promise) || !v.told.After(c.voided) {
		c.came[v.lane] = c.now // for the first time, or again after it lost its turn
	}
	v.told, v.promise = c.now, c.now.Add(wait)
	switch v.habit {
	case punctual:
		v.next = v.promise
	case early:
		v.next = c.now.Add(time.Duration(float64(wait) * c.random.Float64()))
		if c.random.IntN(4) == 0 {
			v.next = v.promise
		}
	case late:
		v.next = v.promise.Add(time.Duration(c.random.Float64() * 3 * float64(sec)))
	case gone:
		c.leave(v)
	}
	if c.random.IntN(20) == 0 && v.lane > Person { // somebody changed its spec
		v.lane--
		c.came[v.lane] = c.now
		v.promise = time.Time{}
	}
}

// believe checks that somebody who asks again is told no worse than before.
func (c *crowd) believe(v *visitor, wait time.Duration) {
	if !v.told.After(c.voided) {
		return
	}
	for lane := range v.lane {
		if !c.came[lane].Before(v.told) {
			return // somebody more urgent came
		}
	}
	again := c.now.Add(wait)
	if again.After(v.promise.Add(c.slip() + c.shared(v))) {
		c.t.Errorf("%s in lane %d was told at %v to come back at %v, and at %v: not before %v",
			v.who, v.lane, v.told.Sub(epoch), v.promise.Sub(epoch), c.now.Sub(epoch), again.Sub(epoch))
	}
}

// shared is by how much those may delay somebody who came later, and to a lane that
// is less urgent: by what is their own in each round.
func (c *crowd) shared(v *visitor) (delay time.Duration) {
	perTurn := sec / time.Duration(c.limits.RequestsPerSecond)
	for lane := v.lane + 1; lane < lanes; lane++ {
		if !c.came[lane].Before(v.told) {
			delay += perTurn + v.promise.Sub(v.told)/round
		}
	}
	return delay * round / (round - time.Duration(lanes) + 1) // in which there are others again
}

// slip is by how much the wait that somebody was told may be wrong: by nothing but
// fractions of a token, unless others come late: by habit, or because new limits
// brought their turn before the time that they were told.
func (c *crowd) slip() time.Duration {
	if c.worst == late || !c.voided.IsZero() {
		return sec/time.Duration(c.limits.RequestsPerSecond) + time.Microsecond
	}
	return time.Microsecond
}

func (c *crowd) admit(v *visitor) {
	if c.now.Before(c.paused) {
		c.t.Errorf("%s was admitted %v before the end of a pause", v.who, c.paused.Sub(c.now))
	}
	c.refill()
	if c.level--; c.level < -0.001 {
		c.t.Errorf("%s was admitted at %v with %v of a token at %+v", v.who, c.now.Sub(epoch), c.level+1, c.limits)
	}
	c.leave(v)
}

func (c *crowd) leave(v *visitor) {
	c.visitors = slices.DeleteFunc(c.visitors, func(other *visitor) bool { return other == v })
}

func (c *crowd) refill() {
	if from := later(c.at, c.paused); c.now.After(from) {
		c.level = min(float64(c.limits.Burst), c.level+c.now.Sub(from).Seconds()*float64(c.limits.RequestsPerSecond))
	}
	c.at = later(c.at, c.now)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// TestBudgetIsNeverTooFastForAServerWithTheSameLimits lets requests take as long as
// they like on their way, and counts them when they arrive.
func TestBudgetIsNeverTooFastForAServerWithTheSameLimits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // repeatable on purpose
		limits := Limits{RequestsPerSecond: 1 + random.IntN(50), Burst: 1 + random.IntN(30)}
		longest := time.Duration(random.IntN(3000)) * ms
		b := newBudget(limits.RequestsPerSecond, limits.Burst, epoch)
		var arrivals []time.Time
		events := []func(now time.Time){}
		due := []time.Time{}
		plan := func(at time.Time, event func(now time.Time)) { due, events = append(due, at), append(events, event) }
		for i := range 200 {
			who := fmt.Sprintf("team/%d", i)
			var visit func(now time.Time)
			visit = func(now time.Time) {
				if wait := b.take(who, Lane(i)%lanes, now); wait > 0 {
					plan(now.Add(wait), visit)
					return
				}
				takes := time.Duration(random.Float64() * float64(longest))
				arrivals = append(arrivals, now.Add(time.Duration(random.Float64()*float64(takes))))
				plan(now.Add(takes), b.over)
			}
			plan(epoch.Add(time.Duration(random.IntN(1+i*100))*ms), visit)
		}
		for len(due) > 0 {
			first := slices.Index(due, slices.MinFunc(due, time.Time.Compare))
			at, event := due[first], events[first]
			due, events = slices.Delete(due, first, first+1), slices.Delete(events, first, first+1)
			event(at)
		}
		slices.SortFunc(arrivals, time.Time.Compare)
		level, last := float64(limits.Burst), epoch
		for i, at := range arrivals {
			level = min(float64(limits.Burst), level+at.Sub(last).Seconds()*float64(limits.RequestsPerSecond))
			if level, last = level-1, at; level < -1e-6 {
				t.Fatalf("seed %d: with %+v and up to %v under way, request %d came to a level of %v", seed, limits, longest, i, level+1)
			}
		}
	}
}

// crowded is a budget that so many wait for, in all lanes.
func crowded(names []string) *budget {
	b := newBudget(10, 1, epoch)
	b.take("first", Person, epoch)
	b.over(epoch)
	for i, name := range names {
		b.take(name, Lane(i)%lanes, epoch)
	}
	return &b
}

// BenchmarkBudget is what it costs that many wait.
func BenchmarkBudget(b *testing.B) {
	for _, waiters := range []int{1, 1000, 10_000, 100_000} {
		names := make([]string, waiters)
		for i := range names {
			names[i] = fmt.Sprintf("team/%d", i)
		}
		b.Run(fmt.Sprintf("a visit, %d waiting", waiters), func(b *testing.B) {
			room := crowded(names)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				// A microsecond a visit: some are admitted and come again.
				now := epoch.Add(time.Duration(i) * time.Microsecond)
				if room.take(names[i%waiters], Lane(i)%lanes, now) == 0 {
					room.over(now)
				}
			}
		})
		b.Run(fmt.Sprintf("%d come and, from the last to the first, move ahead", waiters), func(b *testing.B) {
			for b.Loop() {
				room := crowded(names)
				for _, name := range slices.Backward(names) {
					room.take(name, Person, epoch)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*waiters), "ns/waiter")
		})
		b.Run(fmt.Sprintf("a 429, %d waiting", waiters), func(b *testing.B) {
			room := crowded(names)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				room.refuse(time.Second, 0, 1, epoch)
			}
		})
	}
}
