// Command chaos lets things go wrong around the operator, at random and for as long as you like, and checks all the time
// that it loses, leaks and steals no role: a real control plane, the manager's binary, a simulated Arize, and between them
// users, strangers, networks, machines and keys that misbehave. When it stops, everything has to converge.
//
// SEED repeats a mix (the times at which things happen still differ), DURATION says for how long.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	ctrl.SetLogger(logr.Discard()) // of the client libraries; the manager has a log of its own
	seed, duration, err := parse(os.Getenv("SEED"), os.Getenv("DURATION"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err = play(ctx, seed, duration, func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "chaos: "+format+"\n", args...)
	})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "chaos: nothing was lost, leaked or stolen")
}

// parse reads what to play, and for how long.
func parse(seedText, durationText string) (seed uint64, duration time.Duration, err error) {
	seed, duration = rand.Uint64()%1_000_000, time.Minute //nolint:gosec // guards nothing
	if seedText != "" {
		if seed, err = strconv.ParseUint(seedText, 10, 64); err != nil {
			return 0, 0, fmt.Errorf("SEED: %w", err)
		}
	}
	if durationText != "" {
		if duration, err = time.ParseDuration(durationText); err != nil {
			return 0, 0, fmt.Errorf("DURATION, such as 10m: %w", err)
		}
	}
	return seed, duration, nil
}

// play runs a soak, and says all that helps when it fails.
func play(ctx context.Context, seed uint64, duration time.Duration, say func(string, ...any)) (err error) {
	say("SEED=%d DURATION=%s", seed, duration)
	s, err := newSoak(ctx, seed, say)
	if err != nil {
		return fmt.Errorf("chaos could not begin: %w", err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.run(ctx, duration); err != nil {
		return s.explain(err)
	}
	say("%s", s.tally())
	return nil
}
