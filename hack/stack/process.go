package stack

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// patience is how long a process may take to stop before it is killed.
const patience = 45 * time.Second

// errNotRunning is the answer to what can only be asked of a running process.
var errNotRunning = errors.New("not running")

// Process is a program that can be started, killed and started again. Its output goes to one file.
type Process struct {
	// Name is for messages.
	Name string
	// Log is the file with the output of all its lives.
	Log string

	path  string
	args  []string
	ready func(context.Context) error // nil: ready as soon as it is started

	mu   sync.Mutex
	life *life
}

// life is one run of a process.
type life struct {
	process *os.Process
	ended   chan struct{}
	err     error // how it ended; valid once ended is closed
}

// Start starts the process and waits until it is ready. One that ends or does not get ready is an error with the end of
// its log, and is not left behind.
func (p *Process) Start(ctx context.Context) error {
	current, err := p.launch(ctx)
	if err != nil || p.ready == nil {
		return err
	}
	waiting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-current.ended:
			cancel(fmt.Errorf("it ended: %w", cmp.Or(current.err, errors.New("exit status 0"))))
		case <-waiting.Done():
		}
	}()
	if err := Await(waiting, p.Name+" to be ready", p.ready); err != nil {
		return errors.Join(fmt.Errorf("%w\nThe end of its log:\n%s", err, p.Tail()), p.Kill())
	}
	return nil
}

func (p *Process) launch(ctx context.Context) (*life, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.running() {
		return nil, fmt.Errorf("%s is running already", p.Name)
	}
	log, err := os.OpenFile(p.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	// Not the context's end but Stop or Kill ends it: the order matters.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.path, p.args...) //nolint:gosec // what a stack starts is up to its code
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", p.Name, err), log.Close())
	}
	current := &life{process: cmd.Process, ended: make(chan struct{})}
	go func() {
		current.err = errors.Join(cmd.Wait(), log.Close())
		close(current.ended)
	}()
	p.life = current
	return current, nil
}

// Stop asks the process to end (SIGTERM) and waits for it. One that does not end in time is killed, and that is an error.
func (p *Process) Stop() error {
	current := p.current()
	if !current.running() {
		return nil
	}
	if err := current.process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", p.Name, err)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-current.ended:
		return nil
	case <-timer.C:
		return errors.Join(fmt.Errorf("%s did not stop in %s", p.Name, patience), p.Kill())
	}
}

// Kill ends the process at once (SIGKILL), and returns when it is gone.
func (p *Process) Kill() error {
	current := p.current()
	if !current.running() {
		return nil
	}
	if err := current.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", p.Name, err)
	}
	<-current.ended
	return nil
}

// Ended is closed when the process, as started last, is gone. Before the first start it is nil.
func (p *Process) Ended() <-chan struct{} {
	if current := p.current(); current != nil {
		return current.ended
	}
	return nil
}

// Running says whether the process is there.
func (p *Process) Running() bool { return p.current().running() }

// PID is the process's id, or 0.
func (p *Process) PID() int {
	if current := p.current(); current.running() {
		return current.process.Pid
	}
	return 0
}

// Memory is how much memory the process has resident now, and had at most in this life.
func (p *Process) Memory() (Memory, error) {
	pid := p.PID()
	if pid == 0 {
		return Memory{}, fmt.Errorf("%s: %w", p.Name, errNotRunning)
	}
	return memoryOf(pid)
}

// Memory is in bytes; where the system does not tell, it is zero.
type Memory struct{ Resident, Peak int64 }

// Tail is the end of the log.
func (p *Process) Tail() string {
	const lines = 20
	data, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimRight(data, "\n"), []byte("\n"))
	return string(bytes.Join(all[max(len(all)-lines, 0):], []byte("\n")))
}

func (p *Process) current() *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life
}

func (l *life) running() bool {
	if l == nil {
		return false
	}
	select {
	case <-l.ended:
		return false
	default:
		return true
	}
}
