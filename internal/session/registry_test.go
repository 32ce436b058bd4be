package session_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/session"
)

const otherKey = "another-key-for-tests"

// reopen opens the account again, with something changed.
func (a *account) reopen(change func(*arize.Options)) *session.Session {
	a.t.Helper()
	options := a.options(arizetest.DefaultKey)
	change(&options)
	again, err := a.registry.Open(key, options, plenty)
	a.must(err)
	return again
}

func TestRegistryOpen(t *testing.T) {
	t.Parallel()
	bundle := someCertificate(t)
	for name, row := range map[string]struct {
		change func(*arize.Options)
		want   bool // the same session
	}{
		"nothing changed":           {func(*arize.Options) {}, true},
		"no certificates, in words": {func(o *arize.Options) { o.CABundle = []byte{} }, true},
		"another transport":         {func(o *arize.Options) { o.Transport = &idle{} }, true},
		"another key": {func(o *arize.Options) {
			o.APIKey, _ = arize.NewAPIKey(otherKey)
		}, false},
		"another URL":         {func(o *arize.Options) { o.BaseURL = "https://eu.arize.test" }, false},
		"another certificate": {func(o *arize.Options) { o.CABundle = bundle }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			a.sweep()
			a.Turned()
			again := a.reopen(row.change)
			if got := again == a.Session; got != row.want {
				t.Fatalf("got the same session: %v, want %v", got, row.want)
			}
			if got := a.registry.Get(key); got != again {
				t.Error("Get does not find what Open returned")
			}
			seen := again.Observe("", "Admin", "")
			if !row.want && (seen.Named != nil || !seen.Since.IsZero() || seen.Health.State != session.Starting || !again.Turned()) {
				t.Errorf("got %+v, want nothing known, and the roles told so", seen)
			}
			if row.want && (seen.Named == nil || again.Turned()) {
				t.Errorf("got %+v, want what was known, and nothing to tell", seen)
			}
		})
	}
}

func TestRegistryOpenWithOtherLimits(t *testing.T) {
	t.Parallel()
	a := newAccount(t, session.Limits{RequestsPerSecond: 1, Burst: 1})
	a.Admit("team/a", session.Person)
	if got := a.Admit("team/b", session.Person); got != time.Second {
		t.Errorf("got a wait of %v, want 1s", got)
	}
	if again := a.reopen(func(*arize.Options) {}); again != a.Session {
		t.Error("got another session for other limits")
	}
	if got := a.Admit("team/b", session.Person); got != 100*time.Microsecond {
		t.Errorf("with other limits: got a wait of %v, want 100µs", got)
	}
}

func TestRegistryRefusesWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	options := a.options(arizetest.DefaultKey)
	options.BaseURL = "http://elsewhere.example"
	if got, err := a.registry.Open(key, options, plenty); got != nil || err == nil {
		t.Errorf("got %v, %v, want an error", got, err)
	}
	if a.registry.Get(key) != a.Session {
		t.Error("the session that there was is gone: that is for Fail to decide")
	}
}

