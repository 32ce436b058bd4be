package stack_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/arize-operator/arize-operator/hack/stack"
)

func TestAwaitGivesUpAndSaysWhatWasTheMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		wrong := errors.New("it is broken")
		err := stack.AwaitWithin(t.Context(), time.Second, "a miracle", func(ctx context.Context) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return wrong
		})
		if took := time.Since(began); took != time.Second {
			t.Errorf("gave up after %s", took)
		}
		if want := "waiting for a miracle: nothing came of it in 1s; at last: it is broken"; err == nil || err.Error() != want || !errors.Is(err, wrong) {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestAwaitEndsWhenItComesTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		err := stack.Await(t.Context(), "the third try", func(context.Context) error {
			if tries++; tries < 3 {
				return errors.New("not yet")
			}
			return nil
		})
		if err != nil || tries != 3 {
			t.Errorf("%d tries, error %v", tries, err)
		}
	})
}

func TestPauseEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if err := stack.Pause(ctx, time.Hour); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}
