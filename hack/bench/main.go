// Command bench drives many ArizeRoles through their lives on a real control plane, with the manager as a process and a
// simulated Arize that is as slow as a remote one, and prints what that cost: requests to Arize, requests to Kubernetes,
// time and memory. What the operator promises to cost at most is checked; if it costs more, bench says so and exits with 1.
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
	say         func(format string, args ...any)
}

func main() {
	ctrl.SetLogger(logr.Discard()) // of the client libraries; the manager has a log of its own
	s, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err = report(ctx, s, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	s := settings{say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }}
	roles, err := strconv.Atoi(orDefault(os.Getenv("N"), "1000"))
	if err != nil {
		return s, fmt.Errorf("the environment variable N: %w", err)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.roles, "n", roles, "how many ArizeRoles; also by the environment variable N")
	flags.DurationVar(&s.latency, "latency", 50*time.Millisecond, "what every request to Arize takes")
	flags.IntVar(&s.concurrency, "concurrency", 16, "how many ArizeRoles the manager reconciles at once")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.roles < 2 || s.concurrency < 1 || flags.NArg() > 0 {
		return s, errors.New("at least 2 roles and a concurrency of 1 are needed, and no arguments but flags")
	}
	return s, nil
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// report runs the benchmark and prints what it measured. That a promise was broken is an error.
func report(ctx context.Context, s settings, out io.Writer) error {
	result, err := run(ctx, s)
	if result != nil {
		fmt.Fprint(out, result.markdown())
		if broken := len(result.broken()); broken > 0 {
			err = errors.Join(err, fmt.Errorf("%d promises are broken, see above", broken))
		}
	}
	return err
}
