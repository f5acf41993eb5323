// Package browser tells the story of a card, and of those who help its owner, in a real browser: headless Chromium
// against a running demo or server, on a phone and on a desk, in English and in French, with scripts and without. The
// story is story.mjs.
package browser

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"scrip/giftcode"
)

const (
	startTimeout = 30 * time.Second
	storyTimeout = 20 * time.Minute
	stopTimeout  = 35 * time.Second // a little more than the server gives those it answers
)

// A tale is the story at one width and in one language.
type tale struct{ width, language, scheme, script string }

// The tales without scripts come last: they are short, and fill what the long ones leave free.
var tales = []tale{
	{"phone", "en", "light", "on"},
	{"desk", "fr", "dark", "on"},
	{"phone", "fr", "light", "on"},
	{"desk", "en", "light", "on"},
	{"desk", "en", "light", "off"},
	{"phone", "fr", "light", "off"},
}

func (a tale) name() string {
	if a.script == "off" {
		return a.width + "-" + a.language + "-noscript"
	}
	return a.width + "-" + a.language + "-" + a.scheme
}

// chapters are the parts of the story. Without scripts, the last two would show no page of another kind.
func (a tale) chapters() string {
	if a.script == "off" {
		return "shop,refused,membership,paying,buying,trial"
	}
	return "shop,refused,membership,paying,buying,trial,sessions,guessing"
}

func TestStory(t *testing.T) {
	chromium, scrip := equip(t)
	pictures := screenshots(t)
	for _, each := range tales {
		t.Run(each.name(), func(t *testing.T) {
			t.Parallel()
			each.play(t, scrip, chromium, pictures)
		})
	}
}

// equip brings what the tests need: a browser with its driver, and the program.
func equip(t *testing.T) (chromium, scrip string) {
	t.Helper()
	chromium = provide(t, "chromium", "chromium", "chromium-browser", "google-chrome", "chrome")
	provide(t, "node", "node")
	provide(t, "npm", "npm")
	install(t)
	scrip = filepath.Join(t.TempDir(), "scrip")
	run(t, ".", "go", "build", "-o", scrip, "../cmd/scrip")
	return chromium, scrip
}

// play tells the story against a demo of its own: it moves the demo's clock.
func (a tale) play(t *testing.T, scrip, chromium, pictures string) {
	t.Helper()
	unknown, err := giftcode.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a.tell(t, startDemo(t, scrip), chromium, pictures, "--unknown", unknown.Reveal(), "--chapters", "printed,"+a.chapters())
}

// tell tells some chapters at a site.
func (a tale) tell(t *testing.T, site, chromium, pictures string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), storyTimeout)
	defer cancel()
	story := exec.CommandContext(ctx, "node", append([]string{"story.mjs", "--site", site, "--chromium", chromium, "--width", a.width,
		"--language", a.language, "--scheme", a.scheme, "--script", a.script, "--screenshots", pictures}, args...)...)
	story.Stdout, story.Stderr = t.Output(), t.Output()
	story.WaitDelay = stopTimeout
	if err := story.Run(); err != nil {
		t.Errorf("%s: %v; the pictures are in %s", a.name(), err, pictures)
	}
}

// screenshots is where the pictures of all pages are kept.
func screenshots(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("SCRIP_TEST_SCREENSHOTS")
	if folder == "" {
		folder = "screenshots"
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

var address = regexp.MustCompile(`http://[a-z0-9.:]+`)

// startDemo starts a demo with a database of its own, and is its address.
func startDemo(t *testing.T, scrip string) string {
	t.Helper()
	server := exec.Command(scrip, "demo", "--address", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "demo.db"))
	server.Stderr = t.Output()
	said, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	return await(t, server, said)
}

// await starts a server, which is stopped when the test ends, and is the address that it tells.
func await(t *testing.T, server *exec.Cmd, said io.Reader) string {
	t.Helper()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	found, ended := make(chan string, 1), make(chan struct{})
	go listen(said, found, ended)
	t.Cleanup(func() { stop(t, server, ended) })
	select {
	case site := <-found:
		return site
	case <-ended:
		t.Fatal("the server ended before it told its address")
	case <-time.After(startTimeout):
		t.Fatalf("the server has told no address after %v", startTimeout)
	}
	return ""
}

// stop ends a server, which answers what it is asked meanwhile, and fails if it does not end well.
func stop(t *testing.T, server *exec.Cmd, ended <-chan struct{}) {
	t.Helper()
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("stop the server: %v", err)
	}
	timer := time.AfterFunc(stopTimeout, func() { _ = server.Process.Kill() })
	defer timer.Stop()
	<-ended
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// listen reads what a server says, to its end, and finds its address there.
func listen(said io.Reader, found chan<- string, ended chan<- struct{}) {
	defer close(ended)
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if site := address.FindString(lines.Text()); site != "" && len(found) == 0 {
			select {
			case found <- site:
			default:
			}
		}
	}
}

// install brings the browser's driver and axe, at the versions of package-lock.json.
func install(t *testing.T) {
	t.Helper()
	run(t, ".", "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
}

// provide finds a program by any of its names, and installs Debian's package where it may.
func provide(t *testing.T, debian string, names ...string) string {
	t.Helper()
	if path := find(names); path != "" {
		return path
	}
	as := root()
	if as == nil {
		t.Fatalf("the browser tests need %s, which is not here: install Debian's package %s, or another that brings it", names[0], debian)
	}
	t.Logf("installing Debian's package %s", debian)
	run(t, ".", as[0], append(as[1:], "update", "--quiet=2")...)
	run(t, ".", as[0], append(as[1:], "install", "--yes", "--quiet=2", "--no-install-recommends", "fonts-dejavu-core", debian)...)
	path := find(names)
	if path == "" {
		t.Fatalf("Debian's package %s has brought none of: %s", debian, strings.Join(names, ", "))
	}
	return path
}

func find(names []string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// root is the way to apt-get that this user has, if any.
func root() []string {
	apt := []string{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"}
	if find([]string{"apt-get"}) == "" {
		return nil
	}
	if os.Geteuid() == 0 {
		return apt
	}
	if exec.Command("sudo", "-n", "true").Run() == nil {
		return append([]string{"sudo", "-n"}, apt...)
	}
	return nil
}

// run runs a command to its end; what it says is told if it fails.
func run(t *testing.T, folder, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = folder
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatal(fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, said))
	}
}
