package controller_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("What Arize refuses", func() {
	refusal := func(method string, status int) arizetest.Fault {
		return arizetest.Fault{Kind: arizetest.FaultStatus, Method: method, Status: status, Detail: "because of the full moon"}
	}

	DescribeTable("is not asked for again until the spec changes: creation",
		func(ctx SpecContext, status int, reason string) {
			w := newWorld(ctx)
			fault := w.arize.AddFault(refusal(http.MethodPost, status))
			role := w.newRole(ctx, "role")
			settle(ctx, role, reason)
			Expect(has(role, v1alpha1.ConditionStalled)).To(BeTrue())
			Expect(message(role.Status.Conditions)).To(ContainSubstring("because of the full moon"))
			Expect(role.Status.PendingCreate).To(BeNil(), "nothing was created, for certain")
			w.sweep(ctx)
			stays(ctx, role)
			Expect(w.arize.Count(createRole)).To(Equal(1))
			Eventually(func() []string { return eventsOf(ctx, role) }).Should(Equal([]string{reason}))

			w.arize.RemoveFault(fault)
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "better" })
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(w.arize.Count(createRole)).To(Equal(2))
		},
		Entry("400", 400, v1alpha1.ReasonRejected),
		Entry("422", 422, v1alpha1.ReasonRejected),
		Entry("403", 403, v1alpha1.ReasonForbidden),
		Entry("404", 404, v1alpha1.ReasonRejected),
		Entry("418", 418, v1alpha1.ReasonRejected),
	)

	DescribeTable("is not asked for again until a person says so: change",
		func(ctx SpecContext, status int, reason string) {
			w := newWorld(ctx)
			role := w.settledRole(ctx, "role")
			fault := w.arize.AddFault(refusal(http.MethodPatch, status))
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
			settle(ctx, role, reason)
			Expect(message(role.Status.Conditions)).To(ContainSubstring("because of the full moon"))
			Expect(has(role, v1alpha1.ConditionDrifted)).To(BeTrue())
			Expect(*role.Status.Drift.Description).To(BeEmpty())
			w.sweep(ctx)
			stays(ctx, role)
			Expect(w.arize.Count(updateRole)).To(Equal(1))

			w.arize.RemoveFault(fault)
			lookAgain(ctx, role)
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(role.Status.Drift).To(BeNil())
			Expect(w.remote("role").Description).To(Equal("new"))
		},
		Entry("400", 400, v1alpha1.ReasonRejected),
		Entry("422", 422, v1alpha1.ReasonRejected),
		Entry("403", 403, v1alpha1.ReasonForbidden),
	)

	It("is named with what is wrong about it", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.RefuseUnknownPermissions = true })
		role := w.newRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = []string{"PROJECT_READ", "PROJECT_FLY"} })
		settle(ctx, role, v1alpha1.ReasonRejected)
		Expect(message(role.Status.Conditions)).To(And(ContainSubstring("PROJECT_FLY"), ContainSubstring("Change the spec accordingly")))
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = []string{"PROJECT_READ"} })
		settle(ctx, role, v1alpha1.ReasonInSync)
	})

	It("is a name that a deleted role keeps: said so, and not hammered", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.ReserveDeletedNames = true })
		w.arize.RemoveRole(w.stranger(ctx, arizetest.Role{Name: "buried"}).ID)
		w.sweep(ctx)
		w.arize.ResetLog()
		role := w.newRole(ctx, "buried")
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		Expect(message(role.Status.Conditions)).To(ContainSubstring("deleted earlier"))
		Expect(role.Status.PendingCreate).To(BeNil())
		w.sweep(ctx)
		stays(ctx, role)
		Expect(w.arize.Count(createRole)).To(Equal(1))
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name = "alive" })
		settle(ctx, role, v1alpha1.ReasonInSync)
	})

	It("is a name that differs in case alone, where Arize does not care about case", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.CaseInsensitiveNames = true })
		theirs := w.stranger(ctx, arizetest.Role{Name: "Role"})
		w.arize.ResetLog()
		role := w.newRole(ctx, "role", func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptAlways })
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		w.staysQuiet()
		Expect(w.arize.Count(createRole)).To(Equal(1))
		Expect(w.remote("Role")).To(Equal(theirs))
	})

	It("is a name that a stranger took since the last list: it is free again when the stranger goes", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.sweep(ctx)
		theirs := w.arize.AddRole(arizetest.Role{Name: "role", Permissions: []string{"SPACE_READ"}})
		role := w.newRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		Expect(message(role.Status.Conditions)).To(ContainSubstring("id " + theirs.ID))
		Expect(w.arize.Count(createRole)).To(Equal(1))
		w.arize.RemoveRole(theirs.ID)
		w.sweep(ctx)
		settle(ctx, role, v1alpha1.ReasonInSync)
	})
})

