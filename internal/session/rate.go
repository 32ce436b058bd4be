package session

import "time"

const (
	// slowest is the rate below which nothing is lowered, in requests per second.
	slowest = 0.1
	// recovery is how long it takes to come back to where the last 429 came.
	recovery = 2 * time.Minute
	// nearly is how much of the rate at which a 429 came is neared with care: the
	// server's own savings let us be too fast for a while before it says so.
	nearly = 0.9
	// How many requests may be under way while the limit is not known, at first and
	// after a 429: as many as the server may refuse before one hears of it.
	firstWindow  = 20
	narrowWindow = 4
	// patience bounds the pause after 429s that do not say how long.
	patience = time.Minute
)

// pace is how much of the configured rate is used. A 429 halves it. Success raises
// it again, as fast as the time since allows: quickly at first, slowly near where
// the 429 came, and beyond that ever faster, up to the configured rate. Time and
// not the number of successes decides, so that a slow account is not probed more
// often than a fast one is.
//
// So it is too fast about once in three minutes while more is asked for than the
// server allows, and what that costs is what is under way then. The window keeps
// that low.
type pace struct {
	share   float64   // of the configured rate
	ceiling float64   // the share that is neared with care
	resumed time.Time // when the last pause that lowered the rate ended
	moment  uint64    // what was sent before has no say about the rate
	proven  bool      // something that was sent later succeeded
	silence int       // 429s in a row, of those that have a say
	window  float64   // how many requests may be under way
}

func newPace() pace { return pace{share: 1, ceiling: 1, proven: true, window: firstWindow} }

// refused learns from a 429 that has a say. It lowers the rate only if something
// succeeded since the last one: while everything is refused it is not the rate that
// is wrong, and a lower one would only delay the recovery.
func (p *pace) refused(moment uint64, least float64) {
	p.moment = moment
	p.silence++
	if !p.proven {
		return
	}
	p.proven, p.silence = false, 1
	p.ceiling = max(p.share*nearly, least)
	p.share = max(p.share/2, least)
	p.window = narrowWindow
}

// pause is how long to wait after a 429 that does not say.
func (p *pace) pause() time.Duration {
	return min(defaultPause<<min(max(p.silence-1, 0), 10), patience)
}

// succeeded learns from an answer that is no 429, while so many requests were under way.
func (p *pace) succeeded(sent uint64, underWay int, now time.Time) {
	if sent <= p.moment {
		return
	}
	p.proven, p.silence = true, 0
	if float64(2*underWay) > p.window { // a window that nobody needs proves nothing
		p.window += 1. / 16
	}
	if p.share < 1 {
		p.share = min(max(p.share, p.allowed(now)), 1)
	}
}

// allowed is the share that the time since the last 429 allows: a cubic curve that
// begins at half the ceiling and lies flat where it crosses it.
func (p *pace) allowed(now time.Time) float64 {
	since := max(now.Sub(p.resumed), 0)
	x := since.Seconds()/recovery.Seconds() - 1
	return p.ceiling * (1 + x*x*x/2)
}
