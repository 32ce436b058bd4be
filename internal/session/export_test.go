package session

// UnderWay is how many requests were admitted and are not over.
func (s *Session) UnderWay() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.budget.underWay
}