var _ = Describe("What Arize does not answer", func() {
	never := func(role *v1alpha1.ArizeRole) { role.Spec.AdoptionPolicy = v1alpha1.AdoptNever }

	DescribeTable("is tried again until it works, and never makes two roles",
		func(ctx SpecContext, fault arizetest.Fault) {
			w := newWorld(ctx)
			fault.Method, fault.Times = http.MethodPost, 1
			w.arize.AddFault(fault)
			versions := recorded(ctx, w.namespace)
			role := w.settledRole(ctx, "role")
			Eventually(func() []string { return reasons(versions()) }).Should(ConsistOf(
				v1alpha1.ReasonProgressing, v1alpha1.ReasonUnavailable, v1alpha1.ReasonInSync))
			Expect(w.names()).To(ConsistOf("role"))
			Expect(role.Status.RoleID).To(Equal(w.remote("role").ID))
			Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
			Expect(role.Status.PendingCreate).To(BeNil())
			posts := w.arize.Requests(arizetest.ByRoute(createRole))
			if posts[0].Mutated {
				Expect(posts).To(HaveLen(1), "it had happened")
			} else {
				Expect(posts).To(HaveLen(2))
			}
			Expect(k8s.Delete(ctx, role)).To(Succeed())
			gone(ctx, role)
			Expect(w.names()).To(BeEmpty(), "it is known to be ours")
		},
		Entry("500", arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500}),
		Entry("a page that says 404", arizetest.Fault{Kind: arizetest.FaultHTML, Status: 404}),
		Entry("a connection that is closed after the commit", arizetest.Fault{Kind: arizetest.FaultClose, Stage: arizetest.AfterCommit}),
		Entry("500 after the commit", arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Stage: arizetest.AfterCommit}),
		Entry("a proxy's page after the commit", arizetest.Fault{Kind: arizetest.FaultHTML, Status: 400, Stage: arizetest.AfterCommit}),
		Entry("nothing but a status", arizetest.Fault{Kind: arizetest.FaultEmpty}),
		Entry("half a body", arizetest.Fault{Kind: arizetest.FaultCut}),
		Entry("half a body, then nothing", arizetest.Fault{Kind: arizetest.FaultCutConnection}),
		Entry("ten megabytes", arizetest.Fault{Kind: arizetest.FaultHuge}),
		Entry("something else", arizetest.Fault{Kind: arizetest.FaultGarbage}),
		Entry("somebody else's JSON", arizetest.Fault{Kind: arizetest.FaultGarbage, Body: `{"ok":true}`}),
	)

	It("is tried ever more slowly, even while lists work and wake the role", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Method: http.MethodPost})
		w.newRole(ctx, "role")
		Eventually(func() int {
			w.sweep(ctx)
			return w.arize.Count(createRole)
		}).Should(BeNumerically(">=", 3))
		tries := w.arize.Requests(arizetest.ByRoute(createRole))
		Expect(tries[1].Time.Sub(tries[0].Time)).To(BeNumerically(">=", time.Second))
		Expect(tries[2].Time.Sub(tries[1].Time)).To(BeNumerically(">=", 2*time.Second))
	})

	It("is said once, however often it is tried again", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Method: http.MethodPost})
		role := w.newRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonUnavailable)
		versions, tried := recorded(ctx, w.namespace), w.arize.Count(createRole)
		Eventually(func() int { return w.arize.Count(createRole) }).Should(BeNumerically(">=", tried+2))
		stays(ctx, role)
		Expect(names(versions())).To(Equal([]string{"role Unavailable"}), "as it was")
		Expect(eventsOf(ctx, role)).To(Equal([]string{v1alpha1.ReasonUnavailable}))
	})

	It("is tried again until it works: change", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultClose, Stage: arizetest.AfterCommit, Method: http.MethodPatch, Times: 1})
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		settle(ctx, role, v1alpha1.ReasonUnavailable)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("role").Description).To(Equal("new"))
		Expect(w.arize.Count(updateRole)).To(Equal(2))
		Expect(role.Status.Drift).To(BeNil())
	})

	DescribeTable("is recognised afterwards though the clock of Arize differs",
		func(ctx SpecContext, offset time.Duration) {
			w := newWorld(ctx)
			w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.ClockOffset = offset })
			w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultClose, Stage: arizetest.AfterCommit, Method: http.MethodPost, Times: 1})
			role := w.settledRole(ctx, "role", never)
			Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
			Expect(w.arize.Count(createRole)).To(Equal(1))
		},
		Entry("it is behind", -5*time.Minute),
		Entry("it is ahead", 5*time.Minute),
	)

	DescribeTable("may yet happen, though Arize refuses the next try",
		func(ctx SpecContext, refusal arizetest.Fault, reason string) {
			w := newWorld(ctx)
			w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Method: http.MethodPost, Nth: 1})
			refusal.Kind, refusal.Method, refusal.Nth = arizetest.FaultStatus, http.MethodPost, 2
			w.arize.AddFault(refusal)
			role := w.newRole(ctx, "role", never)
			settle(ctx, role, v1alpha1.ReasonUnavailable)
			began := role.Status.PendingCreate.StartTime
			settle(ctx, role, reason)
			Expect(role.Status.PendingCreate).NotTo(BeNil())
			Expect(role.Status.PendingCreate.StartTime).To(Equal(began))
			w.happensLate("role")
			w.sweep(ctx)
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
		},
		Entry("403", arizetest.Fault{Status: 403}, v1alpha1.ReasonForbidden),
		Entry("429", arizetest.Fault{Status: 429, RetryAfter: "1"}, v1alpha1.ReasonRateLimited),
	)

	It("may be what the next try meets", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 500, Method: http.MethodPost, Nth: 1})
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultHook, Method: http.MethodPost, Nth: 2, Hook: func(arizetest.Request) { w.happensLate("role") }})
		role := w.settledRole(ctx, "role", never)
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
		Expect(w.names()).To(ConsistOf("role"))
	})

	DescribeTable("is found out before a person's next edit is followed",
		func(ctx SpecContext, stage arizetest.Stage) {
			w := newWorld(ctx)
			w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Stage: stage, Method: http.MethodPost, Times: 1})
			role := w.newRole(ctx, "before")
			request := w.paused(ctx)
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name, role.Spec.Description = "after", "edited" })
			w.arize.Drop(request.Seq)
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(w.names()).To(ConsistOf("after"))
			Expect(w.remote("after").Description).To(Equal("edited"))
			Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated))
			Expect(role.Status.PendingCreate).To(BeNil())
		},
		Entry("and it had happened", arizetest.AfterCommit),
		Entry("and it had not", arizetest.BeforeCommit),
	)
})

