// Command textbook is the operator that everybody writes first, as a measure for ours: each ArizeRole is reconciled on its
// own, asks Arize for its role, brings it into line, and does so again a minute later. It knows no accounts, no adoption
// and no crash in the wrong moment, and is given what a first version often lacks: it remembers the role's id instead of
// looking for its name, sleeps through its own status writes, and writes a status only when it differs.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
)

// settings are what the command line says.
type settings struct {
	metricsAddress, probeAddress string
	baseURL, apiKey              string
	workers                      int
	poll                         time.Duration
}

func main() {
	var s settings
	flags := flag.CommandLine // holds --kubeconfig, which controller-runtime registers
	flags.StringVar(&s.metricsAddress, "metrics-bind-address", "0", "Address of the metrics endpoint.")
	flags.Bool("metrics-secure", false, "Taken and ignored, so that the flags are the operator's.")
	flags.StringVar(&s.probeAddress, "health-probe-bind-address", "0", "Address of /healthz and /readyz.")
	flags.StringVar(&s.baseURL, "base-url", "", "Where Arize is.")
	flags.StringVar(&s.apiKey, "api-key", "", "The key of a simulated Arize; it is no secret.")
	flags.IntVar(&s.workers, "workers", 1, "How many ArizeRoles are reconciled at once.")
	flags.DurationVar(&s.poll, "poll", time.Minute, "How often each role is looked at.")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(ctrl.SetupSignalHandler(), s); err != nil {
		fmt.Fprintln(os.Stderr, "textbook:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	config.QPS = -1 // as the operator: to be held up by a limit of its own would be no fair race
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return err
	}
	key, err := arize.NewAPIKey(s.apiKey)
	if err != nil {
		return err
	}
	remote, err := arize.New(arize.Options{BaseURL: s.baseURL, APIKey: key})
	if err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                 scheme,
		Cache:                  cache.Options{DefaultTransform: cache.TransformStripManagedFields()},
		Metrics:                metricsserver.Options{BindAddress: s.metricsAddress},
		HealthProbeBindAddress: s.probeAddress,
	})
	if err != nil {
		return err
	}
	reconciler := &roleReconciler{client: mgr.GetClient(), arize: remote, poll: s.poll}
	if err := reconciler.setup(mgr, s.workers); err != nil {
		return err
	}
	if err := mgr.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return err
	}
	return mgr.Start(ctx)
}
