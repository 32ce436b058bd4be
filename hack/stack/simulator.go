package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// loopbackClient goes through no proxy, and keeps no connection to a process that may be gone.
var loopbackClient = &http.Client{
	Timeout:   time.Minute,
	Transport: &http.Transport{DisableKeepAlives: true},
}

// Simulator is arize-sim as a process. It keeps its state in a file, so that it can be killed and started again.
type Simulator struct {
	*Process

	// URL is both the API's and the control API's.
	URL string
}

// StartSimulator builds and starts arize-sim, with further flags if need be. Its key is arizetest.DefaultKey.
func (s *Stack) StartSimulator(ctx context.Context, args ...string) (*Simulator, error) {
	binary, err := s.build(ctx, "arize-sim", "./cmd/arize-sim")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	// The key is said because the environment may hold a real one, which would become the simulator's.
	args = append([]string{"--listen=" + ports[0], "--state=" + s.path("arize.json"), "--api-key=" + arizetest.DefaultKey}, args...)
	url := "http://" + ports[0]
	sim := &Simulator{Process: s.process("arize-sim", binary, httpReady(url+"/_sim/health"), args...), URL: url}
	s.options.Say("starting the simulated Arize")
	if err := sim.Start(ctx); err != nil {
		return nil, err
	}
	return sim, nil
}

// Call asks the control API for something, such as PATCH /_sim/roles/AI%20Engineer. Without a body it is nil, and answer
// may be nil if nobody cares. An answer without a body leaves it as it is.
func (s *Simulator) Call(ctx context.Context, method, path string, body, answer any) error {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	response, err := loopbackClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	data, err = io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, bytes.TrimSpace(data))
	}
	if answer == nil || len(data) == 0 {
		return nil
	}
	return json.Unmarshal(data, answer)
}

// Serve serves a simulated Arize of this process on loopback, until the stack is closed.
func (s *Stack) Serve(ctx context.Context, sim *arizetest.Server) (url string, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s.onClose(func() error {
		err := server.Close()
		if end := <-served; !errors.Is(end, http.ErrServerClosed) {
			return errors.Join(err, end)
		}
		return err
	})
	return "http://" + listener.Addr().String(), nil
}
