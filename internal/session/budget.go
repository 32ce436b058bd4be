package session

import (
	"math"
	"time"
)

// Lane says how urgent a request is.
type Lane int

// The lanes, most urgent first.
const (
	// Person: somebody changed or deleted an ArizeRole.
	Person Lane = iota
	// Demand: somebody asked for a fresh look, or a creation's end is unknown.
	Demand
	// Upkeep: sweeps and corrections of drift.
	Upkeep
	lanes
)

// Bounds of the pause after a 429 that does not say how long, and of how long an
// admission that nobody uses is kept.
const (
	defaultPause = time.Second
	maxPause     = time.Hour
	grantLife    = 10 * time.Second
	// grain is what sums of fractions of a token may be wrong by.
	grain = 1e-6
)

// budget is a token bucket with a waiting room. Nobody sleeps in it: who has to
// wait is told when to ask again, and keeps the place in the queue.
//
// Two numbers make that safe and honest. The level is a plain token bucket: what
// is sent takes from it, so rate and burst are never exceeded. The turn decides
// about those who wait: it grows at the same rate, and each time it reaches one the
// next is admitted, whether or not those before came back. So who is not there
// delays nobody. Admissions that nobody came for yet are kept while the level has
// room for them and one more; beyond that the oldest give way. So those who come
// late delay the others too, but by no more than one turn altogether.
type budget struct {
	rate, burst float64 // requests per second, requests at once
	level       float64
	turn        float64
	at          time.Time // when level and turn were right
	paused      time.Time // nothing is admitted before
	queues      [lanes]queue
	granted     queue // admitted, and not come back for it yet
}

func newBudget(rate, burst int, now time.Time) budget {
	b := budget{at: now, granted: newQueue()}
	for lane := range b.queues {
		b.queues[lane] = newQueue()
	}
	b.rate, b.burst = sane(rate, burst)
	b.level, b.turn = b.burst, b.burst
	return b
}

// sane keeps limits that nobody can mean from stopping an account for ever.
func sane(rate, burst int) (perSecond, atOnce float64) {
	return float64(max(rate, 1)), float64(max(burst, 1))
}

// limit changes rate and burst from now on.
func (b *budget) limit(rate, burst int, now time.Time) {
	perSecond, atOnce := sane(rate, burst)
	if b.rate == perSecond && b.burst == atOnce {
		return
	}
	b.refill(now)
	b.rate, b.burst = perSecond, atOnce
	b.level = min(b.level, b.burst)
	b.recall()
}

// take admits one request of who, or says after how long to ask again.
func (b *budget) take(who string, lane Lane, now time.Time) time.Duration {
	b.refill(now)
	if !b.granted.holds(who) {
		lane = b.join(who, lane)
		b.promote()
	}
	if b.granted.holds(who) {
		if b.level < 1-grain { // somebody came late, and just before
			return b.until(1 - b.level)
		}
		b.granted.drop(who)
		b.level--
		return 0
	}
	ahead := b.queues[lane].place(who)
	for higher := range lane {
		ahead += b.queues[higher].len()
	}
	return b.until(float64(ahead+1)-b.turn) + max(b.paused.Sub(now), 0)
}

// until is how long it takes to earn so many tokens; never zero.
func (b *budget) until(tokens float64) time.Duration {
	return max(time.Duration(math.Ceil(tokens/b.rate*float64(time.Second))), 1)
}

// charge accounts for a request that did not ask before: the others pay for it by
// waiting.
func (b *budget) charge(now time.Time) {
	b.refill(now)
	b.level--
	b.turn--
}

// pause stops all requests of the account, as Arize asked for with a 429. Who was
// admitted and has not come back yet waits again, in front of the others.
func (b *budget) pause(retryAfter time.Duration, now time.Time) {
	b.refill(now)
	if retryAfter <= 0 {
		retryAfter = defaultPause
	}
	if until := now.Add(min(retryAfter, maxPause)); until.After(b.paused) {
		b.paused = until
	}
	b.level = min(b.level, 0)
	b.recall()
}

// recall takes back all admissions: what they were promised may be gone.
func (b *budget) recall() {
	var back [lanes][]slot
	for b.granted.len() > 0 {
		first := b.granted.leave()
		back[first.lane] = append(back[first.lane], first)
	}
	for lane, slots := range back {
		b.queues[lane].rejoin(slots)
	}
	b.turn = b.level
}

// join gives who a place at the end of a lane, or keeps the one it has, unless
// this lane is more urgent. It returns the lane in which who waits.
func (b *budget) join(who string, lane Lane) Lane {
	for held := range b.queues {
		if !b.queues[held].holds(who) {
			continue
		}
		if Lane(held) <= lane {
			return Lane(held)
		}
		b.queues[held].drop(who)
	}
	b.queues[lane].join(slot{who, lane, b.at})
	return lane
}

// refill adds what time has earned, and admits who had to wait for it; a pause
// earns nothing.
func (b *budget) refill(now time.Time) {
	from := b.at
	if b.paused.After(from) {
		from = b.paused
	}
	if now.After(from) {
		earned := now.Sub(from).Seconds() * b.rate
		b.level = min(b.burst, b.level+earned)
		b.turn += earned
	}
	if now.After(b.at) {
		b.at = now
	}
	for b.granted.len() > 0 && b.at.Sub(b.granted.oldest()) > grantLife {
		b.granted.leave() // its ArizeRole is gone or changed its mind
	}
	b.promote()
}

// promote admits who waits, the urgent first.
func (b *budget) promote() {
	for lane := range b.queues {
		for b.turn >= 1-grain && b.queues[lane].len() > 0 {
			first := b.queues[lane].leave()
			b.granted.join(slot{first.who, first.lane, b.at})
			b.turn--
		}
	}
	b.settle()
}

// settle brings into line what is promised and what is there.
func (b *budget) settle() {
	promised := 0.0
	if b.waiting() > 0 {
		promised = b.turn
	}
	for b.granted.len() > 0 && promised+float64(b.granted.len()) > b.level+1+grain {
		b.granted.leave()
	}
	if b.waiting() == 0 {
		b.turn = min(b.turn, b.level-float64(b.granted.len())) // nothing is saved up beyond the burst
	}
}

func (b *budget) waiting() (n int) {
	for lane := range b.queues {
		n += b.queues[lane].len()
	}
	return n
}
