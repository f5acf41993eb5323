package storetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// folderPrefix comes before the process id of the folder's owner, by which a later process knows whether it is
// still needed.
const folderPrefix = "scrip-postgres-"

// socketLimit is how long a socket's path may be: 103 bytes on some systems, 107 on others.
const socketLimit = 100

// serverUser is whom PostgreSQL runs as: ourselves (nil), or, since it refuses root, somebody with fewer rights.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			return credential(found)
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody; " +
		"run the tests as another user")
}

func credential(found *user.User) (*syscall.Credential, error) {
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", found.Username, err)
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", found.Username, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// newFolder makes a folder for the server's user and nobody else, after sweeping up those that nobody needs.
func newFolder(owner *syscall.Credential) (string, error) {
	base := os.TempDir()
	if owner != nil && !open(base) {
		base = "/tmp"
	}
	sweep(base)
	folder, err := os.MkdirTemp(base, fmt.Sprintf("%s%d-", folderPrefix, os.Getpid()))
	if err != nil {
		return "", err
	}
	if owner != nil {
		err = os.Chown(folder, int(owner.Uid), int(owner.Gid))
	}
	if socket := filepath.Join(folder, ".s.PGSQL."+port); len(socket) > socketLimit {
		err = errors.Join(err, fmt.Errorf("%s is too long for a socket; set TMPDIR to a shorter path", socket))
	}
	if err != nil {
		removeFolder(folder)
		return "", err
	}
	return folder, nil
}

// open tells whether any user may go through a folder and all those above it.
func open(folder string) bool {
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm()&0o001 == 0 {
		return false
	}
	above := filepath.Dir(folder)
	return above == folder || open(above)
}

// sweep removes the folders of processes that were killed and could not remove them.
func sweep(base string) {
	folders, _ := filepath.Glob(filepath.Join(base, folderPrefix+"*")) // The only error is a bad pattern.
	for _, folder := range folders {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), folderPrefix), "-")
		if owner, err := strconv.Atoi(pid); err == nil && ended(owner) {
			removeFolder(folder)
		}
	}
}

func ended(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// removeFolder removes as much as it can; what it leaves, a later sweep finds.
func removeFolder(folder string) {
	if segment := segmentOf(folder); segment != "" {
		_ = exec.Command("ipcrm", "-m", segment).Run()
	}
	_ = os.RemoveAll(folder)
}

// segmentOf is the id of the System V shared memory of a server that runs or was killed, else "". It is the last
// word on the seventh line of postmaster.pid.
func segmentOf(folder string) string {
	lock, err := os.ReadFile(filepath.Join(folder, "data", "postmaster.pid"))
	if err != nil {
		return ""
	}
	lines := strings.Split(string(lock), "\n")
	if len(lines) < 7 {
		return ""
	}
	_, segment, _ := strings.Cut(strings.TrimSpace(lines[6]), " ")
	return strings.TrimSpace(segment)
}
