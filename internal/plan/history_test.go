package plan

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

var (
	updating  = Step{Verb: Update, ID: "r1", Wanted: reader, Patch: arize.RolePatch{Description: &reader.Description}, Fields: FieldDescription}
	posting   = Step{Verb: Create, Wanted: reader, Spec: reader.Spec(), Fields: FieldExistence}
	repeating = Step{Verb: Create, Wanted: reader, Spec: reader.Spec(), Fields: FieldExistence, Repeat: true}
	erasing   = Step{Verb: Delete, ID: "r1"}
	looking   = Step{Verb: Look, ID: "r1"}
)

// past is a history with something of everything.
func past() History {
	return History{
		Generation:  3,
		Corrections: []Correction{{At: now.Add(-time.Minute), Fields: FieldName}},
		Refusal:     &Refusal{Request: "x", Reason: Rejected, At: now.Add(-time.Minute)},
		Failures:    2, Uncertain: now.Add(-time.Minute), Demand: now.Add(-time.Minute), Request: "v",
	}
}

func TestHistoryAfterAFailure(t *testing.T) {
	for name, row := range map[string]struct {
		step      Step
		err       error
		failures  int
		uncertain bool
		foreign   bool
		refusal   Reason
	}{
		"update: unavailable":                {step: updating, err: unavailable, failures: 3},
		"update: no answer":                  {step: updating, err: errors.New("cut"), failures: 3},
		"update: too many requests":          {step: updating, err: status(429), failures: 3},
		"update: invalid":                    {step: updating, err: status(422), refusal: Rejected},
		"update: forbidden":                  {step: updating, err: status(403), refusal: Forbidden},
		"update: name taken":                 {step: updating, err: status(409), refusal: NameTaken},
		"update: gone":                       {step: updating, err: status(404), failures: 3},
		"update: the account's key is bad":   {step: updating, err: status(401), failures: 3},
		"create: unavailable":                {step: posting, err: unavailable, failures: 3, uncertain: true},
		"create: no answer":                  {step: posting, err: errors.New("cut"), failures: 3, uncertain: true},
		"create: too many requests":          {step: posting, err: status(429), failures: 3},
		"create: invalid":                    {step: posting, err: status(400), refusal: Rejected},
		"create: forbidden":                  {step: posting, err: status(403), refusal: Forbidden},
		"create: forbidden, says a proxy":    {step: posting, err: proxy(403), refusal: Forbidden, uncertain: true},
		"create: unauthorized, says a proxy": {step: posting, err: proxy(401), failures: 3, uncertain: true},
		"create: name taken":                 {step: posting, err: status(409), refusal: NameTaken, uncertain: true, foreign: true},
		"create: name taken, perhaps by it":  {step: repeating, err: status(409), refusal: NameTaken, uncertain: true},
		"create: the account's key is bad":   {step: posting, err: status(401), failures: 3},
		"delete: unavailable":                {step: erasing, err: unavailable, failures: 3},
		"delete: still bound":                {step: erasing, err: status(409), failures: 3},
		"delete: forbidden":                  {step: erasing, err: status(403), refusal: Forbidden},
		"delete: invalid":                    {step: erasing, err: status(400), refusal: Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			want := past()
			want.Failures, want.Refusal = row.failures, nil
			if row.failures > past().Failures {
				want.Failed = now
			}
			if row.uncertain {
				want.Uncertain = now
			}
			want.Foreign = row.foreign
			out := Did(nil, row.err)
			if row.refusal != "" {
				want.Refusal = &Refusal{Request: row.step.Request(), Reason: row.refusal, Message: Judge(row.step, out).Message, At: now}
				if row.refusal == NameTaken { // a list has to be seen before anybody hears of it
					want.Refusal.Message = takenUnseen(row.step.Wanted.Name).Message
				}
			}
			if diff := cmp.Diff(past().After(row.step, out, now), want); diff != "" {
				t.Errorf("After (-got +want):\n%s", diff)
			}
		})
	}
}

func TestHistoryAfterASuccess(t *testing.T) {
	correcting, recreating := updating, posting
	correcting.Correction, recreating.Correction = true, true
	old := past().Corrections[0]
	aside := Step{Verb: Update, ID: "r1", Wanted: reader, Patch: arize.RolePatch{Name: new("Aside")}, Fields: FieldName, Correction: true}
	for name, row := range map[string]struct {
		step   Step
		answer arize.Role
		want   []Correction
	}{
		"of a change of the spec":   {updating, remote("r1"), []Correction{old}},
		"of a correction":           {correcting, remote("r1"), []Correction{old, {At: now, Fields: FieldDescription}}},
		"of one that Arize changed": {correcting, remote("r1", description("Other.")), []Correction{old, {At: now, Fields: FieldDescription, Differs: FieldDescription}}},
		"of one beside which another field differs": {
			correcting, remote("r1", permissions("A_B")), []Correction{old, {At: now, Fields: FieldDescription}},
		},
		"of a name for a while": {aside, remote("r1", name("Aside")), []Correction{old, {At: now, Fields: FieldName}}},
		"of a creation":         {posting, remote("r1"), []Correction{old}},
		"of a second creation":  {recreating, remote("r1", description("")), []Correction{old, {At: now, Fields: FieldExistence}}},
	} {
		t.Run(name, func(t *testing.T) {
			want := past()
			want.Failures, want.Refusal, want.Uncertain, want.Corrections = 0, nil, time.Time{}, row.want
			if diff := cmp.Diff(past().After(row.step, Did(&row.answer, nil), now), want); diff != "" {
				t.Errorf("After (-got +want):\n%s", diff)
			}
		})
	}
}

