package main

import (
	"context"
	"errors"
	"sync"
)

// each does something for every role, as many at once as the manager works on.
func (b *bench) each(ctx context.Context, do func(ctx context.Context, i int) error) error {
	indexes := make(chan int)
	errs := make([]error, b.concurrency)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers sync.WaitGroup
	for worker := range b.concurrency {
		workers.Go(func() {
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
	for i := range b.roles {
		select {
		case indexes <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(indexes)
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return ctx.Err()
}
