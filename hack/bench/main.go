// Command bench drives many ArizeRoles through their lives on a real control plane, with the manager as a process and a
// simulated Arize that is as slow as a remote one, and writes down what that cost: requests to Arize, requests to
// Kubernetes, time and memory, beside what a textbook reconciler costs and what is physically possible. What the operator
// promises to cost at most is checked; if it costs more, bench says so and exits with 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// settings say how much is driven, and against how slow an Arize.
type settings struct {
	roles       int           // ArizeRoles
	latency     time.Duration // of every request to Arize
	concurrency int           // of the manager, and of the clients that create and delete
	outage      time.Duration // how long Arize is down in the scenario of that name
	poll        time.Duration // how often the textbook reconciler looks at a role, and how long it is watched doing so
	probe       time.Duration // how long is measured what the apiserver can do
	pprof       string        // where the operator serves its profiles
	// brief leaves out what takes long whatever the number of roles: waiting for a lease to run out, and for a sweep to
	// come by itself.
	brief bool
	say   func(format string, args ...any)
}

// job is what the command line asks for.
type job struct {
	settings

	sizes  []int // numbers of roles, each a run of its own
	out    string
	render bool // write the pages anew, from what was measured before
}

func main() {
	ctrl.SetLogger(logr.Discard()) // of the client libraries; the manager has a log of its own
	j, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err = j.do(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (job, error) {
	var j job
	j.say = func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%s bench: "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
	}
	var sizes string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&sizes, "n", "100,1000,10000", "how many ArizeRoles; a list makes several runs")
	flags.StringVar(&j.out, "out", "bin/bench", "directory of the results; those of other numbers of roles are kept")
	flags.BoolVar(&j.render, "render", false, "measure nothing, write the pages anew from the results")
	flags.DurationVar(&j.latency, "latency", 50*time.Millisecond, "what every request to Arize takes")
	flags.IntVar(&j.concurrency, "concurrency", 16, "how many ArizeRoles the manager reconciles at once")
	flags.DurationVar(&j.outage, "outage", time.Minute, "how long Arize is down; no shorter than a poll, or the textbook reconciler may not notice")
	flags.DurationVar(&j.poll, "poll", time.Minute, "how often the textbook reconciler looks at a role")
	flags.DurationVar(&j.probe, "probe", 10*time.Second, "how long is measured what the apiserver can do")
	flags.StringVar(&j.pprof, "pprof", "", "address of the operator's profiles, to be read while it is measured")
	if err := flags.Parse(args); err != nil {
		return j, err
	}
	for text := range strings.FieldsFuncSeq(sizes, func(r rune) bool { return r == ',' || r == ' ' }) {
		size, err := strconv.Atoi(text)
		if err != nil {
			return j, fmt.Errorf("-n: %w", err)
		}
		j.sizes = append(j.sizes, size)
		if size < 2 {
			return j, errors.New("at least 2 roles are needed")
		}
	}
	if len(j.sizes) == 0 || j.concurrency < 1 || flags.NArg() > 0 {
		return j, errors.New("a number of roles and a concurrency of at least 1 are needed, and no arguments but flags")
	}
	return j, nil
}

// do measures and publishes. That a promise was broken is an error, once everything is written.
func (j job) do(ctx context.Context, out io.Writer) error {
	results, err := readResults(j.out)
	if err != nil {
		return err
	}
	if j.render {
		return results.publish(j.out)
	}
	broken := 0
	for _, size := range j.sizes {
		j.roles = size
		measured, err := run(ctx, j.settings)
		if measured != nil {
			fmt.Fprint(out, measured.markdown())
			broken += len(measured.broken())
		}
		if err != nil {
			return err // half a run is not published
		}
		results = results.with(*measured)
		if err := results.publish(j.out); err != nil {
			return err
		}
	}
	fmt.Fprint(out, results.goalsMarkdown())
	if broken > 0 {
		return fmt.Errorf("%d promises are broken, see above", broken)
	}
	return nil
}
