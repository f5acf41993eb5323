package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const (
	oldestVersion = 15
	installLimit  = 5 * time.Minute // to install PostgreSQL, another process's turn included
	lockBeat      = 200 * time.Millisecond
)

// debianFolders holds the programs of each version where Debian and its kin have them.
const debianFolders = "/usr/lib/postgresql/*/bin"

var errMissing = fmt.Errorf("these tests need the programs of PostgreSQL %d or later, and they are neither in %s nor "+
	"where pg_config tells; install them, for instance by: apt-get install postgresql", oldestVersion, debianFolders)

// binaries is the folder with the programs of the newest PostgreSQL. To install it may take minutes to fail, hence is
// tried once.
var binaries = sync.OnceValues(findOrInstall)

// findOrInstall installs PostgreSQL where that can be done without asking anybody.
func findOrInstall() (string, error) {
	apt, err := exec.LookPath("apt-get")
	if os.Geteuid() != 0 || err != nil {
		return installed()
	}
	// Under a lock, for the tests of several packages come here at once, and should not see half of it installed.
	ctx, cancel := context.WithTimeout(context.Background(), installLimit)
	defer cancel()
	lock := flock.New(filepath.Join(os.TempDir(), "scrip-install-postgresql.lock"))
	if _, err := lock.TryLockContext(ctx, lockBeat); err != nil {
		return "", fmt.Errorf("wait for another process to install PostgreSQL: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	if bin, err := installed(); err == nil {
		return bin, nil
	}
	if err := install(ctx, apt); err != nil {
		return "", fmt.Errorf("%w; which was tried: %w", errMissing, err)
	}
	return installed()
}

func installed() (string, error) {
	folders, err := filepath.Glob(debianFolders)
	if err != nil {
		return "", err
	}
	if bin := newest(folders); bin != "" {
		return bin, nil
	}
	return configured()
}

// newest is the folder of the highest version that is recent enough and has a server, or "".
func newest(folders []string) string {
	folders = slices.DeleteFunc(slices.Clone(folders), func(bin string) bool {
		return folderVersion(bin) < oldestVersion || !hasServer(bin)
	})
	if len(folders) == 0 {
		return ""
	}
	return slices.MaxFunc(folders, func(a, b string) int { return cmp.Compare(folderVersion(a), folderVersion(b)) })
}

// folderVersion is 16 for …/16/bin, and 0 for what is no such folder.
func folderVersion(bin string) int {
	version, err := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	if err != nil {
		return 0 // 9.6 was the last with a point.
	}
	return version
}

func hasServer(bin string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(bin, program)); err != nil {
			return false
		}
	}
	return true
}

// configured is the folder that pg_config tells.
func configured() (string, error) {
	output, err := exec.Command("pg_config", "--bindir", "--version").Output()
	if err != nil {
		return "", errMissing
	}
	bin, version, _ := strings.Cut(strings.TrimSpace(string(output)), "\n")
	if majorVersion(version) < oldestVersion || !hasServer(bin) {
		return "", errMissing
	}
	return bin, nil
}

// majorVersion is 16 for "PostgreSQL 16.2 (Debian 16.2-1)", and 0 for what does not look so.
func majorVersion(version string) int {
	found := regexp.MustCompile(`^PostgreSQL (\d+)`).FindStringSubmatch(version)
	if found == nil {
		return 0
	}
	major, err := strconv.Atoi(found[1])
	if err != nil {
		return 0
	}
	return major
}

// install installs PostgreSQL, and asks for newer lists of packages only if those at hand are not good enough.
func install(ctx context.Context, apt string) error {
	first := run(ctx, apt, "install", "-y", "--no-install-recommends", "postgresql")
	if first == nil {
		return nil
	}
	if err := run(ctx, apt, "update"); err != nil {
		return errors.Join(first, err)
	}
	return run(ctx, apt, "install", "-y", "--no-install-recommends", "postgresql")
}

func run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, output)
	}
	return nil
}
