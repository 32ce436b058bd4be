package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// The samples' roles.
const (
	engineer  = "ai-engineer"     // is created
	evaluator = "evaluator"       // exists in Arize already, exactly like this
	reviewer  = "prompt-reviewer" // is only reported on

	engineerRole  = "AI Engineer"
	renamedRole   = "AI Specialist"
	evaluatorRole = "Evaluator"
	reviewerRole  = "Prompt Reviewer"
)

// play tells the story. Each scene makes sure of what it tells.
func (d *demo) play(ctx context.Context) error {
	scenes := []struct {
		title, why string
		play       func(context.Context) error
	}{
		{"", "", d.stage},
		{"Declare an account and three roles", "An ArizeAccount says how to reach Arize, an ArizeRole what a role in it should be.", d.declare},
		{"See them become true", "One role is created, one that exists already is adopted, one is only watched (mode: Report).", d.settle},
		{"Somebody changes the role in Arize", "Every sweep compares the whole account with what is declared, and only what differs costs a request.", d.drift},
		{"Drift that is only reported", "In mode Report the operator never writes to Arize; it says what it would change.", d.report},
		{"Rename the role", "The role keeps its id, so whoever holds it goes on holding it.", d.rename},
		{"Delete a role that somebody still holds", "Arize refuses that, and the ArizeRole says who is in the way.", d.blocked},
		{"Let go of an adopted role", "What the operator did not create it does not delete: deleting the ArizeRole leaves the role in Arize.", d.release},
		{"Count the cost", "All of that took this many requests to Arize, by route and status.", d.cost},
	}
	for _, scene := range scenes {
		if scene.title != "" {
			d.scene(scene.title, scene.why)
		}
		if err := scene.play(ctx); err != nil {
			return d.explain(ctx, err)
		}
	}
	return nil
}

// explain adds to a failure what helps to understand it.
func (d *demo) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Canceled
	}
	if d.manager == nil {
		return err
	}
	return fmt.Errorf("%w\nThe end of the manager's log:\n%s", err, d.manager.Tail())
}

// stage starts Arize, with two roles that are there before anybody declares them, and the manager.
func (d *demo) stage(ctx context.Context) error {
	var err error
	if d.sim, err = d.stack.StartSimulator(ctx); err != nil {
		return err
	}
	for _, role := range []arizetest.Role{
		{Name: evaluatorRole, Description: "Can read experiments and run evaluations.", Permissions: []string{"EXPERIMENT_READ", "EXPERIMENT_RUN_READ"}},
		{Name: reviewerRole, Permissions: []string{"PROMPT_READ", "PROMPT_UPDATE"}},
	} {
		if err := d.sim.Call(ctx, http.MethodPost, "/_sim/roles", role, nil); err != nil {
			return err
		}
	}
	if d.manager, err = d.stack.NewManager(ctx, stack.ManagerOptions{}); err != nil {
		return err
	}
	d.progress("starting the manager, with the permissions that config/rbac gives it")
	return d.manager.Start(ctx)
}

func (d *demo) declare(ctx context.Context) error {
	if err := d.writeSamples(); err != nil {
		return err
	}
	d.say("The API key goes into a Secret. (This one is the simulator's.)")
	err := d.kubectl(ctx, "-n", stack.Namespace, "create", "secret", "generic", "arize-api-key", "--from-literal=api-key="+arizetest.DefaultKey)
	if err != nil {
		return err
	}
	d.say("The samples are config/samples, with an account that leads to the simulator and is swept every 10 seconds.")
	return d.kubectl(ctx, "apply", "-k", d.samples)
}

