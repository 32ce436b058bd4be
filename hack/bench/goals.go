package main

import (
	"bytes"
	"fmt"
)

// verdict says whether a goal is met.
type verdict string

// The verdicts.
const (
	met         verdict = "met"
	missed      verdict = "**not met**"
	notMeasured verdict = "not measured"
)

// goal is something to reach, in ratios and times. Other than a promise, which is a count and asserted, it may be missed:
// the machine has a say in it.
type goal struct {
	what, want, got string
	verdict         verdict
}

// newGoal is a goal that nothing was measured for, yet.
func newGoal(what, want string, args ...any) goal {
	return goal{what, fmt.Sprintf(want, args...), "–", notMeasured}
}

// judge notes what was measured.
func (g *goal) judge(reached bool, got string, args ...any) {
	g.got, g.verdict = fmt.Sprintf(got, args...), missed
	if reached {
		g.verdict = met
	}
}

// The numbers of roles that goals are about.
const (
	many    = 1000
	veryFew = 100
	utmost  = 10_000
)

// Goals, as numbers.
const (
	createOverLimit = 1.5
	textbookOver    = 4
	hourlyUnder     = 200
	detectSlack     = 1   // seconds
	correctIn       = 5   // seconds
	takeoverSlack   = 3   // seconds
	handoverIn      = 3   // seconds
	mostMemory      = 150 // MiB
)

func (rs results) goals() []goal {
	return []goal{
		rs.createGoal(), rs.textbookGoal(), rs.hourlyGoal(),
		rs.detectGoal(veryFew), rs.detectGoal(many), rs.detectGoal(utmost),
		rs.correctGoal(), rs.memoryGoal(), rs.takeoverGoal(), rs.takeoverCost(), rs.handoverGoal(),
	}
}

func (rs results) createGoal() goal {
	g := newGoal("create 1000 roles: time, over the larger of the two limits", "≤ %.1f", createOverLimit)
	if of := rs.of(many).find(operator, "create"); of != nil {
		ratio := of.Seconds / of.limit()
		g.judge(ratio <= createOverLimit, "%.2f (%s over %s; Arize's limit %s)",
			ratio, readable(of.Seconds), readable(of.limit()), readable(of.RemoteLimitSeconds))
	}
	return g
}

func (rs results) textbookGoal() goal {
	g := newGoal("create 1000 roles: the textbook reconciler's time with 1 worker, over ours", "≥ %d", textbookOver)
	ours, theirs := rs.of(many).find(operator, "create"), rs.of(many).find(textbook1, "create")
	if ours != nil && theirs != nil {
		ratio := theirs.Seconds / ours.Seconds
		g.judge(ratio >= textbookOver, "%.2f (%s over %s)", ratio, readable(theirs.Seconds), readable(ours.Seconds))
	}
	return g
}

func (rs results) hourlyGoal() goal {
	g := newGoal("1000 idle roles: the textbook reconciler's requests per hour, over ours", "≥ %d", hourlyUnder)
	ours, theirs := rs.of(many).find(operator, idleScenario), rs.of(many).find(textbook1, idleScenario)
	if ours != nil && theirs != nil {
		ratio := theirs.RequestsPerHour / ours.RequestsPerHour
		g.judge(ratio >= hourlyUnder, "%.0f (%.0f over %.0f)", ratio, theirs.RequestsPerHour, ours.RequestsPerHour)
	}
	return g
}

// detectGoal counts the interval as long as its jitter may make it.
func (rs results) detectGoal(roles int) goal {
	what := fmt.Sprintf("%s roles: drift is noticed after one sweep interval (%s ± 10 %%), plus", grouped(roles), often)
	g := newGoal(what, "≤ %ds", detectSlack)
	if of := rs.of(roles).find(operator, "detect"); of != nil {
		late := max(of.DetectionSeconds-often.Seconds()*1.1, 0)
		g.judge(late <= detectSlack, "%.2fs (noticed after %s)", late, readable(of.DetectionSeconds))
	}
	return g
}

func (rs results) correctGoal() goal {
	g := newGoal("10,000 roles: drift of 1 % is corrected after the sweep in", "≤ %ds", correctIn)
	if of := rs.of(utmost).find(operator, "drift of 1 %"); of != nil {
		g.judge(of.CorrectionSeconds <= correctIn, "%s", readable(of.CorrectionSeconds))
	}
	return g
}

func (rs results) memoryGoal() goal {
	g := newGoal("10,000 roles: peak resident memory, whatever happens", "≤ %d MiB", mostMemory)
	if r := rs.of(utmost); r != nil {
		peak := r.peak(operator)
		g.judge(peak <= mostMemory, "%.1f MiB", peak)
	}
	return g
}

func (rs results) takeoverGoal() goal {
	g := newGoal("1000 roles: failover takes the lease time (15s), plus", "≤ %ds", takeoverSlack)
	if of := rs.of(many).find(operator, "failover"); of != nil {
		late := max(of.Seconds-leaseTime.Seconds(), 0)
		g.judge(late <= takeoverSlack, "%.2fs (%s after SIGKILL)", late, readable(of.Seconds))
	}
	return g
}

func (rs results) takeoverCost() goal {
	g := newGoal("1000 roles: failover costs the requests of one sweep", "its pages")
	if of := rs.of(many).find(operator, "failover"); of != nil {
		g.want = fmt.Sprint(of.Pages)
		g.judge(of.requests() == of.Pages, "%d", of.requests())
	}
	return g
}

func (rs results) handoverGoal() goal {
	g := newGoal("1000 roles: the other replica took over after a clean stop in", "< %ds", handoverIn)
	if of := rs.of(many).find(operator, "handover"); of != nil {
		g.judge(of.Seconds < handoverIn, "%s", readable(of.Seconds))
	}
	return g
}

func (rs results) goalsMarkdown() string {
	var text bytes.Buffer
	fmt.Fprint(&text, "\n## Goals\n\n")
	line(&text, "goal", "wanted", "measured", "")
	line(&text, "---", "--:", "---", "---")
	for _, g := range rs.goals() {
		line(&text, g.what, g.want, g.got, string(g.verdict))
	}
	return text.String()
}
