package main

import (
	"context"
	"strings"
	"testing"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// trap stops the manager somewhere on its way.
type trap interface {
	// await returns when somebody is caught.
	await(context.Context) error
	// spring lets what was caught go on, if that is still possible.
	spring()
}

// kubeTrap stops a request to the apiserver.
type kubeTrap struct{ gate *gate }

func (k kubeTrap) await(ctx context.Context) error {
	select {
	case <-k.gate.caught:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k kubeTrap) spring() { k.gate.release() }

// addGate stops the first matching request until the gate is released.
func (f *front) addGate(at moment, match func(access) bool) *gate {
	g := &gate{at: at, match: match, times: 1, caught: make(chan struct{}), open: make(chan struct{})}
	f.add(g)
	return g
}

// arizeTrap stops a request to Arize.
type arizeTrap struct {
	sim   *arizetest.Server
	fault int
}

func (a arizeTrap) await(ctx context.Context) error {
	_, err := a.sim.AwaitPaused(ctx)
	return err
}

func (a arizeTrap) spring() {
	a.sim.RemoveFault(a.fault)
	a.sim.ReleaseAll()
}

// kube stops the write of an ArizeRole whose body has all of these words.
func kube(at moment, suffix string, words ...string) func(*scene) trap {
	return func(sc *scene) trap {
		return kubeTrap{sc.front.addGate(at, func(asked access) bool {
			if !asked.writes() || !strings.HasPrefix(asked.Path, "/apis/iam.arize-operator.io/v1alpha1/namespaces/"+sc.namespace+"/arizeroles/") {
				return false
			}
			for _, word := range words {
				if !strings.Contains(string(asked.Body), word) {
					return false
				}
			}
			return strings.HasSuffix(asked.Path, "/status") == (suffix == "status")
		})}
	}
}

// arize stops a request to Arize, before or after it takes effect.
func arize(fault arizetest.Fault) func(*scene) trap {
	return func(sc *scene) trap {
		fault := fault
		fault.Kind, fault.Account = arizetest.FaultPause, sc.namespace
		if fault.Nth == 0 {
			fault.Times = 1
		}
		return arizeTrap{sc.arize, sc.arize.AddFault(fault)}
	}
}

const (
	before = arizetest.BeforeCommit
	after  = arizetest.AfterCommit

	role   = ""       // the ArizeRole itself
	status = "status" // its status
)

// point is a moment at which the plug is pulled.
type point struct {
	name string
	// given is what is there before; nil means an account and nothing else.
	given func(*scene)
	// act leads to the trap.
	act  func(*scene)
	trap func(*scene) trap
	// late springs the trap only after the manager runs again: what was caught takes effect late.
	late bool
	// then is checked when all is settled; nil means no more than that all is as declared.
	then func(*scene)
}

// What leads to the moments.
var (
	declares = func(sc *scene) { sc.declare("one") }
	hasOne   = func(sc *scene) { sc.openAccount(); sc.declare("one"); sc.isTrue() }
	hasTwo   = func(sc *scene) { hasOne(sc); sc.declare("two"); sc.isTrue() }
	edits    = func(sc *scene) {
		sc.edit("one", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name, role.Spec.Description, role.Spec.Permissions = "Renamed", "Now with words.", []string{"SPACE_READ"}
		})
	}
	exchanges = func(sc *scene) {
		sc.edit("one", func(role *v1alpha1.ArizeRole) { role.Spec.Name = "Role two" })
		sc.edit("two", func(role *v1alpha1.ArizeRole) { role.Spec.Name = "Role one" })
	}
	deletes = func(sc *scene) { sc.delete("one") }
	adopts  = func(sc *scene) {
		stranger := sc.stranger("Same", "PROJECT_READ")
		sc.sweep()
		sc.declare("one", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name, role.Spec.Permissions, role.Spec.Description = stranger.Name, stranger.Permissions, stranger.Description
		})
	}
	adoptsUnseen = func(sc *scene) {
		stranger := sc.stranger("Same", "PROJECT_READ") // since the last sweep
		sc.declare("one", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name, role.Spec.Permissions, role.Spec.Description = stranger.Name, stranger.Permissions, stranger.Description
		})
	}
	takesOver = func(sc *scene) {
		stranger := sc.stranger("Chosen", "PROJECT_READ")
		sc.sweep()
		sc.declare("one", func(role *v1alpha1.ArizeRole) {
			role.Spec.RoleID, role.Spec.DeletionPolicy = stranger.ID, v1alpha1.DeletionDelete
		})
		delete(sc.strangers, stranger.ID) // it is to be changed
	}
)

// What must have happened, and how often.
var (
	createdOnce = func(sc *scene) {
		sc.once("POST")
		if origin := sc.status("one").Origin; origin != v1alpha1.OriginCreated {
			sc.t.Errorf("its origin is %q", origin)
		}
	}
	deletedOnce = func(sc *scene) { sc.once("DELETE") }
	sameID      = func(sc *scene) { sc.once("POST") } // and PATCHes otherwise, for the name is as wanted
	onlyAdopted = func(sc *scene) {
		if origin := sc.status("one").Origin; origin != v1alpha1.OriginAdopted {
			sc.t.Errorf("its origin is %q", origin)
		}
		if n := sc.changes("POST") + sc.changes("PATCH") + sc.changes("DELETE"); n != 0 {
			sc.t.Errorf("adopting an identical role took %d writes", n)
		}
	}
)

