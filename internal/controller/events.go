package controller

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// reporter is the name that events are reported under.
const reporter = "arize-operator"

// Bounds of what the apiserver takes.
const (
	maxNote     = 1024
	maxInstance = 128
	// maxEventBase leaves room for what makes the name of an event unique.
	maxEventBase = 253 - 17
)

// recorder writes an Event at once, and keeps nothing. That of client-go remembers each for minutes, to count repetitions:
// of ten thousand roles that took more memory than the roles themselves. Transitions do not repeat.
type recorder struct {
	client   client.Client
	instance string
}

func newRecorder(c client.Client) recorder {
	host, _ := os.Hostname() // without one the instance is not told apart, which is all
	return recorder{client: c, instance: cut(reporter+"-"+host, maxInstance)}
}

// transition is what an Event says.
type transition struct {
	kind, reason, action, note string // kind is Normal or Warning
}

// record tells of a transition of an object. That nobody hears of it is no reason to fail: the status says the same.
func (r recorder) record(ctx context.Context, object client.Object, related *corev1.ObjectReference, what transition) {
	now := time.Now()
	base := strings.TrimRight(fmt.Sprintf("%.*s", maxEventBase, object.GetName()), ".-")
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: object.GetNamespace(),
			Name:      fmt.Sprintf("%s.%x", base, now.UnixNano()),
		},
		EventTime:           metav1.NewMicroTime(now),
		ReportingController: reporter,
		ReportingInstance:   r.instance,
		Type:                what.kind, Reason: what.reason, Action: what.action, Note: cut(what.note, maxNote),
		Related: related,
	}
	kind, err := r.client.GroupVersionKindFor(object)
	if err == nil {
		event.Regarding = corev1.ObjectReference{
			APIVersion: kind.GroupVersion().String(), Kind: kind.Kind,
			Namespace: object.GetNamespace(), Name: object.GetName(), UID: object.GetUID(), ResourceVersion: object.GetResourceVersion(),
		}
		err = r.client.Create(ctx, event)
	}
	if err != nil {
		log.FromContext(ctx).V(1).Info("Failed to write an Event", "reason", what.reason, "error", err.Error())
	}
}
