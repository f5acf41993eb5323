package browser

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"scrip/access"
	"scrip/demo"
)

// desks are the looks in which staff are seen at work.
var desks = []tale{
	{"phone", "en", "dark", "on"},
	{"desk", "fr", "light", "on"},
}

// TestStaff: people of each duty make a passkey by their link, sign in with it, and do what they may. They do so at
// a server as a house would set it up, and not in the demo, because passkeys need an address with a name.
func TestStaff(t *testing.T) {
	chromium, scrip := equip(t)
	pictures := screenshots(t)
	for _, each := range desks {
		t.Run(each.name(), func(t *testing.T) {
			t.Parallel()
			h := openHouse(t, scrip)
			args := []string{"--chapters", "staff", "--cards", h.cards, "--key", h.key}
			for _, duty := range access.Duties {
				args = append(args, "--"+string(duty), h.does(t, "staff", "add", string(duty), "--role", string(duty)))
			}
			each.tell(t, h.site, chromium, pictures, args...)
		})
	}
}

// house is a running server, with cards to sell and a key to its API.
type house struct {
	scrip       string
	environment []string
	site        string
	cards       string // the file of their codes
	key         string
}

const soldCards = "6"

func openHouse(t *testing.T, scrip string) *house {
	t.Helper()
	folder, address := t.TempDir(), freeAddress(t)
	catalog := filepath.Join(folder, "catalog.json")
	if err := os.WriteFile(catalog, []byte(demo.Catalog), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{scrip: scrip, site: "http://localhost:" + port}
	h.environment = append(os.Environ(), "SCRIP_ADDRESS="+address, "SCRIP_BASE_URL="+h.site, "SCRIP_CATALOG="+catalog,
		"SCRIP_DATABASE="+filepath.Join(folder, "scrip.db"), "SCRIP_BRAND_NAME=Lumenary", "SCRIP_LOG_FORMAT=text")
	h.environment = append(h.environment, "SCRIP_CODE_KEYS="+h.does(t, "keys", "new", "2026-1"))
	server := exec.Command(scrip, "serve", "--sandbox")
	server.Env = h.environment
	said, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	await(t, server, said)
	issued := h.does(t, "cards", "issue", "--product", "us-25", "--count", soldCards, "--out", folder, "--clear", "--yes")
	_, batch, _ := strings.Cut(issued, "--batch ")
	h.cards = filepath.Join(folder, batch+"-0001.csv")
	h.does(t, "cards", "activate", "--batch", batch)
	h.key = h.does(t, "keys", "api", "new", "--name", "shop", "--scope", "admin")
	return h
}

// does runs the program beside the server, and gives what it prints.
func (h *house) does(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, h.scrip, args...)
	command.Env = h.environment
	printed, err := command.Output()
	if err != nil {
		t.Fatal(fmt.Errorf("scrip %s: %w", strings.Join(args[:2], " "), err))
	}
	return strings.TrimSpace(string(printed))
}

// freeAddress is one on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
