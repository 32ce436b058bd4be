package main

import (
	"context"
	"fmt"
	"time"
)

const pollInterval = 50 * time.Millisecond

// await calls check until it returns nil, for at most limit.
func await(ctx context.Context, limit time.Duration, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("nothing came of it in %s", limit))
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if over := pause(ctx, pollInterval); over != nil {
			return fmt.Errorf("waiting for %s: %w; at last: %w", what, over, err)
		}
	}
}
