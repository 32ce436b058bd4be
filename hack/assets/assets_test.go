// Package assets_test runs assets.sh against a `go` that only pretends to build.
package assets_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

var binaries = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"}

// external is all that the script may call besides go; flock and timeout are used where they exist.
var external = strings.Fields("awk bash cat chmod cp cut dirname env head mkdir mktemp mv paste rm sed sha256sum sleep")

// stubGo stands in for the go command: it logs its arguments, "builds" a script that answers --version, and names
// ENVTEST as setup-envtest. FAIL names a binary whose build fails, BROKEN one that is built but does not run, SLOW a pause.
const stubGo = `#!/usr/bin/env bash
echo "$*" >>"$STUB_LOG"
[[ $1 != -C ]] || shift 2
case $1 in
tool) if [[ -n ${ENVTEST:-} ]]; then echo "$ENVTEST"; else exit 1; fi ;;
env) printf 'linux\namd64\n' ;;
build)
	while [[ $1 != -o ]]; do shift; done
	sleep "${SLOW:-0}"
	if [[ ${2##*/} == "${FAIL:-}" ]]; then echo 'no such module: stub'; exit 1; fi
	printf '#!/bin/sh\necho built\n' >"$2"
	if [[ ${2##*/} == "${BROKEN:-}" ]]; then printf '#!/bin/sh\nexit 1\n' >"$2"; fi
	chmod +x "$2"
	;;
*) exit 1 ;;
esac
`

// stubEnvtest stands in for setup-envtest: nothing is installed, and what it downloads is in DOWNLOAD, if that is set.
const stubEnvtest = `#!/usr/bin/env bash
[[ "$*" != *--installed-only* && -n ${DOWNLOAD:-} ]] || exit 1
[[ $1 != use ]] || printf %s "$DOWNLOAD"
`

// machine is a home directory and a PATH with a stub of go, one of kubectl, and little else.
type machine struct {
	dir string
	env []string
}

func newMachine(t *testing.T, env ...string) machine {
	t.Helper()
	m := machine{dir: t.TempDir()}
	write(t, m.path("bin/go"), stubGo)
	m.kubectl(t, "v1.2.3")
	for _, name := range external {
		m.install(t, name)
	}
	m.env = append([]string{"HOME=" + m.path("home"), "PATH=" + m.path("bin"), "STUB_LOG=" + m.path("log")}, env...)
	return m
}

func (m machine) install(t *testing.T, name string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(path, m.path("bin/"+name)); err != nil {
		t.Fatal(err)
	}
}

func (m machine) path(name string) string { return filepath.Join(m.dir, name) }

func (m machine) kubectl(t *testing.T, version string) {
	t.Helper()
	write(t, m.path("bin/kubectl"), fmt.Sprintf("#!/bin/sh\necho '{\"clientVersion\": {\"gitVersion\": %q}}'\n", version))
}

// run gives the last line of the script's stdout, and its stderr.
func (m machine) run(t *testing.T, env ...string) (string, string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "./assets.sh")
	cmd.Env = append(append([]string{}, m.env...), env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	return lines[len(lines)-1], stderr.String(), err
}

// mustRun also checks the promise: an absolute directory with all four binaries.
func (m machine) mustRun(t *testing.T, env ...string) string {
	t.Helper()
	dir, stderr, err := m.run(t, env...)
	if err != nil {
		t.Fatalf("assets.sh: %v\n%s", err, stderr)
	}
	if !filepath.IsAbs(dir) {
		t.Fatalf("the last line of stdout is %q, want an absolute directory", dir)
	}
	for _, name := range binaries {
		cmd := exec.CommandContext(t.Context(), filepath.Join(dir, name)) //nolint:gosec // a stub
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s does not run: %v\n%s", name, err, out)
		}
	}
	return dir
}

// builds lists what the stub was asked to build since the last call.
func (m machine) builds(t *testing.T) []string {
	t.Helper()
	log, err := os.ReadFile(m.path("log"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.RemoveAll(m.path("log")); err != nil {
		t.Fatal(err)
	}
	var built []string
	for line := range strings.Lines(string(log)) {
		if strings.HasPrefix(line, "build ") {
			fields := strings.Fields(line)
			built = append(built, fields[len(fields)-1])
		}
	}
	return built
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil { //nolint:gosec // is to be run
		t.Fatal(err)
	}
}

func TestSecondRunBuildsNothing(t *testing.T) {
	m := newMachine(t)
	first := m.mustRun(t)
	if got := m.builds(t); len(got) != len(binaries) {
		t.Errorf("the first run built %q, want all of %q", got, binaries)
	}
	if second := m.mustRun(t); second != first {
		t.Errorf("the second run answered %s, the first %s", second, first)
	}
	if got := m.builds(t); len(got) != 0 {
		t.Errorf("the second run built %q", got)
	}
	if want := m.path("home/.cache/arize-operator/assets"); filepath.Dir(first) != want {
		t.Errorf("the cache is in %s, want it below %s", first, want)
	}
	if name := filepath.Base(first); !regexp.MustCompile(`^kubernetes-v1\.\d+\.\d+-etcd-v3\.\d+\.\d+-linux-amd64$`).MatchString(name) {
		t.Errorf("the cache directory is called %s, want versions and platform in its name", name)
	}
}

func TestDamagedCacheIsMadeAgain(t *testing.T) {
	damages := map[string]func(dir string) error{
		"a binary is cut short":      func(dir string) error { return os.Truncate(filepath.Join(dir, "etcd"), 5) },
		"a binary is gone":           func(dir string) error { return os.Remove(filepath.Join(dir, "kubectl")) },
		"a binary is not executable": func(dir string) error { return os.Chmod(filepath.Join(dir, "kube-apiserver"), 0o600) },
		"the build never finished":   func(dir string) error { return os.Remove(filepath.Join(dir, "SHA256SUMS")) },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			dir := m.mustRun(t)
			m.builds(t)
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			m.mustRun(t)
			if got := m.builds(t); len(got) != len(binaries) {
				t.Errorf("built %q, want all of %q", got, binaries)
			}
		})
	}
}

