package plan

import (
	"testing"
	"time"
)

func TestNotTooSoon(t *testing.T) {
	failed := func(times int, ago time.Duration) func(*scene) {
		return with(func(in *Input) { in.History.Failures, in.History.Failed = times, now.Add(-ago) })
	}
	drifted := exists(remote("r1", description("Other.")))
	wait := func(d time.Duration) Step { return Step{Verb: Wait, Again: d} }
	update := Decide(input(owns("r1", Created), drifted))
	creating := Decide(input())
	decideRows(t, map[string]row{
		"an update waits for what is left of a second": {input(owns("r1", Created), drifted, failed(1, 400*time.Millisecond)), wait(600 * time.Millisecond)},
		"an update goes out when the second is over":   {input(owns("r1", Created), drifted, failed(1, time.Second)), update},
		"the wait grows with every failure":            {input(owns("r1", Created), drifted, failed(4, time.Second)), wait(7 * time.Second)},
		"a creation waits":                             {input(failed(1, 0)), wait(time.Second)},
		"a creation goes out when the second is over":  {input(failed(1, time.Minute)), creating},
		"a deletion waits":                             {input(deleting, owns("r1", Created), exists(remote("r1")), failed(1, 0)), wait(time.Second)},
		"what needs no request does not wait":          {input(owns("r1", Created), exists(remote("r1")), failed(3, 0)), Decide(input(owns("r1", Created), exists(remote("r1"))))},
		"letting go does not wait":                     {input(deleting, orphan, owns("r1", Created), exists(remote("r1")), failed(3, 0)), Step{Verb: Release, ID: "r1", Orphaned: true}},
	})
}