func (d *demo) settle(ctx context.Context) error {
	err := d.awaitRole(ctx, engineer, "the new role is in Arize", func(role *v1alpha1.ArizeRole) error {
		d.roleID = role.Status.RoleID
		return reason(v1alpha1.ReasonInSync)(role)
	})
	if err != nil {
		return err
	}
	err = d.awaitRole(ctx, evaluator, "the existing role is adopted", func(role *v1alpha1.ArizeRole) error {
		if role.Status.Origin != v1alpha1.OriginAdopted {
			return fmt.Errorf("its origin is %q", role.Status.Origin)
		}
		return reason(v1alpha1.ReasonInSync)(role)
	})
	if err != nil {
		return err
	}
	if err := d.awaitRole(ctx, reviewer, "the watched role is reported on", reason(v1alpha1.ReasonReporting)); err != nil {
		return err
	}
	if err := d.kubectl(ctx, "-n", team, "get", "arizeroles", "-o", "wide"); err != nil {
		return err
	}
	d.say("And in Arize:")
	var role arizetest.Role
	if err := d.arize(ctx, http.MethodGet, rolePath(engineerRole), nil, &role); err != nil {
		return err
	}
	if role.ID != d.roleID {
		return fmt.Errorf("the role in Arize has the id %q, and the ArizeRole says %q", role.ID, d.roleID)
	}
	return nil
}

func (d *demo) drift(ctx context.Context) error {
	change := map[string][]string{"add_permissions": {"PROJECT_DELETE"}}
	if err := d.arize(ctx, http.MethodPatch, rolePath(engineerRole), change, nil); err != nil {
		return err
	}
	d.progress("waiting for the next sweep, at most 11 s, to see it and change it back")
	err := stack.Await(ctx, "the drift to be corrected", func(ctx context.Context) error {
		role, err := d.remote(ctx, d.roleID)
		switch {
		case err != nil:
			return err
		case role == nil:
			return errors.New("the role is gone from Arize")
		case slices.Contains(role.Permissions, "PROJECT_DELETE"):
			return errors.New("the role still has PROJECT_DELETE")
		}
		return d.event(ctx, engineer, v1alpha1.EventDriftCorrected)
	})
	if err != nil {
		return err
	}
	d.say("It is as declared again, and the Events of the ArizeRole tell what happened:")
	err = d.kubectl(ctx, "-n", team, "get", "events", "--field-selector=involvedObject.name="+engineer,
		"-o", "custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message")
	if err != nil {
		return err
	}
	d.say("The account counts what its last sweep saw; all kinds of the operator are in the category `arize`:")
	return d.kubectl(ctx, "get", "arize", "--all-namespaces")
}

// event wants an Event with that reason about an ArizeRole.
func (d *demo) event(ctx context.Context, name, why string) error {
	var events eventsv1.EventList
	if err := d.stack.Client.List(ctx, &events, client.InNamespace(team)); err != nil {
		return err
	}
	for i := range events.Items {
		if events.Items[i].Regarding.Name == name && events.Items[i].Reason == why {
			return nil
		}
	}
	return fmt.Errorf("there is no Event %s about %s", why, name)
}

func (d *demo) report(ctx context.Context) error {
	change := map[string][]string{"add_permissions": {"PROMPT_DELETE"}}
	if err := d.arize(ctx, http.MethodPatch, rolePath(reviewerRole), change, nil); err != nil {
		return err
	}
	err := d.awaitRole(ctx, reviewer, "the next sweep, at most 11 s, sees it", func(role *v1alpha1.ArizeRole) error {
		if drift := role.Status.Drift; drift == nil || !slices.Contains(drift.RemovedPermissions, "PROMPT_DELETE") {
			return errors.New("PROMPT_DELETE is not in status.drift")
		}
		return reason(v1alpha1.ReasonReporting)(role)
	})
	if err != nil {
		return err
	}
	if err := d.kubectl(ctx, "-n", team, "get", "arizeroles"); err != nil {
		return err
	}
	d.say("What would be changed, if the operator were let:")
	if err := d.kubectl(ctx, "-n", team, "get", "arizerole", reviewer, "-o", "jsonpath={.status.drift}"); err != nil {
		return err
	}
	role, err := d.remote(ctx, reviewerRole)
	if err != nil {
		return err
	}
	if role == nil || !slices.Equal(role.Permissions, []string{"PROMPT_DELETE", "PROMPT_READ", "PROMPT_UPDATE"}) {
		return fmt.Errorf("the role was touched in Arize: %+v", role)
	}
	return nil
}

