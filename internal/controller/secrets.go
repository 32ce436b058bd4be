package controller

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	toolscache "k8s.io/client-go/tools/cache"
)

// secretWatches say when a Secret changes that an account reads. Each is watched by its name: no other Secret of the
// cluster is ever in memory, nor does the operator need the right to list them; and of these it is only the metadata.
type secretWatches struct {
	ctx    context.Context //nolint:containedctx // of the manager, in which the watches run
	client metadata.Interface
	wake   func(account types.NamespacedName)

	mu      sync.Mutex
	watches map[types.NamespacedName]secretWatch // by account
}

type secretWatch struct {
	secret string
	stop   context.CancelFunc
}

func newSecretWatches(ctx context.Context, client metadata.Interface, accounts *waker) *secretWatches {
	return &secretWatches{ctx: ctx, client: client, wake: accounts.hurry, watches: map[types.NamespacedName]secretWatch{}}
}

// follow watches the Secret that an account reads now, which is in its namespace, and no other any more. It has to be
// called before the Secret is read, so that no change is missed.
func (s *secretWatches) follow(account types.NamespacedName, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watches[account].secret == secret {
		return
	}
	s.end(account)
	ctx, stop := context.WithCancel(s.ctx)
	s.watches[account] = secretWatch{secret: secret, stop: stop}
	go s.informer(account, secret).RunWithContext(ctx)
}

// forget ends the watch of an account that is gone.
func (s *secretWatches) forget(account types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(account)
}

func (s *secretWatches) end(account types.NamespacedName) {
	if old, watched := s.watches[account]; watched {
		old.stop()
		delete(s.watches, account)
	}
}

// informer wakes the account whenever the Secret is there, changes or goes.
func (s *secretWatches) informer(account types.NamespacedName, secret string) toolscache.SharedIndexInformer {
	named := func(options *metav1.ListOptions) {
		options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, secret).String()
	}
	secrets := corev1.SchemeGroupVersion.WithResource("secrets")
	informer := metadatainformer.NewFilteredMetadataInformer(s.client, secrets, account.Namespace, 0, nil, named).Informer()
	// It fails only when the informer runs already.
	_, _ = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { s.wake(account) },
		UpdateFunc: func(any, any) { s.wake(account) },
		DeleteFunc: func(any) { s.wake(account) },
	})
	return informer
}
