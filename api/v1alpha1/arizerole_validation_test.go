package v1alpha1_test

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// A permission in the form that Arize gives them.
const known = "PROJECT_READ"

func createRole(ctx SpecContext, spec fields) error {
	return k8sClient.Create(ctx, role(spec))
}

func roleIsAccepted(ctx SpecContext, spec fields) {
	Expect(createRole(ctx, spec)).To(Succeed())
}

func roleIsRefused(ctx SpecContext, spec fields, refusal gomegatypes.GomegaMatcher) {
	Expect(createRole(ctx, spec)).To(refusal)
}

// oneEntryEach makes an entry of every value, in the field that is given.
func oneEntryEach(sentence, field string, values []string) []TableEntry {
	entries := make([]TableEntry, 0, len(values))
	for _, value := range values {
		entries = append(entries, Entry(fmt.Sprintf(sentence, value), fields{field: value}))
	}
	return entries
}

var _ = Describe("The name of an ArizeRole", func() {
	DescribeTable("is accepted", roleIsAccepted,
		oneEntryEach("with the special character %q inside", "name", around("x", strings.Split(`-_.,()[]'"/:\&@#$%!?+=`, ""))),
		oneEntryEach("that is the special character %q alone", "name", strings.Split(`-_.,()[]'"/:\&@#$%!?+=`, "")),
		Entry("with letters, digits and spaces", fields{"name": "AI Engineer 2"}),
		Entry("with two spaces in a row", fields{"name": "AI  Engineer"}),
		Entry("of 1 character", fields{"name": "a"}),
		Entry("of 255 characters", fields{"name": text(255)}),
		Entry("when absent", fields{}),
	)

	DescribeTable("is refused, with the characters that it may have,", func(ctx SpecContext, spec fields) {
		roleIsRefused(ctx, spec, beRefused("spec.name", "must consist of ASCII letters, digits, spaces and", `- _ . , ( ) [ ] ' " / : \ & @ # $ % ! ? + =`))
	},
		oneEntryEach("with the character %q inside", "name", around("x", strings.Split(";<>*~{}|^`", ""))),
		Entry("with a tab inside", fields{"name": "a\tb"}),
		Entry("with a newline inside", fields{"name": "a\nb"}),
		Entry("with a newline at the end, as a YAML block scalar gives it", fields{"name": "AI Engineer\n"}),
		Entry("with a carriage return", fields{"name": "a\rb"}),
		Entry("with a NUL", fields{"name": "a\x00b"}),
		Entry("with a letter beyond ASCII", fields{"name": "Ingénieur"}),
		Entry("with a Cyrillic letter that looks like a Latin one", fields{"name": "\u0410dmin"}),
		Entry("with a no-break space", fields{"name": "AI\u00a0Engineer"}),
		Entry("with an emoji", fields{"name": "AI 🤖"}),
	)

	DescribeTable("is refused", roleIsRefused,
		Entry("with a space in front", fields{"name": " AI"}, beRefused("spec.name", "must not begin or end with a space")),
		Entry("with a space behind", fields{"name": "AI "}, beRefused("spec.name", "must not begin or end with a space")),
		Entry("of one space alone", fields{"name": " "}, beRefused("spec.name", "must not begin or end with a space")),
		Entry("of 256 characters", fields{"name": text(256)}, beRefused("spec.name", "may not be more than 255")),
		Entry("when empty, with what to do to have the default", fields{"name": ""}, beRefused("spec.name", "must not be empty", "leave `name` out")),
	)
})

var _ = Describe("The description of an ArizeRole", func() {
	DescribeTable("is accepted", roleIsAccepted,
		Entry("of 1000 characters", fields{"description": text(1000)}),
		Entry("of 1000 characters that take 3 bytes each", fields{"description": strings.Repeat("語", 1000)}),
		Entry("with lines, tabs and any other character", fields{"description": "Reads.\n\tWrites <nothing>; `ever`.\n"}),
		Entry("when absent", fields{}),
	)
	DescribeTable("is refused", roleIsRefused,
		Entry("of 1001 characters", fields{"description": text(1001)}, beRefused("spec.description", "may not be more than 1000")),
		Entry("when empty, with what to do to have none", fields{"description": ""}, beRefused("spec.description", "must not be empty", "leave `description` out")),
	)
})

