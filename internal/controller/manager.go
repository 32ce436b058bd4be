package controller

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/metadata"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/session"
)

// How long one pass may take. An account's covers many pages, each of which has
// the client's own timeout.
const (
	roleTimeout    = 2 * time.Minute
	accountTimeout = 10 * time.Minute

	// accountsAtOnce is how many accounts are worked with at once. One that does not
	// answer must not hold up the others, and takes no more than its share: one worker
	// for its sweep, and Options.Concurrency for its roles.
	accountsAtOnce = 10
)

// Options are what a person may set. The zero value works.
type Options struct {
	// Concurrency is how many ArizeRoles are worked on at once, and how many requests
	// about roles of one account are under way at once; 0 means DefaultConcurrency.
	Concurrency int
	// Namespaces are those that the manager's cache holds; none means all.
	Namespaces []string
	// InFlight is how long a request whose answer was lost may still take effect in
	// Arize; 0 means DefaultInFlight.
	InFlight time.Duration
}

// Defaults of Options.
const (
	DefaultConcurrency = 16
	// DefaultInFlight is the client's timeout and as much again for what is still
	// on its way through proxies.
	DefaultInFlight = 2 * arize.DefaultTimeout
)

// SetupWithManager adds both controllers, and the indexes that they need.
func SetupWithManager(ctx context.Context, mgr ctrl.Manager, options Options) error {
	if options.Concurrency == 0 {
		options.Concurrency = DefaultConcurrency
	}
	if options.InFlight == 0 {
		options.InFlight = DefaultInFlight
	}
	if err := addIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	log := mgr.GetLogger()
	sessions := session.NewRegistry(time.Now, func(account session.Key) {
		log.Info(arize.StageNotice, "namespace", account.Namespace, "account", account.Name)
	})
	roles, accounts, ofRoles := &waker{}, &waker{}, newMemory()
	events := newRecorder(mgr.GetClient())
	metadataClient, err := metadata.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return err
	}

	accountReconciler := &AccountReconciler{
		client: mgr.GetClient(), live: mgr.GetAPIReader(), events: events,
		sessions: sessions, roles: roles, accounts: accounts, clock: clock.RealClock{},
		secrets: newSecretWatches(ctx, metadataClient, accounts), memory: newMemory(), concurrency: options.Concurrency,
		departed: ofRoles.departedOf,
	}
	if err := accountReconciler.setup(mgr); err != nil {
		return err
	}
	roleReconciler := &RoleReconciler{
		client: mgr.GetClient(), live: mgr.GetAPIReader(), events: events,
		sessions: sessions, roles: roles, accounts: accounts, clock: clock.RealClock{},
		memory: ofRoles, desks: newDesks(options.Concurrency), inFlight: options.InFlight, namespaces: options.Namespaces,
		// Not when the process began: one that stands by may do so for days.
		began: sync.OnceValue(time.Now), elected: mgr.Elected(),
	}
	return roleReconciler.setup(mgr, options)
}

func (r *AccountReconciler) setup(mgr ctrl.Manager) error {
	people := changedByPeople(v1alpha1.InUseFinalizer, v1alpha1.ReconcileRequestAnnotation, v1alpha1.AcceptVanishedAnnotation)
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.ArizeAccount{}, builder.WithPredicates(people)).
		WatchesRawSource(r.accounts.source()).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: accountsAtOnce,
			ReconciliationTimeout:   accountTimeout,
			EnableWarmup:            new(true),
		}).
		Complete(r)
}

func (r *RoleReconciler) setup(mgr ctrl.Manager, options Options) error {
	people := changedByPeople(v1alpha1.RoleFinalizer, v1alpha1.ReconcileRequestAnnotation)
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.ArizeRole{}, builder.WithPredicates(people)).
		Watches(&v1alpha1.ArizeRole{}, r.rivalry()).
		WatchesMetadata(namespaceMetadata(), handler.EnqueueRequestsFromMapFunc(r.rolesIn),
			builder.WithPredicates(relabelled())).
		WatchesMetadata(crdMetadata(), handler.EnqueueRequestsFromMapFunc(r.rolesOnTheirWay),
			builder.WithPredicates(startsToGo())).
		WatchesRawSource(r.roles.source()).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: accountsAtOnce * options.Concurrency,
			ReconciliationTimeout:   roleTimeout,
			EnableWarmup:            new(true),
		}).
		Complete(r.departedFirst(reconcile.AsReconciler[*v1alpha1.ArizeRole](mgr.GetClient(), r)))
}
