package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func deleting(s *scene) { s.Deleting = true }

func departed(s *scene) { s.Self.Departed = true }

func orphan(s *scene) { s.Policy.Orphan = true }

func gated(gate Gate) func(*scene) {
	return with(func(in *Input) { in.Account = Account{gate, "The account is not ready."} })
}

// del is the step that deletes the role.
func del(id string) Step {
	return Step{Verb: Delete, Verdict: says(Progressing), ID: id, Unseen: true}
}

var (
	release = Step{Verb: Release}
	blocks  = Step{Verb: Refuse, Verdict: says(DeletionBlocked), Unseen: true}
)

func TestDeletionOfAnOwnRole(t *testing.T) {
	owned := func(overrides ...func(*scene)) Input {
		return input(append([]func(*scene){deleting, owns("r1", Created), exists(remote("r1"))}, overrides...)...)
	}
	left := Step{Verb: Release, ID: "r1", Orphaned: true}
	decideRows(t, map[string]row{
		"deletes it":                                          {owned(), del("r1")},
		"deletes it when it was adopted":                      {owned(owns("r1", Adopted)), del("r1")},
		"deletes it by id, whatever its name":                 {input(deleting, owns("r1", Created), exists(remote("r1", name("Viewer"))), exists(remote("r2"))), del("r1")},
		"asks Arize even when the list misses it":             {input(deleting, owns("r1", Created)), del("r1")},
		"leaves it by policy":                                 {owned(orphan), left},
		"leaves it by policy when it was adopted":             {owned(orphan, owns("r1", Adopted)), left},
		"leaves it while suspended":                           {owned(suspend), left},
		"leaves it in mode Report":                            {owned(inMode(Report)), left},
		"leaves it in a mode that we do not know":             {owned(inMode("FromANewerApiVersion")), left},
		"leaves it by policy though the account is gone":      {owned(orphan, gated(GateClosed)), left},
		"leaves it by policy before the account is known":     {owned(orphan, gated(GateStarting)), left},
		"leaves it while suspended though the account is out": {owned(suspend, gated(GateClosed)), left},
		"waits for an account that is not known yet":          {owned(gated(GateStarting)), Step{Verb: Wait}},
		"is blocked by an account that is closed":             {owned(gated(GateClosed)), blocks},
		"works with the last good key":                        {owned(gated(GateDeleteOnly)), del("r1")},
		"does not wait for a fresh look":                      {owned(with(func(in *Input) { in.Requested, in.Observed.Doubt = true, true })), del("r1")},
		"leaves a role that became predefined":                {input(deleting, owns("r1", Created), exists(remote("r1", predefinedRole))), release},
		"deletes the recorded role, not the one that roleID names since": {
			input(deleting, byID("r2"), owns("r1", Created), exists(remote("r1")), exists(remote("r2", name("Other")))), del("r1"),
		},
	})
}

func TestDeletionOfWhatIsNotOurs(t *testing.T) {
	decideRows(t, map[string]row{
		"touches nothing once it was let go of":       {input(deleting, with(func(in *Input) { in.LetGo = true }), owns("r1", Created), exists(remote("r1"))), release},
		"touches nothing when nothing is on record":   {input(deleting, exists(remote("r1"))), release},
		"touches nothing that was only looked at":     {input(deleting, owns("r1", ""), exists(remote("r1"))), release},
		"touches nothing that only roleID names":      {input(deleting, byID("r1"), exists(remote("r1"))), release},
		"needs no account":                            {input(deleting, gated(GateClosed)), release},
		"needs no account, not even a known one":      {input(deleting, gated(GateStarting)), release},
		"needs no account when only looking":          {input(deleting, owns("r1", ""), gated(GateClosed)), release},
		"leaves the role to an older one that has it": {input(deleting, owns("r1", Created), exists(remote("r1")), rivalry(claimant("a/a", 90, "Other", carries("r1"), elsewhere))), release},
	})
}

