package arizetest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// pausedCreate starts a create, which the fault pauses, and returns it with a channel for what becomes of it.
func pausedCreate(t *testing.T, srv *arizetest.Server, a *api, fault arizetest.Fault) (arizetest.PausedRequest, <-chan error) {
	t.Helper()
	srv.ClearFaults()
	fault.Kind, fault.Method = arizetest.FaultPause, http.MethodPost
	id := srv.AddFault(fault)
	done := make(chan error, 1)
	request := a.request(http.MethodPost, "/v2/roles", object{"name": "x", "permissions": []string{"A_B"}})
	go func() {
		got, err := a.do(request)
		if err == nil && got.Status != http.StatusCreated {
			err = errors.New(got.Body)
		}
		done <- err
	}()
	paused, err := srv.AwaitPaused(t.Context())
	if err != nil || len(paused) != 1 {
		t.Fatalf("got %+v, %v", paused, err)
	}
	if paused[0].Fault != id || paused[0].Request.Route != "POST /v2/roles" || paused[0].Request.Over {
		t.Errorf("got %+v", paused[0])
	}
	return paused[0], done
}

func TestPausedRequests(t *testing.T) {
	for name, test := range map[string]struct {
		stage         arizetest.Stage
		resume        func(*arizetest.Server, int64) bool
		during, after bool // whether the role is there
		answered      bool
	}{
		"before, released": {arizetest.BeforeCommit, (*arizetest.Server).Release, false, true, true},
		"before, dropped":  {arizetest.BeforeCommit, (*arizetest.Server).Drop, false, false, false},
		"after, released":  {arizetest.AfterCommit, (*arizetest.Server).Release, true, true, true},
		"after, dropped":   {arizetest.AfterCommit, (*arizetest.Server).Drop, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv, a := newFaultySim(t, arizetest.Options{})
				paused, done := pausedCreate(t, srv, a, arizetest.Fault{Stage: test.stage})
				if _, found := srv.RoleByName("x"); found != test.during || paused.Stage != test.stage {
					t.Errorf("while it is paused %s, the role is there: %v", paused.Stage, found)
				}
				a.must(http.StatusOK, http.MethodGet, "/v2/roles", nil, nil) // others go on
				if seq := paused.Request.Seq; !test.resume(srv, seq) || test.resume(srv, seq) {
					t.Errorf("a request is resumed once")
				}
				if err := <-done; (err == nil) != test.answered {
					t.Errorf("the client got %v", err)
				}
				if _, found := srv.RoleByName("x"); found != test.after {
					t.Errorf("in the end, the role is there: %v", found)
				}
			})
		})
	}
}

func TestADetachedPauseOutlivesItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, a := newFaultySim(t, arizetest.Options{})
		a.client.Timeout = time.Second
		paused, done := pausedCreate(t, srv, a, arizetest.Fault{Detached: true})
		if err := <-done; err == nil {
			t.Errorf("the client got an answer")
		}
		synctest.Wait()
		if len(srv.Paused()) != 1 || len(srv.CustomRoles()) != 0 {
			t.Errorf("the request did not wait")
		}
		srv.Release(paused.Request.Seq)
		synctest.Wait()
		if len(srv.CustomRoles()) != 1 {
			t.Errorf("the request was not processed")
		}
	})
}

func TestReleaseAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, a := newFaultySim(t, arizetest.Options{})
		_, done := pausedCreate(t, srv, a, arizetest.Fault{})
		if n := srv.ReleaseAll(); n != 1 {
			t.Errorf("released %d", n)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := srv.ReleaseAll(); n != 0 {
			t.Errorf("released %d more", n)
		}
	})
}

func TestAwaitPausedEndsWithItsContext(t *testing.T) {
	srv, _ := newFaultySim(t, arizetest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if paused, err := srv.AwaitPaused(ctx); !errors.Is(err, context.Canceled) || len(paused) > 0 {
		t.Errorf("got %+v, %v", paused, err)
	}
}
