package controller_test

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("Updating a role", func() {
	described := func(role *v1alpha1.ArizeRole) { role.Spec.Description = "old" }

	DescribeTable("sends what differs and nothing else",
		func(ctx SpecContext, edits change, body gomegatypes.GomegaMatcher) {
			w := newWorld(ctx)
			role := w.settledRole(ctx, "role", described)
			id := role.Status.RoleID
			versions := recorded(ctx, w.namespace)
			w.arize.ResetLog()
			edit(ctx, role, edits)
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(w.bodies(updateRole)).To(ConsistOf(body))
			Expect(w.arize.Requests()).To(HaveLen(1))

			remote, exists := w.arize.Role(id)
			Expect(exists).To(BeTrue(), "the id stays")
			Expect(remote.Name).To(Equal(role.RoleName()))
			Expect(remote.Description).To(Equal(role.Spec.Description))
			Expect(remote.Permissions).To(ConsistOf(role.Spec.Permissions))
			Expect(role.Status.RoleName).To(Equal(role.RoleName()))
			Eventually(func() []string { return names(versions()) }).Should(HaveLen(3), "as it was, the person's edit, and one write of ours")
		},
		Entry("the name", func(role *v1alpha1.ArizeRole) { role.Spec.Name = "Renamed" },
			And(HaveLen(1), HaveKeyWithValue("name", "Renamed"))),
		Entry("the description", func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" },
			And(HaveLen(1), HaveKeyWithValue("description", "new"))),
		Entry("no description any more", func(role *v1alpha1.ArizeRole) { role.Spec.Description = "" },
			And(HaveLen(1), HaveKeyWithValue("description", BeNil()))),
		Entry("the permissions", func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = []string{"SPACE_READ", "PROJECT_READ"} },
			And(HaveLen(1), HaveKeyWithValue("permissions", ConsistOf("SPACE_READ", "PROJECT_READ")))),
		Entry("all of them", func(role *v1alpha1.ArizeRole) {
			role.Spec.Name, role.Spec.Description, role.Spec.Permissions = "Renamed", "", []string{"SPACE_READ"}
		}, And(HaveLen(3), HaveKeyWithValue("name", "Renamed"), HaveKeyWithValue("description", BeNil()),
			HaveKeyWithValue("permissions", ConsistOf("SPACE_READ")))),
	)

	DescribeTable("sends nothing for what does not concern Arize",
		func(ctx SpecContext, edits change) {
			w := newWorld(ctx)
			role := w.settledRole(ctx, "role")
			generation := role.Generation
			edit(ctx, role, edits)
			settle(ctx, role, v1alpha1.ReasonInSync)
			Expect(role.Generation).To(BeNumerically(">", generation))
			stays(ctx, role)
			Expect(w.writes()).To(Equal(1))
		},
		Entry("the order of the permissions", func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = []string{"DATASET_READ", "PROJECT_READ"} }),
		Entry("the policies", func(role *v1alpha1.ArizeRole) {
			role.Spec.DeletionPolicy, role.Spec.AdoptionPolicy = v1alpha1.DeletionOrphan, v1alpha1.AdoptNever
		}),
		Entry("the name written out", func(role *v1alpha1.ArizeRole) { role.Spec.Name = "role" }),
	)

	It("makes of a change of case in the name a rename", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.CaseInsensitiveNames = true })
		role := w.settledRole(ctx, "role")
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name = strings.ToUpper("role") })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("ROLE").ID).To(Equal(role.Status.RoleID))
	})

	It("ends with the last of many edits", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role")
		w.arize.AddFault(arizetest.Fault{Kind: arizetest.FaultPause, Method: http.MethodPatch, Times: 1})
		for _, text := range []string{"first", "second", "third", "last"} {
			edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = text })
		}
		w.paused(ctx)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Permissions = []string{"SPACE_READ"} })
		w.arize.ReleaseAll()
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("role").Description).To(Equal("last"))
		Expect(w.remote("role").Permissions).To(ConsistOf("SPACE_READ"))
	})

	It("has nothing to do while the same manifest is applied again and again", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role", described)
		for range 3 {
			manifest := &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": v1alpha1.GroupVersion.String(), "kind": "ArizeRole",
				"metadata": map[string]any{"name": role.Name, "namespace": role.Namespace},
				"spec":     map[string]any{"description": "old", "permissions": []any{"DATASET_READ", "PROJECT_READ"}},
			}}
			Expect(k8s.Apply(ctx, client.ApplyConfigurationFromUnstructured(manifest), client.FieldOwner("flux"), client.ForceOwnership)).To(Succeed())
		}
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(role.Finalizers).To(ConsistOf(v1alpha1.RoleFinalizer))
		stays(ctx, role)
		Expect(w.writes()).To(Equal(1))
	})

	It("says what it did in one event for each change", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "role", described)
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "new" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Eventually(func() []string { return eventsOf(ctx, role) }).Should(Equal([]string{v1alpha1.EventCreated, v1alpha1.EventUpdated}))
	})
})

