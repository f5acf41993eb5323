package storetest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	startLimit = 2 * time.Minute      // to start, which includes recovering from a crash
	stopLimit  = time.Minute          // to end after a signal
	beat       = 5 * time.Millisecond // between two looks whether something has come about
	logTail    = 4000                 // bytes of the server's log that an error shows
	port       = "5432"               // a part of the socket's name, and nothing more
	superuser  = "postgres"           // whom initdb makes
)

// cluster is one data folder, and the postmaster that may run on it. It is reached by a socket in a folder that is
// closed to other users, and by no network.
type cluster struct {
	bin, folder string
	owner       *syscall.Credential
	settings    []string
	last        atomic.Pointer[postmaster]
}

func newCluster(settings ...string) (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	owner, err := serverUser()
	if err != nil {
		return nil, err
	}
	folder, err := newFolder(owner)
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, folder: folder, owner: owner, settings: settings}
	if err := c.initdb(); err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

// initdb makes the data folder. Text sorts by its bytes, on whatever machine, and as it does in SQLite.
func (c *cluster) initdb() error {
	cmd := c.command("initdb", "--pgdata="+c.data(), "--username="+superuser, "--auth=trust", "--no-sync",
		"--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8", "--lc-collate=C")
	cmd.SysProcAttr = belonging(c.owner, syscall.SIGKILL)
	runtime.LockOSThread() // What is started is killed when the thread that started it ends.
	defer runtime.UnlockOSThread()
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s/initdb: %w\n%s", c.bin, err, output)
	}
	return nil
}

func (c *cluster) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir = c.folder // Its user may not be able to look into ours.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "PG") })
	return cmd
}

func (c *cluster) data() string    { return filepath.Join(c.folder, "data") }
func (c *cluster) logFile() string { return filepath.Join(c.folder, "log") }

// address names everything in which a PG… variable of the environment could lead astray.
func (c *cluster) address(database string) string {
	query := url.Values{"host": {c.folder}, "port": {port}, "sslmode": {"disable"}}
	return "postgres://" + superuser + "@/" + database + "?" + query.Encode()
}

// start starts the postmaster and returns when it takes connections.
func (c *cluster) start() error {
	if c.running() != nil {
		return errors.New("this PostgreSQL runs already")
	}
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	// Shared memory as files in the data folder goes when the folder goes, even that of a server that was killed.
	args := []string{"-D", c.data(), "-p", port, "-c", "listen_addresses=", "-c", "unix_socket_directories=" + c.folder,
		"-c", "dynamic_shared_memory_type=mmap"}
	for _, setting := range c.settings {
		args = append(args, "-c", setting)
	}
	cmd := c.command("postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = belonging(c.owner, syscall.SIGQUIT)
	p, err := startPostmaster(cmd)
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	c.last.Store(p)
	if err := c.await(p); err != nil {
		return fmt.Errorf("start PostgreSQL: %w\n%s", err, c.tail())
	}
	return nil
}

// await returns when the server takes connections.
func (c *cluster) await(p *postmaster) error {
	deadline := time.After(startLimit)
	for {
		err := execute(c.address("postgres"), "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("it ended with %v", p.result)
		case <-deadline:
			return fmt.Errorf("it takes no connections after %v: %w", startLimit, err)
		case <-time.After(beat):
		}
	}
}

// running is the postmaster, or nil if it was not started or has ended.
func (c *cluster) running() *postmaster {
	p := c.last.Load()
	if p == nil {
		return nil
	}
	select {
	case <-p.ended:
		return nil
	default:
		return p
	}
}

// stop is PostgreSQL's fast shutdown: clients are sent away, and everything is written.
func (c *cluster) stop() error {
	p := c.running()
	if p == nil {
		return nil
	}
	if err := p.end(syscall.SIGINT); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w\n%s", err, c.tail())
	}
	return nil
}

func (c *cluster) kill() error {
	p := c.running()
	if p == nil {
		return nil
	}
	if err := p.kill(); err != nil {
		return fmt.Errorf("kill PostgreSQL: %w", err)
	}
	return nil
}

// remove ends the server, if it runs, and throws everything away.
func (c *cluster) remove() {
	if p := c.running(); p != nil && p.end(syscall.SIGQUIT) != nil {
		_ = p.kill()
	}
	removeFolder(c.folder)
}

// tail is the end of the server's log.
func (c *cluster) tail() string {
	log, err := os.ReadFile(c.logFile())
	if err != nil {
		return err.Error()
	}
	return string(log[max(0, len(log)-logTail):])
}