func TestFailureLeavesNoCache(t *testing.T) {
	for _, env := range []string{"FAIL=kube-controller-manager", "BROKEN=kube-apiserver"} {
		t.Run(env, func(t *testing.T) {
			m := newMachine(t)
			_, stderr, err := m.run(t, env)
			if err == nil {
				t.Fatal("no error")
			}
			_, name, _ := strings.Cut(env, "=")
			if !strings.Contains(stderr, name) {
				t.Errorf("stderr does not name %s:\n%s", name, stderr)
			}
			left, err := filepath.Glob(m.path("home/.cache/arize-operator/assets/*/*"))
			if err != nil || len(left) != 0 {
				t.Errorf("left behind: %q, %v", left, err)
			}
			m.mustRun(t)
		})
	}
}

func TestTwoAtOnceBuildOnce(t *testing.T) {
	for name, tools := range map[string][]string{"with flock": {"flock"}, "without flock": nil} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, "SLOW=0.2")
			for _, tool := range tools {
				m.install(t, tool)
			}
			twoAtOnce(t, m)
			if left, err := filepath.Glob(m.path("home/.cache/arize-operator/assets/*.lock.d")); err != nil || len(left) != 0 {
				t.Errorf("the lock is still there: %q, %v", left, err)
			}
		})
	}
}

func TestLockOfADeadProcessIsBroken(t *testing.T) {
	m := newMachine(t)
	dir := m.mustRun(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	write(t, dir+".lock.d/pid", "4194305\n") // higher than any pid can be
	m.mustRun(t)
}

func twoAtOnce(t *testing.T, m machine) {
	t.Helper()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if _, stderr, err := m.run(t); err != nil {
				t.Errorf("assets.sh: %v\n%s", err, stderr)
			}
		})
	}
	both.Wait()
	if got := m.builds(t); len(got) != len(binaries) {
		t.Errorf("built %q, want each of %q once", got, binaries)
	}
}

func TestKubectlOnThePathIsTakenWithinTheSupportedSkew(t *testing.T) {
	tests := map[string]bool{"v1.35.9": false, "v1.36.0": true, "v1.37.2": true, "v1.38.1-gke.1": true, "v1.39.0": false}
	for version, taken := range tests {
		t.Run(version, func(t *testing.T) {
			m := newMachine(t)
			m.kubectl(t, version)
			m.mustRun(t)
			got := strings.Join(m.builds(t), " ")
			if strings.Contains(got, "cmd/kubectl") == taken {
				t.Errorf("built %q; want kubectl taken from the PATH: %t", got, taken)
			}
		})
	}
}

func TestWhatSetupEnvtestHasIsNotBuilt(t *testing.T) {
	m := newMachine(t)
	m.install(t, "timeout")
	write(t, m.path("bin/setup-envtest"), stubEnvtest)
	for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
		write(t, m.path("downloaded/"+name), "#!/bin/sh\necho downloaded\n")
	}
	m.mustRun(t, "ENVTEST="+m.path("bin/setup-envtest"), "DOWNLOAD="+m.path("downloaded"))
	if got := strings.Join(m.builds(t), " "); got != "k8s.io/kubernetes/cmd/kube-controller-manager" {
		t.Errorf("built %q, want kube-controller-manager alone", got)
	}
}

func TestNoDownloadMeansABuild(t *testing.T) {
	m := newMachine(t)
	m.install(t, "timeout")
	write(t, m.path("bin/setup-envtest"), stubEnvtest)
	m.mustRun(t, "ENVTEST="+m.path("bin/setup-envtest"))
	if got := m.builds(t); len(got) != len(binaries) {
		t.Errorf("built %q, want all of %q", got, binaries)
	}
}

func TestKubebuilderAssets(t *testing.T) {
	m := newMachine(t)
	given := m.path("given")
	for _, name := range binaries[1:] {
		write(t, filepath.Join(given, name), "#!/bin/sh\n")
	}
	_, stderr, err := m.run(t, "KUBEBUILDER_ASSETS="+given)
	if err == nil || !strings.Contains(stderr, "executable: etcd.") {
		t.Errorf("with etcd missing: error %v, want one whose message names etcd:\n%s", err, stderr)
	}
	write(t, filepath.Join(given, "etcd"), "#!/bin/sh\n")
	if dir := m.mustRun(t, "KUBEBUILDER_ASSETS="+given); dir != given {
		t.Errorf("got %s, want %s", dir, given)
	}
	if got := m.builds(t); len(got) != 0 {
		t.Errorf("built %q although everything was given", got)
	}
}
