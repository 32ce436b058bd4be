package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// testLeaderChange kills the leader of two managers in the middle of a creation; the other one goes on.
func testLeaderChange(t *testing.T, s *suite) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.manager.Stop())
	leader, err := s.newManager(t.Context(), true)
	must(err)
	successor, err := s.newManager(t.Context(), true)
	must(err)
	must(leader.Start(t.Context()))
	must(stack.Await(t.Context(), "a leader", func(ctx context.Context) error {
		var lease coordinationv1.Lease
		return s.Client.Get(ctx, client.ObjectKey{Namespace: stack.Namespace, Name: "arize-operator." + v1alpha1.GroupName}, &lease)
	}))
	must(successor.Start(t.Context()))
	alone := s.manager
	defer func() { s.manager = alone }()

	s.manager = leader
	lost := newScene(t, s, "leader-killed-before-the-post")
	made := newScene(t, s, "leader-killed-after-the-post")
	for _, sc := range []*scene{lost, made} {
		sc.openAccount()
	}
	beforePost := arize(arizetest.Fault{Method: "POST", Stage: before})(lost)
	lost.declare("one")
	lost.await("the leader to get there", beforePost.await)
	afterPost := arize(arizetest.Fault{Method: "POST", Stage: after})(made)
	made.declare("one")
	made.await("the leader to get there, too", s.paused(2))
	must(leader.Kill())
	beforePost.spring()
	afterPost.spring()
	s.manager = successor
	for _, sc := range []*scene{lost, made} {
		sc.isTrue()
		createdOnce(sc)
	}
	must(successor.Stop())
}

// testAPIServer pulls the plug of the apiserver, and loses its answers.
func testAPIServer(t *testing.T, s *suite) {
	for name, stopped := range map[string]func(*scene) trap{
		"intent": kube(beforehand, status, `"pendingCreate":{`),
		"status": kube(beforehand, status, `"roleID":"`),
	} {
		t.Run("killed on the way of the "+name, func(t *testing.T) {
			sc := newScene(t, s, "apiserver-killed-"+name)
			sc.openAccount()
			at := stopped(sc)
			declares(sc)
			sc.await("the manager to get there", at.await)
			sc.must(s.APIServer.Kill())
			at.spring()
			sc.must(s.APIServer.Start(t.Context()))
			sc.isTrue()
			createdOnce(sc)
		})
	}
	for _, at := range []moment{beforehand, afterwards} {
		t.Run(fmt.Sprintf("the first three writes are lost %s they are done", at), func(t *testing.T) {
			sc := newScene(t, s, fmt.Sprintf("writes-lost-%s", at))
			sc.openAccount()
			sc.front.lose(at, 3, func(asked access) bool { return asked.writes() && concernsRole(asked.Path) })
			declares(sc)
			sc.isTrue()
			createdOnce(sc)
		})
	}
	t.Run("etcd is killed with it while a creation goes on", func(t *testing.T) {
		sc := newScene(t, s, "etcd-killed")
		sc.openAccount()
		at := arize(arizetest.Fault{Method: "POST", Stage: after})(sc)
		declares(sc)
		sc.await("the manager to get there", at.await)
		sc.must(errors.Join(s.Etcd.Kill(), s.APIServer.Kill()))
		at.spring()
		sc.must(errors.Join(s.Etcd.Start(t.Context()), s.APIServer.Start(t.Context())))
		sc.isTrue()
		createdOnce(sc)
	})
}

// testLate lets creations take effect after they were repeated: the names of the roles must not have become free meanwhile.
func testLate(t *testing.T, s *suite) {
	renamed, deleted := newScene(t, s, "late-and-renamed"), newScene(t, s, "late-and-deleted")
	unanswered := newScene(t, s, "late-and-unanswered")
	s.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultEmpty, Account: unanswered.namespace, Method: http.MethodPost, Nth: 2})
	for _, sc := range []*scene{renamed, deleted, unanswered} {
		sc.openAccount()
		late := arize(arizetest.Fault{Method: http.MethodPost, Stage: before, Detached: true})(sc)
		t.Cleanup(late.spring)
		declares(sc)
	}
	renamed.await("three creations", s.paused(3))
	s.door.cut()
	renamed.isTrue() // for it was repeated
	deleted.isTrue()
	unanswered.isTrue()
	edits(renamed)
	edits(unanswered)
	deletes(deleted)
	s.arize.ReleaseAll()
	renamed.isTrue()
	unanswered.isTrue()
	deleted.await("the ArizeRole to go", deleted.empty)
	deleted.onlyOurs()
	renamed.once(http.MethodPost)
	unanswered.once(http.MethodPost)
	deleted.once(http.MethodPost)
}

// paused says that so many requests to Arize are paused.
func (s *suite) paused(n int) func(context.Context) error {
	return func(context.Context) error {
		if are := len(s.arize.Paused()); are != n {
			return fmt.Errorf("%d are there", are)
		}
		return nil
	}
}

// testVanished moves a key to another Arize account: the operator must not create everything there.
func testVanished(t *testing.T, s *suite) {
	sc := newScene(t, s, "vanished")
	hasTwo(sc)
	elsewhere := sc.namespace + "-elsewhere"
	s.arize.AddKey(sc.key, elsewhere)
	sc.askForSweep()
	sc.accountIs(v1alpha1.ReasonRolesVanished)
	sc.must(sc.killManager())
	sc.must(sc.startManager(sc.ctx))
	sc.askForSweep()
	sc.accountIs(v1alpha1.ReasonRolesVanished)
	edits(sc)
	sc.sweep()
	if roles := s.arize.Account(elsewhere).CustomRoles(); len(roles) > 0 {
		t.Errorf("roles were created in another account: %v", roles)
	}
	for _, r := range s.arize.Requests(arizetest.ByAccount(elsewhere)) {
		if r.Method != http.MethodGet {
			t.Errorf("another account was asked for %s %s", r.Method, r.Path)
		}
	}
	s.arize.AddKey(sc.key, sc.namespace)
	sc.sweep()
	sc.isTrue()
	if n := sc.changes(http.MethodPost); n != 2 {
		t.Errorf("%d roles were created for two", n)
	}
	sc.end()
}