func (sc *scene) once(method string) {
	if n := sc.changes(method); n != 1 {
		sc.t.Errorf("%d roles were the object of a %s", n, method)
	}
}

// points are all moments but one, for which there is no answer: killed between the refusal of a creation and the news of it,
// the operator takes an identical role that a stranger made within plan.ClockSkew before the intent for its own.
var points = []point{
	{name: "create: before the finalizer", act: declares, trap: kube(beforehand, role, "finalizers"), then: createdOnce},
	{name: "create: after the finalizer", act: declares, trap: kube(afterwards, role, "finalizers"), then: createdOnce},
	{name: "create: before the intent", act: declares, trap: kube(beforehand, status, `"pendingCreate":{`), then: createdOnce},
	{name: "create: after the intent", act: declares, trap: kube(afterwards, status, `"pendingCreate":{`), then: createdOnce},
	{name: "create: before the POST", act: declares, trap: arize(arizetest.Fault{Method: "POST", Stage: before}), then: createdOnce},
	{name: "create: a POST that takes effect late", act: declares, trap: arize(arizetest.Fault{Method: "POST", Stage: before, Detached: true}), late: true, then: createdOnce},
	{name: "create: after the POST, before its answer", act: declares, trap: arize(arizetest.Fault{Method: "POST", Stage: after}), then: createdOnce},
	{name: "create: before the status", act: declares, trap: kube(beforehand, status, `"roleID":"`), then: createdOnce},
	{name: "create: after the status", act: declares, trap: kube(afterwards, status, `"roleID":"`), then: createdOnce},

	{name: "adopt: before the status", act: adopts, trap: kube(beforehand, status, `"roleID":"`), then: onlyAdopted},
	{name: "adopt: after the status", act: adopts, trap: kube(afterwards, status, `"roleID":"`), then: onlyAdopted},
	{name: "take over by id: before the PATCH", act: takesOver, trap: arize(arizetest.Fault{Method: "PATCH", Stage: before})},
	{name: "take over by id: after the PATCH", act: takesOver, trap: arize(arizetest.Fault{Method: "PATCH", Stage: after})},

	{name: "update: before the PATCH", given: hasOne, act: edits, trap: arize(arizetest.Fault{Method: "PATCH", Stage: before}), then: sameID},
	{name: "update: after the PATCH, before its answer", given: hasOne, act: edits, trap: arize(arizetest.Fault{Method: "PATCH", Stage: after}), then: sameID},
	{name: "update: before the status", given: hasOne, act: edits, trap: kube(beforehand, status), then: sameID},
	{name: "update: after the status", given: hasOne, act: edits, trap: kube(afterwards, status), then: sameID},
	{name: "exchange of names: half-way", given: hasTwo, act: exchanges, trap: arize(arizetest.Fault{Method: "PATCH", Stage: after})},
	{name: "exchange of names: one name given, the other not taken", given: hasTwo, act: exchanges, trap: arize(arizetest.Fault{Method: "PATCH", Stage: before, Nth: 2})},

	{name: "delete: before the DELETE", given: hasOne, act: deletes, trap: arize(arizetest.Fault{Method: "DELETE", Stage: before}), then: deletedOnce},
	{name: "delete: after the DELETE, before its answer", given: hasOne, act: deletes, trap: arize(arizetest.Fault{Method: "DELETE", Stage: after}), then: deletedOnce},
	{name: "delete: before the finalizer goes", given: hasOne, act: deletes, trap: kube(beforehand, role, "finalizers"), then: deletedOnce},
	{name: "delete: after the finalizer went", given: hasOne, act: deletes, trap: kube(afterwards, role, "finalizers"), then: deletedOnce},

	{name: "sweep: the very first", given: (*scene).declareAccount, act: declares, trap: arize(arizetest.Fault{Method: "GET", Stage: after}), then: createdOnce},
	{name: "sweep: between two pages", given: hasOne, act: func(sc *scene) { sc.declare("two"); sc.isTrue(); sc.askForSweep() }, trap: arize(arizetest.Fault{Method: "GET", Nth: 3})},
}

// testPoints pulls the plug at every point, starts the manager again, and looks at what came of it.
func testPoints(t *testing.T, s *suite) {
	s.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.PageCap = 3 }) // so that every sweep has several pages
	for _, p := range points {
		t.Run(p.name, func(t *testing.T) { p.play(newScene(t, s, slug(p.name))) })
	}
	s.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.PageCap = 0 })
}

func (p point) play(sc *scene) {
	if p.given == nil {
		p.given = (*scene).openAccount
	}
	p.given(sc)
	stopped := p.trap(sc)
	p.act(sc)
	sc.await("the manager to get there", stopped.await)
	sc.must(sc.killManager())
	if !p.late {
		stopped.spring()
	}
	sc.must(sc.startManager(sc.ctx))
	sc.isTrue()
	if p.late {
		stopped.spring()
		sc.isTrue()
	}
	if p.then != nil {
		p.then(sc)
	}
}

// slug makes a name for a namespace.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' })
	text := strings.Join(words, "-")
	return text[:min(len(text), 60)]
}
