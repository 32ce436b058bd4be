package stack_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// One stack serves all tests: it takes a while to start.
func TestStack(t *testing.T) {
	ctrl.SetLogger(logr.Discard())
	s, err := stack.Start(t.Context(), stack.Options{Say: t.Logf, ControllerManager: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]func(*testing.T, *stack.Stack){
		"processes can be killed and started again":            testKilling,
		"the audit log holds the manager's requests only":      testAudit,
		"a namespace goes away with what is in it":             testNamespaces,
		"a process that fails shows its log and leaves no one": testFailure,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
	check(t, s.Close())
	if _, err := os.Stat(s.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", s.Dir, err)
	}
	for _, process := range []*stack.Process{s.Etcd, s.APIServer, s.ControllerManager} {
		if process.Running() {
			t.Errorf("%s still runs", process.Name)
		}
	}
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func testKilling(t *testing.T, s *stack.Stack) {
	sim, err := s.StartSimulator(t.Context())
	check(t, err)
	manager, err := s.NewManager(t.Context(), stack.ManagerOptions{})
	check(t, err)
	check(t, manager.Start(t.Context()))
	check(t, sim.Call(t.Context(), http.MethodPost, "/_sim/roles", arizetest.Role{Name: "Kept", Permissions: []string{"PROJECT_READ"}}, nil))

	for _, process := range []*stack.Process{manager.Process, sim.Process, s.APIServer, s.Etcd} {
		first := process.PID()
		check(t, process.Kill())
		if process.Running() || process.PID() != 0 {
			t.Errorf("%s runs after Kill", process.Name)
		}
		check(t, process.Start(t.Context()))
		if process.PID() == first {
			t.Errorf("%s is still process %d", process.Name, first)
		}
		if err := process.Start(t.Context()); err == nil {
			t.Errorf("%s could be started twice", process.Name)
		}
	}

	var kept arizetest.Role
	check(t, sim.Call(t.Context(), http.MethodGet, "/_sim/roles/Kept", nil, &kept))
	check(t, stack.Await(t.Context(), "the apiserver to find its etcd again", func(ctx context.Context) error {
		return s.Client.Get(ctx, client.ObjectKey{Name: stack.Namespace}, &corev1.Namespace{})
	}))
	memory, err := manager.Memory()
	check(t, err)
	if memory.Peak < memory.Resident {
		t.Errorf("memory of the manager: %+v", memory)
	}
	metrics, err := manager.Metrics(t.Context())
	check(t, err)
	if goroutines := metrics.Sum("go_goroutines"); goroutines < 1 {
		t.Errorf("go_goroutines is %v", goroutines)
	}
	check(t, manager.Stop(), sim.Stop())
}

func testAudit(t *testing.T, s *stack.Stack) {
	check(t, s.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "of-the-admin"}}))
	manager, err := s.NewManager(t.Context(), stack.ManagerOptions{LeaderElect: true})
	check(t, err)
	check(t, manager.Start(t.Context()))
	check(t, stack.Await(t.Context(), "a lease of the manager", func(context.Context) error {
		all, err := s.Audit.All()
		if err != nil {
			return err
		}
		leases := 0
		for _, access := range all {
			switch what := access.Resource; {
			case access.Writes() && what.Resource == "leases" && what.Namespace == stack.Namespace:
				leases++
			case access.Writes() && what.Resource != "events":
				t.Errorf("somebody's write is in the log: %+v", access)
			}
		}
		if leases == 0 {
			return errors.New("there is none")
		}
		return nil
	}))
	check(t, manager.Stop())
}

func testNamespaces(t *testing.T, s *stack.Stack) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "short-lived"}}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "short-lived", Name: "within"}}
	check(t, s.Client.Create(t.Context(), namespace), s.Client.Create(t.Context(), secret), s.Client.Delete(t.Context(), namespace))
	check(t, stack.Await(t.Context(), "the namespace to go", func(ctx context.Context) error {
		err := s.Client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, errors.New("it is there"))
	}))
}

func testFailure(t *testing.T, s *stack.Stack) {
	manager, err := s.NewManager(t.Context(), stack.ManagerOptions{Args: []string{"--no-such-flag"}})
	check(t, err)
	if err := manager.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "not defined: -no-such-flag") {
		t.Errorf("the manager started with a flag that it does not know, or does not say so: %v", err)
	}
	if manager.Running() {
		t.Error("the manager runs")
	}
}