func (d *demo) rename(ctx context.Context) error {
	if err := d.patch(ctx, engineer, fmt.Sprintf(`{"spec":{"name":%q}}`, renamedRole)); err != nil {
		return err
	}
	if err := d.awaitRole(ctx, engineer, "the role is renamed in Arize", reason(v1alpha1.ReasonInSync)); err != nil {
		return err
	}
	var role arizetest.Role
	if err := d.arize(ctx, http.MethodGet, rolePath(d.roleID), nil, &role); err != nil {
		return err
	}
	if role.Name != renamedRole || role.ID != d.roleID {
		return fmt.Errorf("the role in Arize is %q (id %s)", role.Name, role.ID)
	}
	return nil
}

func (d *demo) blocked(ctx context.Context) error {
	var binding arizetest.Binding
	holder := map[string]string{"role": renamedRole, "resource_type": arizetest.ResourceSpace}
	if err := d.arize(ctx, http.MethodPost, "/_sim/bindings", holder, &binding); err != nil {
		return err
	}
	if err := d.kubectl(ctx, "-n", team, "delete", "arizerole", engineer, "--wait=false"); err != nil {
		return err
	}
	err := d.awaitRole(ctx, engineer, "the deletion is refused", func(role *v1alpha1.ArizeRole) error {
		if err := reason(v1alpha1.ReasonDeletionBlocked)(role); err != nil {
			return err
		}
		if message := condition(role).Message; !strings.Contains(message, binding.UserID) {
			return fmt.Errorf("the message does not name the holder: %s", message)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.kubectl(ctx, "-n", team, "get", "arizerole", engineer, "-o", "wide"); err != nil {
		return err
	}
	d.say("Take the role from that user, and the deletion goes on:")
	if err := d.arize(ctx, http.MethodDelete, "/_sim/bindings/"+url.PathEscape(binding.ID), nil, nil); err != nil {
		return err
	}
	if err := d.awaitGone(ctx, engineer); err != nil {
		return err
	}
	role, err := d.remote(ctx, d.roleID)
	if err == nil && role != nil {
		err = errors.New("the ArizeRole is gone, and the role is still in Arize")
	}
	return err
}

func (d *demo) awaitGone(ctx context.Context, name string) error {
	what := fmt.Sprintf("the ArizeRole %s is gone", name)
	d.progress("waiting until %s", what)
	err := stack.Await(ctx, what, func(ctx context.Context) error {
		role := &v1alpha1.ArizeRole{}
		err := d.stack.Client.Get(ctx, client.ObjectKey{Namespace: team, Name: name}, role)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, fmt.Errorf("it is there: %s", condition(role).Message))
	})
	if err != nil {
		return err
	}
	return d.kubectl(ctx, "-n", team, "get", "arizeroles")
}

func (d *demo) release(ctx context.Context) error {
	if err := d.kubectl(ctx, "-n", team, "delete", "arizerole", evaluator, "--wait=false"); err != nil {
		return err
	}
	if err := d.awaitGone(ctx, evaluator); err != nil {
		return err
	}
	return d.arize(ctx, http.MethodGet, rolePath(evaluatorRole), nil, nil)
}

func (d *demo) cost(ctx context.Context) error {
	var counts []arizetest.Count
	if err := d.sim.Call(ctx, http.MethodGet, "/_sim/counts", nil, &counts); err != nil {
		return err
	}
	for _, count := range counts {
		d.say("%5d  %s  %d", count.Requests, count.Route, count.Status)
	}
	d.say("The list is the sweep: one request per 100 roles, however many ArizeRoles there are.")
	return nil
}
