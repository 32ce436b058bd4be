package session

import (
	"math"
	"time"
)

const (
	// defaultPause follows the first 429 in a row that does not say how long.
	defaultPause = time.Second
	// maxPause bounds every pause, whatever Arize asks for.
	maxPause = time.Hour
	// grantLife is how long an admission that nobody uses is kept.
	grantLife = 10 * time.Second
	// grain is what sums of fractions of a token may be wrong by.
	grain = 1e-9
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
//
// The server has a bucket too, and counts a request when it gets it, which is some
// time between admission and answer. So what is under way takes room in ours: level
// and requests under way are never more than the burst together. Then the server,
// with the same limits, finds no request too early, however irregular the way is.
type budget struct {
	rate, burst float64 // requests per second, requests at once
	pace        pace    // how much of that is used
	level       float64
	turn        float64
	at          time.Time // when level and turn were right
	paused      time.Time // nothing is admitted before
	underWay    int       // requests that were admitted and are not over
	room        room      // who waits
	granted     queue     // admitted, and not come back for it yet
}

func newBudget(rate, burst int, now time.Time) budget {
	b := budget{at: now, room: room{lines: newLines()}, granted: newQueue(), pace: newPace()}
	b.rate, b.burst = sane(rate, burst)
	b.level, b.turn = b.burst, b.burst
	return b
}

// sane keeps limits that nobody can mean from stopping an account for ever.
func sane(rate, burst int) (perSecond, atOnce float64) {
	return float64(max(rate, 1)), float64(max(burst, 1))
}

// limit changes rate and burst from now on. What was learned about the old ones is
// forgotten.
func (b *budget) limit(rate, burst int, now time.Time) {
	perSecond, atOnce := sane(rate, burst)
	if b.rate == perSecond && b.burst == atOnce {
		return
	}
	b.refill(now)
	b.rate, b.burst, b.pace = perSecond, atOnce, newPace()
	b.level = min(b.level, b.brim())
	b.recall()
}

// perSecond is the rate as it is now.
func (b *budget) perSecond() float64 { return b.rate * b.pace.share }

// brim is how high the level can be.
func (b *budget) brim() float64 {
	return min(max(b.burst*b.pace.share, 1), b.burst-float64(b.underWay))
}

// full says that nothing is admitted before something that is under way ends.
func (b *budget) full() bool { return float64(b.underWay+1) > min(b.burst, b.pace.window) }

// take admits one request of who, or says after how long to ask again: when the
// turn comes, if nobody comes meanwhile who goes before, nor the rate changes. Who
// is admitted has to say when the request is over.
func (b *budget) take(who string, lane Lane, now time.Time) time.Duration {
	b.refill(now)
	if b.full() { // afterwards it goes on one after the other
		b.recall()
		b.turn = min(b.turn, 0)
	}
	if !b.granted.holds(who) {
		lane = b.room.join(waiter{who, lane, b.at})
		b.promote()
	}
	if b.granted.holds(who) {
		if b.level < 1-grain { // somebody came late, and just before
			return b.until(1 - b.level)
		}
		b.granted.drop(who)
		b.level--
		b.underWay++
		return 0
	}
	wait := b.until(float64(b.room.place(lane, who)) - b.turn)
	return b.hopeful(wait) + max(b.paused.Sub(now), 0)
}

// over ends a request that was admitted.
func (b *budget) over(now time.Time) {
	b.refill(now)
	b.underWay--
}

// until is how long it takes to earn so many tokens; never zero.
func (b *budget) until(tokens float64) time.Duration {
	return max(time.Duration(math.Ceil(tokens/b.perSecond()*float64(time.Second))), 1)
}

// hopeful shortens a wait while the rate is lower than it may soon be: who comes at
// half time and is told the rest loses nothing, who comes too late loses the place.
func (b *budget) hopeful(wait time.Duration) time.Duration {
	if b.pace.share == 1 {
		return wait
	}
	return max(min(wait/2, recovery), min(wait, b.until(1)))
}

// charge accounts for a request that did not ask before: the others pay for it by
// waiting.
func (b *budget) charge(now time.Time) {
	b.refill(now)
	b.level--
	b.turn--
}

// refuse learns from a 429 to a request that was sent at a moment. Those that were
// under way together speak with one voice: the first one has the say.
func (b *budget) refuse(retryAfter time.Duration, sent, moment uint64, now time.Time) {
	b.refill(now)
	first := sent > b.pace.moment && !now.Before(b.paused)
	if first {
		b.pace.refused(moment, min(slowest/b.rate, 1))
	}
	if retryAfter <= 0 {
		retryAfter = b.pace.pause()
	}
	b.pause(retryAfter, now)
	if first {
		b.pace.resumed = b.paused
	}
}

// accept learns from an answer to a request that was sent at a moment.
func (b *budget) accept(sent uint64, now time.Time) {
	b.refill(now)
	b.pace.succeeded(sent, b.underWay, now)
}

// pause stops all requests of the account, as Arize asked for with a 429. Who was
// admitted and has not come back yet waits again, in front of the others.
func (b *budget) pause(wait time.Duration, now time.Time) {
	b.refill(now)
	if until := now.Add(min(wait, maxPause)); until.After(b.paused) {
		b.paused = until
	}
	b.level = min(b.level, 0)
	b.recall()
}

// recall takes back all admissions: what they were promised may be gone.
func (b *budget) recall() {
	var back [lanes][]waiter
	for b.granted.len() > 0 {
		first := b.granted.leave()
		back[first.lane] = append(back[first.lane], first)
	}
	for lane, first := range back {
		b.room.lines[lane].rejoin(first)
	}
	b.turn = b.level
}

// refill adds what time has earned, and admits who had to wait for it; a pause
// earns nothing.
func (b *budget) refill(now time.Time) {
	from := b.at
	if b.paused.After(from) {
		from = b.paused
	}
	if now.After(from) {
		b.earn(now.Sub(from).Seconds() * b.perSecond())
	}
	if now.After(b.at) {
		b.at = now
	}
	for b.granted.len() > 0 && b.at.Sub(b.granted.oldest()) > grantLife {
		b.granted.leave() // its ArizeRole is gone or changed its mind
	}
	b.promote()
}

func (b *budget) earn(tokens float64) {
	b.level = min(b.level+tokens, b.brim())
	if !b.full() {
		b.turn += tokens
	}
}

// promote admits as many of those who wait as have their turn.
func (b *budget) promote() {
	for b.turn >= 1-grain && b.room.len() > 0 {
		first := b.room.admit()
		b.granted.join(waiter{first.who, first.lane, b.at})
		b.turn--
	}
	b.settle()
}

// settle brings into line what is promised and what is there.
func (b *budget) settle() {
	promised := 0.0
	if b.room.len() > 0 {
		promised = b.turn
	}
	for b.granted.len() > 0 && promised+float64(b.granted.len()) > b.level+1+grain {
		b.granted.leave()
	}
	if b.room.len() == 0 {
		b.turn = min(b.turn, b.level-float64(b.granted.len())) // nothing is saved up beyond the burst
	}
}