var _ = Describe("The permissions of an ArizeRole", func() {
	const form = "must be a permission of Arize in the form RESOURCE_ACTION, upper case with underscores, such as 'PROJECT_READ'"

	DescribeTable("are accepted", roleIsAccepted,
		Entry("when there is one", fields{"permissions": list(known)}),
		Entry("when there are 512, each of 128 characters", fields{"permissions": permissions(512)}),
		Entry("when nobody has heard of one yet, for Arize adds some often", fields{"permissions": list("QUANTUM_TOASTER_OVERRIDE2")}),
		Entry("with digits", fields{"permissions": list("S3_READ_V2_3")}),
		Entry("in any order", fields{"permissions": list("PROJECT_READ", "DATASET_READ", "DATASET_CREATE")}),
	)

	DescribeTable("are refused, with the form that one has,", func(ctx SpecContext, permission string) {
		roleIsRefused(ctx, fields{"permissions": list(known, permission)}, beRefused("spec.permissions[1]", form))
	},
		Entry("in lower case", "project_read"),
		Entry("in mixed case", "Project_Read"),
		Entry("without an action", "PROJECT"),
		Entry("with an underscore in front", "_PROJECT_READ"),
		Entry("with an underscore behind", "PROJECT_READ_"),
		Entry("with two underscores in a row", "PROJECT__READ"),
		Entry("with a digit in front", "1PROJECT_READ"),
		Entry("with a dash", "PROJECT-READ"),
		Entry("with a dot", "PROJECT.READ"),
		Entry("with a space behind", "PROJECT_READ "),
		Entry("with a newline behind", "PROJECT_READ\n"),
		Entry("with two in one", "PROJECT_READ,PROJECT_WRITE"),
		Entry("with a wildcard", "PROJECT_*"),
		Entry("with a letter beyond ASCII", "PROJÉCT_READ"),
		Entry("when empty", ""),
	)

	DescribeTable("are refused", roleIsRefused,
		Entry("when absent", fields{"permissions": nil}, beRefused("spec.permissions", "Required value")),
		Entry("when there are none", fields{"permissions": list()}, beRefused("spec.permissions", "at least 1 item")),
		Entry("when there are 513", fields{"permissions": permissions(513)}, beRefused("spec.permissions", "must have at most 512 items")),
		Entry("when one is there twice", fields{"permissions": list(known, "DATASET_READ", known)}, beRefused("spec.permissions[2]", "Duplicate value", known)),
		Entry("when one has 129 characters", fields{"permissions": list(known, "A_"+text(127))}, beRefused("spec.permissions[1]", "may not be more than 128")),
		Entry("when they are one string", fields{"permissions": known}, beRefused("spec.permissions", "must be of type array")),
	)
})

var _ = Describe("The choices of an ArizeRole", func() {
	DescribeTable("are accepted", roleIsAccepted,
		oneEntryEach("with mode %s", "mode", []string{"Enforce", "Report"}),
		oneEntryEach("with adoptionPolicy %s", "adoptionPolicy", []string{"IfIdentical", "Never", "Always"}),
		oneEntryEach("with deletionPolicy %s", "deletionPolicy", []string{"Delete", "Orphan"}),
		Entry("with suspend true", fields{"suspend": true}),
		Entry("with suspend false", fields{"suspend": false}),
	)
	DescribeTable("are refused, with the values that there are,", roleIsRefused,
		Entry("with a mode that there is not", fields{"mode": "DryRun"}, beRefused("spec.mode", "supported values", `"Enforce", "Report"`)),
		Entry("with a mode in lower case", fields{"mode": "report"}, beRefused("spec.mode", "supported values", `"Enforce", "Report"`)),
		Entry("with an empty mode", fields{"mode": ""}, beRefused("spec.mode", "supported values", `"Enforce", "Report"`)),
		Entry("with an adoptionPolicy that there is not", fields{"adoptionPolicy": "Sometimes"}, beRefused("spec.adoptionPolicy", "supported values", `"IfIdentical", "Never", "Always"`)),
		Entry("with an empty adoptionPolicy", fields{"adoptionPolicy": ""}, beRefused("spec.adoptionPolicy", "supported values", `"IfIdentical", "Never", "Always"`)),
		Entry("with a deletionPolicy that there is not", fields{"deletionPolicy": "Retain"}, beRefused("spec.deletionPolicy", "supported values", `"Delete", "Orphan"`)),
		Entry("with an empty deletionPolicy", fields{"deletionPolicy": ""}, beRefused("spec.deletionPolicy", "supported values", `"Delete", "Orphan"`)),
		Entry("with a suspend that is a string", fields{"suspend": "true"}, beRefused("spec.suspend", "must be of type boolean")),
	)
	It("can all change, and go away again", func(ctx SpecContext) {
		created := mustCreate(ctx, role(nil))
		Expect(change(ctx, created, `{"mode":"Report","adoptionPolicy":"Always","deletionPolicy":"Orphan","suspend":true,"name":"Other","description":"Other."}`)).To(Succeed())
		Expect(change(ctx, created, `{"mode":null,"adoptionPolicy":null,"deletionPolicy":null,"suspend":null,"name":null,"description":null}`)).To(Succeed())
	})
})

