package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/hack/stack"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// scene is one row of the suite: a namespace, an Arize account of that name with strangers' roles in it, and an
// ArizeAccount that leads there.
type scene struct {
	*suite

	t         *testing.T
	ctx       context.Context //nolint:containedctx // of the test
	namespace string
	key       string
	strangers map[string]arizetest.Role // by id, as they have to stay
	roles     map[string]*v1alpha1.ArizeRole
}

func newScene(t *testing.T, s *suite, name string) *scene {
	t.Helper()
	sc := &scene{
		suite: s, t: t, ctx: t.Context(), namespace: name, key: "chaos-key-" + name,
		strangers: map[string]arizetest.Role{}, roles: map[string]*v1alpha1.ArizeRole{},
	}
	s.arize.AddKey(sc.key, name)
	s.secrets = append(s.secrets, sc.key)
	sc.stranger("Theirs", "DATASET_READ")
	sc.stranger("AI Engineer 2", "PROJECT_READ")
	s.open = append(s.open, sc)
	sc.must(sc.startManager(sc.ctx))
	sc.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	sc.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "key"}, StringData: map[string]string{v1alpha1.DefaultSecretKey: sc.key},
	})
	return sc
}

// openAccount declares the ArizeAccount and waits until it is ready.
func (sc *scene) openAccount() {
	sc.t.Helper()
	sc.declareAccount()
	sc.accountIs(v1alpha1.ReasonReady)
}

func (sc *scene) declareAccount() {
	sc.t.Helper()
	sc.create(&v1alpha1.ArizeAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: sc.namespace, Name: v1alpha1.DefaultAccountName},
		Spec: v1alpha1.ArizeAccountSpec{
			BaseURL: sc.door.url, APIKeySecretRef: v1alpha1.SecretKeyReference{Name: "key"},
			RateLimit: v1alpha1.RateLimit{RequestsPerSecond: 100, Burst: 100},
		},
	})
}

func (sc *scene) must(err error) {
	sc.t.Helper()
	if err != nil {
		sc.t.Fatal(err)
	}
}

// await waits for something, and tells what Arize was asked for when it does not come.
func (sc *scene) await(what string, check func(context.Context) error) {
	sc.t.Helper()
	if err := stack.Await(sc.ctx, what, check); err != nil {
		sc.t.Fatalf("%v\nWhat Arize was asked for:\n%s", err, strings.Join(sc.log(arizetest.ByAccount(sc.namespace)), "\n"))
	}
}

func (sc *scene) create(object client.Object) {
	sc.t.Helper()
	sc.must(sc.Client.Create(sc.ctx, object))
}

// stranger adds a role that is not ours.
func (sc *scene) stranger(name string, permissions ...string) arizetest.Role {
	role := sc.arize.Account(sc.namespace).AddRole(arizetest.Role{Name: name, Permissions: permissions, Description: "Somebody's."})
	sc.ledger.changing(sc.namespace, role)
	sc.strangers[role.ID] = role
	return role
}

// declare creates an ArizeRole with two permissions, as edited.
func (sc *scene) declare(name string, edits ...func(*v1alpha1.ArizeRole)) {
	sc.t.Helper()
	role := &v1alpha1.ArizeRole{
		ObjectMeta: metav1.ObjectMeta{Namespace: sc.namespace, Name: name},
		Spec:       v1alpha1.ArizeRoleSpec{Name: "Role " + name, Permissions: []string{"PROJECT_READ", "DATASET_READ"}},
	}
	for _, edit := range edits {
		edit(role)
	}
	sc.ledger.declare(role, sc.namespace)
	sc.create(role)
	sc.ledger.declare(role, sc.namespace)
	sc.roles[name] = role
}

// edit changes an ArizeRole as a person would.
func (sc *scene) edit(name string, change func(*v1alpha1.ArizeRole)) {
	sc.t.Helper()
	before := sc.roles[name]
	after := before.DeepCopy()
	change(after)
	sc.ledger.declare(after, sc.namespace)
	sc.must(sc.Client.Patch(sc.ctx, after, client.MergeFrom(before)))
	sc.roles[name] = after
}

