package session

import (
	"math"
	"testing"
	"time"
)

// told is one answer of a scripted test of the rate, and what the rate is afterwards.
type told struct {
	at    time.Duration
	sent  uint64        // when the request was sent; zero: just now
	pause time.Duration // a 429 that says so; negative: that says nothing
	limit int           // the configured rate is changed
	lost  bool          // instead: nothing was answered

	want       float64       // the rate afterwards
	wantPaused time.Duration // until when
}

func TestRate(t *testing.T) {
	t.Parallel()
	const min1 = time.Minute
	for name, row := range map[string]struct {
		rate    int
		answers []told
	}{
		"success alone changes nothing": {10, []told{{want: 10}, {at: time.Hour, want: 10}}},
		"a 429 halves it": {100, []told{
			{pause: sec, want: 50, wantPaused: sec},
		}},
		"and so does the next one, if something succeeded in between": {100, []told{
			{pause: sec, want: 50, wantPaused: sec},
			{at: 2 * sec, want: 50, wantPaused: sec},
			{at: 3 * sec, pause: sec, want: 25.5, wantPaused: 4 * sec}, // of 51, for two seconds are worth something
		}},
		"as long as nothing succeeds, it is not the rate that is wrong": {100, []told{
			{pause: sec, want: 50, wantPaused: sec},
			{at: 2 * sec, pause: 3 * sec, want: 50, wantPaused: 5 * sec},
			{at: 6 * sec, pause: 3 * sec, want: 50, wantPaused: 9 * sec},
			{at: 10 * sec, want: 50, wantPaused: 9 * sec},
			{at: 11 * sec, pause: sec, want: 25.5, wantPaused: 12 * sec},
		}},
		"requests that were under way together count once": {100, []told{
			{want: 100},
			{pause: sec, want: 50, wantPaused: sec},
			{at: 100 * ms, sent: 1, pause: sec, want: 50, wantPaused: 1100 * ms},
			{at: 100 * ms, sent: 1, want: 50, wantPaused: 1100 * ms},
			{at: 2 * sec, sent: 1, pause: sec, want: 50, wantPaused: 3 * sec}, // however late
		}},
		"a request that was sent during the pause was admitted before it": {100, []told{
			{pause: sec, want: 50, wantPaused: sec},
			{at: 100 * ms, want: 50, wantPaused: sec},
			{at: 200 * ms, pause: sec, want: 50, wantPaused: 1200 * ms},
		}},
		"a success before the 429 raises nothing": {100, []told{
			{want: 100},
			{pause: sec, want: 50, wantPaused: sec},
			{at: 10 * min1, sent: 1, want: 50, wantPaused: sec},
		}},
		"what gets no answer raises nothing": {100, []told{
			{pause: sec, want: 50, wantPaused: sec},
			{at: 10 * min1, lost: true, want: 50, wantPaused: sec},
		}},
		"it comes back quickly, slows down near where the 429 came, and then hurries": {100, []told{
			{pause: sec, want: 50, wantPaused: sec},
			{at: sec + min1/2, want: 71, wantPaused: sec},
			{at: sec + min1, want: 84.4, wantPaused: sec},
			{at: sec + 3*min1/2, want: 89.3, wantPaused: sec},
			{at: sec + 2*min1, want: 90, wantPaused: sec},
			{at: sec + 5*min1/2, want: 90.7, wantPaused: sec},
			{at: sec + 3*min1, want: 95.6, wantPaused: sec},
			{at: sec + 4*min1, want: 100, wantPaused: sec},
			{at: time.Hour, want: 100, wantPaused: sec},
		}},
		"time alone brings nothing back, but the first success brings all that it was worth": {100, []told{
			{pause: sec, want: 50, wantPaused: sec}, {at: time.Hour, want: 100, wantPaused: sec},
		}},
		"it is never less than a request in ten seconds": {1, []told{
			{pause: sec, want: .5, wantPaused: sec},
			{at: 2 * sec, want: .5, wantPaused: sec},
			{at: 2 * sec, pause: sec, want: .25, wantPaused: 3 * sec},
			{at: 4 * sec, want: .25, wantPaused: 3 * sec},
			{at: 4 * sec, pause: sec, want: .13, wantPaused: 5 * sec},
			{at: 6 * sec, want: .13, wantPaused: 5 * sec},
			{at: 6 * sec, pause: sec, want: .1, wantPaused: 7 * sec},
			{at: 8 * sec, want: .1, wantPaused: 7 * sec},
			{at: 8 * sec, pause: sec, want: .1, wantPaused: 9 * sec},
		}},
		"429s that say nothing pause ever longer, until something succeeds": {100, []told{
			{pause: -1, want: 50, wantPaused: sec},
			{at: 2 * sec, pause: -1, want: 50, wantPaused: 4 * sec},
			{at: 2 * sec, sent: 1, pause: -1, want: 50, wantPaused: 4 * sec}, // an old one
			{at: 5 * sec, pause: -1, want: 50, wantPaused: 9 * sec},
			{at: 10 * sec, want: 50, wantPaused: 9 * sec},
			{at: 10 * sec, pause: -1, want: 25, wantPaused: 11 * sec},
		}},
		"another limit begins anew": {100, []told{
			{pause: sec, want: 50, wantPaused: sec}, {at: 2 * sec, limit: 20, want: 20, wantPaused: sec},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBudget(row.rate, 1000, epoch)
			moment := uint64(1)
			for i, a := range row.answers {
				now := epoch.Add(a.at)
				moment += 2
				if a.sent == 0 {
					a.sent = moment - 1
				}
				switch {
				case a.limit > 0:
					b.limit(a.limit, 1000, now)
				case a.pause != 0:
					b.refuse(max(a.pause, 0), a.sent, moment, now)
				case !a.lost:
					b.accept(a.sent, now)
				}
				if got := b.perSecond(); math.Abs(got-a.want) > a.want/20 && math.Abs(got-a.want) > .05 {
					t.Errorf("answer %d, at %v: got a rate of %v, want %v", i, a.at, got, a.want)
				}
				if got := max(b.paused.Sub(epoch), 0); got != a.wantPaused {
					t.Errorf("answer %d, at %v: got a pause until %v, want %v", i, a.at, got, a.wantPaused)
				}
			}
		})
	}
}

// TestWindow holds how many requests may be under way: what the server may refuse
// before one knows.
func TestWindow(t *testing.T) {
	t.Parallel()
	p := newPace()
	full := func() (n int) { return int(p.window) }
	for range 1000 {
		p.succeeded(1, 1, epoch)
	}
	if full() != firstWindow {
		t.Errorf("got %d, want %d: one request after the other proves nothing", full(), firstWindow)
	}
	for range 800 {
		p.succeeded(1, full(), epoch)
	}
	if full() != firstWindow+50 {
		t.Errorf("got %d, want %d", full(), firstWindow+50)
	}
	p.refused(2, .1)
	if full() != narrowWindow {
		t.Errorf("after a 429: got %d, want %d", full(), narrowWindow)
	}
}
