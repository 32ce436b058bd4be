package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// ledger knows who may do what to which remote role. It is told what people declare before they declare it, sees every
// status that the manager writes before the manager knows that it is written, and every request to Arize before it
// takes effect. So it can say of each write whether it was justified; what was not is a violation.
//
// It remembers what was ever declared rather than what is declared now, since the manager may act on what was declared a
// moment ago. It errs on the side of the manager.
type ledger struct {
	arize *arizetest.Server
	live  func(context.Context) ([]v1alpha1.ArizeRole, error)

	mu         sync.Mutex
	files      map[types.UID]*file
	early      map[types.NamespacedName]*file // declared, and not known by uid yet
	remotes    map[string]*remote
	arrived    map[int64][]*file // by the sequence number of a creation: whose it may be
	violations []error
	writes     int // of ArizeRoles
}

// file is what is known of one ArizeRole.
type file struct {
	uid     types.UID
	key     types.NamespacedName
	account string // of the simulated Arize

	// What was ever declared.
	same   map[string]bool // digests that may be adopted when they are identical
	always map[string]bool // names that may be adopted as they are
	ids    map[string]bool // ids that may be adopted

	suspended bool // by what was declared last

	deletion *v1alpha1.ArizeRole // as it was when it was asked to go; nil before
	doomed   bool                // its remote role may be deleted
	undone   bool                // and what was created for it, were it to replace one that was adopted
	released bool                // it was told to leave its remote role behind after all
	gone     bool

	status v1alpha1.ArizeRoleStatus // as written last
	held   map[string]bool          // ids that its status ever held as its own
	born   map[string]bool          // ids of what may have been created for it
}

// remote is what is known of one custom role in Arize.
type remote struct {
	account  string
	stranger bool            // made by somebody else
	names    map[string]bool // that it ever had
	digests  map[string]bool
	caused   int // changes that may be answered with a write
	written  int // by the manager
}

func newLedger(sim *arizetest.Server, live func(context.Context) ([]v1alpha1.ArizeRole, error)) *ledger {
	l := &ledger{
		arize: sim, live: live,
		files: map[types.UID]*file{}, early: map[types.NamespacedName]*file{},
		remotes: map[string]*remote{}, arrived: map[int64][]*file{},
	}
	// Before all other faults, so that nothing passes unseen.
	sim.AddFault(arizetest.Fault{Kind: arizetest.FaultHook, Stage: arizetest.BeforeCommit, Hook: l.arriving})
	sim.AddFault(arizetest.Fault{Kind: arizetest.FaultHook, Stage: arizetest.AfterCommit, Hook: l.committed})
	return l
}

func (l *ledger) violation(format string, args ...any) {
	l.violations = append(l.violations, fmt.Errorf("%s "+format, append([]any{time.Now().Format("15:04:05.000")}, args...)...))
}

// violated returns what was violated so far.
func (l *ledger) violated() []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.violations)
}

// written is how often the manager wrote an ArizeRole.
func (l *ledger) written() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writes
}

// declare notes what is about to be declared for an ArizeRole, whose uid may not be known yet.
func (l *ledger) declare(role *v1alpha1.ArizeRole, account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.file(role, account)
	want := desired(role)
	switch role.Spec.EffectiveAdoptionPolicy() {
	case v1alpha1.AdoptIfIdentical:
		f.same[want.Digest()] = true
	case v1alpha1.AdoptAlways:
		f.always[want.Name] = true
	default: // Never
	}
	if id := role.Spec.RoleID; id != "" {
		f.ids[id] = true
	}
	f.suspended = role.Spec.Suspend
	for id := range f.held {
		l.remotes[id].caused++
	}
}

