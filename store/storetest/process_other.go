//go:build unix && !linux

package storetest

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
)

// belonging has a process run as this user, or as ourselves if nil. Here no signal tells it that we have ended;
// PostgreSQL ends within a minute by itself once its folder is swept.
func belonging(user *syscall.Credential, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: user}
}

// living holds each process's parent, without the processes that have ended and wait to be noticed.
func living() (map[int]int, error) {
	output, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,stat=").Output()
	if err != nil {
		return nil, fmt.Errorf("ps: %w", err)
	}
	parents := make(map[int]int)
	for line := range strings.Lines(string(output)) {
		var pid, parent int
		var state string
		if _, err := fmt.Sscan(line, &pid, &parent, &state); err != nil {
			return nil, fmt.Errorf("ps tells %q: %w", line, err)
		}
		if !strings.HasPrefix(state, "Z") {
			parents[pid] = parent
		}
	}
	return parents, nil
}
