package session

import "time"

// invitationLife is how long a slot is kept for who was invited to it. Who is invited comes at once; the bound is for one
// whose ArizeRole is gone meanwhile.
const invitationLife = 5 * time.Second

// slots bound how many requests of one account are under way at once. So an account that does not answer holds that
// many workers, and never all of them. Nobody sleeps for a slot: who finds none is parked, and invited when one is free.
type slots struct {
	size    int // 0 sets no bound
	taken   int
	parked  lines
	invited queue
}

func newSlots(size int) slots {
	return slots{size: size, parked: newLines(), invited: newQueue()}
}

// take gives who a slot, or parks it.
func (s *slots) take(who string, lane Lane, now time.Time) bool {
	switch {
	case s.invited.holds(who):
		s.invited.drop(who)
	case s.free() <= 0:
		s.parked.join(waiter{who, lane, now})
		return false
	}
	s.parked.drop(who)
	s.taken++
	return true
}

// free is how many slots neither are taken nor wait for one who was invited.
func (s *slots) free() int {
	if s.size == 0 {
		return 1
	}
	return s.size - s.taken - s.invited.len()
}

// invite is who is to come for the slots that are free. If declined was invited and took none, that invitation ends.
func (s *slots) invite(declined string, now time.Time) (guests []string) {
	if s.invited.holds(declined) {
		s.invited.drop(declined)
	}
	for s.invited.len() > 0 && now.Sub(s.invited.oldest()) > invitationLife {
		s.invited.leave()
	}
	for lane := range s.parked {
		for s.free() > 0 && s.parked[lane].len() > 0 {
			guest := s.parked[lane].leave()
			s.invited.join(waiter{guest.who, guest.lane, now})
			guests = append(guests, guest.who)
		}
	}
	return guests
}
