package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scrip/purchase"
)

const key = "2026-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

const complete = `
base_url = "https://watch.example.com"
catalog = "catalog.json"
[brand]
name = "Example"
support_email = "help@example.com"
[mail]
host = "smtp.example.com"
from = "no-reply@example.com"
`

func TestLoad(t *testing.T) {
	c, err := Load(write(t, complete+"port = 2525\n"), []string{"SCRIP_CODE_KEYS=" + key, "SCRIP_ADDRESS=127.0.0.1:9", "HOME=/"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckServer(); err != nil {
		t.Errorf("CheckServer() = %v", err)
	}
	if c.Address != "127.0.0.1:9" || c.Mail.Port != 2525 || !c.Migrate || c.Database != "scrip.db" || c.Ring.String() != "2026-1" {
		t.Errorf("Load() = %+v", c)
	}
}

// TestASandboxNeedsLittle: a code key that is its own.
func TestASandboxNeedsLittle(t *testing.T) {
	c, err := Load("", []string{"SCRIP_CODE_KEYS=" + key})
	if err != nil || c.CheckSandbox() != nil {
		t.Errorf("Load() = %v, CheckSandbox() = %v", err, c.CheckSandbox())
	}
	for _, wrong := range [][]string{nil, {"SCRIP_CODE_KEYS=" + key, "SCRIP_LOG_LEVEL=loud"}} {
		if c, err := Load("", wrong); err != nil || !errors.Is(c.CheckSandbox(), ErrConfig) {
			t.Errorf("CheckSandbox() with %d settings = %v, %v", len(wrong), c.CheckSandbox(), err)
		}
	}
}

func TestNetworks(t *testing.T) {
	for name, load := range map[string]func() (Config, error){
		"a file": func() (Config, error) {
			return Load(write(t, "[webhook]\nallow_networks = [\"10.0.0.0/8\", \"fd00::/8\"]\n"), nil)
		},
		"variables": func() (Config, error) { return Load("", []string{"SCRIP_WEBHOOK_ALLOW_NETWORKS=10.0.0.0/8, fd00::/8"}) },
	} {
		if c, err := load(); err != nil || fmt.Sprint(c.Webhook.AllowNetworks) != "[10.0.0.0/8 fd00::/8]" {
			t.Errorf("of %s: %v, %v", name, c.Webhook.AllowNetworks, err)
		}
	}
}

func TestStaff(t *testing.T) {
	const staff = complete + "[staff]\nissuer = \"https://login.example.com\"\nclient_id = \"scrip\"\nagents = [\"support\", \"night shift\"]\n"
	c, err := Load(write(t, staff), []string{"SCRIP_CODE_KEYS=" + key, "SCRIP_STAFF_MANAGERS=leads, owners", "SCRIP_STAFF_CLIENT_SECRET=s"})
	if err != nil || c.CheckServer() != nil {
		t.Fatalf("Load = %v, CheckServer = %v", err, c.CheckServer())
	}
	if got := fmt.Sprintf("%q", c.Staff); got != `{"https://login.example.com" "scrip" "s" "groups" ["support" "night shift"] ["leads" "owners"] []}` {
		t.Errorf("Staff = %s", got)
	}
	for remedy, change := range map[string]func(*Staff){
		"staff.issuer is": func(s *Staff) { s.Issuer = "http://login.example.com" }, "staff.client_id is missing": func(s *Staff) { s.ClientID = "" },
		"staff.claim is empty": func(s *Staff) { s.Claim = "" }, "nobody could sign in": func(s *Staff) { s.Agents, s.Managers = nil, nil },
	} {
		wrong := c
		change(&wrong.Staff)
		if err := wrong.CheckServer(); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), remedy) {
			t.Errorf("CheckServer = %v, want %s", err, remedy)
		}
	}
	if _, err := Load("", []string{"SCRIP_STAFF_AGENTS=a,,b"}); !errors.Is(err, ErrConfig) {
		t.Errorf("Load = %v", err)
	}
}

