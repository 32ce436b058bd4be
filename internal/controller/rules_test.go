package controller_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// meaning is what a reason of an ArizeRole's Ready condition stands for, as
// docs/arizerole.md has it.
type meaning struct {
	ready   metav1.ConditionStatus
	stalled bool
}

var meanings = map[string]meaning{
	v1alpha1.ReasonInSync:          {ready: metav1.ConditionTrue},
	v1alpha1.ReasonReporting:       {ready: metav1.ConditionTrue},
	v1alpha1.ReasonSuspended:       {ready: metav1.ConditionTrue},
	v1alpha1.ReasonProgressing:     {ready: metav1.ConditionUnknown},
	v1alpha1.ReasonAccountNotReady: {ready: metav1.ConditionFalse},
	v1alpha1.ReasonRateLimited:     {ready: metav1.ConditionFalse},
	v1alpha1.ReasonUnavailable:     {ready: metav1.ConditionFalse},
	v1alpha1.ReasonDeletionBlocked: {ready: metav1.ConditionFalse},
	v1alpha1.ReasonRejected:        {ready: metav1.ConditionFalse, stalled: true},
	v1alpha1.ReasonForbidden:       {ready: metav1.ConditionFalse, stalled: true},
	v1alpha1.ReasonPredefined:      {ready: metav1.ConditionFalse, stalled: true},
	v1alpha1.ReasonNameTaken:       {ready: metav1.ConditionFalse, stalled: true},
	v1alpha1.ReasonClaimed:         {ready: metav1.ConditionFalse, stalled: true},
	v1alpha1.ReasonNotFound:        {ready: metav1.ConditionFalse, stalled: true},
	v1alpha1.ReasonNotConverging:   {ready: metav1.ConditionFalse, stalled: true},
	v1alpha1.ReasonContended:       {ready: metav1.ConditionFalse, stalled: true},
}

// secrets are the keys that nobody may ever read in Kubernetes.
var secrets = []string{arizetest.DefaultKey, "another-key", "new-key", "key-of-another"}

// observer reads every version of every object of ours that any spec brings about,
// every event and the log, and notes what breaks a rule that always holds.
type observer struct {
	mu      sync.Mutex
	broken  []string
	reasons map[string]bool // of Ready, that were met
}

var rules = &observer{reasons: map[string]bool{}}

// watch begins, and fails the suite when it ends.
func (o *observer) watch() {
	watching, err := client.NewWithWatch(config, client.Options{Scheme: k8s.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	ctx, stop := context.WithCancel(context.Background())
	var watches sync.WaitGroup
	for _, list := range []client.ObjectList{&v1alpha1.ArizeRoleList{}, &v1alpha1.ArizeAccountList{}, &eventsv1.EventList{}} {
		stream, err := watching.Watch(ctx, list)
		Expect(err).NotTo(HaveOccurred())
		watches.Go(func() {
			for event := range stream.ResultChan() {
				o.see(event.Object)
			}
		})
	}
	DeferCleanup(func() {
		stop()
		watches.Wait()
		Expect(o.broken).To(BeEmpty())
	})
}

var _ = ReportAfterSuite("Every documented reason is reached in a spec", func(report Report) {
	everything := report.PreRunStats.SpecsThatWillRun == report.PreRunStats.TotalSpecs
	if report.SuiteSucceeded && everything {
		Expect(slices.Collect(maps.Keys(rules.reasons))).To(ConsistOf(slices.Collect(maps.Keys(meanings))))
	}
})

func (o *observer) see(object runtime.Object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if text, err := json.Marshal(object); err != nil || showsKey(text) {
		o.broken = append(o.broken, fmt.Sprintf("%T shows a key (or is none: %v)", object, err))
	}
	role, ok := object.(*v1alpha1.ArizeRole)
	if !ok {
		return
	}
	if reason := readyReason(role.Status.Conditions); reason != "" {
		o.reasons[reason] = true
	}
	for _, rule := range brokenRules(role) {
		o.broken = append(o.broken, fmt.Sprintf("%s/%s: %s: %+v", role.Namespace, role.Name, rule, role.Status))
	}
}

// Write is for the log of the manager.
func (o *observer) Write(line []byte) (int, error) {
	if showsKey(line) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.broken = append(o.broken, "the log shows a key: "+string(line))
	}
	return len(line), nil
}

// dumped is the readable part of a line that client-go logs of a body in binary.
var dumped = regexp.MustCompile(`\|(.{1,16})\|`)

func showsKey(text []byte) bool {
	plain := []byte{}
	for _, part := range dumped.FindAllSubmatch(text, -1) {
		plain = append(plain, part[1]...)
	}
	return slices.ContainsFunc(secrets, func(secret string) bool {
		return bytes.Contains(text, []byte(secret)) || bytes.Contains(plain, []byte(secret)) ||
			bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString([]byte(secret))))
	})
}

// brokenRules are those that hold for every version of every ArizeRole.
func brokenRules(role *v1alpha1.ArizeRole) []string {
	status, conditions := role.Status, role.Status.Conditions
	if len(conditions) == 0 {
		return unless(map[string]bool{
			"an ArizeRole that nobody looked at is not current": status.ObservedGeneration == -1,
			"nothing is said of it":                             status.RoleID == "" && status.Origin == "" && status.PendingCreate == nil,
		})
	}
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return []string{"Ready is always there"}
	}
	want, known := meanings[ready.Reason]
	stalled, reconciling, drifted := has(role, v1alpha1.ConditionStalled), has(role, v1alpha1.ConditionReconciling), has(role, v1alpha1.ConditionDrifted)
	return unless(map[string]bool{
		"the reason is a documented one":                             known,
		"Ready is what the reason means":                             ready.Status == want.ready,
		"Stalled is what the reason means":                           stalled == want.stalled,
		"Reconciling is there while it is neither Ready nor Stalled": reconciling == (ready.Status != metav1.ConditionTrue && !stalled),
		"all but Ready are there only while they are True": !slices.ContainsFunc(conditions, func(c metav1.Condition) bool {
			return c.Type != v1alpha1.ConditionReady && c.Status != metav1.ConditionTrue
		}),
		"every condition says which generation it speaks of": !slices.ContainsFunc(conditions, func(c metav1.Condition) bool {
			return c.ObservedGeneration < max(status.ObservedGeneration, 1) || c.ObservedGeneration > role.Generation
		}),
		"every condition has a message that is a sentence": !slices.ContainsFunc(conditions, func(c metav1.Condition) bool {
			return !strings.HasSuffix(c.Message, ".")
		}),
		"Drifted goes with status.drift":              drifted == (status.Drift != nil),
		"what is in sync does not differ":             ready.Reason != v1alpha1.ReasonInSync || !drifted,
		"what is in sync is ours, and known":          ready.Reason != v1alpha1.ReasonInSync || status.Origin != "" && status.RoleID != "" && status.RoleName != "",
		"what is in sync is not being created":        ready.Reason != v1alpha1.ReasonInSync || status.PendingCreate == nil,
		"what is ours has an id":                      status.Origin == "" || status.RoleID != "",
		"an id and its name come together":            (status.RoleID == "") == (status.RoleName == ""),
		"an id given by a person is the one recorded": role.Spec.RoleID == "" || status.RoleID == "" || status.RoleID == role.Spec.RoleID,
	})
}

// unless are the rules that do not hold.
func unless(rules map[string]bool) []string {
	broken := []string{}
	for rule, holds := range rules {
		if !holds {
			broken = append(broken, rule)
		}
	}
	return broken
}
