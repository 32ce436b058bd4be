package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// patience is how long requests under way may take once the program is told to stop.
const patience = 2 * time.Second

// run serves until ctx ends. It says on stdout where, before anybody can have been refused.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	out := &lines{w: stdout}
	c, err := parse(args, out)
	if err != nil {
		return err
	}
	sim, err := c.simulator(out)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.listen)
	if err != nil {
		return err
	}
	if err := c.announce(listener.Addr(), out); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serve(ctx, listener, sim, out)
}

// simulator makes the server that the command line asks for.
func (c config) simulator(out *lines) (*arizetest.Server, error) {
	c.options.OnSaveError = func(err error) { out.printf("the state can't be kept: %v", err) }
	if c.log {
		c.options.OnRequest = func(r arizetest.Request) { out.printf("%s", line(r)) }
	}
	sim, err := c.load()
	if err != nil {
		return nil, err
	}
	for _, key := range c.keys {
		sim.AddKey(key, arizetest.DefaultAccount)
	}
	sim.SeedRoles(c.seedRoles)
	return sim, nil
}

func (c config) load() (*arizetest.Server, error) {
	if c.stateFile == "" {
		return arizetest.NewServer(c.options), nil
	}
	return arizetest.Load(c.stateFile, c.options)
}

// announce says where the simulator is, and how to use it.
func (c config) announce(address net.Addr, out *lines) error {
	tcp, ok := address.(*net.TCPAddr)
	if ok && c.portFile != "" {
		if err := writePort(c.portFile, tcp.Port); err != nil {
			return err
		}
	}
	out.printf("arize-sim listens on http://%s", address)
	if len(c.keys) == 0 {
		out.printf("API key: %s", arizetest.DefaultKey)
	} else {
		out.printf("API keys: %d, as given", len(c.keys))
	}
	if ok && !tcp.IP.IsLoopback() {
		out.printf("warning: this is not loopback, and whoever can reach it can change everything under /_sim/")
	}
	return nil
}

// writePort makes the file appear complete, since others wait for it.
func writePort(file string, port int) error {
	temporary := file + ".tmp"
	if err := os.WriteFile(temporary, []byte(strconv.Itoa(port)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}

// serve answers until ctx ends, then lets requests under way finish, for a while.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, out *lines) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	out.printf("arize-sim stops")
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(limited); err != nil { // some request hangs, perhaps on purpose
		return server.Close()
	}
	return nil
}

// line tells of one request; there is no key in it.
func line(r arizetest.Request) string {
	target := r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	words := []string{
		r.Time.Format("15:04:05.000"), "#" + strconv.FormatInt(r.Seq, 10), r.Method, target, "->", strconv.Itoa(r.Status),
	}
	if r.Mutated {
		words = append(words, "changed")
	}
	if r.Lost {
		words = append(words, "lost")
	}
	for _, kind := range r.Faults {
		words = append(words, "fault:"+string(kind))
	}
	return strings.Join(words, " ")
}

// lines is an output that several goroutines share, a line at a time.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(data)
}

func (l *lines) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(l, format+"\n", args...) // nowhere to complain
}
