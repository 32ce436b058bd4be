package main

import (
	"context"
	"fmt"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// stayUp leaves everything running until ctx ends, which is how a person ends it, or until a part of it breaks.
func (d *demo) stayUp(ctx context.Context) error {
	if err := d.kubectl(ctx, "apply", "-k", d.samples); err != nil {
		return err
	}
	d.say("The samples are there again, and everything stays up until you press Ctrl-C. In another terminal:")
	d.gap()
	for _, hint := range []struct{ command, about string }{
		{"export KUBECONFIG=" + d.stack.Kubeconfig, ""},
		{"kubectl get arize -A", "accounts and roles"},
		{"kubectl -n " + team + " edit arizerole " + engineer, "change a role, and see Arize follow"},
		{"kubectl explain arizerole.spec", "what can be declared"},
		{"curl -s " + d.sim.URL + "/_sim/", "what the simulated Arize can be told to do"},
		{"curl -s " + d.sim.URL + "/v2/roles -H 'Authorization: Bearer " + arizetest.DefaultKey + "'", "its API, as Arize's"},
		{"tail -f " + d.manager.Log, "what the manager says"},
	} {
		if hint.about != "" {
			d.say("  # %s", hint.about)
		}
		d.say("  %s", hint.command)
	}
	d.gap()
	d.say("No kubectl at hand? There is one in $(make -s assets).")
	broken := d.manager.Process
	select {
	case <-ctx.Done():
		d.gap()
		return nil
	case <-d.manager.Ended():
	case <-d.sim.Ended():
		broken = d.sim.Process
	case <-d.stack.APIServer.Ended():
		broken = d.stack.APIServer
	case <-d.stack.Etcd.Ended():
		broken = d.stack.Etcd
	}
	return fmt.Errorf("%s ended by itself; the end of its log:\n%s", broken.Name, broken.Tail())
}
