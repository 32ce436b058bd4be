//go:build unix && !linux

package stack

import "syscall"

// attributes keep a process out of our process group, so that a Ctrl-C reaches only us and things stop in order.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// memoryOf knows nothing here.
func memoryOf(int) (Memory, error) { return Memory{}, nil }
