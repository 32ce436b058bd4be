package main

import (
	"context"
	"errors"
	"sync"
)

// each does something for every role, as many at once as the manager works on.
func (b *bench) each(ctx context.Context, do func(ctx context.Context, i int) error) error {
	return inParallel(ctx, b.concurrency, b.size, do)
}

// inParallel calls do with 0 to n-1, and with no more of them at once than there are workers.
func inParallel(ctx context.Context, workers, n int, do func(ctx context.Context, i int) error) error {
	indexes := make(chan int)
	errs := make([]error, workers)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var working sync.WaitGroup
	for worker := range workers {
		working.Go(func() {
			for i := range indexes {
				if err := do(ctx, i); err != nil {
					errs[worker] = err
					cancel() // one failure is enough
					return
				}
			}
		})
	}
feed:
	for i := range n {
		select {
		case indexes <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(indexes)
	working.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return ctx.Err()
}
