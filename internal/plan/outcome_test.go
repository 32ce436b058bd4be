package plan

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// status is a refusal by Arize itself.
func status(code int) error {
	return &arize.Error{Op: "test", StatusCode: code, Title: "Refused", Detail: "the detail"}
}

// proxy is a refusal by something between us and Arize.
func proxy(code int) error {
	return &arize.Error{Op: "test", StatusCode: code, Err: errors.New("not a problem document")}
}

var unavailable = status(503)

// classes has one error of each class that there is.
var classes = map[arize.Class]error{
	arize.ClassInvalid:      status(422),
	arize.ClassUnauthorized: status(401),
	arize.ClassForbidden:    status(403),
	arize.ClassNotFound:     status(404),
	arize.ClassConflict:     status(409),
	arize.ClassRateLimited:  status(429),
	arize.ClassUnavailable:  unavailable,
	arize.ClassCanceled:     context.Canceled,
}

func TestJudgeEveryClassForEveryVerb(t *testing.T) {
	table := map[arize.Class]map[Verb]Reason{
		arize.ClassInvalid:      {Create: Rejected, Update: Rejected, Delete: Rejected, Look: Rejected},
		arize.ClassUnauthorized: {Create: AccountNotReady, Update: AccountNotReady, Delete: DeletionBlocked, Look: AccountNotReady},
		arize.ClassForbidden:    {Create: Forbidden, Update: Forbidden, Delete: Forbidden, Look: Forbidden},
		arize.ClassNotFound:     {Create: Rejected, Update: Progressing, Delete: Progressing, Look: Progressing},
		arize.ClassConflict:     {Create: Progressing, Update: Progressing, Delete: DeletionBlocked, Look: Progressing}, // of a look: never
		arize.ClassRateLimited:  {Create: RateLimited, Update: RateLimited, Delete: RateLimited, Look: RateLimited},
		arize.ClassUnavailable:  {Create: Unavailable, Update: Unavailable, Delete: DeletionBlocked, Look: Unavailable},
		arize.ClassCanceled:     {Create: Unavailable, Update: Unavailable, Delete: DeletionBlocked, Look: Unavailable},
	}
	for class, err := range classes {
		if got := arize.ClassOf(err); got != class {
			t.Fatalf("the error for %v is of class %v", class, got)
		}
		for _, step := range []Step{posting, updating, erasing, looking} {
			step.Verdict = Verdict{Progressing, "Under way."}
			t.Run(class.String()+" "+string(step.Verb), func(t *testing.T) {
				got := Judge(step, Did(nil, err))
				if want := table[class][step.Verb]; got.Reason != want {
					t.Errorf("reason: got %s, want %s", got.Reason, want)
				}
				if got.Message == "" || strings.Contains(got.Message, "\n") || strings.Contains(got.Message, "  ") {
					t.Errorf("message: got %q", got.Message)
				}
			})
		}
	}
}

func TestJudgeSuccess(t *testing.T) {
	deleting := Step{Verb: Delete, ID: "r1", Verdict: Verdict{Progressing, "Deleting."}}
	look := Step{Verb: Look, ID: "r1", Verdict: Verdict{Progressing, "Looking."}}
	for name, row := range map[string]struct {
		step Step
		out  Outcome
		want Verdict
	}{
		"an update that took":        {updating, Did(new(remote("r1")), nil), inSync},
		"a creation that took":       {posting, Did(new(remote("r1")), nil), inSync},
		"an update that did not":     {updating, Did(new(remote("r1", description("Other."))), nil), Verdict{Progressing, "Not yet as declared after the last write: its description differs."}},
		"a creation with more in it": {posting, Did(new(remote("r1", permissions("DATASET_READ", "MODEL_READ", "PROJECT_READ"))), nil), Verdict{Progressing, "Not yet as declared after the last write: it has 1 permission too many."}},
		"a deletion":                 {deleting, Did(nil, nil), deleting.Verdict},
		"a look":                     {look, Did(nil, nil), look.Verdict},
		"a look that brought a role": {look, Did(new(remote("r1")), nil), look.Verdict},
		"no request":                 {Step{Verb: Refuse, Verdict: Verdict{NameTaken, "Taken."}}, Outcome{}, Verdict{NameTaken, "Taken."}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(Judge(row.step, row.out), row.want); diff != "" {
				t.Errorf("Judge (-got +want):\n%s", diff)
			}
		})
	}
}

func TestJudgeMessages(t *testing.T) {
	bound := Did(nil, status(409))
	bound.Holders = " (by 2 role bindings)"
	for name, row := range map[string]struct {
		step Step
		out  Outcome
		want []string
	}{
		"Rejected quotes the server":           {updating, Did(nil, status(422)), []string{"the detail (HTTP 422)"}},
		"a name that is taken is named":        {posting, Did(nil, status(409)), []string{`"Reader"`, "listing the account"}},
		"Forbidden says what to be allowed":    {updating, Did(nil, status(403)), []string{"change this role", "the detail"}},
		"Forbidden to look says so":            {looking, Did(nil, status(403)), []string{"read this role"}},
		"DeletionBlocked names the holders":    {erasing, bound, []string{"(by 2 role bindings)", "`spec.deletionPolicy: Orphan`"}},
		"a refused deletion has a way out":     {erasing, Did(nil, status(403)), []string{"the detail", "`spec.deletionPolicy: Orphan`"}},
		"an outage while deleting has one too": {erasing, Did(nil, unavailable), []string{"`spec.deletionPolicy: Orphan`"}},
		"a bad key while deleting has one too": {erasing, Did(nil, status(401)), []string{"API key", "`spec.deletionPolicy: Orphan`"}},
		"Unavailable says what Arize answered": {updating, Did(nil, unavailable), []string{"(HTTP 503)"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Judge(row.step, row.out).Message
			for _, want := range row.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %q, which lacks %q", got, want)
				}
			}
		})
	}
}

func TestDid(t *testing.T) {
	role := new(remote("r1"))
	for name, row := range map[string]struct {
		got, want Outcome
	}{
		"an answer":            {Did(role, nil), Outcome{Sent: true, Role: role}},
		"a refusal":            {Did(role, status(422)), Outcome{Sent: true, Refused: true, Message: "the detail (HTTP 422)"}},
		"an outage":            {Did(role, unavailable), Outcome{Sent: true, Message: "Refused (HTTP 503)"}},
		"a proxy's error page": {Did(role, proxy(404)), Outcome{Sent: true, Message: "not a problem document (HTTP 404)"}},
		"something else":       {Did(role, errors.New("cut")), Outcome{Sent: true, Message: "cut"}},
	} {
		t.Run(name, func(t *testing.T) {
			row.got.Err = nil
			if diff := cmp.Diff(row.got, row.want); diff != "" {
				t.Errorf("Did (-got +want):\n%s", diff)
			}
		})
	}
}

func TestGone(t *testing.T) {
	for name, row := range map[string]struct {
		out  Outcome
		want bool
	}{
		"deleted":              {Did(nil, nil), true},
		"gone already":         {Did(nil, status(404)), true},
		"a proxy says 404":     {Did(nil, proxy(404)), false},
		"no answer":            {Did(nil, errors.New("cut")), false},
		"still bound":          {Did(nil, status(409)), false},
		"nothing was sent yet": {Outcome{}, false},
	} {
		if got := row.out.Gone(); got != row.want {
			t.Errorf("%s: got %t, want %t", name, got, row.want)
		}
	}
}
