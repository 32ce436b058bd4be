package session

import (
	"slices"
	"time"
)

// queue is first in, first out, and knows the place of each. Who comes gets the next
// number; who leaves from the middle leaves a hole behind until it reaches the front.
type queue struct {
	head    int // the number of the first
	waiters []waiter
	tickets map[string]int // who waits, and with which number
	holes   []int          // numbers with which nobody waits any more, sorted
}

type waiter struct {
	who   string
	lane  Lane
	since time.Time
}

func newQueue() queue { return queue{tickets: map[string]int{}} }

func (q *queue) len() int { return len(q.tickets) }

func (q *queue) holds(who string) bool {
	_, holds := q.tickets[who]
	return holds
}

// place is how many are in front of who.
func (q *queue) place(who string) int {
	ticket := q.tickets[who]
	holes, _ := slices.BinarySearch(q.holes, ticket)
	return ticket - q.head - holes
}

func (q *queue) join(last waiter) {
	q.tickets[last.who] = q.head + len(q.waiters)
	q.waiters = append(q.waiters, last)
}

// rejoin puts some in front of all.
func (q *queue) rejoin(first []waiter) {
	if len(first) == 0 {
		return
	}
	q.head -= len(first)
	for i := range first {
		q.tickets[first[i].who] = q.head + i
	}
	q.waiters = slices.Concat(first, q.waiters)
}

// drop lets who go, wherever it is.
func (q *queue) drop(who string) {
	ticket := q.tickets[who]
	delete(q.tickets, who)
	at, _ := slices.BinarySearch(q.holes, ticket)
	q.holes = slices.Insert(q.holes, at, ticket)
	for len(q.holes) > 0 && q.holes[0] == q.head { // so that the first is never a hole
		q.waiters[0] = waiter{}
		q.waiters, q.holes = q.waiters[1:], q.holes[1:]
		q.head++
	}
}

// leave takes out the first. There must be one.
func (q *queue) leave() waiter {
	first := q.waiters[0]
	q.drop(first.who)
	return first
}

// oldest is since when the first waits. There must be one.
func (q *queue) oldest() time.Time { return q.waiters[0].since }
