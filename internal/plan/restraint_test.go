package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// corrected is that fields were corrected so long ago each; the answers differed in some.
func corrected(fields, differs Fields, ago ...time.Duration) func(*scene) {
	return with(func(in *Input) {
		for _, d := range ago {
			in.History.Corrections = append(in.History.Corrections, Correction{At: now.Add(-d), Fields: fields, Differs: differs})
		}
	})
}

var recently = []time.Duration{30 * time.Minute, 20 * time.Minute, 10 * time.Minute}

func TestNoFight(t *testing.T) {
	drifted := exists(remote("r1", description("Other.")))
	described := Drift{Description: new("Other.")}
	correct := Step{
		Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true, Correction: true,
		Fields: FieldDescription, Patch: arize.RolePatch{Description: &reader.Description},
	}
	changed := correct
	changed.Correction = false
	both := correct
	both.Fields, both.Patch = FieldDescription|FieldPermissions, patch(reader, FieldDescription|FieldPermissions)
	recreating := creating
	recreating.Correction = true
	give := func(reason Reason, drift Drift) Step {
		return Step{Verb: Refuse, Verdict: says(reason), ID: "r1", Settled: true, Drift: drift}
	}
	missing := give(Contended, MissingRole(reader))
	missing.ID = ""
	ours := owns("r1", Created)
	decideRows(t, map[string]row{
		"a third correction is made":        {input(ours, drifted, corrected(FieldDescription, 0, recently[:2]...)), correct},
		"a fourth is not, somebody reverts": {input(ours, drifted, corrected(FieldDescription, 0, recently...)), give(Contended, described)},
		"a fourth is not, Arize differs":    {input(ours, drifted, corrected(FieldDescription, FieldDescription, recently...)), give(NotConverging, described)},
		"one answer that differs is enough": {input(ours, drifted, corrected(FieldDescription, FieldDescription, recently[:1]...), corrected(FieldDescription, 0, recently[1:]...)), give(NotConverging, described)},
		"an answer that differed elsewhere is not": {
			input(ours, drifted, corrected(FieldDescription|FieldPermissions, FieldPermissions, recently...)), give(Contended, described),
		},
		"a fourth is made when an hour has passed": {
			input(ours, drifted, corrected(FieldDescription, 0, time.Hour, 20*time.Minute, 10*time.Minute)), correct,
		},
		"a fourth is not made a moment before": {
			input(ours, drifted, corrected(FieldDescription, 0, time.Hour-1, 20*time.Minute, 10*time.Minute)), give(Contended, described),
		},
		"other fields are still corrected": {
			input(ours, exists(remote("r1", description("Other."), permissions("SPACE_READ"))), corrected(FieldPermissions, 0, recently...)), correct,
		},
		"corrections of other fields do not count": {
			input(ours, drifted, corrected(FieldPermissions|FieldName|FieldExistence, 0, recently...)), correct,
		},
		"corrections of several fields count for each": {
			input(ours, exists(remote("r1", description("Other."), permissions("SPACE_READ"))),
				corrected(FieldDescription, 0, recently[:2]...), corrected(FieldPermissions, 0, recently[2])), both,
		},
		"a change of the spec is always made": {input(ours, newSpec, drifted, corrected(FieldDescription, 0, recently...)), changed},
		"what is in sync again is in sync": {
			input(ours, exists(remote("r1")), corrected(FieldDescription, 0, recently...)),
			Step{Verb: Keep, Verdict: says(InSync), ID: "r1", Origin: Created, Settled: true},
		},
		"a role that is deleted again and again is not created for ever": {input(ours, corrected(FieldExistence, 0, recently...)), missing},
		"a role that was deleted twice is created":                       {input(ours, corrected(FieldExistence, 0, recently[:2]...)), recreating},
		"a name that is changed again and again":                         {input(ours, exists(remote("r1", name("Viewer"))), corrected(FieldName, 0, recently...)), give(Contended, viewerDrift)},
		"a name that is changed again and again, and is taken now": {
			input(ours, exists(remote("r1", name("Viewer"))), otherHasName, corrected(FieldName, 0, recently...)), give(Contended, viewerDrift),
		},
		"deletion is not held up": {input(deleting, ours, drifted, corrected(FieldDescription, 0, recently...)), del("r1")},
	})
}

