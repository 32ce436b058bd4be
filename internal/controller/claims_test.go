package controller_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("Two ArizeRoles that mean one role", func() {
	shared := func(role *v1alpha1.ArizeRole) { role.Spec.Name = "shared" }
	orphan := func(role *v1alpha1.ArizeRole) { role.Spec.DeletionPolicy = v1alpha1.DeletionOrphan }
	all := func(account *v1alpha1.ArizeAccount) { account.Spec.AllowedNamespaces.From = v1alpha1.NamespacesFromAll }

	It("do not both get it: the later one says who holds it, and its deletion changes nothing", func(ctx SpecContext) {
		w := newWorld(ctx)
		holder := w.settledRole(ctx, "holder", shared)
		loser := w.newRole(ctx, "loser", shared, func(role *v1alpha1.ArizeRole) {
			role.Spec.Permissions, role.Spec.AdoptionPolicy = []string{"SPACE_DELETE"}, v1alpha1.AdoptAlways
		})
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		Expect(has(loser, v1alpha1.ConditionStalled)).To(BeTrue())
		Expect(message(loser.Status.Conditions)).To(And(ContainSubstring(w.namespace+"/holder"), ContainSubstring("another `spec.name`")))
		Expect(loser.Finalizers).To(BeEmpty())
		Expect(loser.Status.RoleID).To(BeEmpty())

		w.sweep(ctx)
		stays(ctx, loser)
		edit(ctx, loser, func(role *v1alpha1.ArizeRole) {
			role.Spec.Description, role.Spec.DeletionPolicy = "mine", v1alpha1.DeletionDelete
		})
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		Expect(k8s.Delete(ctx, loser)).To(Succeed())
		gone(ctx, loser)
		w.staysQuiet()
		Expect(w.writes()).To(Equal(1))
		Expect(w.remote("shared").Permissions).To(ConsistOf("PROJECT_READ", "DATASET_READ"))
		reload(ctx, holder)
		Expect(readyReason(holder.Status.Conditions)).To(Equal(v1alpha1.ReasonInSync))
	})

	It("never make two of it, however many there are", func(ctx SpecContext) {
		w := newWorld(ctx)
		roles := []*v1alpha1.ArizeRole{}
		for i := range 10 {
			roles = append(roles, w.newRole(ctx, fmt.Sprintf("role-%d", i), shared))
		}
		winners := 0
		Eventually(func(g Gomega) {
			winners = 0
			for _, role := range roles {
				reload(ctx, role)
				reason := readyReason(role.Status.Conditions)
				g.Expect(reason).To(BeElementOf(v1alpha1.ReasonInSync, v1alpha1.ReasonClaimed), message(role.Status.Conditions))
				if reason == v1alpha1.ReasonInSync {
					winners++
				}
			}
			g.Expect(winners).To(Equal(1))
		}).Should(Succeed())
		Expect(w.names()).To(ConsistOf("shared"))
		w.staysQuiet()
		Expect(w.arize.Count(createRole)).To(Equal(1), "the others did not even try")
	})

	It("are woken when the holder goes, and then one of them has it", func(ctx SpecContext) {
		w := newWorld(ctx)
		holder := w.settledRole(ctx, "holder", shared)
		loser := w.newRole(ctx, "loser", shared)
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		old := w.remote("shared")
		Expect(k8s.Delete(ctx, holder)).To(Succeed())
		gone(ctx, holder)
		settle(ctx, loser, v1alpha1.ReasonInSync)
		Expect(w.remote("shared").ID).NotTo(Equal(old.ID))
		Expect(loser.Status.Origin).To(Equal(v1alpha1.OriginCreated))
	})

	It("pass the very same role on when the holder leaves it behind", func(ctx SpecContext) {
		w := newWorld(ctx)
		holder := w.settledRole(ctx, "holder", shared, orphan)
		loser := w.newRole(ctx, "loser", shared)
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		old := w.remote("shared")
		Expect(k8s.Delete(ctx, holder)).To(Succeed())
		settle(ctx, loser, v1alpha1.ReasonInSync)
		Expect(loser.Status.RoleID).To(Equal(old.ID))
		Expect(loser.Status.Origin).To(Equal(v1alpha1.OriginAdopted))
		Expect(w.writes()).To(Equal(1))
	})

	It("are told apart when the holder takes another name", func(ctx SpecContext) {
		w := newWorld(ctx)
		holder := w.settledRole(ctx, "holder", shared)
		loser := w.newRole(ctx, "loser", shared)
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		edit(ctx, holder, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "own" })
		settle(ctx, holder, v1alpha1.ReasonInSync)
		settle(ctx, loser, v1alpha1.ReasonInSync)
		Expect(w.remote("own").ID).To(Equal(holder.Status.RoleID))
		Expect(w.remote("shared").ID).To(Equal(loser.Status.RoleID))
	})

	It("are woken when the holder goes that has the name in Arize and wants another one", func(ctx SpecContext) {
		w := newWorld(ctx)
		holder := w.settledRole(ctx, "holder", shared)
		edit(ctx, holder, func(role *v1alpha1.ArizeRole) { role.Spec.Name, role.Spec.Suspend = "own", true })
		settle(ctx, holder, v1alpha1.ReasonSuspended)
		next := w.newRole(ctx, "next", shared)
		settle(ctx, next, v1alpha1.ReasonClaimed)
		Expect(message(next.Status.Conditions)).To(ContainSubstring("does not give it up"))
		Expect(k8s.Delete(ctx, holder)).To(Succeed())
		settle(ctx, next, v1alpha1.ReasonInSync)
		Expect(next.Status.RoleID).To(Equal(holder.Status.RoleID))
	})

	It("have a finalizer each, also the one that adopted its role and waits for the name", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.stranger(ctx, arizetest.Role{Name: "taken", Description: "somebody's"})
		theirs := w.stranger(ctx, arizetest.Role{Name: "theirs"})
		holder := w.settledRole(ctx, "holder", shared)
		edit(ctx, holder, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "taken" })
		settle(ctx, holder, v1alpha1.ReasonNameTaken)
		waiting := w.newRole(ctx, "waiting", shared, func(role *v1alpha1.ArizeRole) {
			role.Spec.RoleID, role.Spec.DeletionPolicy = theirs.ID, v1alpha1.DeletionDelete
		})
		settle(ctx, waiting, v1alpha1.ReasonProgressing)
		Expect(waiting.Status.Origin).To(Equal(v1alpha1.OriginAdopted))
		Expect(waiting.Finalizers).To(ContainElement(v1alpha1.RoleFinalizer))
		Expect(k8s.Delete(ctx, waiting)).To(Succeed())
		gone(ctx, waiting)
		Expect(w.names()).To(ConsistOf("taken", "shared"))
	})

	It("do not adopt what the other may have created and has not found yet", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: arizetest.AfterCommit, Method: http.MethodPost, Times: 1})
		author := w.newRole(ctx, "author", shared)
		request := w.paused(ctx)
		edit(ctx, author, func(role *v1alpha1.ArizeRole) { role.Spec.Name, role.Spec.Suspend = "own", true })
		w.arize.Drop(request.Seq)
		settle(ctx, author, v1alpha1.ReasonSuspended)
		w.sweep(ctx)
		next := w.newRole(ctx, "next", shared, func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptAlways })
		settle(ctx, next, v1alpha1.ReasonClaimed)
		Expect(message(next.Status.Conditions)).To(ContainSubstring("author may have created"))
		made := w.remote("shared").ID
		edit(ctx, author, func(role *v1alpha1.ArizeRole) { role.Spec.Suspend = false })
		settle(ctx, author, v1alpha1.ReasonInSync)
		settle(ctx, next, v1alpha1.ReasonInSync)
		Expect(author.Status.RoleID).To(Equal(made))
		Expect([]v1alpha1.Origin{author.Status.Origin, next.Status.Origin}).To(HaveEach(v1alpha1.OriginCreated))
		Expect(w.names()).To(ConsistOf("own", "shared"))
	})

	It("are told apart when the one that goes first, and has nothing yet, takes another name", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, arizetest.Role{Name: "shared", Description: "somebody's"})
		first := w.newRole(ctx, "first", shared, func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptNever })
		settle(ctx, first, v1alpha1.ReasonNameTaken)
		second := w.newRole(ctx, "second", shared, func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptAlways })
		settle(ctx, second, v1alpha1.ReasonClaimed)
		edit(ctx, first, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "" })
		settle(ctx, second, v1alpha1.ReasonInSync)
		Expect(second.Status.RoleID).To(Equal(theirs.ID))
	})

	It("are told apart when the loser takes another name", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.settledRole(ctx, "holder", shared)
		loser := w.newRole(ctx, "loser", shared)
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		edit(ctx, loser, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "" })
		settle(ctx, loser, v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("shared", "loser"))
	})

	It("by id do not fight either", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, arizetest.Role{Name: "theirs"})
		byID := func(role *v1alpha1.ArizeRole) {
			role.Spec.RoleID, role.Spec.DeletionPolicy = theirs.ID, v1alpha1.DeletionDelete
		}
		holder := w.settledRole(ctx, "holder", byID)
		loser := w.newRole(ctx, "loser", byID)
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		Expect(message(loser.Status.Conditions)).To(ContainSubstring(w.namespace + "/holder"))
		Expect(k8s.Delete(ctx, loser)).To(Succeed())
		gone(ctx, loser)
		Expect(w.remote("holder").ID).To(Equal(holder.Status.RoleID))
		Expect(w.arize.Count(updateRole)).To(Equal(1))
	})

	It("leave the role with the one that has it, though the other is older", func(ctx SpecContext) {
		w := newWorld(ctx)
		older := w.settledRole(ctx, "older")
		holder := w.settledRole(ctx, "holder", shared)
		edit(ctx, older, shared)
		settle(ctx, older, v1alpha1.ReasonClaimed)
		Expect(older.Status.Origin).To(Equal(v1alpha1.OriginCreated), "its own role is still its own")
		Expect(w.names()).To(ConsistOf("older", "shared"))
		Expect(k8s.Delete(ctx, older)).To(Succeed())
		gone(ctx, older)
		Expect(w.names()).To(ConsistOf("shared"))
		reload(ctx, holder)
		Expect(readyReason(holder.Status.Conditions)).To(Equal(v1alpha1.ReasonInSync))
	})

	It("find each other across namespaces", func(ctx SpecContext) {
		w := newWorld(ctx, all)
		there := func(role *v1alpha1.ArizeRole) {
			role.Namespace = w.newNamespace(ctx, nil)
			role.Spec.AccountRef.Namespace = w.namespace
		}
		holder := w.settledRole(ctx, "same", shared, there)
		loser := w.newRole(ctx, "same", shared, there)
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		Expect(message(loser.Status.Conditions)).To(ContainSubstring(holder.Namespace + "/same"))
		Expect(k8s.Delete(ctx, holder)).To(Succeed())
		settle(ctx, loser, v1alpha1.ReasonInSync)
	})

	It("do not count each other where the account does not admit one of them", func(ctx SpecContext) {
		w := newWorld(ctx)
		before := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "before-" + w.namespace}} // goes first, were it to count
		Expect(k8s.Create(ctx, before)).To(Succeed())
		DeferCleanup((&world{namespace: before.Name}).cleanUp)
		outsider := w.newRole(ctx, "outsider", shared, func(role *v1alpha1.ArizeRole) {
			role.Namespace = before.Name
			role.Spec.AccountRef.Namespace = w.namespace
		})
		settle(ctx, outsider, v1alpha1.ReasonAccountNotReady)
		w.settledRole(ctx, "insider", shared)
	})
})