var _ = Describe("The accountRef of an ArizeRole", func() {
	DescribeTable("is accepted", roleIsAccepted,
		Entry("when absent", fields{}),
		Entry("when empty", fields{"accountRef": fields{}}),
		Entry("with a name alone", fields{"accountRef": fields{"name": "production"}}),
		Entry("with a namespace alone", fields{"accountRef": fields{"namespace": "arize-system"}}),
		Entry("with dots in the name", fields{"accountRef": fields{"name": "prod.eu-1"}}),
		Entry("with a name of 253 characters", fields{"accountRef": fields{"name": strings.ToLower(text(253))}}),
		Entry("with a namespace of 63 characters", fields{"accountRef": fields{"namespace": strings.ToLower(text(63))}}),
	)
	DescribeTable("is refused", roleIsRefused,
		Entry("with a name in upper case", fields{"accountRef": fields{"name": "Production"}}, beRefused("spec.accountRef.name", "must be the name of an ArizeAccount", "lower case letters")),
		Entry("with a name that ends in a dash", fields{"accountRef": fields{"name": "production-"}}, beRefused("spec.accountRef.name", "must be the name of an ArizeAccount", "at either end")),
		Entry("with namespace and name in one", fields{"accountRef": fields{"name": "arize-system/production"}}, beRefused("spec.accountRef.name", "must be the name of an ArizeAccount")),
		Entry("with an empty name", fields{"accountRef": fields{"name": ""}}, beRefused("spec.accountRef.name", "must be the name of an ArizeAccount")),
		Entry("with a name of 254 characters", fields{"accountRef": fields{"name": strings.ToLower(text(254))}}, beRefused("spec.accountRef.name", "may not be more than 253")),
		Entry("with a dot in the namespace", fields{"accountRef": fields{"namespace": "arize.system"}}, beRefused("spec.accountRef.namespace", "must be the name of a namespace", "lower case letters")),
		Entry("with an empty namespace", fields{"accountRef": fields{"namespace": ""}}, beRefused("spec.accountRef.namespace", "must be the name of a namespace")),
		Entry("with a namespace of 64 characters", fields{"accountRef": fields{"namespace": strings.ToLower(text(64))}}, beRefused("spec.accountRef.namespace", "may not be more than 63")),
	)

	DescribeTable("may change", func(ctx SpecContext, before fields, patch string) {
		Expect(change(ctx, mustCreate(ctx, role(before)), patch)).To(Succeed())
	},
		Entry("from absent to the name that absent means", fields{}, `{"accountRef":{"name":"default"}}`),
		Entry("from the default name to absent", fields{"accountRef": fields{"name": "default"}}, `{"accountRef":null}`),
		Entry("from absent to empty", fields{}, `{"accountRef":{}}`),
		Entry("in the name that absent means, beside a namespace", fields{"accountRef": fields{"namespace": "arize-system"}}, `{"accountRef":{"name":"default"}}`),
	)
	DescribeTable("must not change, and the refusal says how to move a role,", func(ctx SpecContext, before fields, patch string) {
		Expect(change(ctx, mustCreate(ctx, role(before)), patch)).To(beRefused("spec.accountRef", "`accountRef` must not change", "create a second ArizeRole there, and delete this one"))
	},
		Entry("in its name", fields{"accountRef": fields{"name": "production"}}, `{"accountRef":{"name":"staging"}}`),
		Entry("in its namespace", fields{"accountRef": fields{"name": "production", "namespace": "a"}}, `{"accountRef":{"namespace":"b"}}`),
		Entry("from absent to another name than the default", fields{}, `{"accountRef":{"name":"production"}}`),
		Entry("from absent to a namespace, even that of the role, which a rule can't see", fields{}, `{"accountRef":{"namespace":"default"}}`),
		Entry("by removal", fields{"accountRef": fields{"name": "production"}}, `{"accountRef":null}`),
		Entry("by removal of its name", fields{"accountRef": fields{"name": "production", "namespace": "a"}}, `{"accountRef":{"name":null}}`),
		Entry("by removal of its namespace", fields{"accountRef": fields{"name": "production", "namespace": "a"}}, `{"accountRef":{"namespace":null}}`),
	)
})

