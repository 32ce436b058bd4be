package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	eventsv1 "k8s.io/api/events/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
)

// logScan remembers how far a log was read.
type logScan struct{ offset int64 }

// overlap is read again, so that nothing hides between two reads.
const overlap = 1 << 10

// find looks for secrets, and for panics, in what was added to a log since the last call.
func (l *logScan) find(path string, secrets []string) error {
	file, err := os.Open(path) //nolint:gosec // our own log
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // was only read
	data, err := io.ReadAll(io.NewSectionReader(file, max(l.offset-overlap, 0), 1<<40))
	if err != nil {
		return err
	}
	l.offset = max(l.offset-overlap, 0) + int64(len(data))
	return errors.Join(findSecret(path, data, secrets), findPanic(path, data))
}

// findPanic looks for what a manager that goes on says after a panic in a reconcile, and for what the race detector says:
// GOFLAGS=-race builds the manager with it.
func findPanic(where string, text []byte) error {
	for _, words := range []string{"Observed a panic", "WARNING: DATA RACE"} {
		if at := bytes.Index(text, []byte(words)); at >= 0 {
			return fmt.Errorf("%s has %q: %s", where, words, text[at:min(at+4000, len(text))])
		}
	}
	return nil
}

// findSecret looks for secrets in a text, as they are or in base64, which is how a Secret is stored.
func findSecret(where string, text []byte, secrets []string) error {
	for _, secret := range secrets {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
			at := bytes.Index(text, []byte(form))
			if at < 0 {
				continue
			}
			return fmt.Errorf("a key is in %s: ...%s", where, bytes.ReplaceAll(text[max(at-200, 0):min(at+len(form)+50, len(text))], []byte(form), []byte("[KEY]")))
		}
	}
	return nil
}

func (s *soak) nothingInLog(context.Context) error { return s.logs.find(s.manager.Log, s.secrets) }

// noKeyStored looks for keys in everything that the manager writes into Kubernetes.
func (s *stage) noKeyStored(ctx context.Context) error {
	var roles v1alpha1.ArizeRoleList
	var accounts v1alpha1.ArizeAccountList
	var events eventsv1.EventList
	err := errors.Join(s.Client.List(ctx, &roles), s.Client.List(ctx, &accounts), s.Client.List(ctx, &events))
	if err != nil {
		return err
	}
	for where, objects := range map[string]any{"an ArizeRole": roles, "an ArizeAccount": accounts, "an Event": events} {
		text, err := json.Marshal(objects)
		if err != nil {
			return err
		}
		if err := findSecret(where, text, s.secrets); err != nil {
			return err
		}
	}
	return nil
}
