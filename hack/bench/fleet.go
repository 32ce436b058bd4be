package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// fleet is what is known of the ArizeRoles. It has an informer: to list a thousand again and again would cost the
// apiserver more than what is measured, and it hangs up on a mere watch that cannot keep up.
type fleet struct {
	mu     sync.Mutex
	ready  map[string]bool // every role there is, and whether it is in sync with its newest spec
	inSync int
	asked  map[string]time.Time // when those were created that were not in sync since
	waits  []time.Duration      // from there to being in sync, of those that were
}

// watchFleet informs a fleet until ctx ends.
func watchFleet(ctx context.Context, config *rest.Config, c client.Client) (*fleet, error) {
	informers, err := cache.New(config, cache.Options{Scheme: c.Scheme(), DefaultTransform: cache.TransformStripManagedFields()})
	if err != nil {
		return nil, err
	}
	informer, err := informers.GetInformer(ctx, &v1alpha1.ArizeRole{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	f := &fleet{ready: map[string]bool{}, asked: map[string]time.Time{}}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { f.see(object, false) },
		UpdateFunc: func(_, object any) { f.see(object, false) },
		DeleteFunc: func(object any) { f.see(object, true) },
	})
	if err != nil {
		return nil, err
	}
	go func() { _ = informers.Start(ctx) }() // ends without an error
	return f, nil
}

func (f *fleet) see(object any, gone bool) {
	if missed, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = missed.Obj
	}
	role, ok := object.(*v1alpha1.ArizeRole)
	if !ok {
		return // an informer of ArizeRoles has no others
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ready[role.Name] {
		f.inSync--
	}
	if gone {
		delete(f.ready, role.Name)
		return
	}
	f.ready[role.Name] = settled(role)
	if !f.ready[role.Name] {
		return
	}
	f.inSync++
	if asked, waiting := f.asked[role.Name]; waiting {
		f.waits = append(f.waits, time.Since(asked))
		delete(f.asked, role.Name)
	}
}

// ask notes that a role is about to be created.
func (f *fleet) ask(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[name] = time.Now()
}

// takeWaits returns how long those roles waited, sorted, that were created and in sync since it was called last.
func (f *fleet) takeWaits() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	waits := f.waits
	f.waits = nil
	slices.Sort(waits)
	return waits
}

// is wants so many roles, and so many of them in sync.
func (f *fleet) is(size, inSync int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ready) != size || f.inSync != inSync {
		return fmt.Errorf("%d of %d ArizeRoles are in sync, and there should be %d of %d", f.inSync, len(f.ready), inSync, size)
	}
	return nil
}

// progress is how many roles there are, and how many of them are in sync.
func (f *fleet) progress() [2]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return [2]int{len(f.ready), f.inSync}
}

// settled says that a role is in sync with its newest spec.
func settled(role *v1alpha1.ArizeRole) bool {
	ready := meta.FindStatusCondition(role.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonInSync && role.Status.ObservedGeneration == role.Generation
}
