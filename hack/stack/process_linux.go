package stack

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// attributes keep a process out of our process group, so that a Ctrl-C reaches only us and things stop in order, and let
// it die with us however we die.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func memoryOf(pid int) (Memory, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	var m Memory
	for line := range bytes.Lines(data) {
		fields := bytes.Fields(line) // such as VmHWM: 12345 kB
		if len(fields) != 3 {
			continue
		}
		kib, err := strconv.ParseInt(string(fields[1]), 10, 64)
		if err != nil {
			continue
		}
		switch string(fields[0]) {
		case "VmRSS:":
			m.Resident = kib << 10
		case "VmHWM:":
			m.Peak = kib << 10
		}
	}
	if m.Peak == 0 {
		return Memory{}, fmt.Errorf("process %d: %w", pid, errNotRunning) // a zombie has no memory
	}
	return m, nil
}
