package controller

import (
	"context"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// line is the queue of a controller, with what puts something into it.
type line struct {
	priorityqueue.PriorityQueue[reconcile.Request]

	waker *waker
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{PriorityQueue: priorityqueue.New[reconcile.Request](t.Name()), waker: &waker{}}
	t.Cleanup(l.ShutDown)
	if err := l.waker.source().Start(t.Context(), l.PriorityQueue); err != nil {
		t.Fatal(err)
	}
	return l
}

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "team", Name: name}
}

func object(name string) client.Object {
	return &v1alpha1.ArizeRole{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name}}
}

// listed is what happens to every object when the manager starts.
func (l *line) listed(ctx context.Context, name string) {
	(&handler.EnqueueRequestForObject{}).Create(ctx, event.CreateEvent{Object: object(name), IsInInitialList: true}, l)
}

func (l *line) created(ctx context.Context, name string) {
	(&handler.EnqueueRequestForObject{}).Create(ctx, event.CreateEvent{Object: object(name)}, l)
}

func (l *line) edited(ctx context.Context, name string) {
	before, after := object(name), object(name)
	before.SetResourceVersion("1")
	after.SetResourceVersion("2")
	(&handler.EnqueueRequestForObject{}).Update(ctx, event.UpdateEvent{ObjectOld: before, ObjectNew: after}, l)
}

// serve takes so many from the queue, one after the other.
func (l *line) serve(n int) (names []string) {
	for range n {
		request, _ := l.Get()
		names = append(names, request.Name)
		l.Done(request)
	}
	return names
}

func TestWhatPeopleDoGoesBeforeEverythingElse(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.listed(t.Context(), "old-1")
	l.listed(t.Context(), "old-2")
	l.waker.wake(key("drifted"), key("old-1"))
	l.edited(t.Context(), "edited")
	l.created(t.Context(), "new")
	l.waker.hurry(key("invited"))
	l.edited(t.Context(), "old-2") // somebody does not wait for the end of the first round
	if got, want := l.serve(6), []string{"edited", "new", "invited", "old-2", "old-1", "drifted"}; !equalInside(got, want, 4) {
		t.Errorf("served %q, want %q", got, want)
	}
}

// equalInside compares the first n and the rest, each whatever their order: among equals it is the queue's.
func equalInside(got, want []string, n int) bool {
	same := func(a, b []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	}
	return len(got) == len(want) && same(got[:n], want[:n]) && same(got[n:], want[n:])
}

// What comes back later, however urgent, must not hold up what is ready, however low. With other queues it did.
func TestWhoComesBackLaterKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for _, name := range []string{"waits-1", "waits-2", "waits-3"} {
		l.AddWithOpts(priorityqueue.AddOpts{After: time.Hour, Priority: new(0)}, reconcile.Request{NamespacedName: key(name)})
	}
	l.listed(t.Context(), "old")
	l.waker.wake(key("drifted"))
	if got := l.serve(2); !equalInside(got, []string{"drifted", "old"}, 0) {
		t.Errorf("served %q", got)
	}
}

// One that was told to come back much later is woken all the same, and only once.
func TestWhoIsWokenComesAtOnce(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.AddWithOpts(priorityqueue.AddOpts{After: time.Hour, Priority: new(0)}, reconcile.Request{NamespacedName: key("parked")})
	l.waker.hurry(key("parked"))
	l.waker.wake(key("parked"))
	if got := l.serve(1); got[0] != "parked" || l.Len() != 0 {
		t.Errorf("served %q, and %d are left", got, l.Len())
	}
}

// Who is woken while it is being served is served again.
func TestWhoIsWokenMeanwhileIsServedAgain(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.waker.wake(key("role"))
	request, _ := l.Get()
	l.waker.hurry(request.NamespacedName)
	l.AddWithOpts(priorityqueue.AddOpts{After: time.Hour, Priority: new(0)}, request) // what its pass asked for
	l.Done(request)
	if got := l.serve(1); got[0] != "role" {
		t.Errorf("served %q", got)
	}
}