// TestOnline: Stripe's keys come from the environment, both or none, and other variables of that name are others' business.
func TestOnline(t *testing.T) {
	both := []string{"SCRIP_CODE_KEYS=" + key, "STRIPE_SECRET_KEY=sk_1", "STRIPE_WEBHOOK_SECRET=whsec_1", "STRIPE_PUBLISHABLE_KEY=pk_1"}
	c, err := Load(write(t, complete+"[online]\norders_per_day = 9\n"), both)
	if err != nil || c.CheckServer() != nil {
		t.Fatalf("Load = %v, CheckServer = %v", err, c.CheckServer())
	}
	if want := (Online{OrdersPerDay: 9, StripeKey: "sk_1", StripeWebhookSecret: "whsec_1"}); c.Online != want || c.Online.Limits().Orders != 9 {
		t.Errorf("Online = %+v", c.Online)
	}
	if (Online{}).Limits() != purchase.DefaultLimits() {
		t.Error("without a setting the limits are not the default's")
	}
	for remedy, change := range map[string]func(*Online){
		"STRIPE_WEBHOOK_SECRET is not": func(o *Online) { o.StripeWebhookSecret = "" }, "online.orders_per_day is": func(o *Online) { o.OrdersPerDay = -1 },
	} {
		wrong := c
		change(&wrong.Online)
		if err := wrong.CheckServer(); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), remedy) || strings.Contains(err.Error(), "sk_1") {
			t.Errorf("CheckServer = %v, want %s", err, remedy)
		}
	}
}

func TestKeysFromAFile(t *testing.T) {
	c, err := Load("", []string{"SCRIP_CODE_KEYS_FILE=" + write(t, key+"\n")})
	if err != nil || c.CheckKeys() != nil {
		t.Errorf("Load() = %v, CheckKeys() = %v", err, c.CheckKeys())
	}
}

// TestRefused: each setup that is not right is told on one line that names the setting and the remedy,
// and never the key.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, file  string
		environment []string
		says        string
	}{
		{"an unknown setting", complete + "sender = 1\n", nil, "mail.sender is no setting"},
		{"a mistyped setting", "adress = \"x\"\n", nil, "adress is no setting"},
		{"a broken file", "address = \n", nil, "expected value"},
		{"an unknown variable", complete, []string{"SCRIP_ADRESS=x"}, "SCRIP_ADRESS is no setting"},
		{"a port that is no number", complete, []string{"SCRIP_MAIL_PORT=many"}, "SCRIP_MAIL_PORT: write a whole number"},
		{"migrate that is none", complete, []string{"SCRIP_MIGRATE=never"}, "SCRIP_MIGRATE: write true or false"},
		{"a truth that is none", complete, []string{"SCRIP_TRUST_PROXY=perhaps"}, "SCRIP_TRUST_PROXY: write true or false"},
		{"networks that are none", complete, []string{"SCRIP_WEBHOOK_ALLOW_NETWORKS=10.0.0.0/8,inside"}, "SCRIP_WEBHOOK_ALLOW_NETWORKS: write networks"},
		{"a network that is none", complete + "[webhook]\nallow_networks = [\"inside\"]\n", nil, "allow_networks"},
		{"no key", complete, nil, "scrip keys new"},
		{"the demo's key", complete, []string{"SCRIP_CODE_KEYS=demo:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "everybody knows"},
		{"half a key", complete, []string{"SCRIP_CODE_KEYS=2026-1:AAAA"}, "44 characters"},
		{"keys twice", complete, []string{"SCRIP_CODE_KEYS=" + key, "SCRIP_CODE_KEYS_FILE=" + write(t, key)}, "given twice"},
		{"no file of keys", complete, []string{"SCRIP_CODE_KEYS_FILE=/nowhere/keys"}, "no such file"},
		{"no base URL", strings.Replace(complete, "base_url", "address", 1), []string{"SCRIP_CODE_KEYS=" + key}, "base_url is missing"},
		{"an unknown level", complete + "[log]\nlevel = \"loud\"\n", []string{"SCRIP_CODE_KEYS=" + key}, `log.level is "loud"`},
		{"an unknown format", complete + "[log]\nformat = \"xml\"\n", []string{"SCRIP_CODE_KEYS=" + key}, `log.format is "xml"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := Load(write(t, test.file), test.environment)
			if err == nil {
				err = c.CheckServer()
			}
			if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v, want one that says %q", err, test.says)
			}
			if err != nil && (strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "AAAA")) {
				t.Errorf("the error has more than one line, or a key: %q", err)
			}
		})
	}
}

func write(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