var _ = Describe("Two ArizeAccounts", func() {
	shared := func(role *v1alpha1.ArizeRole) { role.Spec.Name = "shared" }
	second := func(role *v1alpha1.ArizeRole) { role.Spec.AccountRef.Name = "second" }

	It("of one Arize account do not let two ArizeRoles fight over one role", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.newAccount(ctx, "second")
		holder := w.settledRole(ctx, "holder", shared)
		loser := w.newRole(ctx, "loser", shared, second, func(role *v1alpha1.ArizeRole) {
			role.Spec.Description, role.Spec.AdoptionPolicy = "mine", v1alpha1.AdoptAlways
		})
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		Expect(message(loser.Status.Conditions)).To(ContainSubstring(w.namespace + "/holder"))
		Expect(w.remote("shared").Description).To(BeEmpty())
		w.sweep(ctx)
		lookAgain(ctx, loser)
		stays(ctx, holder)
		Expect(readyReason(loser.Status.Conditions)).To(Equal(v1alpha1.ReasonClaimed))
		Expect(w.arize.Count(updateRole)).To(BeZero())

		By("letting the loser take over when the holder goes")
		Expect(k8s.Delete(ctx, holder)).To(Succeed())
		gone(ctx, holder)
		Eventually(func(g Gomega) {
			reload(ctx, loser)
			remote, exists := w.arize.RoleByName("shared")
			g.Expect(exists).To(BeTrue())
			g.Expect(remote.Description).To(Equal("mine"))
			g.Expect(loser.Status.RoleID).To(Equal(remote.ID))
			g.Expect(readyReason(loser.Status.Conditions)).To(Equal(v1alpha1.ReasonInSync))
		}).Should(Succeed())
	})

	It("of one Arize account never take over what was just deleted or renamed", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.newAccount(ctx, "second")
		holder := w.settledRole(ctx, "holder", shared)
		loser := w.newRole(ctx, "loser", shared, second)
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		edit(ctx, holder, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "own" })
		settle(ctx, loser, v1alpha1.ReasonInSync)
		Expect(w.remote("own").ID).To(Equal(holder.Status.RoleID))
		Expect(w.remote("shared").ID).To(Equal(loser.Status.RoleID))

		edit(ctx, holder, shared)
		settle(ctx, holder, v1alpha1.ReasonClaimed)
		Expect(k8s.Delete(ctx, loser)).To(Succeed())
		gone(ctx, loser)
		settle(ctx, holder, v1alpha1.ReasonInSync)
		Expect(w.remote("shared").ID).To(Equal(holder.Status.RoleID))
		Expect(w.names()).To(ConsistOf("shared"))
	})

	It("of one Arize account do not let two ArizeRoles fight by id", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs := w.stranger(ctx, arizetest.Role{Name: "theirs"})
		w.newAccount(ctx, "second")
		byID := func(role *v1alpha1.ArizeRole) { role.Spec.RoleID = theirs.ID }
		w.settledRole(ctx, "holder", byID)
		loser := w.newRole(ctx, "loser", byID, second)
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		Expect(k8s.Delete(ctx, loser)).To(Succeed())
		gone(ctx, loser)
		w.staysQuiet()
		Expect(w.names()).To(ConsistOf("holder"))
		Expect(w.writes()).To(Equal(1))
	})

	It("of one Arize account do not take what an ArizeRole holds whose own account is gone", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.newAccount(ctx, "second")
		holder := w.settledRole(ctx, "holder", shared)
		w.loseAccount(ctx)
		settle(ctx, holder, v1alpha1.ReasonAccountNotReady)
		loser := w.newRole(ctx, "loser", shared, second, func(role *v1alpha1.ArizeRole) {
			role.Spec.Description, role.Spec.AdoptionPolicy = "mine", v1alpha1.AdoptAlways
		})
		settle(ctx, loser, v1alpha1.ReasonClaimed)
		Expect(w.arize.Count(updateRole)).To(BeZero())
	})

	It("of two endpoints have nothing to do with each other, although the ids are equal", func(ctx SpecContext) {
		w, elsewhere := newWorld(ctx), arizetest.NewServer(arizetest.Options{})
		server := httptest.NewServer(elsewhere)
		DeferCleanup(server.Close)
		theirs := w.stranger(ctx, arizetest.Role{Name: "theirs"})
		elsewhere.AddRole(theirs)
		w.newAccount(ctx, "second", func(account *v1alpha1.ArizeAccount) { account.Spec.BaseURL = server.URL })
		byID := func(role *v1alpha1.ArizeRole) { role.Spec.RoleID = theirs.ID }
		w.settledRole(ctx, "first", byID)
		w.settledRole(ctx, "other", byID, second)
		Expect(w.names()).To(ConsistOf("first"))
		_, exists := elsewhere.RoleByName("other")
		Expect(exists).To(BeTrue())
	})

	It("of two Arize accounts have nothing to do with each other", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddKey("key-of-another", "another")
		Expect(k8s.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "another"},
			Data:       map[string][]byte{v1alpha1.DefaultSecretKey: []byte("key-of-another")},
		})).To(Succeed())
		w.newAccount(ctx, "second", func(account *v1alpha1.ArizeAccount) { account.Spec.APIKeySecretRef.Name = "another" })
		first := w.settledRole(ctx, "first", shared)
		other := w.settledRole(ctx, "other", shared, second)
		Expect(first.Status.RoleID).NotTo(Equal(other.Status.RoleID))
		Expect(w.names()).To(ConsistOf("shared"))
		Expect(w.arize.Account("another").CustomRoles()).To(HaveLen(1))
		Expect(k8s.Delete(ctx, first)).To(Succeed())
		gone(ctx, first)
		Expect(w.arize.Account("another").CustomRoles()).To(HaveLen(1))
		stays(ctx, other)
	})
})
