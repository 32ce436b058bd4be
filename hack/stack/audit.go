package stack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
)

// auditPolicy makes the apiserver write down, once it is over, every request of the manager and of nobody else.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
  users: ["` + string(operator) + `"]
- level: None
`

// Access is one request of the manager to the apiserver.
type Access struct {
	Verb     string `json:"verb"`
	Resource Object `json:"objectRef"`
}

// Object is what a request was about.
type Object struct {
	Group     string `json:"apiGroup"`
	Resource  string `json:"resource"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Writes says whether the request was meant to change something, whatever came of it.
func (a Access) Writes() bool {
	switch a.Verb {
	case "get", "list", "watch":
		return false
	default:
		return true
	}
}

// AuditLog is the apiserver's record of what the manager asked for.
type AuditLog struct {
	path string

	mu     sync.Mutex
	offset int64 // up to where it was read
	read   []Access
}

// All returns every request so far, in the order in which they ended. A slice of it that starts at an earlier length is
// what came since.
func (l *AuditLog) All() ([]Access, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	file, err := os.Open(l.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // was only read
	data, err := io.ReadAll(io.NewSectionReader(file, l.offset, 1<<40))
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(data) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // still being written
		}
		var access Access
		if err := json.Unmarshal(line, &access); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		l.read = append(l.read, access)
		l.offset += int64(len(line))
	}
	return slices.Clip(l.read), nil
}