var _ = Describe("Arize that limits the rate of requests", func() {
	It("is left alone as long as it says, by all roles of the account", func(ctx SpecContext) {
		w := newWorld(ctx)
		other := w.settledRole(ctx, "other")
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: "1", Method: http.MethodPost, Times: 1})
		role := w.newRole(ctx, "role")
		settle(ctx, role, v1alpha1.ReasonRateLimited)
		Expect(has(role, v1alpha1.ConditionReconciling)).To(BeTrue())
		refused := w.arize.Requests()[len(w.arize.Requests())-1]
		Expect(refused.Status).To(Equal(429))
		edit(ctx, other, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })

		settle(ctx, role, v1alpha1.ReasonInSync)
		settle(ctx, other, v1alpha1.ReasonInSync)
		for _, request := range w.arize.Requests(arizetest.After(refused.Seq)) {
			Expect(request.Time).To(BeTemporally(">=", refused.Time.Add(900*time.Millisecond)), request.Route)
		}
		Expect(w.arize.Count(createRole)).To(Equal(3), "two roles, one refusal")
	})

	It("is named as the reason by every role that has to wait for long", func(ctx SpecContext) {
		w := newWorld(ctx)
		other := w.settledRole(ctx, "other")
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultStatus, Status: 429, RetryAfter: "3600", Method: http.MethodPost})
		settle(ctx, w.newRole(ctx, "first"), v1alpha1.ReasonRateLimited)
		settle(ctx, w.newRole(ctx, "second"), v1alpha1.ReasonRateLimited)
		edit(ctx, other, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		settle(ctx, other, v1alpha1.ReasonRateLimited)
		stays(ctx, other)
		Expect(w.arize.Count(createRole)).To(Equal(2))
		Expect(w.arize.Count(updateRole)).To(BeZero())
	})

	It("gets few requests too many, whatever it says, and all roles in the end", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.sweep(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) {
			settings.RequestsPerSecond, settings.Burst, settings.RetryAfter = 5, 3, arizetest.RetryAfterAbsent
		})
		roles := []*v1alpha1.ArizeRole{}
		for _, name := range []string{"one", "two", "three", "four", "five", "six"} {
			roles = append(roles, w.newRole(ctx, name))
		}
		for _, role := range roles {
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
		Expect(w.names()).To(HaveLen(6))
		Expect(w.arize.Count(createRole)).To(BeNumerically("<=", 18))
	})
})

// happensLate is the creation of a role with two permissions that takes effect when
// nobody waits for its answer any more.
func (w *world) happensLate(name string) {
	w.arize.AddRole(arizetest.Role{Name: name, Permissions: []string{"PROJECT_READ", "DATASET_READ"}})
}
