package storetest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// postmaster is a server's first process, whose children are all its others.
type postmaster struct {
	process *os.Process
	ended   chan struct{}
	result  error // once ended is closed
}

// startPostmaster starts the process from a thread that lives as long as the process does, since the process is
// told to end when that thread ends, and not when ours does.
func startPostmaster(cmd *exec.Cmd) (*postmaster, error) {
	p := &postmaster{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		p.result = cmd.Wait()
		close(p.ended)
	}()
	return p, <-started
}

// end sends a signal and waits until the process has ended.
func (p *postmaster) end(signal syscall.Signal) error {
	if err := p.process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopLimit):
		return fmt.Errorf("it runs still, %v after it got the signal %v", stopLimit, signal)
	}
}

// kill kills the children and then the postmaster, which is frozen before, so that it neither sees them end nor
// starts another.
func (p *postmaster) kill() error {
	if err := p.process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	deadline := time.Now().Add(stopLimit)
	for {
		below, err := children(p.process.Pid)
		if err != nil {
			return err
		}
		if len(below) == 0 {
			return p.end(syscall.SIGKILL)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("its children run still: %v", below)
		}
		for _, pid := range below {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
		}
		time.Sleep(beat)
	}
}

// children are the process ids of a process's children that live.
func children(of int) ([]int, error) {
	parents, err := living()
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(parents, func(_, parent int) bool { return parent != of })
	return slices.Sorted(maps.Keys(parents)), nil
}