func TestRegistryFail(t *testing.T) {
	t.Parallel()
	gone := session.Health{Reason: "SecretNotFound", Message: "no Secret", DeleteOnly: true}
	invalid := session.Health{Reason: "InvalidSpec", Message: "no"}
	failed := func(health session.Health, deleteOnly bool) session.Health {
		health.State, health.DeleteOnly = session.Failed, deleteOnly
		return health
	}
	t.Run("a Secret that is gone leaves the key for deletions", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, plenty)
		id := a.add("Role").ID
		a.sweep()
		a.Turned()
		kept := a.registry.Fail(key, gone)
		if kept != a.Session || kept.Usable() {
			t.Errorf("got the same session: %v, usable: %v, want the same, for deletions alone", kept == a.Session, kept.Usable())
		}
		if diff := cmp.Diff(failed(gone, true), kept.Health()); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
		a.must(kept.Delete(t.Context(), id))
		if _, found := a.srv.Role(id); found {
			t.Error("the role is still there")
		}
		if !kept.Turned() || a.registry.Fail(key, gone).Turned() {
			t.Error("want a turn once")
		}
	})
	t.Run("after that a key, even the same, begins anew", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, plenty)
		a.sweep()
		a.registry.Fail(key, gone)
		again := a.reopen(func(*arize.Options) {})
		if again == a.Session || !again.Usable() || again.Health().State != session.Starting {
			t.Errorf("got %+v, want a new session", again.Health())
		}
	})
	t.Run("a spec that cannot be used drops the key", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, plenty)
		a.sweep()
		for range 2 {
			now := a.registry.Fail(key, invalid)
			if now == a.Session || now.Usable() {
				t.Error("got a session with a key")
			}
			if diff := cmp.Diff(failed(invalid, false), now.Health()); diff != "" {
				t.Errorf("health (-want +got):\n%s", diff)
			}
			// There is no key left that could serve deletions later on.
			if diff := cmp.Diff(failed(gone, false), a.registry.Fail(key, gone).Health()); diff != "" {
				t.Errorf("health (-want +got):\n%s", diff)
			}
		}
	})
	t.Run("an account that never worked has no key to keep", func(t *testing.T) {
		t.Parallel()
		registry := session.NewRegistry(time.Now, func(session.Key) {})
		now := registry.Fail(key, gone)
		if diff := cmp.Diff(failed(gone, false), now.Health()); diff != "" || registry.Get(key) != now {
			t.Errorf("health (-want +got):\n%s", diff)
		}
		if !now.Turned() || registry.Fail(key, gone).Turned() {
			t.Error("want a turn once, not at every look")
		}
	})
	t.Run("a spec that is mended begins anew", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, plenty)
		a.registry.Fail(key, invalid)
		if again := a.reopen(func(*arize.Options) {}); !again.Usable() || !again.Turned() {
			t.Errorf("got %+v, want a usable session that says so", again.Health())
		}
	})
}

func TestRegistryDrop(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	a.sweep()
	a.registry.Drop(key)
	a.registry.Drop(key)
	if got := a.registry.Get(key); got != nil {
		t.Errorf("got %v, want none", got)
	}
	if again := a.reopen(func(*arize.Options) {}); again == a.Session || again.Health().State != session.Starting {
		t.Error("got the session that was dropped")
	}
}

func TestRegistryTellsOncePerAccount(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	var told []string
	registry := session.NewRegistry(a.clock, func(k session.Key) { told = append(told, k.Name) })
	open := func(name, secret string) {
		_, err := registry.Open(session.Key{Name: name}, a.options(secret), plenty)
		a.must(err)
	}
	open("a", arizetest.DefaultKey)
	open("a", arizetest.DefaultKey)
	open("a", otherKey)
	open("b", arizetest.DefaultKey)
	registry.Fail(session.Key{Name: "c"}, session.Health{})
	registry.Drop(session.Key{Name: "a"})
	open("a", arizetest.DefaultKey)
	if diff := cmp.Diff([]string{"a", "b"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// idle is a transport that counts how often it is to let go of its connections.
type idle struct{ closed int }

func (i *idle) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.EOF }

func (i *idle) CloseIdleConnections() { i.closed++ }

func TestRegistryLetsGoOfConnections(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		do   func(a *account)
		want int
	}{
		"of a session that goes on, not": {func(a *account) {
			_, _ = a.registry.Open(key, a.options(otherKey), plenty)
			a.registry.Fail(key, session.Health{DeleteOnly: true})
		}, 0},
		"of a session whose key changed":                   {func(a *account) { a.reopen(func(*arize.Options) {}) }, 1},
		"of a session that loses its key":                  {func(a *account) { a.registry.Fail(key, session.Health{}) }, 1},
		"of a session that goes":                           {func(a *account) { a.registry.Drop(key) }, 1},
		"of a session that lost its key before, only once": {func(a *account) { a.registry.Fail(key, session.Health{}); a.registry.Drop(key) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, plenty)
			transport := &idle{}
			options := a.options(otherKey)
			options.Transport = transport
			_, err := a.registry.Open(key, options, plenty)
			a.must(err)
			row.do(a)
			if transport.closed != row.want {
				t.Errorf("got told %d times, want %d", transport.closed, row.want)
			}
		})
	}
}

