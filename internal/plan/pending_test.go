package plan

import (
	"testing"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// pending records that a creation of this role was begun so long ago.
func pending(sent Desired, ago time.Duration) func(*scene) {
	return with(func(in *Input) {
		in.Record.Pending = &Pending{Name: sent.Name, Start: now.Add(-ago), Digest: sent.Digest()}
	})
}

// lost says that the answer to the creation was lost so long ago.
func lost(ago time.Duration) func(*scene) {
	return with(func(in *Input) { in.History.Uncertain = now.Add(-ago) })
}

// repeated says that the creation was sent again so long ago, while an earlier try of it may have been under way.
func repeated(ago time.Duration) func(*scene) {
	return with(func(in *Input) { in.History.Repeated = now.Add(-ago) })
}

// began says that this process began to work so long ago.
func began(ago time.Duration) func(*scene) {
	return with(func(in *Input) { in.Began = now.Add(-ago) })
}

// foreign says that the creation, tried for the first time, met a role of its name.
func foreign(in *scene) { in.History.Foreign = true }

func wants(desired Desired) func(*scene) { return with(func(in *Input) { in.Desired = desired }) }

func createdAt(at time.Time) func(*arize.Role) { return func(r *arize.Role) { r.CreatedAt = at } }

func TestPendingCreation(t *testing.T) {
	adopt := Step{Verb: Adopt, Verdict: says(InSync), ID: "r1", Origin: Created, Settled: true}
	refuse := func(reason Reason) Step { return Step{Verb: Refuse, Verdict: says(reason), Settled: true} }
	sweep := Step{Verb: Wait, Sweep: true}
	started := now.Add(-10 * time.Minute)
	begun := pending(reader, 10*time.Minute)
	at := func(offset time.Duration) func(*arize.Role) { return createdAt(started.Add(offset)) }
	repeated := creating
	repeated.Repeat = true
	decideRows(t, map[string]row{
		"that was never sent is sent":                       {input(begun), repeated},
		"whose role is found is ours, as created":           {input(begun, exists(remote("r1"))), adopt},
		"is ours even where adoption is forbidden":          {input(begun, adopting(AdoptNever), exists(remote("r1"))), adopt},
		"is ours when Arize's clock is minutes behind":      {input(begun, exists(remote("r1", at(-ClockSkew)))), adopt},
		"is ours when Arize's clock is minutes ahead":       {input(begun, exists(remote("r1", at(time.Hour)))), adopt},
		"is not proven by a role that is older":             {input(begun, adopting(AdoptNever), exists(remote("r1", at(-ClockSkew-1)))), refuse(NameTaken)},
		"is not proven by a role of unknown age":            {input(begun, adopting(AdoptNever), exists(remote("r1", createdAt(time.Time{})))), refuse(NameTaken)},
		"is not proven by a role with another description":  {input(begun, exists(remote("r1", description("")))), refuse(NameTaken)},
		"is not proven by a role with other permissions":    {input(begun, exists(remote("r1", permissions("PROJECT_READ")))), refuse(NameTaken)},
		"is not proven by a predefined role":                {input(begun, exists(remote("r1", predefinedRole))), refuse(Predefined)},
		"is not proven by a role that a rival holds":        {input(begun, exists(remote("r1")), rivalry(rival("b/b", "r1", "Reader"))), Step{Verb: Refuse, Verdict: says(Claimed)}},
		"that is not proven may still be adopted by policy": {input(begun, adopting(AdoptAlways), exists(remote("r1", at(-time.Hour)))), Step{Verb: Adopt, Verdict: says(InSync), ID: "r1", Origin: Adopted, Settled: true}},
		"without a digest is proven by what is desired": {
			input(begun, with(func(in *Input) { in.Record.Pending.Digest = "" }), exists(remote("r1"))), adopt,
		},
		"whose answer was lost waits for a newer list":    {input(begun, lost(time.Minute)), sweep},
		"waits for it although a role of the name is old": {input(begun, lost(time.Second), exists(remote("r1", at(-time.Hour)))), sweep},
		"whose answer was lost is found by the list":      {input(begun, lost(2*time.Minute), exists(remote("r1"))), adopt},
		"whose answer was lost and is not found is sent":  {input(begun, lost(2*time.Minute)), repeated},
		"that met a role of its name waits to see it":     {input(begun, lost(time.Minute), foreign, exists(remote("r1"))), sweep},
		"that met a role of its name did not create it": {
			input(begun, lost(2*time.Minute), foreign, exists(remote("r1"))),
			Step{Verb: Adopt, Verdict: says(InSync), ID: "r1", Origin: Adopted, Settled: true},
		},
		"that met a role of its name may not adopt it": {input(begun, lost(2*time.Minute), foreign, adopting(AdoptNever), exists(remote("r1"))), refuse(NameTaken)},
		"that met a role of its name begins anew when that is gone": {
			input(begun, lost(2*time.Minute), foreign, wants(NewDesired("Reader", "", reader.Permissions))),
			func() Step {
				step := creating
				step.Spec.Description = ""
				return step
			}(),
		},
		"of a role that we hold by now is over": {input(begun, lost(0), owns("r2", Created), exists(remote("r2"))), Step{Verb: Keep, Verdict: says(InSync), ID: "r2", Origin: Created, Settled: true}},
		"waits for the account":                 {input(begun, with(func(in *Input) { in.Account.Gate = GateStarting })), Step{Verb: Wait}},
		"in mode Report is recorded as ours":    {input(begun, inMode(Report), exists(remote("r1"))), Step{Verb: Keep, Verdict: says(Reporting), ID: "r1", Origin: Created, Settled: true}},
	})
}

// The request may still be under way when the process that sent it is gone, so what would forget the intent waits.
func TestPendingCreationUnderAnotherSpec(t *testing.T) {
	writer := NewDesired("Writer", "May write.", []string{"DATASET_CREATE"})
	renamed := NewDesired("Editor", reader.Description, reader.Permissions)
	widened := NewDesired("Reader", "May read.", []string{"DATASET_READ", "MODEL_READ", "PROJECT_READ"})
	record := Step{Verb: Adopt, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true, Again: time.Millisecond}
	sweep := Step{Verb: Wait, Sweep: true}
	create := func(desired Desired) Step {
		step := creating
		step.Spec = desired.Spec()
		return step
	}
	recent, past := pending(reader, 80*time.Second), pending(reader, 2*time.Minute) // InFlight 30s, last sweep 60s ago
	decideRows(t, map[string]row{
		"records the role before it renames it":          {input(recent, wants(writer), exists(remote("r1"))), record},
		"records the role before it changes permissions": {input(recent, wants(widened), exists(remote("r1"))), record},
		"records the role although the new name is taken": {
			input(recent, wants(renamed), exists(remote("r1")), exists(remote("r2", name("Editor")))),
			Step{Verb: Adopt, Verdict: says(NameTaken), ID: "r1", Origin: Created, Drift: Drift{Name: new("Reader")}, Settled: true},
		},
		"records the role although a rival gives up the new name": {
			input(recent, wants(renamed), exists(remote("r1")), exists(remote("r2", name("Editor"))), rivalry(rival("b/b", "r2", "Other"))),
			Step{Verb: Keep, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true},
		},
		"waits out the request before it creates a new name": {input(pending(reader, 20*time.Second), wants(writer)), Step{Verb: Wait, Again: 10*time.Second + time.Millisecond}},
		"then wants a list that is newer than that":          {input(recent, wants(writer)), sweep},
		"then creates the new name":                          {input(past, wants(writer)), create(writer)},
		"waits likewise before it sends other permissions":   {input(recent, wants(widened)), sweep},
		"then sends the other permissions":                   {input(past, wants(widened)), create(widened)},
		"waits likewise before it only reports":              {input(recent, inMode(Report)), sweep},
		"then only reports":                                  {input(past, inMode(Report)), Step{Verb: Keep, Verdict: says(Reporting), Drift: MissingRole(reader), Settled: true}},
		"waits longer where an answer was lost later":        {input(past, wants(writer), lost(80*time.Second)), sweep},
		"waits longer where another process may have repeated it": {
			input(past, wants(writer), began(20*time.Second)), Step{Verb: Wait, Again: 10*time.Second + time.Millisecond},
		},
		"does not wait for what has the new name": {input(past, wants(writer), exists(remote("r2", name("Writer")))), Step{Verb: Refuse, Verdict: says(NameTaken), Settled: true}},
	})
}

// An earlier try of the creation may take effect as soon as the name is free.
func TestRepeatedCreationKeepsItsName(t *testing.T) {
	again := func(ago time.Duration, overrides ...func(*scene)) Input { // InFlight 30s
		return input(append([]func(*scene){owns("r1", Created), repeated(ago)}, overrides...)...)
	}
	wait := Step{Verb: Wait, Again: 10*time.Second + time.Millisecond}
	keep := wait
	keep.Settled = true
	found, drifted := exists(remote("r1")), exists(remote("r1", name("Drifted")))
	describing := Step{
		Verb: Update, Verdict: says(Progressing), ID: "r1", Origin: Created, Settled: true,
		Fields: FieldDescription, Patch: arize.RolePatch{Description: &reader.Description},
	}
	renaming := rename("Reader")
	renaming.Correction = true
	decideRows(t, map[string]row{
		"is not renamed at first":    {again(20*time.Second, found, newSpec, wants(NewDesired("Writer", "", []string{"A_B"}))), keep},
		"is not deleted at first":    {again(20*time.Second, found, deleting), wait},
		"is deleted then":            {again(31*time.Second, found, deleting), del("r1")},
		"is changed all the same":    {again(20*time.Second, exists(remote("r1", description(""))), newSpec), describing},
		"gets its name back at once": {again(20*time.Second, drifted), renaming},
		"is let go all the same":     {again(20*time.Second, found, deleting, orphan), Step{Verb: Release, ID: "r1", Orphaned: true}},
	})
}

// A role that was deleted in Arize is created again while its old id is still on record.
func TestPendingCreationOfALostRole(t *testing.T) {
	adopt := Step{Verb: Adopt, Verdict: says(InSync), ID: "r2", Origin: Created, Settled: true}
	recreating := creating
	recreating.Correction, recreating.Repeat = true, true
	again := func(overrides ...func(*scene)) Input {
		return input(append([]func(*scene){owns("r1", Adopted), pending(reader, 10*time.Minute)}, overrides...)...)
	}
	decideRows(t, map[string]row{
		"that was never sent is sent":                  {again(), recreating},
		"whose role is found is ours, as created":      {again(exists(remote("r2"))), adopt},
		"is ours even where adoption is forbidden":     {again(exists(remote("r2")), adopting(AdoptNever)), adopt},
		"whose answer was lost waits for a newer list": {again(lost(time.Minute)), Step{Verb: Wait, Sweep: true}},
		"is over when the old role is back":            {again(exists(remote("r1"))), Step{Verb: Keep, Verdict: says(InSync), ID: "r1", Origin: Adopted, Settled: true}},
	})
}