// Names that somebody exchanges again and again would otherwise be exchanged back for ever, through a temporary name.
func TestNoFightAboutExchangedNames(t *testing.T) {
	swapped := func(past func(*scene)) Input {
		return input(oursIsViewer, exists(remote("zz")), rivalry(member("zz", "Viewer")), past)
	}
	stepAside := aside("uid-reader")
	stepAside.Correction = true
	contended := Step{Verb: Refuse, Verdict: says(Contended), ID: "r1", Settled: true, Drift: viewerDrift}
	decideRows(t, map[string]row{
		"steps aside": {swapped(corrected(FieldName, 0)), stepAside},
		"steps aside while it can still get back":        {swapped(corrected(FieldName, 0, recently[0])), stepAside},
		"does not step aside when it could not get back": {swapped(corrected(FieldName, 0, recently[:2]...)), contended},
		"does not wait either when it may not write":     {swapped(corrected(FieldName, 0, recently...)), contended},
	})
}

// Whoever reverts everything every minute of a day is followed three times an hour.
func TestCorrectionsPerHourAreBounded(t *testing.T) {
	reverted := remote("r1", name("Viewer"), description("Other."), permissions("SPACE_READ"))
	in := input(owns("r1", Created), exists(reverted))
	writes := 0
	for range 24 * 60 {
		in.Now = in.Now.Add(time.Minute)
		in.Observed.Role = &reverted
		if step := Decide(in); step.Writes() {
			writes++
			answer := apply(reverted, step.Patch)
			in.History = in.History.After(step, Did(&answer, nil), in.Now)
		}
	}
	if want := 24 * MaxCorrections; writes > want {
		t.Errorf("writes in a day: got %d, want at most %d", writes, want)
	}
}

func TestFightVerdicts(t *testing.T) {
	for name, row := range map[string]struct {
		in   Input
		want []string
	}{
		"Contended says what and what to do": {
			input(owns("r1", Created), exists(remote("r1", description("Other."))), corrected(FieldDescription, 0, recently...)),
			[]string{"the description", "within an hour", "`status.drift`"},
		},
		"NotConverging says what and what to do": {
			input(owns("r1", Created), exists(remote("r1", permissions("A_B"))), corrected(FieldPermissions, FieldPermissions, recently...)),
			[]string{"the permissions", "`status.drift`"},
		},
		"Contended about existence speaks of deletion": {
			input(owns("r1", Created), corrected(FieldExistence, 0, recently...)), []string{"keeps deleting the role", "within an hour"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Decide(row.in).Verdict.Message
			for _, want := range row.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %q, which lacks %q", got, want)
				}
			}
		})
	}
}

// refusal is that the request which Decide plans for in was refused so long ago.
func refusal(in Input, reason Reason, ago time.Duration) Input {
	in.History.Refusal = &Refusal{Request: Decide(in).Request(), Reason: reason, Message: "No.", At: now.Add(-ago)}
	return in
}

