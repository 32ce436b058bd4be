package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/plan"
)

// taken judges that an ArizeRole calls a remote role its own.
func (l *ledger) taken(f *file, id string, origin v1alpha1.Origin) {
	r := l.remotes[id]
	switch {
	case r == nil:
		l.violation("ArizeRole %s says that role %s is its own (%s), which never existed", f.key, id, origin)
		l.remotes[id] = newRemote(f.account)
	case origin == v1alpha1.OriginCreated && !f.born[id]:
		l.violation("ArizeRole %s says that it created role %s (%v), which it did not", f.key, id, keys(r.names))
	case origin == v1alpha1.OriginCreated:
		for _, other := range l.files { // it is known now whose it was
			if other != f {
				delete(other.born, id)
			}
		}
	case !l.consented(f, id, r):
		l.violation("ArizeRole %s adopted role %s (%v) without consent", f.key, id, keys(r.names))
	}
}

// consented says whether a person agreed at some time that an ArizeRole takes a role.
func (l *ledger) consented(f *file, id string, r *remote) bool {
	return f.ids[id] || intersect(f.always, r.names) || intersect(f.same, r.digests)
}

// arriving sees a request to Arize before it takes effect.
func (l *ledger) arriving(request arizetest.Request) {
	switch request.Method {
	case http.MethodPost:
		l.creating(request)
	case http.MethodPatch:
		l.judge(request, func(f *file, r *remote) bool {
			return f.held[request.RoleID] || f.born[request.RoleID] || f.ids[request.RoleID] || intersect(f.always, r.names)
		})
	case http.MethodDelete:
		l.judge(request, func(f *file, _ *remote) bool {
			return f.doomed && f.held[request.RoleID] || f.undone && f.born[request.RoleID]
		})
	}
}

// judge looks for an ArizeRole that justifies a write.
func (l *ledger) judge(request arizetest.Request, justifies func(*file, *remote) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.remotes[request.RoleID]
	if r == nil {
		l.violation("%s %s: a role that never existed", request.Method, request.Path)
		return
	}
	for _, f := range l.files {
		if f.account == request.Account && !f.gone && justifies(f, r) {
			return
		}
	}
	l.violation("%s of role %s (%v, a stranger's: %t) that nobody asked for: %s", request.Method, request.RoleID, keys(r.names), r.stranger, request.Body)
}

// creating looks for the intent without which nothing may be created.
func (l *ledger) creating(request arizetest.Request) {
	want, err := body(request)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.violation("a creation that can't be read: %s", request.Body)
		return
	}
	makers := l.intending(request.Account, want)
	if len(makers) == 0 && !l.refresh() {
		return // the apiserver is down, and it may have been the last that we did not hear of
	}
	if makers = l.intending(request.Account, want); len(makers) == 0 {
		l.violation("role %q was created without an intent on record: %s", want.Name, request.Body)
	}
	l.arrived[request.Seq] = makers
}

func (l *ledger) intending(account string, want plan.Desired) []*file {
	var found []*file
	for _, f := range l.files {
		pending := f.status.PendingCreate
		if f.account == account && !f.gone && pending != nil && pending.Name == want.Name && pending.Digest == want.Digest() {
			found = append(found, f)
		}
	}
	return found
}

// refresh reads every status from the apiserver: an answer to the manager that was lost was not seen here either.
func (l *ledger) refresh() bool {
	l.mu.Unlock()
	defer l.mu.Lock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	roles, err := l.live(ctx)
	for i := range roles {
		l.saw(&roles[i])
	}
	return err == nil
}

// committed sees what a request changed, before the manager knows.
func (l *ledger) committed(request arizetest.Request) {
	if !request.Mutated || request.RoleID == "" {
		return
	}
	role, exists := l.arize.Account(request.Account).Role(request.RoleID)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.arrived[request.Seq] {
		f.born[request.RoleID] = true
	}
	delete(l.arrived, request.Seq)
	if !exists {
		return
	}
	r := l.note(request.Account, role)
	r.written++
	if slices.Contains(request.Faults, arizetest.FaultDelay) {
		r.caused++ // what takes effect late may undo what came after it
	}
}

// explains says why a role is in Arize; empty when it should not be.
func (l *ledger) explains(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.remotes[id]; r != nil && r.stranger {
		return "a stranger made it"
	}
	for _, f := range l.files {
		if why := f.explains(id); why != "" {
			return why
		}
	}
	return ""
}

// has says that an ArizeRole calls a role its own.
func (f *file) has(id string) bool {
	return !f.gone && f.status.RoleID == id && f.status.Origin != ""
}

func (f *file) explains(id string) string {
	if !f.held[id] && !f.born[id] {
		return ""
	}
	switch {
	case f.has(id):
		return "ArizeRole " + f.key.String() + " has it"
	case !f.gone && f.suspended && f.status.PendingCreate != nil:
		return "ArizeRole " + f.key.String() + " was suspended while it was created, and knows that it may have been"
	case f.deletion != nil && (f.released || !takesAlong(f.deletion, f.status.Origin)):
		return "ArizeRole " + f.key.String() + " left it behind"
	default:
		return ""
	}
}

// body is what a creation asks for.
func body(request arizetest.Request) (plan.Desired, error) {
	var sent struct {
		Name, Description string
		Permissions       []string
	}
	err := json.Unmarshal([]byte(request.Body), &sent)
	return plan.NewDesired(sent.Name, sent.Description, sent.Permissions), err
}

// asDesired is a remote role as if somebody had declared it.
func asDesired(role arizetest.Role) plan.Desired {
	return plan.NewDesired(role.Name, role.Description, role.Permissions)
}

// desired is what an ArizeRole wants.
func desired(role *v1alpha1.ArizeRole) plan.Desired {
	return plan.NewDesired(role.RoleName(), role.Spec.Description, role.Spec.Permissions)
}

func keys(set map[string]bool) []string {
	var all []string
	for key := range set {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

func intersect(a, b map[string]bool) bool {
	for key := range a {
		if b[key] {
			return true
		}
	}
	return false
}
