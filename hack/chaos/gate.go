package main

import (
	"context"
	"slices"
	"sync/atomic"
)

// moment says on which side of an effect something is stopped.
type moment string

const (
	beforehand moment = "before" // it has not happened
	afterwards moment = "after"  // it has happened, and who asked does not know
)

// gate stops the requests to the apiserver that match, on their way there or with the answer on its way back.
type gate struct {
	at    moment
	match func(access) bool
	times int32 // how many it stops; what comes later passes

	stopped atomic.Int32
	caught  chan struct{} // closed when the first is stopped
	open    chan struct{} // closed: whoever waits is let through, or dropped
	drop    atomic.Bool
}

// lose drops the next requests that match: their connections break before or after the apiserver did what was asked.
func (f *front) lose(at moment, times int32, match func(access) bool) {
	g := &gate{at: at, match: match, times: times, caught: make(chan struct{}), open: make(chan struct{})}
	g.drop.Store(true)
	close(g.open)
	f.add(g)
}

func (f *front) add(g *gate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gates = append(slices.DeleteFunc(f.gates, (*gate).spent), g)
}

// openGates lets everybody through, those who wait and those to come.
func (f *front) openGates() {
	f.mu.Lock()
	gates := f.gates
	f.gates = nil
	f.mu.Unlock()
	for _, g := range gates {
		g.release()
	}
}

// pass asks all gates. It returns false when the connection is to be closed.
func (f *front) pass(ctx context.Context, asked access, at moment) bool {
	f.mu.Lock()
	gates := slices.Clone(f.gates)
	f.mu.Unlock()
	for _, g := range gates {
		if g.at == at && g.match(asked) && !g.hold(ctx) {
			return false
		}
	}
	return true
}

func (g *gate) spent() bool { return g.stopped.Load() >= g.times }

func (g *gate) hold(ctx context.Context) bool {
	n := g.stopped.Add(1)
	if n > g.times {
		return true
	}
	if n == 1 {
		close(g.caught)
	}
	select {
	case <-g.open:
		return !g.drop.Load()
	case <-ctx.Done(): // whoever asked is gone
		return false
	}
}

// release lets go of whoever waits.
func (g *gate) release() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}
