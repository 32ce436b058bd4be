package main

import (
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	ctrl "sigs.k8s.io/controller-runtime"
)

// asManager is an environment variable that makes the test binary the manager.
const asManager = "RUN_AS_MANAGER"

func TestMain(m *testing.M) {
	if os.Getenv(asManager) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A person who asks for help made no mistake; one who mistypes did.
func TestExitCodes(t *testing.T) {
	for name, test := range map[string]struct {
		arg     string
		code    int
		says    string
		without string
	}{
		"help":      {"--help", 0, "-watch-namespaces", "help requested"},
		"short":     {"-h", 0, "-watch-namespaces", "help requested"},
		"a mistake": {"--concurrency=0", 2, "arize-operator: --concurrency must be at least 1", "Usage"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], test.arg) //nolint:gosec // this test
			cmd.Env = append(os.Environ(), asManager+"=1")
			output, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d (%v), want %d", code, err, test.code)
			}
			if !strings.Contains(string(output), test.says) || strings.Contains(string(output), test.without) {
				t.Errorf("want %q in it and %q not:\n%s", test.says, test.without, output)
			}
		})
	}
}

func parsed(args ...string) (settings, error) {
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return parse(flags, args)
}

func TestDefaults(t *testing.T) {
	s, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if s.leaderElect || s.leaderNamespace != "" {
		t.Errorf("leader election: %t in %q", s.leaderElect, s.leaderNamespace)
	}
	if s.metricsAddress != ":8443" || !s.metricsSecure {
		t.Errorf("metrics: at %q, secure: %t", s.metricsAddress, s.metricsSecure)
	}
	if s.probeAddress != ":8081" || s.pprofAddress != "" {
		t.Errorf("probes at %q, profiles at %q", s.probeAddress, s.pprofAddress)
	}
	if s.options.Concurrency != 16 {
		t.Errorf("concurrency %d", s.options.Concurrency)
	}
	if len(s.options.Namespaces) != 0 || !s.selector.Empty() {
		t.Errorf("not everything is watched, but namespaces %q with labels %q", s.options.Namespaces, s.selector)
	}
	if s.zap.Development || s.zap.Level != nil {
		t.Errorf("logging: development: %t, level %v", s.zap.Development, s.zap.Level)
	}
}

func TestFlags(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want func(settings) bool
	}{
		"leader election": {
			[]string{"--leader-elect", "--leader-election-namespace=here"},
			func(s settings) bool { return s.leaderElect && s.leaderNamespace == "here" },
		},
		"addresses": {
			[]string{"--metrics-bind-address=0", "--health-probe-bind-address=:1", "--pprof-bind-address=:2", "--metrics-secure=false"},
			func(s settings) bool {
				return s.metricsAddress == "0" && s.probeAddress == ":1" && s.pprofAddress == ":2" && !s.metricsSecure
			},
		},
		"the least concurrency": {
			[]string{"--concurrency=1"},
			func(s settings) bool { return s.options.Concurrency == 1 },
		},
		"one namespace": {
			[]string{"--watch-namespaces=a"},
			func(s settings) bool { return slices.Equal(s.options.Namespaces, []string{"a"}) },
		},
		"namespaces, written carelessly": {
			[]string{"--watch-namespaces= a ,b,, c,"},
			func(s settings) bool { return slices.Equal(s.options.Namespaces, []string{"a", "b", "c"}) },
		},
		"no namespace": {
			[]string{"--watch-namespaces= ,"},
			func(s settings) bool { return len(s.options.Namespaces) == 0 },
		},
		"a selector": {
			[]string{"--watch-label-selector=team=ml,stage in (prod, test)"},
			func(s settings) bool {
				return s.selector.Matches(labels.Set{"team": "ml", "stage": "test"}) && !s.selector.Matches(labels.Set{"team": "ml"})
			},
		},
		"the log": {
			[]string{"--zap-devel", "--zap-log-level=debug"},
			func(s settings) bool { return s.zap.Development && s.zap.Level != nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parsed(test.args...)
			if err != nil || !test.want(s) {
				t.Errorf("%q: got %+v, error %v", test.args, s, err)
			}
		})
	}
}

func TestKubeconfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters["c"] = &clientcmdapi.Cluster{Server: "https://from-the-flag.example"}
	kubeconfig.Contexts["c"] = &clientcmdapi.Context{Cluster: "c"}
	kubeconfig.CurrentContext = "c"
	if err := clientcmd.WriteToFile(*kubeconfig, file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := parsed(); err != nil { // forgets the file, which controller-runtime keeps in a variable
			t.Error(err)
		}
	})
	if _, err := parsed("--kubeconfig=" + file); err != nil {
		t.Fatal(err)
	}
	config, err := ctrl.GetConfig()
	if err != nil || config.Host != "https://from-the-flag.example" {
		t.Errorf("got %+v, error %v", config, err)
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		arg  string
		want []string // in the message
	}{
		"no concurrency":        {"--concurrency=0", []string{"--concurrency", "at least 1", "0"}},
		"less than none":        {"--concurrency=-3", []string{"--concurrency", "at least 1", "-3"}},
		"a selector that isn't": {"--watch-label-selector=team in ml", []string{"--watch-label-selector", "ml"}},
		"an argument":           {"run", []string{`"run"`, "flags", "--help"}},
		"an unknown flag":       {"--nonsense", []string{"nonsense"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parsed(test.arg)
			if err == nil {
				t.Fatalf("%q is accepted: %+v", test.arg, s)
			}
			for _, word := range test.want {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q: the message %q does not say %q", test.arg, err, word)
				}
			}
		})
	}
}