// TestRegistryNeverShowsAKey holds that whatever is printed of a session, no key is.
func TestRegistryNeverShowsAKey(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	printed := fmt.Sprintf("%v %+v %#v %+v", a.registry, a.registry, a.registry, a.Session)
	if strings.Contains(printed, arizetest.DefaultKey) {
		t.Error("a key is printed")
	}
}

// TestConcurrency lets everything happen at once, for the race detector to watch,
// and then looks whether the session still tells the truth.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	a := newAccount(t, plenty)
	a.srv.AddKey(otherKey, arizetest.DefaultAccount)
	a.srv.SeedRoles(30)
	a.srv.ChangeSettings(func(s *arizetest.Settings) { s.PageCap = 10 })
	a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 503, Probability: 0.05})
	a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultClose, Stage: arizetest.AfterCommit, Probability: 0.05})
	a.srv.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: "1", Probability: 0.02})
	var busy sync.WaitGroup
	var sent atomic.Int64
	for worker := range 24 {
		busy.Go(func() {
			for i := range 25 {
				current := a.registry.Get(key)
				sent.Add(int64(a.work(current, fmt.Sprintf("team/%d", worker), i)))
			}
		})
	}
	busy.Go(func() { // the account
		for i := range 30 {
			secret := []string{arizetest.DefaultKey, otherKey}[i/10%2]
			current, err := a.registry.Open(key, a.options(secret), plenty)
			a.must(err)
			_, _ = current.Sweep(t.Context(), session.Upkeep, believe)
			current.Turned()
			current.Request("test", fmt.Sprint(i))
			current.Due(time.Minute)
			current.Failures()
			if i == 15 {
				a.registry.Fail(key, session.Health{DeleteOnly: true})
			}
		}
	})
	busy.Go(func() {
		for i := range 100 {
			a.pass(time.Second)
			if role, found := a.srv.RoleByName(fmt.Sprintf("Seeded Role %04d", 1+i%30)); found {
				a.describe(role.ID, fmt.Sprint(i))
			}
		}
	})
	busy.Wait()
	if sent.Load() == 0 {
		t.Error("nothing was sent")
	}
	a.srv.ClearFaults()
	a.Session = a.registry.Get(key)
	a.pass(time.Hour)
	a.sweep()
	a.sweep()
	a.equal()
	if got := a.UnderWay(); got != 0 {
		t.Errorf("got %d requests under way, want none", got)
	}
}

// work is a bit of what an ArizeRole does with its account. It says how many
// requests it sent.
func (a *account) work(s *session.Session, who string, i int) (sent int) {
	if wait := s.Admit(who, session.Lane(i%4)); wait > 0 {
		return 0
	}
	defer s.Release()
	ctx := a.t.Context()
	role, found := s.Named(fmt.Sprintf("Seeded Role %04d", 1+i))
	switch {
	case i%5 == 0:
		made, err := s.Create(ctx, arize.RoleSpec{Name: fmt.Sprintf("%s %d", who, i), Permissions: []string{"PROJECT_READ"}})
		if err == nil {
			_, _ = s.Holders(ctx, made.ID)
			_ = s.Delete(ctx, made.ID)
		}
	case !found:
		s.WantSweep(who)
		return 0
	case i%5 == 1:
		_ = s.Read(ctx, role.ID)
	default:
		_, _ = s.Update(ctx, role.ID, arize.RolePatch{Description: new(fmt.Sprintf("%s %d", who, i))})
	}
	s.Observe(role.ID, role.Name, who)
	s.Health()
	s.Pause()
	return 1
}

// someCertificate is a CA bundle.
func someCertificate(t *testing.T) []byte {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS()
	defer srv.Close()
	var bundle bytes.Buffer
	if err := pem.Encode(&bundle, &pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}); err != nil {
		t.Fatal(err)
	}
	return bundle.Bytes()
}