var _ = Describe("The roleID of an ArizeRole", func() {
	const id, otherID = "Um9sZToxOmFCY0Q=", "Um9sZToyOmFCY0Q="

	DescribeTable("is accepted", roleIsAccepted,
		Entry("as Arize gives it", fields{"roleID": id}),
		Entry("with the other characters of base64", fields{"roleID": "a+b/c=="}),
		Entry("in another form, for an id means nothing", fields{"roleID": "rol_01:2-3"}),
		Entry("of 256 characters", fields{"roleID": text(256)}),
	)
	DescribeTable("is refused, with what an id looks like,", func(ctx SpecContext, value string) {
		roleIsRefused(ctx, fields{"roleID": value}, beRefused("spec.roleID", "must be the id of an Arize role as the API shows it, such as 'Um9sZToxOmFCY0Q='", "without spaces"))
	},
		Entry("with a space inside", "Um9s ZTox"),
		Entry("with a space behind", id+" "),
		Entry("with a newline behind", id+"\n"),
		Entry("with a tab", id+"\t"),
		Entry("with a letter beyond ASCII", "Rôle"),
		Entry("when it is the current directory of a path", "."),
		Entry("when it climbs out of a path", ".."),
		Entry("when empty", ""),
	)
	It("is refused when it has 257 characters", func(ctx SpecContext) {
		roleIsRefused(ctx, fields{"roleID": text(257)}, beRefused("spec.roleID", "may not be more than 256"))
	})

	DescribeTable("once set must not change, and the refusal says what to do,", func(ctx SpecContext, patch string) {
		Expect(change(ctx, mustCreate(ctx, role(fields{"roleID": id})), patch)).To(beRefused("spec.roleID", "`roleID` must not change or be removed once it is set", "create another ArizeRole"))
	},
		Entry("to another", `{"roleID":"`+otherID+`"}`),
		Entry("by removal", `{"roleID":null}`),
	)
	It("once set may be written again with everything else", func(ctx SpecContext) {
		Expect(change(ctx, mustCreate(ctx, role(fields{"roleID": id})), `{"roleID":"`+id+`","description":"Other."}`)).To(Succeed())
	})

	DescribeTable("may be set later", func(ctx SpecContext, status v1alpha1.ArizeRoleStatus) {
		Expect(change(ctx, createdRole(ctx, nil, status), `{"roleID":"`+id+`"}`)).To(Succeed())
	},
		Entry("when nobody has looked yet", v1alpha1.ArizeRoleStatus{ObservedGeneration: -1}),
		Entry("when no remote role is ours, which is how a taken name is adopted", v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, Conditions: []metav1.Condition{condition("Ready", "False", "NameTaken", "")}}),
		Entry("when an id without an origin was seen", v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, RoleID: otherID}),
		Entry("to the id of the role that is ours", v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, RoleID: id, Origin: v1alpha1.OriginCreated}),
		Entry("to the id of the role that was adopted", v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, RoleID: id, Origin: v1alpha1.OriginAdopted}),
	)
	DescribeTable("must not be set later", func(ctx SpecContext, status v1alpha1.ArizeRoleStatus, refusal gomegatypes.GomegaMatcher) {
		Expect(change(ctx, createdRole(ctx, nil, status), `{"roleID":"`+id+`"}`)).To(refusal)
	},
		Entry("to another than the role that we created", v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, RoleID: otherID, Origin: v1alpha1.OriginCreated},
			beRefused("spec.roleID", "must be the id in `status.roleID`", "create another ArizeRole")),
		Entry("to another than the role that we adopted", v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, RoleID: otherID, Origin: v1alpha1.OriginAdopted},
			beRefused("spec.roleID", "must be the id in `status.roleID`", "create another ArizeRole")),
		Entry("while a role is being created", v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, PendingCreate: &v1alpha1.PendingCreate{Name: "AI", StartTime: metav1.Now()}},
			beRefused("spec.roleID", "must not be set while a role is being created", "when `status.pendingCreate` is gone")),
	)
	It("does not stand in the way of the status that follows", func(ctx SpecContext) {
		created := createdRole(ctx, fields{"roleID": id}, v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, RoleID: id, Origin: v1alpha1.OriginAdopted})
		created.Status = v1alpha1.ArizeRoleStatus{ObservedGeneration: 1}
		Expect(k8sClient.Status().Update(ctx, created)).To(Succeed())
	})
})