func TestRefusedRequests(t *testing.T) {
	drifted := input(owns("r1", Created), newSpec, exists(remote("r1", description("Other."))))
	update := Step{
		Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true,
		Fields: FieldDescription, Patch: arize.RolePatch{Description: &reader.Description},
	}
	changed := refusal(drifted, Rejected, time.Minute)
	changed.Desired.Description = "New."
	asked := update
	asked.Patch = arize.RolePatch{Description: new("New.")}
	elsewhere := refusal(drifted, Rejected, time.Minute)
	elsewhere.Observed.Role = new(remote("r1"))
	refused := func(reason Reason) Step {
		return Step{Verb: Refuse, Verdict: Verdict{reason, "No."}, ID: "r1", Settled: true, Drift: Drift{Description: new("Other.")}}
	}
	overwriting := input(adopting(AdoptAlways), exists(remote("r2", description("Other."))))
	overwrite := Step{Verb: Refuse, Verdict: says(Forbidden), ID: "r2", Settled: true, Drift: Drift{Description: new("Other.")}}
	replacing := input(adopting(AdoptAlways), owns("r1", Created), exists(remote("r2", description("Other."))))
	replace := Step{Verb: Refuse, Verdict: says(Forbidden), Settled: true, Drift: Drift{Description: new("Other.")}}
	decideRows(t, map[string]row{
		"an update is not repeated":                          {refusal(drifted, Rejected, time.Minute), refused(Rejected)},
		"an update is not repeated a moment before the hour": {refusal(drifted, Forbidden, SlowRetry-1), refused(Forbidden)},
		"an update is repeated after an hour":                {refusal(drifted, Rejected, SlowRetry), update},
		"a changed update is sent":                           {changed, asked},
		"no update is needed any more":                       {elsewhere, Step{Verb: Keep, Verdict: says(InSync), ID: "r1", Origin: Created, Settled: true}},
		"a creation is not repeated":                         {refusal(input(), NameTaken, 2*time.Minute), Step{Verb: Refuse, Verdict: says(NameTaken), Settled: true}},
		"a name that is taken waits for a list that may show by whom": {
			refusal(input(owns("r1", Created), newSpec, exists(remote("r1", name("Old")))), NameTaken, time.Minute), Step{Verb: Wait, Sweep: true},
		},
		"a name that is taken by nobody that a list shows is not asked for again": {
			refusal(input(owns("r1", Created), newSpec, exists(remote("r1", name("Old")))), NameTaken, 2*time.Minute),
			Step{Verb: Refuse, Verdict: says(NameTaken), ID: "r1", Drift: Drift{Name: new("Old")}, Settled: true},
		},
		"a creation is repeated after an hour": {refusal(input(), NameTaken, SlowRetry), creating},
		"a repeated creation waits for the end of the first try": {
			refusal(input(pending(reader, 20*time.Second)), Forbidden, time.Second), Step{Verb: Wait, Again: 10*time.Second + time.Millisecond},
		},
		"a repeated creation is over after that": {
			refusal(input(pending(reader, 2*time.Minute)), Forbidden, time.Second), Step{Verb: Refuse, Verdict: says(Forbidden), Settled: true},
		},
		"a repeated creation waits for what another process may have tried": {
			refusal(input(pending(reader, 2*time.Minute), began(70*time.Second)), Forbidden, time.Second), Step{Verb: Wait, Sweep: true},
		},
		"an adoption that was refused takes nothing": {refusal(overwriting, Forbidden, time.Minute), overwrite},
		"the stranger's role is not put on record in place of our lost one": {
			refusal(replacing, Forbidden, time.Minute), replace,
		},
	})
}

// A name that is taken invisibly, as by a role that was deleted earlier, holds up nothing but itself.
func TestRefusedNameLeavesTheRestToBeWritten(t *testing.T) {
	in := input(oursIsViewer, newSpec, func(s *scene) { s.remote[0].Description = "Other." })
	in = refusal(in, NameTaken, time.Minute)
	step := Decide(in)
	want := Step{
		Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true,
		Fields: FieldDescription, Patch: arize.RolePatch{Description: &reader.Description},
	}
	if diff := cmp.Diff(step, want, essence); diff != "" {
		t.Fatalf("Decide (-got +want):\n%s", diff)
	}
	in.History.Refusal.Reason = Forbidden
	if got := Decide(in).Verb; got != Refuse {
		t.Errorf("after a refusal that is not about the name: got %s, want %s", got, Refuse)
	}
}

func TestHeldLeavesWhatIsKnownAsItIs(t *testing.T) {
	in := input(owns("r1", Created), exists(remote("r1", description("Other."))))
	want := Step{Verb: Refuse, Verdict: says(RateLimited), ID: "r1", Unseen: true}
	if diff := cmp.Diff(Held(Decide(in)), want, essence); diff != "" {
		t.Errorf("Held (-got +want):\n%s", diff)
	}
}