// testForeground deletes as `kubectl delete --cascade=foreground` does.
func testForeground(t *testing.T, s *suite) {
	sc := newScene(t, s, "foreground")
	hasOne(sc)
	sc.delete("one", client.PropagationPolicy(metav1.DeletePropagationForeground))
	sc.await("the ArizeRole to go", sc.empty)
	deletedOnce(sc)
	sc.end()
}

// empty says that no ArizeRole is there.
func (sc *scene) empty(ctx context.Context) error {
	var roles v1alpha1.ArizeRoleList
	err := sc.Client.List(ctx, &roles, client.InNamespace(sc.namespace))
	if err == nil && len(roles.Items) > 0 {
		err = fmt.Errorf("%d are there, the first of them %v", len(roles.Items), condition(&roles.Items[0]))
	}
	return err
}

// deleteNamespace deletes the namespace with all that is in it, in whatever order.
func (sc *scene) deleteNamespace() {
	sc.t.Helper()
	for _, role := range sc.roles {
		sc.ledger.doom(role)
	}
	clear(sc.roles)
	sc.must(sc.Client.Delete(sc.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: sc.namespace}}))
}

func (sc *scene) namespaceGoes() {
	sc.t.Helper()
	sc.await("the namespace to go", func(ctx context.Context) error {
		namespace := &corev1.Namespace{}
		err := sc.Client.Get(ctx, client.ObjectKey{Name: sc.namespace}, namespace)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, fmt.Errorf("it is %+v", namespace.Status.Conditions))
	})
}

// testNamespaces deletes whole namespaces, with the account, its Secret and the roles in them.
func testNamespaces(t *testing.T, s *suite) {
	t.Run("all at once", func(t *testing.T) {
		sc := newScene(t, s, "namespace")
		hasTwo(sc)
		sc.declare("three", func(role *v1alpha1.ArizeRole) { role.Spec.Mode = v1alpha1.ModeReport })
		sc.deleteNamespace()
		sc.namespaceGoes()
		sc.onlyOurs()
	})
	t.Run("the Secret first, and Arize unwilling", func(t *testing.T) {
		sc := newScene(t, s, "namespace-secret-first")
		hasTwo(sc)
		failing := s.arize.AddFault(arizetest.Fault{Account: sc.namespace, Method: "DELETE", Kind: arizetest.FaultStatus, Status: 503, Times: 2})
		sc.must(sc.Client.Delete(sc.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: sc.namespace, Name: "key"}}))
		sc.accountIs(v1alpha1.ReasonSecretNotFound)
		sc.deleteNamespace()
		sc.namespaceGoes()
		s.arize.RemoveFault(failing)
		sc.onlyOurs()
	})
	t.Run("while the manager is down: Orphan is the way out", func(t *testing.T) {
		sc := newScene(t, s, "namespace-manager-down")
		hasOne(sc)
		left := sc.status("one").RoleID
		sc.must(sc.killManager())
		role := sc.roles["one"]
		sc.deleteNamespace()
		sc.await("the Secret to go", func(ctx context.Context) error {
			err := sc.Client.Get(ctx, client.ObjectKey{Namespace: sc.namespace, Name: "key"}, &corev1.Secret{})
			if apierrors.IsNotFound(err) {
				return nil
			}
			return errors.Join(err, errors.New("it is there"))
		})
		sc.must(sc.startManager(sc.ctx))
		sc.await("the ArizeRole to say that it is blocked", func(ctx context.Context) error {
			err := sc.Client.Get(ctx, client.ObjectKeyFromObject(role), role)
			if is := condition(role); is.reason != v1alpha1.ReasonDeletionBlocked || !strings.Contains(is.message, "deletionPolicy: Orphan") {
				err = errors.Join(err, fmt.Errorf("it says %+v", is))
			}
			return err
		})
		sc.ledger.release(role)
		sc.must(sc.Client.Patch(sc.ctx, role.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"deletionPolicy":"Orphan"}}`))))
		sc.namespaceGoes()
		remote, exists := s.arize.Account(sc.namespace).Role(left)
		if !exists {
			t.Fatal("the role is gone")
		}
		sc.strangers[remote.ID] = remote
		sc.onlyOurs()
	})
}

// testUninstall deletes the CRD, and the manager's cache hears of it later than of the ArizeRoles' deletion, if at all:
// every remote role stays.
func testUninstall(t *testing.T, s *suite) {
	sc := newScene(t, s, "uninstall")
	hasTwo(sc)
	sc.front.stall("/customresourcedefinitions")
	defer sc.front.resume()
	from := sc.arize.Requests()
	left := sc.arize.Account(sc.namespace).CustomRoles()
	if _, err := s.Kubectl(t.Context(), "delete", "crd", "arizeroles.iam.arize-operator.io", "--timeout="+stack.Patience.String()); err != nil {
		t.Fatal(err)
	}
	for _, r := range sc.arize.Requests(arizetest.After(from[len(from)-1].Seq)) {
		if r.Method != http.MethodGet {
			t.Errorf("uninstalling did %s %s", r.Method, r.Path)
		}
	}
	if is := sc.arize.Account(sc.namespace).CustomRoles(); len(is) != len(left) {
		t.Errorf("of %d roles %d are left", len(left), len(is))
	}
}
