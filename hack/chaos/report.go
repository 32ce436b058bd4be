package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tail is how much of each log a failure shows.
const tail = 60

// explain adds to a failure what helps to understand it, and keeps everything that is too long for that in a directory.
func (s *soak) explain(err error) error {
	requests := s.log()
	kept, keepErr := s.keep(err, requests)
	return errors.Join(fmt.Errorf("chaos FAILED after %s and %d steps: %w\n\nRepeat it with SEED=%d.\n\nThe last steps:\n%s\n\nThe last requests to Arize:\n%s\n\nAll of it, and the manager's log, is in %s",
		time.Since(s.began).Round(time.Second), len(s.steps), err, s.seed,
		strings.Join(last(s.steps), "\n"), strings.Join(last(requests), "\n"), kept), keepErr)
}

func last(lines []string) []string { return lines[max(len(lines)-tail, 0):] }

// keep writes what is known of a failure into a directory of its own.
func (s *soak) keep(failure error, requests []string) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "arize-chaos-"); err != nil {
		return "", err
	}
	write := func(name string, lines []string) {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600)) //nolint:gosec // a directory of our own
	}
	write("failure.txt", []string{fmt.Sprintf("SEED=%d", s.seed), failure.Error()})
	write("steps.txt", s.steps)
	write("requests.txt", requests)
	write("ledger.txt", s.ledger.lines())
	log, readErr := os.ReadFile(s.manager.Log) //nolint:gosec // our own log
	write("manager.log", []string{string(log)})
	return dir, errors.Join(err, readErr)
}

// lines is what the ledger knows, a line for each ArizeRole.
func (l *ledger) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, f := range l.files {
		status, _ := json.Marshal(f.status) //nolint:errchkjson // it came as JSON
		lines = append(lines, fmt.Sprintf("%s %s in %s: held %v, born %v, gone %t, %s", f.key, f.uid, f.account, keys(f.held), keys(f.born), f.gone, status))
	}
	slices.Sort(lines)
	return lines
}

// tally says in one line what a soak consisted of.
func (s *soak) tally() string {
	counts := map[string]int{}
	for _, count := range s.arize.Counts() {
		counts[strings.Fields(count.Route)[0]] += count.Requests
	}
	return fmt.Sprintf("%d steps; requests to Arize: %d GET, %d POST, %d PATCH, %d DELETE; %d ArizeRoles, %d remote roles",
		len(s.steps), counts["GET"], counts["POST"], counts["PATCH"], counts["DELETE"], len(s.ledger.files), len(s.ledger.remotes))
}
