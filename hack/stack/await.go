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
	ctx, cancel := context.WithTimeoutCause(ctx, Patience, fmt.Errorf("nothing came of it in %s", Patience))
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var last error
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil { // that the time is over says less than what was the matter before
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w; at last: %w", what, context.Cause(ctx), last)
		case <-ticker.C:
		}
	}
}
