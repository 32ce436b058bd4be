// Command manager runs arize-operator: it keeps the custom roles of Arize accounts
// as declared in ArizeRole objects.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // all the ways in which a kubeconfig can authenticate
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/controller"
)

// gcPercent trades processor time, of which there is plenty, for memory: the operator mostly waits.
const gcPercent = 25

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	s, err := parse(flag.NewFlagSet("arize-operator", flag.ContinueOnError), os.Args[1:])
	if errors.Is(err, flag.ErrHelp) { // the usage is printed
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "arize-operator:", err)
		os.Exit(2)
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&s.zap)))
	if err := run(ctrl.SetupSignalHandler(), s); err != nil {
		ctrl.Log.Error(err, "Failed to run the manager")
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	metricsAddress  string
	metricsSecure   bool
	probeAddress    string
	pprofAddress    string
	leaderElect     bool
	leaderNamespace string
	selector        labels.Selector
	options         controller.Options
	zap             zap.Options
}

// parse defines the flags and reads args.
func parse(flags *flag.FlagSet, args []string) (settings, error) {
	var s settings
	var namespaces, selector string
	ctrl.RegisterFlags(flags) // --kubeconfig
	flags.StringVar(&s.metricsAddress, "metrics-bind-address", ":8443", "Address of the metrics endpoint; 0 turns it off.")
	flags.BoolVar(&s.metricsSecure, "metrics-secure", true, "Serve metrics over HTTPS, to authenticated and authorized callers only.")
	flags.StringVar(&s.probeAddress, "health-probe-bind-address", ":8081", "Address of /healthz and /readyz.")
	flags.StringVar(&s.pprofAddress, "pprof-bind-address", "", "Address of the profiles at /debug/pprof/, for anyone who can reach it; off when empty.")
	flags.BoolVar(&s.leaderElect, "leader-elect", false, "Let only one of several managers act at a time.")
	flags.StringVar(&s.leaderNamespace, "leader-election-namespace", "", "Namespace of the leader election's Lease; the manager's own when empty. Needed outside of a cluster.")
	flags.StringVar(&namespaces, "watch-namespaces", "", "Comma-separated namespaces to watch, those of the ArizeAccounts included; all when empty.")
	flags.StringVar(&selector, "watch-label-selector", "", "Label selector of the ArizeRoles to watch; all when empty.")
	flags.IntVar(&s.options.Concurrency, "concurrency", controller.DefaultConcurrency, "How many ArizeRoles are worked on at once, and how many of the requests of one account are under way at once.")
	s.zap.BindFlags(flags)
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q: everything is set with flags, see --help", flags.Arg(0))
	}
	if s.options.Concurrency < 1 {
		return s, fmt.Errorf("--concurrency must be at least 1, not %d", s.options.Concurrency)
	}
	for name := range strings.SplitSeq(namespaces, ",") {
		if name = strings.TrimSpace(name); name != "" {
			s.options.Namespaces = append(s.options.Namespaces, name)
		}
	}
	var err error
	if s.selector, err = labels.Parse(selector); err != nil {
		return s, fmt.Errorf("--watch-label-selector: %w", err)
	}
	return s, nil
}

func run(ctx context.Context, s settings) error {
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w", err)
	}
	// The apiserver's priority and fairness limits us; a limit of our own on top
	// would only delay what it has room for.
	config.QPS = -1
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))

	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                  scheme,
		Cache:                   controller.CacheOptions(s.options.Namespaces, s.selector),
		Client:                  controller.ClientOptions(),
		Metrics:                 metricsOptions(s),
		HealthProbeBindAddress:  s.probeAddress,
		PprofBindAddress:        s.pprofAddress,
		LeaderElection:          s.leaderElect,
		LeaderElectionID:        "arize-operator." + v1alpha1.GroupName,
		LeaderElectionNamespace: s.leaderNamespace,
		// Safe, because main exits as soon as Start returns.
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return fmt.Errorf("creating the manager: %w", err)
	}
	if err := controller.SetupWithManager(ctx, mgr, s.options); err != nil {
		return fmt.Errorf("setting up the controllers: %w", err)
	}
	if err := mgr.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return err
	}
	if err := mgr.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// metricsOptions let only those read metrics whom the cluster lets, unless told otherwise.
func metricsOptions(s settings) metricsserver.Options {
	options := metricsserver.Options{
		BindAddress:   s.metricsAddress,
		SecureServing: s.metricsSecure,
		// HTTP/2 off: its rapid reset weaknesses are not worth it for metrics.
		TLSOpts: []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }},
	}
	if s.metricsSecure {
		options.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return options
}
