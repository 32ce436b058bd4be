package arizetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// controlRoute is one operation of the control API: what it returns is sent as JSON, nil as 204.
type controlRoute struct {
	pattern string
	about   string
	serve   func(*Server, *http.Request) (any, error)
}

// controlError is an error with a status of its own; any other error is a 400.
type controlError struct {
	status  int
	message string
}

func (e *controlError) Error() string { return e.message }

func missing(format string, args ...any) error {
	return &controlError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

func controlOperations() []controlRoute {
	return []controlRoute{
		{"GET /_sim/health", "says that the simulator is up", (*Server).controlHealth},
		{"GET /_sim/accounts", "lists the accounts", (*Server).controlAccounts},

		{"GET /_sim/roles", "lists roles (?account=)", (*Server).controlListRoles},
		{"POST /_sim/roles", "adds a role (?account=)", (*Server).controlAddRole},
		{"GET /_sim/roles/{role}", "shows a role, by id or name (?account=)", (*Server).controlGetRole},
		{"PATCH /_sim/roles/{role}", "changes a role, by id or name (?account=)", (*Server).controlChangeRole},
		{"DELETE /_sim/roles/{role}", "removes a role, by id or name (?account=)", (*Server).controlRemoveRole},

		{"GET /_sim/bindings", "lists role bindings (?account=)", (*Server).controlListBindings},
		{"POST /_sim/bindings", "binds a role, by role_id or role (?account=)", (*Server).controlAddBinding},
		{"DELETE /_sim/bindings/{binding}", "removes a role binding (?account=)", (*Server).controlRemoveBinding},

		{"GET /_sim/keys", "lists fingerprints of keys", (*Server).controlListKeys},
		{"POST /_sim/keys", "adds a key, and its account", (*Server).controlAddKey},
		{"DELETE /_sim/keys", "revokes the key in the body", (*Server).controlRevokeKey},
		{"DELETE /_sim/keys/{fingerprint}", "revokes a key", (*Server).controlRevokeFingerprint},

		{"GET /_sim/settings", "shows the settings", (*Server).controlSettings},
		{"PATCH /_sim/settings", "changes the given settings", (*Server).controlChangeSettings},
		{"DELETE /_sim/settings", "goes back to the first settings", (*Server).controlResetSettings},

		{"GET /_sim/faults", "lists faults", (*Server).controlFaults},
		{"POST /_sim/faults", "adds a fault", (*Server).controlAddFault},
		{"DELETE /_sim/faults", "removes all faults", (*Server).controlClearFaults},
		{"DELETE /_sim/faults/{id}", "removes a fault", (*Server).controlRemoveFault},

		{"GET /_sim/paused", "lists paused requests (?wait=10s for the first)", (*Server).controlPaused},
		{"POST /_sim/paused/release", "releases all", (*Server).controlReleaseAll},
		{"POST /_sim/paused/{seq}/release", "lets a request go on", (*Server).controlRelease},
		{"POST /_sim/paused/{seq}/drop", "closes the request's connection", (*Server).controlDrop},

		{"GET /_sim/requests", "shows the log (?after=, route=, account=, mutated=true)", (*Server).controlRequests},
		{"DELETE /_sim/requests", "empties log and counts", (*Server).controlResetLog},
		{"GET /_sim/counts", "counts requests by route and status", (*Server).controlCounts},
	}
}

func (s *Server) controlRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	index := map[string]string{}
	for _, rt := range controlOperations() {
		index[rt.pattern] = rt.about
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			sendControl(w, r, func() (any, error) { return rt.serve(s, r) })
		})
	}
	mux.HandleFunc("GET /_sim/{$}", func(w http.ResponseWriter, r *http.Request) {
		sendControl(w, r, func() (any, error) { return index, nil })
	})
	mux.HandleFunc("/_sim/", func(w http.ResponseWriter, r *http.Request) {
		sendControl(w, r, func() (any, error) {
			return nil, missing("there is no %s %s; GET /_sim/ lists what there is", r.Method, r.URL.Path)
		})
	})
	return mux
}

func sendControl(w http.ResponseWriter, r *http.Request, serve func() (any, error)) {
	value, err := serve()
	a := answer{status: http.StatusNoContent}
	switch failure, own := errors.AsType[*controlError](err); {
	case own:
		a = reply(failure.status, map[string]string{"error": failure.message})
	case err != nil:
		a = reply(http.StatusBadRequest, map[string]string{"error": err.Error()})
	case value != nil:
		a = reply(http.StatusOK, value)
	}
	_ = a.write(r.Context(), w) // whoever asked is gone
}

// readControl decodes the body of a request to the control API.
func readControl(r *http.Request, out any) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return err
	}
	if err := strictly(data, out); err != nil {
		return fmt.Errorf("the body can't be used: %w", err)
	}
	return nil
}

func (s *Server) controlHealth(*http.Request) (any, error) {
	return map[string]string{"status": "ok"}, nil
}

func (s *Server) controlSettings(*http.Request) (any, error) { return s.Settings(), nil }

func (s *Server) controlChangeSettings(r *http.Request) (any, error) {
	changed := s.Settings()
	if err := readControl(r, &changed); err != nil {
		return nil, err
	}
	s.ChangeSettings(func(settings *Settings) { *settings = changed })
	return changed, nil
}

func (s *Server) controlResetSettings(*http.Request) (any, error) {
	s.ChangeSettings(func(settings *Settings) { *settings = s.opts.Settings })
	return s.Settings(), nil
}

// logPage is what GET /_sim/requests answers.
type logPage struct {
	Requests []Request `json:"requests"`
	Counts   []Count   `json:"counts"`
}

func (s *Server) controlRequests(r *http.Request) (any, error) {
	query := r.URL.Query()
	var filters []Filter
	if after := query.Get("after"); after != "" {
		seq, err := strconv.ParseInt(after, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("after must be a sequence number: %w", err)
		}
		filters = append(filters, After(seq))
	}
	if query.Has("route") {
		filters = append(filters, ByRoute(query.Get("route")))
	}
	if query.Has("account") {
		filters = append(filters, ByAccount(query.Get("account")))
	}
	if query.Get("mutated") == "true" {
		filters = append(filters, Mutations)
	}
	return logPage{s.Requests(filters...), s.Counts()}, nil
}

func (s *Server) controlResetLog(*http.Request) (any, error) {
	s.ResetLog()
	return nil, nil
}

func (s *Server) controlCounts(*http.Request) (any, error) { return s.Counts(), nil }

// controlPaused waits, if asked to, until a request is paused.
func (s *Server) controlPaused(r *http.Request) (any, error) {
	text := r.URL.Query().Get("wait")
	if text == "" {
		return s.Paused(), nil
	}
	patience, err := time.ParseDuration(text)
	if err != nil {
		return nil, fmt.Errorf("wait must be a duration such as 10s: %w", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	paused, _ := s.AwaitPaused(ctx) // none is an answer too
	return paused, nil
}
