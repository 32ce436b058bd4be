package session

import "time"

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
)

// budget is a token bucket with a waiting room. Nobody sleeps in it: who has to
// wait is told when to ask again, and keeps the place in the queue.
type budget struct {
	rate, burst float64 // requests per second, requests at once
	tokens      float64
	at          time.Time // when tokens was right
	paused      time.Time // nothing is admitted before
	queues      [lanes]queue
	granted     map[string]time.Time // admitted, and not come back for it yet
}

// queue is first in, first out; a ticket's place is its number less the head's.
type queue struct {
	head    int
	waiting []string
	tickets map[string]int
}

func newBudget(rate, burst int, now time.Time) budget {
	b := budget{rate: float64(rate), burst: float64(burst), tokens: float64(burst), at: now, granted: map[string]time.Time{}}
	for lane := range b.queues {
		b.queues[lane].tickets = map[string]int{}
	}
	return b
}

func (b *budget) limit(rate, burst int) {
	b.rate, b.burst = float64(rate), float64(burst)
	b.tokens = min(b.tokens, b.burst)
}

// take admits one request of who, or says after how long to ask again.
func (b *budget) take(who string, lane Lane, now time.Time) time.Duration {
	b.refill(now)
	b.promote(now)
	if _, granted := b.granted[who]; granted {
		delete(b.granted, who)
		return 0
	}
	place := b.queues[lane].join(who)
	b.promote(now)
	if _, granted := b.granted[who]; granted {
		delete(b.granted, who)
		return 0
	}
	for higher := range lane {
		place += len(b.queues[higher].waiting)
	}
	need := float64(place+1) - b.tokens
	wait := time.Duration(need / b.rate * float64(time.Second))
	return max(wait, time.Millisecond) + max(b.paused.Sub(now), 0)
}

// pause stops all requests of the account, as Arize asked for with a 429.
func (b *budget) pause(retryAfter time.Duration, now time.Time) {
	if retryAfter <= 0 {
		retryAfter = defaultPause
	}
	if until := now.Add(min(retryAfter, maxPause)); until.After(b.paused) {
		b.paused = until
	}
	b.tokens = min(b.tokens, 0)
}

// refill adds what time has earned; a pause earns nothing.
func (b *budget) refill(now time.Time) {
	from := b.at
	if b.paused.After(from) {
		from = b.paused
	}
	if now.After(from) {
		b.tokens = min(b.burst, b.tokens+now.Sub(from).Seconds()*b.rate)
	}
	if now.After(b.at) {
		b.at = now
	}
}

// promote admits who waits, the urgent first. An admission that nobody came for
// is taken back: its ArizeRole is gone or changed its mind.
func (b *budget) promote(now time.Time) {
	for who, since := range b.granted {
		if now.Sub(since) > grantLife {
			delete(b.granted, who)
		}
	}
	if b.paused.After(now) {
		return
	}
	for lane := range b.queues {
		for b.tokens >= 1 && len(b.queues[lane].waiting) > 0 {
			b.granted[b.queues[lane].leave()] = now
			b.tokens--
		}
	}
}

// join gives who a place at the end, or finds the one it has; the first is 0.
func (q *queue) join(who string) (place int) {
	ticket, waits := q.tickets[who]
	if !waits {
		ticket = q.head + len(q.waiting)
		q.tickets[who] = ticket
		q.waiting = append(q.waiting, who)
	}
	return ticket - q.head
}

func (q *queue) leave() string {
	who := q.waiting[0]
	q.waiting = q.waiting[1:]
	q.head++
	delete(q.tickets, who)
	return who
}
