package session

import "slices"

// Lane says how urgent a request is.
type Lane int

// The lanes, most urgent first.
const (
	// Person: somebody changed or deleted an ArizeRole.
	Person Lane = iota
	// Demand: somebody asked for a fresh look, or a creation's end is unknown.
	Demand
	// Repair: corrections of drift, and whatever else nobody waits for.
	Repair
	// Upkeep: sweeps.
	Upkeep
	lanes
)

// lines are the queues of those who wait, one for each lane.
type lines [lanes]queue

func newLines() (l lines) {
	for lane := range l {
		l[lane] = newQueue()
	}
	return l
}

func (l *lines) len() (n int) {
	for lane := range l {
		n += l[lane].len()
	}
	return n
}

// join gives one a place at the end of its lane. Who waits already keeps the place,
// unless this lane is more urgent. It returns the lane in which who waits.
func (l *lines) join(last waiter) Lane {
	for held := range l {
		if !l[held].holds(last.who) {
			continue
		}
		if Lane(held) <= last.lane {
			return Lane(held)
		}
		l[held].drop(last.who)
	}
	l[last.lane].join(last)
	return last.lane
}

// drop lets who go, if it waits.
func (l *lines) drop(who string) {
	for lane := range l {
		if l[lane].holds(who) {
			l[lane].drop(who)
		}
	}
}

// round is how many admissions hold one for each lane but the first.
const round = 10

// favoured is the lane whose own the nth admission of a round is, whoever is more
// urgent; Person when it is nobody's. So no lane waits for the others to be empty:
// thousands of creations must not keep the sweeps, and the breaker with them, waiting.
var favoured = [round]Lane{2: Demand, 5: Repair, 9: Upkeep}

// room is where those wait whom the budget admits one after the other: the urgent
// first, but for what is a lane's own.
type room struct {
	lines

	admissions int // in this round
}

// admit takes out the one whose turn it is. Somebody must be waiting.
func (r *room) admit() waiter {
	first := r.lines[r.next()].leave()
	r.admissions = (r.admissions + 1) % round
	return first
}

// next is the lane whose turn it is. Somebody must be waiting.
func (r *room) next() Lane {
	lane := favoured[r.admissions]
	if r.lines[lane].len() == 0 {
		lane = Person
	}
	for r.lines[lane].len() == 0 {
		lane++
	}
	return lane
}

// place is how many admissions it takes to come to who, which waits in a lane.
func (r *room) place(lane Lane, who string) int {
	before := r.lines[lane].place(who)
	for n := before + 1; ; {
		missing := before + 1 - r.served(lane, n)
		if missing <= 0 {
			return n
		}
		n += missing
	}
}

// served is how many of a lane are among the next n admissions.
func (r *room) served(lane Lane, n int) (served int) {
	var own [lanes]int
	rest := n
	for l := range lanes {
		own[l] = min(r.favours(l, n), r.lines[l].len())
		rest -= own[l]
	}
	for l := range lane {
		rest -= min(rest, r.lines[l].len()-own[l])
	}
	return own[lane] + min(rest, r.lines[lane].len()-own[lane])
}

// favours is how many of the next n admissions are a lane's own.
func (r *room) favours(lane Lane, n int) (favours int) {
	if lane == Person {
		return 0
	}
	at := slices.Index(favoured[:], lane)
	return (r.admissions+n+round-1-at)/round - (r.admissions+round-1-at)/round
}
