package storetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// belonging has a process run as this user, or as ourselves if nil, and get the signal when the thread that
// started it ends, be it by SIGKILL. It is a group of its own, for an interrupt at the terminal is not meant for it.
func belonging(user *syscall.Credential, atDeath syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: user, Pdeathsig: atDeath, Setpgid: true}
}

// living holds each process's parent, without the processes that have ended and wait to be noticed.
func living() (map[int]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	parents := make(map[int]int, len(files))
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // It has ended since.
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		// A line is: pid (name) state parent and so on; the name may hold anything.
		var state string
		var parent int
		if _, err := fmt.Sscan(string(stat[bytes.LastIndexByte(stat, ')')+1:]), &state, &parent); err != nil {
			return nil, fmt.Errorf("%s tells %q: %w", file, stat, err)
		}
		if state != "Z" {
			parents[pid] = parent
		}
	}
	return parents, nil
}
