package arizetest

import "net/http"

func (s *Server) controlRoutes() *http.ServeMux {
	return http.NewServeMux()
}
