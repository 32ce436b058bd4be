package controller

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// waker puts objects into the queue of a controller from outside of it. It hands
// them to the queue itself: no goroutine, no buffer that could fill up.
type waker struct {
	mu    sync.Mutex
	queue workqueue.TypedRateLimitingInterface[reconcile.Request]
}

// source attaches the waker to the controller whose source it is.
func (w *waker) source() source.Source {
	return source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.queue = queue
		return nil
	})
}

// wake queues objects behind what people changed. Before the controller has
// started nothing is lost: it begins with all objects anyway.
func (w *waker) wake(keys ...types.NamespacedName) { w.add(handler.LowPriority, keys) }

// hurry queues an object among what people changed.
func (w *waker) hurry(key types.NamespacedName) { w.add(0, []types.NamespacedName{key}) }

func (w *waker) add(priority int, keys []types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.queue == nil {
		return
	}
	prioritized, ok := w.queue.(priorityqueue.PriorityQueue[reconcile.Request])
	for _, key := range keys {
		request := reconcile.Request{NamespacedName: key}
		if ok {
			prioritized.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, request)
		} else {
			w.queue.Add(request)
		}
	}
}