func TestHistoryAfterARepeatedCreation(t *testing.T) {
	answer := remote("r1")
	made := Did(&answer, nil)
	for name, row := range map[string]struct {
		step Step
		out  Outcome
		want time.Time
	}{
		"of which an earlier try may yet land": {repeating, made, now},
		"that was the only one":                {posting, made, time.Time{}},
		"whose answer was lost":                {repeating, Did(nil, unavailable), now},
		"that Arize refused":                   {repeating, Did(nil, status(409)), time.Time{}},
	} {
		if got := past().After(row.step, row.out, now).Repeated; !got.Equal(row.want) {
			t.Errorf("%s: Repeated is %v, want %v", name, got, row.want)
		}
	}
}

func TestHistoryAfterNothing(t *testing.T) {
	if diff := cmp.Diff(past().After(updating, Outcome{}, now), past()); diff != "" {
		t.Errorf("After no request (-got +want):\n%s", diff)
	}
}

func TestHistoryAfterALook(t *testing.T) {
	for name, row := range map[string]struct {
		err  error
		want func(*History)
	}{
		"that answered":      {nil, func(h *History) { h.Looked = true }},
		"that found nothing": {status(404), func(h *History) { h.Looked = true }},
		"that Arize refused": {status(400), func(h *History) { h.Looked = true }},
		"that got no answer": {unavailable, func(h *History) { h.Failures, h.Failed, h.Refusal = 3, now, nil }},
		"that was cut off":   {errors.New("cut"), func(h *History) { h.Failures, h.Failed, h.Refusal = 3, now, nil }},
	} {
		t.Run(name, func(t *testing.T) {
			want := past()
			row.want(&want)
			if diff := cmp.Diff(past().After(looking, Did(nil, row.err), now), want); diff != "" {
				t.Errorf("After (-got +want):\n%s", diff)
			}
		})
	}
}

func TestHistoryDoesNotShareCorrections(t *testing.T) {
	correcting := updating
	correcting.Correction = true
	first := past()
	first.Corrections = append(make([]Correction, 0, 8), first.Corrections...)
	a := first.After(correcting, Did(new(remote("r1")), nil), now)
	b := first.After(correcting, Did(new(remote("r1")), nil), now.Add(time.Second))
	if a.Corrections[1].At.Equal(b.Corrections[1].At) {
		t.Error("one history overwrote a correction of another")
	}
}

func TestHistoryForgetsOldCorrections(t *testing.T) {
	correcting := updating
	correcting.Correction = true
	var history History
	for i := range 100 {
		history = history.After(correcting, Did(new(remote("r1")), nil), now.Add(time.Duration(i)*time.Minute))
	}
	if got, want := len(history.Corrections), 60; got != want {
		t.Errorf("corrections: got %d, want %d", got, want)
	}
}

func TestHistoryExplained(t *testing.T) {
	taken := History{Refusal: &Refusal{Request: "x", Reason: NameTaken, At: now}}
	other := remote("r2")
	for name, row := range map[string]struct {
		history History
		named   *arize.Role
		kept    bool
	}{
		"a name that nobody visibly has stays taken":    {taken, nil, true},
		"a name that somebody visibly has explains it":  {taken, &other, false},
		"another refusal has nothing to do with a name": {past(), &other, true},
		"nothing stays nothing":                         {History{}, &other, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := row.history.Explained(Observed{Named: row.named}).Refusal != nil; got != row.kept {
				t.Errorf("refusal kept: got %v, want %v", got, row.kept)
			}
		})
	}
}

func TestHistoryFor(t *testing.T) {
	if diff := cmp.Diff(past().For(3), past()); diff != "" {
		t.Errorf("the same generation (-got +want):\n%s", diff)
	}
	want := History{Generation: 4, Uncertain: past().Uncertain, Demand: past().Demand, Request: "v"}
	if diff := cmp.Diff(past().For(4), want); diff != "" {
		t.Errorf("another generation (-got +want):\n%s", diff)
	}
}

func TestHistoryAsked(t *testing.T) {
	before := past()
	before.Repeated, before.Foreign, before.Looked = now.Add(-time.Second), true, true
	want := History{Generation: 3, Uncertain: before.Uncertain, Repeated: before.Repeated, Foreign: true, Demand: now, Request: "w"}
	if diff := cmp.Diff(before.Asked("w", now), want); diff != "" {
		t.Errorf("a new request (-got +want):\n%s", diff)
	}
}

func TestHistoryIsZero(t *testing.T) {
	for name, row := range map[string]struct {
		history History
		want    bool
	}{
		"empty":                  {History{}, true},
		"of a generation":        {History{Generation: 7}, true},
		"with a correction":      {History{Corrections: past().Corrections}, false},
		"with a refusal":         {History{Refusal: &Refusal{}}, false},
		"with a failure":         {History{Failures: 1}, false},
		"with an uncertain post": {History{Uncertain: now}, false},
		"with a repeated post":   {History{Repeated: now}, false},
		"with a demand":          {History{Demand: now}, false},
	} {
		if got := row.history.IsZero(); got != row.want {
			t.Errorf("%s: got %t, want %t", name, got, row.want)
		}
	}
}
