package controller_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// The routes of the simulator's log.
const (
	listRoles  = "GET /v2/roles"
	readRole   = "GET /v2/roles/{role_id}"
	createRole = "POST /v2/roles"
	updateRole = "PATCH /v2/roles/{role_id}"
	deleteRole = "DELETE /v2/roles/{role_id}"
)

// change is an edit of an ArizeRole.
type change = func(*v1alpha1.ArizeRole)

// reload brings an object up to date.
func reload(ctx context.Context, object client.Object) {
	GinkgoHelper()
	Expect(k8s.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
}

// newNamespace makes another namespace for ArizeRoles of this world's account.
func (w *world) newNamespace(ctx context.Context, labels map[string]string) string {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-", Labels: labels}}
	Expect(k8s.Create(ctx, namespace)).To(Succeed())
	DeferCleanup(func(ctx context.Context) { (&world{namespace: namespace.Name}).cleanUp(ctx) })
	return namespace.Name
}

// settledRole declares a role and waits until it is in sync.
func (w *world) settledRole(ctx context.Context, name string, edits ...change) *v1alpha1.ArizeRole {
	GinkgoHelper()
	role := w.newRole(ctx, name, edits...)
	settle(ctx, role, v1alpha1.ReasonInSync)
	return role
}

// stranger is a role that somebody else made in Arize, and that the account knows.
func (w *world) stranger(ctx context.Context, role arizetest.Role) arizetest.Role {
	GinkgoHelper()
	if role.Permissions == nil {
		role.Permissions = []string{"PROJECT_READ", "DATASET_READ"}
	}
	added := w.arize.AddRole(role)
	w.sweep(ctx)
	return added
}

// predefined is one of the roles that come with Arize.
func (w *world) predefined() arizetest.Role {
	GinkgoHelper()
	for _, role := range w.arize.Roles() {
		if role.Predefined {
			return role
		}
	}
	Fail("the simulator has no predefined role")
	return arizetest.Role{}
}

// bodies are those of the requests of a route, decoded.
func (w *world) bodies(route string) []map[string]any {
	GinkgoHelper()
	bodies := []map[string]any{}
	for _, request := range w.arize.Requests(arizetest.ByRoute(route)) {
		var body map[string]any
		Expect(json.Unmarshal([]byte(request.Body), &body)).To(Succeed())
		bodies = append(bodies, body)
	}
	return bodies
}

// writes is how many requests asked Arize to change something.
func (w *world) writes() int {
	return len(w.arize.Requests(func(request arizetest.Request) bool { return request.Method != http.MethodGet }))
}

// staysQuiet watches that no request at all reaches Arize for a while.
func (w *world) staysQuiet() {
	GinkgoHelper()
	before := len(w.arize.Requests())
	Consistently(func() int { return len(w.arize.Requests()) }).Should(Equal(before), "requests to Arize")
}

// paused waits until a request is held by a fault of kind pause.
func (w *world) paused(ctx context.Context) arizetest.Request {
	GinkgoHelper()
	waiting, err := w.arize.AwaitPaused(ctx)
	Expect(err).NotTo(HaveOccurred())
	return waiting[0].Request
}

// lookAgain asks for a fresh look at a role and waits until it was taken.
func lookAgain(ctx context.Context, role *v1alpha1.ArizeRole) {
	GinkgoHelper()
	request := time.Now().Format(time.RFC3339Nano)
	edit(ctx, role, func(role *v1alpha1.ArizeRole) {
		metav1.SetMetaDataAnnotation(&role.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, request)
	})
	Eventually(func(g Gomega) {
		reload(ctx, role)
		g.Expect(role.Status.LastHandledReconcileAt).To(Equal(request), message(role.Status.Conditions))
	}).Should(Succeed())
}

// stays watches that a role is not written by anybody for a while.
func stays(ctx context.Context, role *v1alpha1.ArizeRole) {
	GinkgoHelper()
	reload(ctx, role)
	version := role.ResourceVersion
	Consistently(func() string { reload(ctx, role); return role.ResourceVersion }).Should(Equal(version), "writes of the ArizeRole")
}

// has says whether a condition is True.
func has(role *v1alpha1.ArizeRole, condition string) bool {
	return meta.IsStatusConditionTrue(role.Status.Conditions, condition)
}

// eventsOf are the reasons of the events about an object, sorted; one that was
// repeated is there as often.
func eventsOf(ctx context.Context, object client.Object) []string {
	GinkgoHelper()
	reasons := []string{}
	for _, event := range eventsAbout(ctx, object) {
		reasons = append(reasons, event.Reason)
		if event.Series != nil {
			for range event.Series.Count - 1 {
				reasons = append(reasons, event.Reason)
			}
		}
	}
	slices.Sort(reasons)
	return reasons
}

func eventsAbout(ctx context.Context, object client.Object) []eventsv1.Event {
	GinkgoHelper()
	var events eventsv1.EventList
	Expect(k8s.List(ctx, &events, client.InNamespace(object.GetNamespace()))).To(Succeed())
	return slices.DeleteFunc(events.Items, func(event eventsv1.Event) bool { return event.Regarding.UID != object.GetUID() })
}

// recorded collects every version of the ArizeRoles of a namespace from now on.
func recorded(ctx context.Context, namespace string) func() []v1alpha1.ArizeRole {
	GinkgoHelper()
	watching, err := client.NewWithWatch(config, client.Options{Scheme: k8s.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	stream, err := watching.Watch(ctx, &v1alpha1.ArizeRoleList{}, client.InNamespace(namespace))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(stream.Stop)
	var mu sync.Mutex
	var versions []v1alpha1.ArizeRole
	go func() {
		for event := range stream.ResultChan() {
			if role, ok := event.Object.(*v1alpha1.ArizeRole); ok {
				mu.Lock()
				versions = append(versions, *role)
				mu.Unlock()
			}
		}
	}()
	return func() []v1alpha1.ArizeRole {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(versions)
	}
}

// permissions makes n of them, as no Arize has them.
func permissions(n int) []string {
	some := make([]string, 0, n)
	for i := range n {
		some = append(some, fmt.Sprintf("THING%03d_READ", i))
	}
	return some
}

// routes are those of requests, in order.
func routes(requests []arizetest.Request) []string {
	routes := []string{}
	for _, request := range requests {
		routes = append(routes, request.Route)
	}
	return routes
}

// reasons are those that Ready had in the versions of a role, each once.
func reasons(versions []v1alpha1.ArizeRole) []string {
	met := []string{}
	for i := range versions {
		if reason := readyReason(versions[i].Status.Conditions); reason != "" && !slices.Contains(met, reason) {
			met = append(met, reason)
		}
	}
	return met
}

// names are those of versions of roles, with the reason of each.
func names(versions []v1alpha1.ArizeRole) []string {
	names := make([]string, 0, len(versions))
	for i := range versions {
		names = append(names, versions[i].Name+" "+readyReason(versions[i].Status.Conditions))
	}
	return names
}
