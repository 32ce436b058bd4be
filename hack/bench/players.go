package main

import (
	"fmt"
	"strconv"

	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// The players, as the results name them.
const (
	operator   = "operator"
	textbook1  = "textbook-1"
	textbook16 = "textbook-16"
)

// slowest is the most roles that the textbook reconciler is given with one worker: with more, a poll of all of them takes
// longer than the interval between polls.
const slowest = 1000

// player is somebody who looks after the roles.
type player struct {
	name, title string
	options     stack.ManagerOptions
	// polls: it is never quiet, so nobody waits for that.
	polls     bool
	scenarios []scenario
}

// players are who is measured, one after the other, on the same control plane.
func (b *bench) players() []player {
	args := []string{"--concurrency=" + strconv.Itoa(b.concurrency)}
	if b.pprof != "" {
		args = append(args, "--pprof-bind-address="+b.pprof)
	}
	players := []player{{
		name: operator, title: "the operator",
		options:   stack.ManagerOptions{Args: args},
		scenarios: b.life(),
	}}
	if b.roles <= slowest {
		players = append(players, b.textbook(textbook1, 1, b.textbookLife()))
	}
	return append(players, b.textbook(textbook16, 16, b.textbookRace()))
}

func (b *bench) textbook(name string, workers int, scenarios []scenario) player {
	title := "the textbook reconciler, 1 worker"
	if workers > 1 {
		title = fmt.Sprintf("the textbook reconciler, %d workers", workers)
	}
	return player{
		name: name, title: title,
		options: stack.ManagerOptions{Package: "./hack/bench/textbook", Args: []string{
			"--workers=" + strconv.Itoa(workers), "--poll=" + b.poll.String(),
			"--base-url=" + b.url, "--api-key=" + arizetest.DefaultKey,
		}},
		polls:     true,
		scenarios: scenarios,
	}
}
