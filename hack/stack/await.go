package stack

import (
	"context"
	"fmt"
	"time"
)

const (
	// Patience is how long Await waits. It is for machines that are slow or busy: nothing normally takes that long.
	Patience = 2 * time.Minute

	pollInterval = 50 * time.Millisecond
)

// Await calls check until it returns nil, for as long as Patience. The error of the last try is part of the one returned.
func Await(ctx context.Context, what string, check func(context.Context) error) error {
	return AwaitWithin(ctx, Patience, what, check)
}

// AwaitWithin is Await for at most limit.
func AwaitWithin(ctx context.Context, limit time.Duration, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("nothing came of it in %s", limit))
	defer cancel()
	var last error
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil { // that the time is over says less than what was the matter before
			last = err
		}
		if over := Pause(ctx, pollInterval); over != nil {
			return fmt.Errorf("waiting for %s: %w; at last: %w", what, over, last)
		}
	}
}

// Pause lets time pass. It is for paces and measured times: whoever waits for something uses Await.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