var _ = Describe("An ArizeRole that is being deleted", func() {
	It("takes another deletionPolicy, the way out when the account is gone", func(ctx SpecContext) {
		manifest := role(nil)
		manifest.SetFinalizers([]string{v1alpha1.RoleFinalizer})
		created := mustCreate(ctx, manifest)
		Expect(k8sClient.Delete(ctx, created)).To(Succeed())

		Expect(change(ctx, created, `{"deletionPolicy":"Delete"}`)).To(Succeed())
		Expect(change(ctx, created, `{"deletionPolicy":"Orphan"}`)).To(Succeed())
		held := &v1alpha1.ArizeRole{}
		Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(created), held)).To(Succeed())
		Expect(held.DeletionTimestamp).NotTo(BeNil())
		Expect(held.Spec.DeletionPolicy).To(Equal(v1alpha1.DeletionOrphan))

		held.Finalizers = nil
		Expect(k8sClient.Update(ctx, held)).To(Succeed())
		Expect(client.IgnoreNotFound(k8sClient.Get(ctx, client.ObjectKeyFromObject(created), held))).To(Succeed())
	})
})

var _ = Describe("The apiserver", func() {
	It("refuses a field of an ArizeRole that there is not, and names it", func(ctx SpecContext) {
		Expect(createRole(ctx, fields{"permission": list(known)})).To(MatchError(ContainSubstring(`unknown field "spec.permission"`)))
	})
	It("refuses an ArizeRole without a spec", func(ctx SpecContext) {
		manifest := role(nil)
		delete(manifest.Object, "spec")
		Expect(k8sClient.Create(ctx, manifest)).To(beRefused("spec", "Required value"))
	})

	It("merges the permissions of two owners as a set", func(ctx SpecContext) {
		namespace := inNewNamespace(ctx)
		apply := func(owner string, spec fields) error {
			manifest := role(spec)
			manifest.SetGenerateName("")
			manifest.SetNamespace(namespace)
			manifest.SetName("shared")
			return k8sClient.Apply(ctx, client.ApplyConfigurationFromUnstructured(manifest), client.FieldOwner(owner))
		}
		permissionsNow := func() []string {
			GinkgoHelper()
			got := &v1alpha1.ArizeRole{}
			Expect(k8sClient.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "shared"}, got)).To(Succeed())
			return got.Spec.Permissions
		}
		Expect(apply("one", fields{"permissions": list("PROJECT_READ", "DATASET_READ")})).To(Succeed())
		Expect(apply("two", fields{"permissions": list("DATASET_READ", "DATASET_CREATE")})).To(Succeed())
		Expect(permissionsNow()).To(ConsistOf("PROJECT_READ", "DATASET_READ", "DATASET_CREATE"))

		By("taking away what no other owner wants")
		Expect(apply("one", fields{"permissions": list("PROJECT_READ")})).To(Succeed())
		Expect(apply("two", fields{"permissions": list("DATASET_READ")})).To(Succeed())
		Expect(permissionsNow()).To(ConsistOf("PROJECT_READ", "DATASET_READ"))
	})
})