// delete asks an ArizeRole to go, and no longer expects it.
func (sc *scene) delete(name string, options ...client.DeleteOption) {
	sc.t.Helper()
	sc.ledger.doom(sc.roles[name])
	sc.must(sc.Client.Delete(sc.ctx, sc.roles[name].DeepCopy(), options...))
	delete(sc.roles, name)
}

// isTrue waits until Arize has exactly what is declared and what strangers made, and the ArizeRoles say so.
func (sc *scene) isTrue() {
	sc.t.Helper()
	sc.await("all ArizeRoles of "+sc.namespace+" to be in sync", func(ctx context.Context) error {
		var roles v1alpha1.ArizeRoleList
		if err := sc.Client.List(ctx, &roles, client.InNamespace(sc.namespace)); err != nil {
			return err
		}
		if len(roles.Items) != len(sc.roles) {
			return fmt.Errorf("%d ArizeRoles are there instead of %d", len(roles.Items), len(sc.roles))
		}
		for i := range roles.Items {
			if err := sc.inSync(&roles.Items[i]); err != nil {
				return err
			}
		}
		return nil
	})
	sc.onlyOurs()
}

func (sc *scene) inSync(role *v1alpha1.ArizeRole) error {
	remote, exists := sc.arize.Account(sc.namespace).Role(role.Status.RoleID)
	switch is := condition(role); {
	case is.reason != v1alpha1.ReasonInSync || role.Status.ObservedGeneration != role.Generation:
		return fmt.Errorf("ArizeRole %s is %s: %s", role.Name, is.reason, is.message)
	case role.Status.PendingCreate != nil:
		return fmt.Errorf("the creation of %s is still pending", role.Name)
	case !exists:
		return fmt.Errorf("ArizeRole %s is in sync with nothing", role.Name)
	case asDesired(remote).Digest() != desired(role).Digest():
		return fmt.Errorf("ArizeRole %s is in sync with %+v", role.Name, remote)
	}
	return nil
}

// onlyOurs fails when Arize has too many roles, or too few, or a stranger's that was touched.
func (sc *scene) onlyOurs() {
	sc.t.Helper()
	var ours []string
	theirs := maps.Clone(sc.strangers)
	for _, role := range sc.arize.Account(sc.namespace).CustomRoles() {
		before, strange := theirs[role.ID]
		if !strange {
			ours = append(ours, role.Name)
			continue
		}
		if !role.UpdatedAt.Equal(before.UpdatedAt) || asDesired(role).Digest() != asDesired(before).Digest() {
			sc.t.Errorf("a stranger's role was touched: %+v was %+v", role, before)
		}
		delete(theirs, role.ID)
	}
	if len(theirs) > 0 {
		sc.t.Errorf("strangers' roles are gone: %v", slices.Collect(maps.Values(theirs)))
	}
	if want := sc.wanted(); !slices.Equal(ours, want) {
		sc.t.Errorf("Arize has %q of ours, and should have %q:\n%s", ours, want, strings.Join(sc.log(arizetest.ByAccount(sc.namespace)), "\n"))
	}
	for _, r := range sc.arize.Requests(arizetest.ByAccount(sc.namespace)) {
		if _, strange := sc.strangers[r.RoleID]; strange && (r.Method == http.MethodPatch || r.Method == http.MethodDelete) {
			sc.t.Errorf("a stranger's role was the target of %s %s %s", r.Method, r.Path, r.Body)
		}
	}
	if err := errors.Join(sc.ledger.violated()...); err != nil {
		sc.t.Errorf("%v\n%s", err, strings.Join(sc.ledger.lines(), "\n"))
		sc.ledger.forgive() // the next scene is not to blame
	}
}

// forgive forgets what was violated so far.
func (l *ledger) forgive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.violations = nil
}

// wanted are the names of the roles that the operator has to have made.
func (sc *scene) wanted() []string {
	var names []string
	for _, role := range sc.roles {
		if named, exists := sc.arize.Account(sc.namespace).RoleByName(role.RoleName()); exists {
			if _, strange := sc.strangers[named.ID]; strange {
				continue // adopted
			}
		}
		names = append(names, role.RoleName())
	}
	slices.Sort(names)
	return names
}

