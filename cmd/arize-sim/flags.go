package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// logLimit is how many requests the log keeps: a simulator may run for days.
const logLimit = 20_000

// config is what the command line says.
type config struct {
	listen    string
	portFile  string
	stateFile string
	keys      []string
	seedRoles int
	log       bool
	options   arizetest.Options
}

const usage = `arize-sim serves a simulated Arize: the REST API of roles and role bindings under /v2,
and a control API under /_sim/ (GET /_sim/ lists it) that needs no key.

Usage: arize-sim [flags]

`

func parse(args []string, output io.Writer) (config, error) {
	c := config{}
	settings := &c.options.Settings
	flags := flag.NewFlagSet("arize-sim", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.Usage = func() {
		_, _ = io.WriteString(output, usage) // nowhere to complain
		flags.PrintDefaults()
	}
	flags.StringVar(&c.listen, "listen", "127.0.0.1:9090", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&c.portFile, "port-file", "", "`file` to write the port to, once it is listened on")
	flags.StringVar(&c.stateFile, "state", "", "`file` that keeps roles, bindings and keys; none if empty")
	flags.Func("api-key", "`key` to accept, repeatable; default $ARIZE_API_KEY, else "+arizetest.DefaultKey,
		func(key string) error {
			if key == "" {
				return errors.New("a key can't be empty")
			}
			c.keys = append(c.keys, key)
			return nil
		})
	flags.DurationVar(&settings.Latency, "latency", 0, "what every request takes, such as 50ms")
	flags.DurationVar(&settings.LatencyJitter, "latency-jitter", 0, "the most that is added to it at random")
	flags.Float64Var(&settings.RequestsPerSecond, "requests-per-second", 0, "`rate` allowed per account; 0 is unlimited")
	flags.IntVar(&settings.Burst, "burst", 20, "requests allowed at once, when there is a rate")
	flags.IntVar(&c.seedRoles, "seed-roles", 0, "`number` of custom roles to start with")
	flags.Uint64Var(&c.options.Seed, "seed", 0, "a `number` that makes everything random repeatable; 0 takes one at random")
	flags.BoolVar(&c.log, "log", false, "print one line per request")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if key := os.Getenv("ARIZE_API_KEY"); key != "" && len(c.keys) == 0 {
		c.keys = []string{key}
	}
	if c.options.Seed == 0 {
		c.options.Seed = rand.Uint64() //nolint:gosec // guards nothing
	}
	c.options.LogLimit = logLimit
	c.options.WithoutDefaultKey = len(c.keys) > 0
	return c, nil
}