func TestDeletionDespiteRivals(t *testing.T) {
	owned := func(claim Claim) Input {
		return input(deleting, owns("r1", Created), exists(remote("r1")), rivalry(claim))
	}
	gone := func(claim Claim) Input {
		return input(deleting, departed, owns("r1", Created), exists(remote("r1")), rivalry(claim))
	}
	decideRows(t, map[string]row{
		"a younger one that has it too":                             {owned(claimant("a/a", 30, "Other", carries("r1"), elsewhere)), del("r1")},
		"an older one that only means the id":                       {owned(claimant("a/a", 90, "Other", means("r1"))), del("r1")},
		"an older one that wants the name":                          {owned(claimant("a/a", 90, "Reader")), del("r1")},
		"a younger one that has it too, when it is itself gone":     {gone(claimant("a/a", 30, "Other", carries("r1"), elsewhere)), release},
		"a younger one that means the id, when it is itself gone":   {gone(claimant("a/a", 30, "Other", means("r1"))), release},
		"a younger one that wants the name, when it is itself gone": {gone(claimant("a/a", 30, "Reader")), del("r1")},
		"an older one that wants the name, when it is itself gone":  {gone(claimant("a/a", 90, "Reader")), del("r1")},
		"one that has a role of its own there":                      {owned(claimant("a/a", 90, "Reader", carries("r2"))), del("r1")},
		"one that has the name that we wanted": {
			input(deleting, owns("r1", Created), exists(remote("r1", name("Viewer"))), exists(remote("r2")), rivalry(rival("a/a", "r2", "Reader"))), del("r1"),
		},
	})
}

// undeclared says that nobody declared a deletion policy.
func undeclared(s *scene) { s.Policy.OnlyOwn = true }

