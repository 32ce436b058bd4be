package stack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// ManagerOptions say how a manager runs. The zero value works.
type ManagerOptions struct {
	// LeaderElect lets several managers elect one that acts.
	LeaderElect bool
	// Through is the URL of what stands between the manager and the apiserver, which it talks to as Stack.Operator.
	// Empty means nothing.
	Through string
	// Package is what to run instead of the operator: a command that takes the same flags.
	Package string
	// Args are further flags.
	Args []string
}

// Manager is the operator's binary as a process: Start, Stop, Kill and Start again as you like.
type Manager struct {
	*Process

	metricsURL string
}

// NewManager builds the manager, once, and makes a process of it that is not started yet.
func (s *Stack) NewManager(ctx context.Context, options ManagerOptions) (*Manager, error) {
	command, pkg := "manager", "./cmd"
	if options.Package != "" {
		command, pkg = path.Base(options.Package), options.Package
	}
	binary, err := s.build(ctx, command, pkg)
	if err != nil {
		return nil, err
	}
	kubeconfig, err := s.managerKubeconfig(options)
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	args := []string{
		"--kubeconfig=" + kubeconfig, "--health-probe-bind-address=" + ports[0],
		"--metrics-bind-address=" + ports[1], "--metrics-secure=false",
	}
	if options.LeaderElect {
		args = append(args, "--leader-elect", "--leader-election-namespace="+Namespace)
	}
	s.managers++
	name := command
	if s.managers > 1 {
		name += "-" + strconv.Itoa(s.managers)
	}
	process := s.process(name, binary, httpReady("http://"+ports[0]+"/readyz"), append(args, options.Args...)...)
	return &Manager{Process: process, metricsURL: "http://" + ports[1] + "/metrics"}, nil
}

func (s *Stack) managerKubeconfig(options ManagerOptions) (file string, err error) {
	if options.Through != "" {
		return s.writeKubeconfigThrough(options.Through)
	}
	return s.writeKubeconfig(operator)
}

// Metrics are samples by name and labels, as in the text format: `workqueue_depth{...}`.
type Metrics map[string]float64

// Sum adds up the samples of a metric whose labels contain all of these, such as `controller="arizerole"`.
func (m Metrics) Sum(name string, labels ...string) float64 {
	var sum float64
samples:
	for sample, value := range m {
		if family, _, _ := strings.Cut(sample, "{"); family != name {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(sample, label) {
				continue samples
			}
		}
		sum += value
	}
	return sum
}

// Metrics asks the manager for its metrics.
func (m *Manager) Metrics(ctx context.Context) (Metrics, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.metricsURL, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := loopbackClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", m.metricsURL, response.Status)
	}
	return parseMetrics(response.Body)
}

// parseMetrics reads the text format, as far as it is needed: samples without time stamps.
func parseMetrics(text io.Reader) (Metrics, error) {
	metrics := Metrics{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		end := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || end < 0 {
			continue
		}
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metric %q: %w", line, err)
		}
		metrics[line[:end]] = value
	}
	return metrics, lines.Err()
}