func (l *ledger) file(role *v1alpha1.ArizeRole, account string) *file {
	key := client.ObjectKeyFromObject(role)
	f := l.files[role.UID]
	if f == nil {
		f = l.early[key]
	}
	if f == nil {
		f = &file{
			key: key, account: account,
			same: map[string]bool{}, always: map[string]bool{}, ids: map[string]bool{},
			held: map[string]bool{}, born: map[string]bool{},
		}
		l.early[key] = f
	}
	if role.UID != "" && f.uid == "" {
		f.uid = role.UID
		l.files[role.UID] = f
		delete(l.early, key)
	}
	return f
}

// doom notes that an ArizeRole is about to be deleted, and whether its remote role may go with it.
func (l *ledger) doom(role *v1alpha1.ArizeRole) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.files[role.UID]
	f.deletion, f.doomed, f.undone = role.DeepCopy(), takesAlong(role, f.status.Origin), takesAlong(role, v1alpha1.OriginCreated)
}

// release notes that an ArizeRole that is being deleted is about to be told to leave its remote role behind. What was
// decided before may still be done.
func (l *ledger) release(role *v1alpha1.ArizeRole) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files[role.UID].released = true
}

// takesAlong says whether deleting an ArizeRole may delete a remote role of this origin.
func takesAlong(role *v1alpha1.ArizeRole, origin v1alpha1.Origin) bool {
	judged := role.DeepCopy()
	judged.Status.Origin = origin
	return !role.Spec.Suspend && role.Spec.EffectiveMode() == v1alpha1.ModeEnforce &&
		judged.EffectiveDeletionPolicy() == v1alpha1.DeletionDelete
}

// answered sees what the apiserver answered to a write of the manager.
func (l *ledger) answered(asked access, body []byte) {
	if !concernsRole(asked.Path) {
		return
	}
	l.mu.Lock()
	l.writes++
	l.mu.Unlock()
	var role v1alpha1.ArizeRole
	if err := json.Unmarshal(body, &role); err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.violation("the apiserver's answer to %s %s can't be read: %w", asked.Method, asked.Path, err)
		return
	}
	l.saw(&role)
}

// saw takes an ArizeRole as it is stored now.
func (l *ledger) saw(role *v1alpha1.ArizeRole) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.files[role.UID]
	if f == nil {
		if f = l.early[client.ObjectKeyFromObject(role)]; f == nil {
			return // of a namespace that nobody told us about
		}
		f = l.file(role, f.account)
	}
	id, origin := role.Status.RoleID, role.Status.Origin
	if id != "" && origin != "" && !f.held[id] {
		l.taken(f, id, origin)
		f.held[id] = true
	}
	f.status = role.Status
	f.gone = !role.DeletionTimestamp.IsZero() && !slices.Contains(role.Finalizers, v1alpha1.RoleFinalizer)
}

// note adds what a role looks like now to what it ever looked like.
func (l *ledger) note(account string, role arizetest.Role) *remote {
	r := l.remotes[role.ID]
	if r == nil {
		r = newRemote(account)
		l.remotes[role.ID] = r
	}
	r.names[role.Name] = true
	r.digests[asDesired(role).Digest()] = true
	return r
}

// changing notes what somebody is about to make of a role, behind the operator's back.
func (l *ledger) changing(account string, role arizetest.Role) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, known := l.remotes[role.ID]
	r := l.note(account, role)
	r.caused++
	r.stranger = r.stranger || !known
}

func newRemote(account string) *remote {
	return &remote{account: account, names: map[string]bool{}, digests: map[string]bool{}}
}

// holds is the id of the remote role that an ArizeRole calls its own, or empty.
func (l *ledger) holds(uid types.UID) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.files[uid]; f != nil && f.status.Origin != "" {
		return f.status.RoleID
	}
	return ""
}

// holder is an ArizeRole that holds a remote role, or was told to; empty when there is none.
func (l *ledger) holder(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.files {
		if !f.gone && (f.held[id] || f.ids[id]) {
			return f.key.String()
		}
	}
	return ""
}

// strange says whether somebody else made a role.
func (l *ledger) strange(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.remotes[id]
	return r != nil && r.stranger
}