var _ = Describe("The status of an ArizeRole", func() {
	It("says observedGeneration -1 until somebody has looked", func(ctx SpecContext) {
		created := mustCreate(ctx, &v1alpha1.ArizeRole{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "arizerole-", Namespace: metav1.NamespaceDefault},
			Spec:       v1alpha1.ArizeRoleSpec{Permissions: []string{known}},
		})
		Expect(created.Status).To(Equal(v1alpha1.ArizeRoleStatus{ObservedGeneration: -1}), "in the answer to the create")
		Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(created), created)).To(Succeed())
		Expect(created.Status).To(Equal(v1alpha1.ArizeRoleStatus{ObservedGeneration: -1}), "when read")
		Expect(created.Generation).To(BeEquivalentTo(1))
	})
	It("still says -1 when something else was written first", func(ctx SpecContext) {
		created := mustCreate(ctx, role(nil))
		Expect(k8sClient.Status().Patch(ctx, created, client.RawPatch("application/merge-patch+json", []byte(`{"status":{"roleID":"x"}}`)))).To(Succeed())
		Expect(created.Object["status"]).To(Equal(fields{"roleID": "x", "observedGeneration": int64(-1)}))
	})
	It("can't be given with a create", func(ctx SpecContext) {
		manifest := role(nil)
		manifest.Object["status"] = fields{"roleID": "forged", "origin": "Created", "observedGeneration": int64(1)}
		Expect(mustCreate(ctx, manifest).Object["status"]).To(Equal(fields{"observedGeneration": int64(-1)}))
	})
	It("can't be changed with the spec, nor the spec with it", func(ctx SpecContext) {
		created := createdRole(ctx, nil, v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, RoleID: "x"})
		created.Spec.Description = "Changed."
		created.Status.RoleID = "forged"
		Expect(k8sClient.Update(ctx, created)).To(Succeed())
		Expect(created.Status.RoleID).To(Equal("x"))
		Expect(created.Generation).To(BeEquivalentTo(2))

		created.Spec.Description = "Changed again."
		created.Status.RoleID = "y"
		Expect(k8sClient.Status().Update(ctx, created)).To(Succeed())
		Expect(created.Spec.Description).To(Equal("Changed."))
		Expect(created.Status.RoleID).To(Equal("y"))
		Expect(created.Generation).To(BeEquivalentTo(2), "a status is no new generation")
	})
	It("is accepted when it is as large as its bounds allow", func(ctx SpecContext) {
		want := v1alpha1.ArizeRoleStatus{
			Conditions:         largestConditions(),
			ObservedGeneration: 1 << 62,
			RoleID:             text(256),
			RoleName:           wide(1024),
			Origin:             v1alpha1.OriginAdopted,
			PendingCreate:      &v1alpha1.PendingCreate{Name: wide(255), StartTime: aTime, Digest: text(128)},
			Drift: &v1alpha1.Drift{
				DetectionTime: aTime, Name: wide(1024), Description: new(wide(1024)),
				AddedPermissions: differing(50, 256), RemovedPermissions: differing(50, 256),
			},
			LastHandledReconcileAt: wide(1024),
		}
		got := createdRole(ctx, fields{"permissions": permissions(512), "name": text(255), "description": wide(1000)}, want)
		Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(got), got)).To(Succeed())
		Expect(got.Status).To(BeComparableTo(want))
	})
	It("can say that the remote role has no description", func(ctx SpecContext) {
		got := createdRole(ctx, nil, v1alpha1.ArizeRoleStatus{ObservedGeneration: 1, Drift: &v1alpha1.Drift{DetectionTime: aTime, Description: new("")}})
		Expect(got.Status.Drift.Description).To(HaveValue(BeEmpty()))
	})

	DescribeTable("is refused beyond its bounds", func(ctx SpecContext, status v1alpha1.ArizeRoleStatus, path string) {
		created := &v1alpha1.ArizeRole{}
		Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(mustCreate(ctx, role(nil))), created)).To(Succeed())
		created.Status = status
		Expect(k8sClient.Status().Update(ctx, created)).To(beRefused(path))
	},
		Entry("with an observedGeneration below -1", v1alpha1.ArizeRoleStatus{ObservedGeneration: -2}, "status.observedGeneration"),
		Entry("with an origin that there is not", v1alpha1.ArizeRoleStatus{Origin: "Found"}, "status.origin"),
		Entry("with an intent without a name", v1alpha1.ArizeRoleStatus{PendingCreate: &v1alpha1.PendingCreate{StartTime: aTime}}, "status.pendingCreate.name"),
		Entry("with an intent without a time", v1alpha1.ArizeRoleStatus{PendingCreate: &v1alpha1.PendingCreate{Name: "x"}}, "status.pendingCreate.startTime"),
		Entry("with 51 permissions to add", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{DetectionTime: aTime, AddedPermissions: differing(51, 8)}}, "status.drift.addedPermissions"),
		Entry("with 51 permissions to remove", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{DetectionTime: aTime, RemovedPermissions: differing(51, 8)}}, "status.drift.removedPermissions"),
		Entry("with a drift without a time", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{Name: "x"}}, "status.drift.detectionTime"),
		Entry("with a permission to add twice", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{DetectionTime: aTime, AddedPermissions: []string{known, known}}}, "status.drift.addedPermissions[1]"),
		Entry("with a permission to remove twice", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{DetectionTime: aTime, RemovedPermissions: []string{known, known}}}, "status.drift.removedPermissions[1]"),
		Entry("with a permission to add too long", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{DetectionTime: aTime, AddedPermissions: differing(1, 257)}}, "status.drift.addedPermissions[0]"),
		Entry("with a permission to remove too long", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{DetectionTime: aTime, RemovedPermissions: differing(1, 257)}}, "status.drift.removedPermissions[0]"),
		Entry("with a remote name too long", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{DetectionTime: aTime, Name: wide(1025)}}, "status.drift.name"),
		Entry("with a remote description too long", v1alpha1.ArizeRoleStatus{Drift: &v1alpha1.Drift{DetectionTime: aTime, Description: new(wide(1025))}}, "status.drift.description"),
		Entry("with an intent's name too long", v1alpha1.ArizeRoleStatus{PendingCreate: &v1alpha1.PendingCreate{Name: text(256), StartTime: aTime}}, "status.pendingCreate.name"),
		Entry("with an intent's digest too long", v1alpha1.ArizeRoleStatus{PendingCreate: &v1alpha1.PendingCreate{Name: "x", StartTime: aTime, Digest: text(129)}}, "status.pendingCreate.digest"),
		Entry("with an id too long", v1alpha1.ArizeRoleStatus{RoleID: text(257)}, "status.roleID"),
		Entry("with a name too long", v1alpha1.ArizeRoleStatus{RoleName: wide(1025)}, "status.roleName"),
		Entry("with an answered request too long", v1alpha1.ArizeRoleStatus{LastHandledReconcileAt: text(1025)}, "status.lastHandledReconcileAt"),
		Entry("with 9 conditions", v1alpha1.ArizeRoleStatus{Conditions: append(largestConditions(), condition("Ready", "True", "InSync", ""))}, "status.conditions"),
		Entry("with a condition twice", v1alpha1.ArizeRoleStatus{Conditions: []metav1.Condition{condition("Ready", "True", "InSync", ""), condition("Ready", "True", "InSync", "")}}, "status.conditions[1]"),
	)
})

// around puts each of the values between two others.
func around(with string, values []string) []string {
	all := make([]string, 0, len(values))
	for _, value := range values {
		all = append(all, with+value+with)
	}
	return all
}

// permissions are so many different ones, each as long as one may be.
func permissions(n int) []any {
	all := make([]any, 0, n)
	for i := range n {
		all = append(all, fmt.Sprintf("P_%0126d", i))
	}
	return all
}

// createdRole is a role as the apiserver has it, with the status given.
func createdRole(ctx context.Context, spec fields, status v1alpha1.ArizeRoleStatus) *v1alpha1.ArizeRole {
	GinkgoHelper()
	created := &v1alpha1.ArizeRole{}
	Expect(k8sClient.Get(ctx, client.ObjectKeyFromObject(mustCreate(ctx, role(spec))), created)).To(Succeed())
	created.Status = status
	Expect(k8sClient.Status().Update(ctx, created)).To(Succeed())
	return created
}
