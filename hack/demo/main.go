// Command demo plays the operator's main job on a control plane of its own: a real etcd and kube-apiserver, the manager's
// binary and a simulated Arize, all on loopback. Then it stays up for you to play with, until Ctrl-C.
//
// DEMO=once ends after the story: with 0 when everything that it tells came true, else with 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/arize-operator/arize-operator/hack/stack"
)

func main() {
	ctrl.SetLogger(logr.Discard()) // of the client libraries; the manager has a log of its own
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Stdout, os.Getenv("DEMO") == "once")
	stop()
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "demo: interrupted")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo: FAILED:", err)
		os.Exit(1)
	}
}

// run plays the story and, unless it is for once, stays up until ctx ends.
func run(ctx context.Context, out io.Writer, once bool) (err error) {
	n := newNarrator(out)
	defer n.close()
	n.headline("arize-operator: roles of Arize, declared in Kubernetes")
	n.say("Everything here runs on this machine and on loopback: no cluster, no Arize account, nothing leaves it.")

	n.scene("Set the stage", "A real Kubernetes API needs etcd and kube-apiserver. Arize is simulated, as strict as the real one.")
	plane, err := stack.Start(ctx, stack.Options{Say: n.progress})
	if err != nil {
		return err
	}
	defer func() {
		n.progress("stopping everything and removing %s", plane.Dir)
		err = errors.Join(err, plane.Close())
	}()
	d := &demo{narrator: n, stack: plane}
	if err := d.play(ctx); err != nil {
		return err
	}
	n.headline("That was the story: everything told above was checked while it happened.")
	if once {
		return nil
	}
	return d.stayUp(ctx)
}