var _ = Describe("Renaming roles", func() {
	named := func(name string) change { return func(role *v1alpha1.ArizeRole) { role.Spec.Name = name } }

	DescribeTable("exchanges names in a circle without a person, and every id stays",
		func(ctx SpecContext, names ...string) {
			w := newWorld(ctx)
			roles := make([]*v1alpha1.ArizeRole, 0, len(names))
			ids := map[string]string{}
			for i, name := range names {
				role := w.settledRole(ctx, "role-"+string(rune('a'+i)), named(name))
				ids[names[(i+1)%len(names)]] = role.Status.RoleID
				roles = append(roles, role)
			}
			for i, role := range roles {
				edit(ctx, role, named(names[(i+1)%len(names)]))
			}
			for _, role := range roles {
				settle(ctx, role, v1alpha1.ReasonInSync)
			}
			Expect(w.names()).To(ConsistOf(names))
			for name, id := range ids {
				Expect(w.remote(name).ID).To(Equal(id))
			}
			Expect(w.arize.Count(createRole)).To(Equal(len(names)))
			Expect(w.arize.Count(deleteRole)).To(BeZero())
			Expect(w.arize.Count(updateRole)).To(Equal(len(names)+1), "one step aside, and one rename each")
			w.staysQuiet()
		},
		Entry("two", "A", "B"),
		Entry("three", "A", "B", "C"),
		Entry("five", "A", "B", "C", "D", "E"),
	)

	It("passes a name on to the next in a chain", func(ctx SpecContext) {
		w := newWorld(ctx)
		first, second, third := w.settledRole(ctx, "first", named("A")), w.settledRole(ctx, "second", named("B")), w.settledRole(ctx, "third", named("C"))
		edit(ctx, third, named("B"))
		edit(ctx, second, named("A"))
		edit(ctx, first, named("D"))
		for _, role := range []*v1alpha1.ArizeRole{first, second, third} {
			settle(ctx, role, v1alpha1.ReasonInSync)
		}
		Expect(w.remote("B").ID).To(Equal(third.Status.RoleID))
		Expect(w.remote("A").ID).To(Equal(second.Status.RoleID))
		Expect(w.remote("D").ID).To(Equal(first.Status.RoleID))
		Expect(w.arize.Count(updateRole)).To(Equal(3))
	})

	It("hands the name of a deleted role to the one that waits for it", func(ctx SpecContext) {
		w := newWorld(ctx)
		leaving, waiting := w.settledRole(ctx, "leaving", named("A")), w.settledRole(ctx, "waiting", named("B"))
		edit(ctx, waiting, named("A"))
		settle(ctx, waiting, v1alpha1.ReasonClaimed)
		Expect(k8s.Delete(ctx, leaving)).To(Succeed())
		gone(ctx, leaving)
		settle(ctx, waiting, v1alpha1.ReasonInSync)
		Expect(w.remote("A").ID).To(Equal(waiting.Status.RoleID))
	})

	It("puts back names that somebody exchanged in Arize", func(ctx SpecContext) {
		w := newWorld(ctx)
		first, second := w.settledRole(ctx, "first"), w.settledRole(ctx, "second")
		for _, change := range [][2]string{{first.Status.RoleID, "aside"}, {second.Status.RoleID, "first"}, {first.Status.RoleID, "second"}} {
			w.arize.ChangeRole(change[0], func(role *arizetest.Role) { role.Name = change[1] })
		}
		w.sweep(ctx)
		Eventually(func(g Gomega) {
			for _, role := range []*v1alpha1.ArizeRole{first, second} {
				remote, _ := w.arize.Role(role.Status.RoleID)
				g.Expect(remote.Name).To(Equal(role.Name))
			}
		}).Should(Succeed())
		settle(ctx, first, v1alpha1.ReasonInSync)
		settle(ctx, second, v1alpha1.ReasonInSync)
		Expect(w.arize.Count(updateRole)).To(Equal(3))
	})

	It("of a role that is taken by its id waits for the name, not for the rest", func(ctx SpecContext) {
		w := newWorld(ctx)
		theirs, obstacle := w.stranger(ctx, arizetest.Role{Name: "theirs"}), w.stranger(ctx, arizetest.Role{Name: "ours"})
		role := w.newRole(ctx, "ours", func(role *v1alpha1.ArizeRole) { role.Spec.RoleID, role.Spec.Description = theirs.ID, "new" })
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		Expect(role.Status.RoleID).To(Equal(theirs.ID))
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginAdopted))
		Expect(w.remote("theirs").Description).To(Equal("new"))
		Expect(w.remote("ours")).To(Equal(obstacle))
		w.arize.RemoveRole(obstacle.ID)
		w.sweep(ctx)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.remote("ours").ID).To(Equal(theirs.ID))
	})

	It("is refused while a stranger has the name, but the rest is written", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "ours")
		theirs := w.stranger(ctx, arizetest.Role{Name: "theirs"})
		edit(ctx, role, func(role *v1alpha1.ArizeRole) {
			role.Spec.Name, role.Spec.Description, role.Spec.Permissions = "theirs", "new", []string{"SPACE_READ"}
			role.Spec.AdoptionPolicy = v1alpha1.AdoptAlways
		})
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		Expect(message(role.Status.Conditions)).To(ContainSubstring(theirs.ID))
		Expect(has(role, v1alpha1.ConditionDrifted)).To(BeTrue())
		Expect(role.Status.Drift.Name).To(Equal("ours"))
		Expect(role.Status.Drift.AddedPermissions).To(BeEmpty())
		Expect(w.remote("ours").ID).To(Equal(role.Status.RoleID))
		Expect(w.remote("ours").Description).To(Equal("new"))
		Expect(w.remote("ours").Permissions).To(ConsistOf("SPACE_READ"))
		Expect(w.remote("theirs")).To(Equal(theirs))
		w.staysQuiet()
		Expect(w.bodies(updateRole)).To(ConsistOf(Not(HaveKey("name"))))

		By("renaming it once the stranger is gone")
		w.arize.RemoveRole(theirs.ID)
		w.sweep(ctx)
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(role.Status.Drift).To(BeNil())
		Expect(w.remote("theirs").ID).To(Equal(role.Status.RoleID))
	})

	It("is refused for the name of a predefined role", func(ctx SpecContext) {
		w := newWorld(ctx)
		role := w.settledRole(ctx, "ours")
		edit(ctx, role, named(w.predefined().Name))
		settle(ctx, role, v1alpha1.ReasonPredefined)
		Expect(role.Status.Origin).To(Equal(v1alpha1.OriginCreated), "the role is still ours")
		w.staysQuiet()
		Expect(w.arize.Count(updateRole)).To(BeZero())
		edit(ctx, role, named("fine"))
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(w.names()).To(ConsistOf("fine"))
	})

	It("is not hammered when Arize says that nobody's name is taken", func(ctx SpecContext) {
		w := newWorld(ctx)
		w.arize.ChangeSettings(func(settings *arizetest.Settings) { settings.ReserveDeletedNames = true })
		w.arize.RemoveRole(w.stranger(ctx, arizetest.Role{Name: "buried"}).ID)
		w.sweep(ctx)
		role := w.settledRole(ctx, "ours")
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Name, role.Spec.Description = "buried", "new" })
		settle(ctx, role, v1alpha1.ReasonNameTaken)
		Expect(message(role.Status.Conditions)).To(ContainSubstring("deleted earlier"))
		w.staysQuiet()
		Expect(w.arize.Count(updateRole)).To(BeNumerically("<=", 3))
		Expect(w.remote("ours").Description).To(Equal("new"), "nothing else is held up")
		Expect(w.remote("ours").ID).To(Equal(role.Status.RoleID))
	})
})
