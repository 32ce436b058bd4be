// Package stack runs the operator for real: etcd, kube-apiserver and, if wanted, kube-controller-manager, the manager's
// binary and a simulated Arize, as processes on loopback. The demo, the benchmark and the tests that pull the plug are
// built on it.
//
//	s, err := stack.Start(ctx, stack.Options{})
//	defer s.Close()
//	sim, err := s.StartSimulator(ctx)
//	manager, err := s.NewManager(ctx, stack.ManagerOptions{})
//	err = manager.Start(ctx)
//	err = manager.Kill() // and Start it again
//
// A context bounds every wait: when it ends, whoever waits gets an error, and Close, which is always deferred, stops what
// was started, in reverse order. On Linux the processes also end when ours is killed.
package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// Options say how a stack is made. The zero value works.
type Options struct {
	// Say is told what happens while it happens; nil tells nobody.
	Say func(format string, args ...any)
	// ControllerManager starts kube-controller-manager, with the controllers that delete the content of namespaces and
	// collect garbage, and no others.
	ControllerManager bool
}

// Stack is a control plane with the operator's manifests applied, and what was started beside it.
type Stack struct {
	// Dir holds everything of the stack: state, logs, binaries, kubeconfigs. Close removes it.
	Dir string
	// Kubeconfig is the file of an administrator.
	Kubeconfig string
	// Config is the administrator's; it has no rate limit.
	Config *rest.Config
	// Client reads and writes as the administrator, without a cache.
	Client client.Client
	// Audit is what the manager asked of the apiserver.
	Audit *AuditLog

	// The control plane's processes; ControllerManager is nil unless it was asked for.
	Etcd, APIServer, ControllerManager *Process

	options  Options
	root     string // of the repository
	assets   string // where the control plane's binaries are
	users    credentials
	managers int
	closers  []func() error
}

// Start starts a control plane and applies the operator's manifests to it, as `make deploy` would. No kubelet runs what
// they deploy: the manager is for NewManager to start, as the service account that they made for it.
func Start(ctx context.Context, options Options) (*Stack, error) {
	if options.Say == nil {
		options.Say = func(string, ...any) {}
	}
	s := &Stack{options: options}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	var err error
	if s.root, err = repository(); err != nil {
		return err
	}
	if s.assets = os.Getenv("KUBEBUILDER_ASSETS"); s.assets == "" {
		return errors.New("KUBEBUILDER_ASSETS is not set: use `make`, or set it to what `make -s assets` prints last")
	}
	if s.Dir, err = os.MkdirTemp("", "arize-stack-"); err != nil {
		return err
	}
	s.onClose(func() error { return os.RemoveAll(s.Dir) })
	if err := s.startControlPlane(ctx); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	if err := s.deploy(ctx); err != nil {
		return err
	}
	s.Client, err = client.New(s.Config, client.Options{Scheme: scheme, FieldValidation: "Strict"})
	return err
}

// Close ends everything, what was started last first, and removes the directory.
func (s *Stack) Close() error {
	var errs []error
	for _, closer := range slices.Backward(s.closers) {
		errs = append(errs, closer())
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *Stack) onClose(closer func() error) { s.closers = append(s.closers, closer) }

// path is a file in the stack's directory.
func (s *Stack) path(elements ...string) string {
	return filepath.Join(append([]string{s.Dir}, elements...)...)
}

// Source is a file of the repository.
func (s *Stack) Source(elements ...string) string {
	return filepath.Join(append([]string{s.root}, elements...)...)
}

// repository finds the root of the repository from wherever in it we run: a test runs in its package's directory.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "PROJECT")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not in the operator's repository", start)
		}
	}
}
