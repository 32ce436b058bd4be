package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// deploy applies what `make deploy` applies.
func (s *Stack) deploy(ctx context.Context) error {
	s.options.Say("applying the operator's manifests (config/default)")
	if _, err := s.Kubectl(ctx, "apply", "-k", s.Source("config", "default")); err != nil {
		return err
	}
	_, err := s.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout="+Patience.String(),
		"crd/arizeroles.iam.arize-operator.io", "crd/arizeaccounts.iam.arize-operator.io")
	return err
}

// Kubectl runs kubectl as the administrator, and returns what it printed.
func (s *Stack) Kubectl(ctx context.Context, args ...string) (output string, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.assets, "kubectl"), args...) //nolint:gosec // what a stack runs is up to its code
	cmd.Env = append(os.Environ(), "KUBECONFIG="+s.Kubeconfig)
	cmd.SysProcAttr = attributes()
	data, err := cmd.CombinedOutput()
	output = string(data)
	if err != nil {
		return output, fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(output))
	}
	return output, nil
}

// build compiles one of the repository's commands and returns the binary.
func (s *Stack) build(ctx context.Context, name, pkg string) (path string, err error) {
	path = s.path("bin", name)
	if _, err := os.Stat(path); err == nil {
		return path, nil // built for an earlier process of this stack
	}
	s.options.Say("building %s (a minute the first time)", name)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, pkg) //nolint:gosec // as above
	cmd.Dir = s.root
	cmd.SysProcAttr = attributes()
	if data, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w: %s", name, err, strings.TrimSpace(string(data)))
	}
	return path, nil
}

// Version is what a control plane's binary says of itself, such as Kubernetes v1.37.2.
func (s *Stack) Version(ctx context.Context, binary string) (string, error) {
	data, err := exec.CommandContext(ctx, filepath.Join(s.assets, binary), "--version").Output() //nolint:gosec // as above
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", binary, err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	return strings.Replace(strings.TrimSpace(first), " Version:", "", 1), nil // as etcd says it
}