func TestDeletionOfAPendingCreation(t *testing.T) {
	begun := func(ago time.Duration, overrides ...func(*scene)) Input {
		return input(append([]func(*scene){deleting, pending(reader, ago)}, overrides...)...)
	}
	sweep := Step{Verb: Wait, Sweep: true}
	found := exists(remote("r1"))
	decideRows(t, map[string]row{
		"deletes the role that is proven ours":                     {begun(10*time.Minute, found), del("r1")},
		"deletes it under the name that it was sent with":          {begun(10*time.Minute, wants(NewDesired("Writer", "", []string{"A_B"})), found), del("r1")},
		"waits while an earlier try may take its place":            {begun(10*time.Minute, found, repeated(20*time.Second)), Step{Verb: Wait, Again: 10*time.Second + time.Millisecond}},
		"waits for a list when the answer was lost":                {begun(10*time.Minute, lost(time.Minute), found), sweep},
		"waits while the request may be under way":                 {begun(20 * time.Second), Step{Verb: Wait, Again: 10*time.Second + time.Millisecond}},
		"waits for a list that is newer than that":                 {begun(80 * time.Second), sweep},
		"waits for what another process may have repeated":         {begun(10*time.Minute, began(20*time.Second)), Step{Verb: Wait, Again: 10*time.Second + time.Millisecond}},
		"lets go when that list has no such role":                  {begun(2 * time.Minute), release},
		"leaves an older role":                                     {begun(2*time.Minute, exists(remote("r1", createdAt(now.Add(-time.Hour))))), release},
		"leaves a different role":                                  {begun(2*time.Minute, exists(remote("r1", description("")))), release},
		"leaves what was in the way of the very first try":         {begun(20*time.Second, foreign, found), release},
		"leaves a predefined role":                                 {begun(2*time.Minute, exists(remote("r1", predefinedRole))), release},
		"leaves a role that a rival holds":                         {begun(10*time.Minute, found, rivalry(rival("b/b", "r1", "Reader"))), release},
		"leaves a role that an older rival may have made":          {begun(10*time.Minute, found, rivalry(claimant("b/b", 90, "Reader", isSending(reader)))), release},
		"deletes it when the rival was making another":             {begun(10*time.Minute, found, rivalry(claimant("b/b", 90, "Reader", isSending(NewDesired("Reader", "", []string{"A_B"}))))), del("r1")},
		"deletes it when it is itself gone":                        {begun(10*time.Minute, departed, found), del("r1")},
		"leaves it to one that lives and wants it":                 {begun(10*time.Minute, departed, found, rivalry(claimant("b/b", 30, "Reader"))), release},
		"leaves it to one that lives and was making it":            {begun(10*time.Minute, departed, found, rivalry(claimant("b/b", 30, "Viewer", isSending(reader)))), release},
		"is not kept from it by one that wants the name elsewhere": {begun(10*time.Minute, departed, found, rivalry(claimant("b/b", 30, "Reader", elsewhere))), del("r1")},
		"deletes it although an older rival wants it":              {begun(10*time.Minute, found, rivalry(claimant("b/b", 90, "Reader"))), del("r1")},
		"leaves everything by policy":                              {begun(10*time.Minute, found, orphan), Step{Verb: Release, Orphaned: true}},
		"leaves everything while suspended":                        {begun(10*time.Minute, found, suspend), Step{Verb: Release, Orphaned: true}},
		"waits for an account that is not known yet":               {begun(10*time.Minute, found, gated(GateStarting)), Step{Verb: Wait}},
		"is blocked by an account that is closed":                  {begun(10*time.Minute, found, gated(GateClosed)), blocks},
		"is blocked where nothing but deletion is allowed":         {begun(10*time.Minute, found, gated(GateDeleteOnly)), blocks},
		"deletes the role that replaces a lost one":                {begun(10*time.Minute, owns("r0", Created), found), del("r1")},
		"waits for the role that replaces a lost one":              {begun(10*time.Minute, owns("r0", Created), lost(time.Minute)), sweep},
		"asks for the lost one when there is no other":             {begun(2*time.Minute, owns("r0", Created)), del("r0")},
		"is blocked where it cannot tell which one there is": {
			begun(10*time.Minute, owns("r0", Created), gated(GateDeleteOnly)), blocks,
		},
		"takes no role for the old one that was only looked at": {
			begun(10*time.Minute, byID("r0"), owns("r0", ""), exists(remote("r0", name("Viewer"))), found), del("r1"),
		},
		"leaves an adopted role that is still there": {
			begun(10*time.Minute, owns("r0", Adopted), undeclared, exists(remote("r0", name("Viewer")))), Step{Verb: Release, ID: "r0", Orphaned: true},
		},
		"leaves an adopted role that was missed": {
			begun(2*time.Minute, owns("r0", Adopted), undeclared), Step{Verb: Release, ID: "r0", Orphaned: true},
		},
		"deletes what replaces an adopted role": {begun(10*time.Minute, owns("r0", Adopted), undeclared, found), del("r1")},
		"deletes an adopted role where that is declared": {
			begun(10*time.Minute, owns("r0", Adopted), exists(remote("r0", name("Viewer")))), del("r0"),
		},
		"deletes the old role when that is still there": {
			begun(10*time.Minute, owns("r0", Created), exists(remote("r0", name("Viewer")))), del("r0"),
		},
	})
}

func TestDeletionIsNotRepeatedWhenRefused(t *testing.T) {
	in := input(deleting, owns("r1", Created), exists(remote("r1")))
	in.History.Refusal = &Refusal{Request: Decide(in).Request(), Reason: Forbidden, Message: "No.", At: now.Add(-time.Minute)}
	want := Step{Verb: Refuse, Verdict: Verdict{Forbidden, "No."}, ID: "r1", Unseen: true}
	if diff := cmp.Diff(Decide(in), want, essence); diff != "" {
		t.Errorf("Decide (-got +want):\n%s", diff)
	}
	in.Now = now.Add(SlowRetry)
	if diff := cmp.Diff(Decide(in), del("r1"), essence); diff != "" {
		t.Errorf("Decide an hour later (-got +want):\n%s", diff)
	}
}

func TestDeletionBlockedSaysTheWayOut(t *testing.T) {
	got := Decide(input(deleting, owns("r1", Created), gated(GateClosed))).Verdict.Message
	want := "The role in Arize cannot be deleted now: The account is not ready. Set `spec.deletionPolicy: Orphan` to let the ArizeRole go and leave the role in Arize."
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