// status is an ArizeRole's status as it is now.
func (sc *scene) status(name string) v1alpha1.ArizeRoleStatus {
	sc.t.Helper()
	var role v1alpha1.ArizeRole
	sc.must(sc.Client.Get(sc.ctx, client.ObjectKeyFromObject(sc.roles[name]), &role))
	return role.Status
}

// changes is how often a request with that method changed something in Arize, whatever it was answered.
func (sc *scene) changes(method string) int {
	return len(sc.arize.Requests(arizetest.ByAccount(sc.namespace), arizetest.Mutations, func(r arizetest.Request) bool { return r.Method == method }))
}

// accountIs waits until the account's Ready condition has that reason.
func (sc *scene) accountIs(reason string) {
	sc.t.Helper()
	sc.await("the account of "+sc.namespace+" to be "+reason, func(ctx context.Context) error {
		account, err := sc.account(ctx)
		if err != nil {
			return err
		}
		ready := meta.FindStatusCondition(account.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != reason {
			return fmt.Errorf("it is %+v", ready)
		}
		return nil
	})
}

func (sc *scene) account(ctx context.Context) (*v1alpha1.ArizeAccount, error) {
	account := &v1alpha1.ArizeAccount{}
	err := sc.Client.Get(ctx, client.ObjectKey{Namespace: sc.namespace, Name: v1alpha1.DefaultAccountName}, account)
	return account, err
}

// changeAccount writes what change sets, whatever else the account says.
func (sc *scene) changeAccount(change func(*v1alpha1.ArizeAccount)) {
	sc.t.Helper()
	account := &v1alpha1.ArizeAccount{ObjectMeta: metav1.ObjectMeta{Namespace: sc.namespace, Name: v1alpha1.DefaultAccountName}}
	before := account.DeepCopy()
	change(account)
	sc.must(sc.Client.Patch(sc.ctx, account, client.MergeFrom(before)))
}

// askForSweep asks for a list of the account.
func (sc *scene) askForSweep() (request string) {
	sc.t.Helper()
	request = time.Now().Format(time.RFC3339Nano)
	sc.changeAccount(func(account *v1alpha1.ArizeAccount) {
		metav1.SetMetaDataAnnotation(&account.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, request)
	})
	return request
}

// sweep asks for a list of the account and waits for it.
func (sc *scene) sweep() {
	sc.t.Helper()
	request := sc.askForSweep()
	sc.await("a sweep", func(ctx context.Context) error {
		account, err := sc.account(ctx)
		if handled := account.Status.LastHandledReconcileAt; err == nil && handled != request {
			err = fmt.Errorf("the last one was asked for at %q", handled)
		}
		return err
	})
}

// wakeAll changes the account, which concerns all its ArizeRoles.
func (sc *scene) wakeAll() {
	sc.t.Helper()
	sc.changeAccount(func(account *v1alpha1.ArizeAccount) { account.Spec.SweepInterval = "1h" })
}

// end deletes what the scene declared; nothing of ours may stay, and nothing may hang.
func (sc *scene) end() {
	sc.t.Helper()
	sc.deleteAll()
	sc.isOver()
}

// testEnd ends the scenes that are open, together: where a creation was repeated, deletion waits until its first try can
// have no effect any more.
func testEnd(t *testing.T, s *suite) {
	scenes := s.open
	for _, sc := range scenes {
		sc.t, sc.ctx = t, t.Context()
		sc.deleteAll()
	}
	for _, sc := range scenes {
		sc.isOver()
	}
}

func (sc *scene) deleteAll() {
	sc.t.Helper()
	for _, name := range slices.Collect(maps.Keys(sc.roles)) {
		sc.delete(name)
	}
	sc.must(sc.Client.DeleteAllOf(sc.ctx, &v1alpha1.ArizeAccount{}, client.InNamespace(sc.namespace)))
}

func (sc *scene) isOver() {
	sc.t.Helper()
	sc.open = slices.DeleteFunc(slices.Clone(sc.open), func(other *scene) bool { return other == sc })
	sc.await("everything in "+sc.namespace+" to go", func(ctx context.Context) error {
		_, err := sc.account(ctx)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, errors.New("the account is there"))
	})
	sc.onlyOurs()
}
