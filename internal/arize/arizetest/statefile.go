package arizetest

type state struct{}

func (s *Server) changed() {}
