package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// team is the namespace of the samples' roles.
const team = "team-a"

// demo is the stage and who is on it.
type demo struct {
	*narrator

	stack   *stack.Stack
	sim     *stack.Simulator
	manager *stack.Manager
	samples string // the directory that is applied
	roleID  string // of the role that the story is about
}

// kubectl shows a kubectl command, runs it and shows what it prints.
func (d *demo) kubectl(ctx context.Context, args ...string) error {
	d.command("kubectl %s", quoted(args))
	output, err := d.stack.Kubectl(ctx, args...)
	if err != nil {
		return err
	}
	d.output(output)
	return nil
}

// quoted writes arguments as a shell wants them.
func quoted(args []string) string {
	words := slices.Clone(args)
	for i, word := range words {
		if strings.ContainsAny(word, " {}\"*?<>|&;$") {
			words[i] = "'" + word + "'"
		}
	}
	return strings.Join(words, " ")
}

// arize shows what somebody does in Arize, by way of the simulator's control API, and does it.
func (d *demo) arize(ctx context.Context, method, path string, body, answer any) error {
	words := "curl -s"
	if method != http.MethodGet {
		words += " -X " + method
	}
	words += " " + d.sim.URL + path
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		words += " -d '" + string(data) + "'"
	}
	d.command("%s", words)
	var raw json.RawMessage
	if err := d.sim.Call(ctx, method, path, body, &raw); err != nil {
		return err
	}
	if len(raw) == 0 {
		d.output("(done)")
		return nil
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		return err
	}
	d.output(indented.String())
	if answer == nil {
		return nil
	}
	return json.Unmarshal(raw, answer)
}

// rolePath is where the control API has a role, by name or id.
func rolePath(nameOrID string) string { return "/_sim/roles/" + url.PathEscape(nameOrID) }

// remote is a role as it is in Arize, without showing it; nil when there is none.
func (d *demo) remote(ctx context.Context, nameOrID string) (*arizetest.Role, error) {
	var roles []arizetest.Role
	if err := d.sim.Call(ctx, http.MethodGet, "/_sim/roles", nil, &roles); err != nil {
		return nil, err
	}
	for i := range roles {
		if roles[i].ID == nameOrID || roles[i].Name == nameOrID {
			return &roles[i], nil
		}
	}
	return nil, nil
}

// awaitRole waits until an ArizeRole is as it should be; want says what is missing.
func (d *demo) awaitRole(ctx context.Context, name, what string, want func(*v1alpha1.ArizeRole) error) error {
	d.progress("waiting until %s", what)
	return stack.Await(ctx, what, func(ctx context.Context) error {
		role := &v1alpha1.ArizeRole{}
		if err := d.stack.Client.Get(ctx, client.ObjectKey{Namespace: team, Name: name}, role); err != nil {
			return err
		}
		if role.Status.ObservedGeneration != role.Generation {
			return errors.New("the operator has not looked at the newest spec yet")
		}
		return want(role)
	})
}

// reason wants a Ready condition with that reason.
func reason(want string) func(*v1alpha1.ArizeRole) error {
	return func(role *v1alpha1.ArizeRole) error {
		ready := meta.FindStatusCondition(role.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil {
			return errors.New("there is no Ready condition")
		}
		if ready.Reason != want {
			return fmt.Errorf("ArizeRole %s/%s is %s: %s", role.Namespace, role.Name, ready.Reason, ready.Message)
		}
		return nil
	}
}

// writeSamples writes what is applied: config/samples, with an account that leads to the simulator and is swept often.
func (d *demo) writeSamples() error {
	d.samples = filepath.Join(d.stack.Dir, "samples")
	// kustomize wants relative paths, and takes them after all symbolic links are resolved.
	dir, err := filepath.EvalSymlinks(d.stack.Dir)
	if err != nil {
		return err
	}
	base, err := filepath.Rel(filepath.Join(dir, "samples"), d.stack.Source("config", "samples"))
	if err != nil {
		return err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, `resources:
- %s
patches:
- patch: |
    apiVersion: %s
    kind: ArizeAccount
    metadata: {name: production, namespace: %s}
    spec: {baseURL: %q, sweepInterval: 10s}
`, base, v1alpha1.GroupVersion, stack.Namespace, d.sim.URL)
	if err := os.MkdirAll(d.samples, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.samples, "kustomization.yaml"), text.Bytes(), 0o600)
}

// patch changes the spec of an ArizeRole as a person would.
func (d *demo) patch(ctx context.Context, name, patch string) error {
	return d.kubectl(ctx, "-n", team, "patch", "arizerole", name, "--type=merge", "-p", patch)
}

// condition is the Ready condition, or an empty one.
func condition(role *v1alpha1.ArizeRole) metav1.Condition {
	if ready := meta.FindStatusCondition(role.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return *ready
	}
	return metav1.Condition{}
}
