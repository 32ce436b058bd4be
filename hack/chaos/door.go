package main

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// door serves a handler on loopback, and can throw out whoever came in.
type door struct {
	url    string
	server *http.Server
	served chan error

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

func openDoor(ctx context.Context, handler http.Handler) (*door, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{url: "http://" + listener.Addr().String(), served: make(chan error, 1), conns: map[net.Conn]struct{}{}}
	d.server = &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ConnState: d.track}
	go func() { d.served <- d.server.Serve(listener) }()
	return d, nil
}

func (d *door) track(conn net.Conn, state http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if state == http.StateClosed || state == http.StateHijacked {
		delete(d.conns, conn)
		return
	}
	d.conns[conn] = struct{}{}
}

// cut closes every connection there is, whatever goes on in it.
func (d *door) cut() {
	d.mu.Lock()
	conns := slices.Collect(maps.Keys(d.conns))
	d.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close() // it may be closed already
	}
}

func (d *door) close() error {
	err := d.server.Close()
	if end := <-d.served; !errors.Is(end, http.ErrServerClosed) {
		return errors.Join(err, end)
	}
	return err
}
