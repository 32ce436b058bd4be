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

func judge(what, want, got string, reached bool) goal {
	if reached {
		return goal{what, want, got, met}
	}
	return goal{what, want, got, missed}
}

func unmeasured(what, want string) goal { return goal{what, want, "–", notMeasured} }

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
	const what = "create 1000 roles: time, over the larger of the two limits"
	want := fmt.Sprintf("≤ %.1f", createOverLimit)
	row := rs.of(many).find(operator, "create")
	if row == nil {
		return unmeasured(what, want)
	}
	ratio := row.Seconds / row.limit()
	got := fmt.Sprintf("%.2f (%s over %s; Arize's limit %s)", ratio, readable(row.Seconds), readable(row.limit()), readable(row.RemoteLimitSeconds))
	return judge(what, want, got, ratio <= createOverLimit)
}

func (rs results) textbookGoal() goal {
	const what = "create 1000 roles: the textbook reconciler's time with 1 worker, over ours"
	want := fmt.Sprintf("≥ %d", textbookOver)
	ours, theirs := rs.of(many).find(operator, "create"), rs.of(many).find(textbook1, "create")
	if ours == nil || theirs == nil {
		return unmeasured(what, want)
	}
	ratio := theirs.Seconds / ours.Seconds
	return judge(what, want, fmt.Sprintf("%.2f (%s over %s)", ratio, readable(theirs.Seconds), readable(ours.Seconds)), ratio >= textbookOver)
}

func (rs results) hourlyGoal() goal {
	const what = "1000 idle roles: the textbook reconciler's requests per hour, over ours"
	want := fmt.Sprintf("≥ %d", hourlyUnder)
	ours, theirs := rs.of(many).find(operator, idleScenario), rs.of(many).find(textbook1, idleScenario)
	if ours == nil || theirs == nil {
		return unmeasured(what, want)
	}
	ratio := theirs.RequestsPerHour / ours.RequestsPerHour
	got := fmt.Sprintf("%.0f (%.0f over %.0f)", ratio, theirs.RequestsPerHour, ours.RequestsPerHour)
	return judge(what, want, got, ratio >= hourlyUnder)
}

// detectGoal counts the interval as long as its jitter may make it.
func (rs results) detectGoal(roles int) goal {
	longest := often.Seconds() * 1.1
	what := fmt.Sprintf("%s roles: drift is noticed after one sweep interval (%s ± 10 %%), plus", grouped(roles), often)
	want := fmt.Sprintf("≤ %ds", detectSlack)
	row := rs.of(roles).find(operator, "detect")
	if row == nil {
		return unmeasured(what, want)
	}
	late := max(row.DetectionSeconds-longest, 0)
	return judge(what, want, fmt.Sprintf("%.2fs (noticed after %s)", late, readable(row.DetectionSeconds)), late <= detectSlack)
}

func (rs results) correctGoal() goal {
	const what = "10,000 roles: drift of 1 % is corrected after the sweep in"
	want := fmt.Sprintf("≤ %ds", correctIn)
	row := rs.of(utmost).find(operator, "drift of 1 %")
	if row == nil {
		return unmeasured(what, want)
	}
	return judge(what, want, readable(row.CorrectionSeconds), row.CorrectionSeconds <= correctIn)
}

func (rs results) memoryGoal() goal {
	const what = "10,000 roles: peak resident memory, whatever happens"
	want := fmt.Sprintf("≤ %d MiB", mostMemory)
	run := rs.of(utmost)
	if run == nil {
		return unmeasured(what, want)
	}
	return judge(what, want, fmt.Sprintf("%.1f MiB", run.peak(operator)), run.peak(operator) <= mostMemory)
}

func (rs results) takeoverGoal() goal {
	const what = "1000 roles: failover takes the lease time (15s), plus"
	want := fmt.Sprintf("≤ %ds", takeoverSlack)
	row := rs.of(many).find(operator, "failover")
	if row == nil {
		return unmeasured(what, want)
	}
	late := max(row.Seconds-leaseTime.Seconds(), 0)
	return judge(what, want, fmt.Sprintf("%.2fs (%s after SIGKILL)", late, readable(row.Seconds)), late <= takeoverSlack)
}

func (rs results) handoverGoal() goal {
	const what = "1000 roles: the other replica took over after a clean stop in"
	want := fmt.Sprintf("< %ds", handoverIn)
	row := rs.of(many).find(operator, "handover")
	if row == nil {
		return unmeasured(what, want)
	}
	return judge(what, want, readable(row.Seconds), row.Seconds < handoverIn)
}

func (rs results) takeoverCost() goal {
	const what = "1000 roles: failover costs the requests of one sweep"
	row := rs.of(many).find(operator, "failover")
	if row == nil {
		return unmeasured(what, "its pages")
	}
	return judge(what, fmt.Sprint(row.Pages), fmt.Sprint(row.requests()), row.requests() == row.Pages)
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
