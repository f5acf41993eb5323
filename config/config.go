// Package config reads how a server is set up: one TOML file, and environment variables over it. A
// setting that does not exist is an error, so that a mistyped one is never taken for its default.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"scrip/giftcode"
	"scrip/purchase"
)

// ErrConfig says that a setting is missing, unknown or not as it should be.
var ErrConfig = errors.New("the configuration is not right")

// Config is how a server is set up. Code keys and the mail password come from the environment, or from
// files that it names; they never stand in the file itself.
type Config struct {
	Address    string  `toml:"address"`     // to listen on
	BaseURL    string  `toml:"base_url"`    // of the pages as members see them
	Database   string  `toml:"database"`    // a SQLite file, or a postgres:// address, which may hold a password
	Migrate    bool    `toml:"migrate"`     // the server brings an older schema forward
	Catalog    string  `toml:"catalog"`     // the catalogue file
	TrustProxy bool    `toml:"trust_proxy"` // a reverse proxy in front names the client in X-Forwarded-For
	Brand      Brand   `toml:"brand"`
	Mail       Mail    `toml:"mail"`
	API        API     `toml:"api"`
	Log        Log     `toml:"log"`
	Webhook    Webhook `toml:"webhook"`
	Staff      Staff   `toml:"staff"`
	Online     Online  `toml:"online"`

	Ring giftcode.Keyring `toml:"-"`
}

// Brand is in whose name pages and mails are written.
type Brand struct {
	Name         string `toml:"name"`
	Accent       string `toml:"accent"` // #rrggbb
	SupportEmail string `toml:"support_email"`
}

// Mail is how mails are sent.
type Mail struct {
	Host     string `toml:"host"`
	Port     int    `toml:"port"`
	Username string `toml:"username"`
	Password string `toml:"-"`
	From     string `toml:"from"`
	TLS      string `toml:"tls"` // starttls, tls or none
}

// API is how programs may ask.
type API struct {
	RequestsPerMinute int `toml:"requests_per_minute"` // of one key; 0 is no limit
}

// Webhook is how events are delivered.
type Webhook struct {
	AllowNetworks []netip.Prefix `toml:"allow_networks"` // beside the public ones
}

// Staff is the OpenID Connect provider through which staff sign in, if any, and which of its groups are there for what.
type Staff struct {
	Issuer       string   `toml:"issuer"` // empty: staff sign in with passkeys alone
	ClientID     string   `toml:"client_id"`
	ClientSecret string   `toml:"-"`
	Claim        string   `toml:"claim"` // that has a person's groups
	Agents       []string `toml:"agents"`
	Managers     []string `toml:"managers"`
	Auditors     []string `toml:"auditors"`
}

// Online is how cards are sold online: at Stripe, where there is a key for it, and else not at all.
type Online struct {
	OrdersPerDay        int    `toml:"orders_per_day"` // of one buyer, recipient or payment card, and that many times the dearest card
	StripeKey           string `toml:"-"`
	StripeWebhookSecret string `toml:"-"`
	StripeEndpoint      string `toml:"-"` // of Stripe's API; empty for Stripe itself
}

// Limits are how much may be bought in a day.
func (o Online) Limits() purchase.Limits {
	limits := purchase.DefaultLimits()
	if o.OrdersPerDay > 0 {
		limits = purchase.Limits{Orders: o.OrdersPerDay, Cards: o.OrdersPerDay}
	}
	return limits
}

// check tells what selling online still lacks.
func (o Online) check() error {
	switch {
	case o.OrdersPerDay < 0:
		return wrong("online.orders_per_day is %d: write how many cards one buyer may buy in a day", o.OrdersPerDay)
	case o.StripeKey != "" && o.StripeWebhookSecret == "":
		return wrong("STRIPE_SECRET_KEY is set, and STRIPE_WEBHOOK_SECRET is not: give the signing secret of the webhook endpoint that docs/online.md sets up")
	}
	return nil
}

// Log is how the program logs.
type Log struct {
	Format string `toml:"format"` // text or json
	Level  string `toml:"level"`  // debug, info, warn or error
}

// variables are the settings that an environment variable may give, over the file's.
func (c *Config) variables() map[string]func(string) error {
	return map[string]func(string) error{
		"SCRIP_ADDRESS":                 text(&c.Address),
		"SCRIP_BASE_URL":                text(&c.BaseURL),
		"SCRIP_DATABASE":                text(&c.Database),
		"SCRIP_MIGRATE":                 truth(&c.Migrate),
		"SCRIP_CATALOG":                 text(&c.Catalog),
		"SCRIP_TRUST_PROXY":             truth(&c.TrustProxy),
		"SCRIP_BRAND_NAME":              text(&c.Brand.Name),
		"SCRIP_BRAND_ACCENT":            text(&c.Brand.Accent),
		"SCRIP_SUPPORT_EMAIL":           text(&c.Brand.SupportEmail),
		"SCRIP_MAIL_HOST":               text(&c.Mail.Host),
		"SCRIP_MAIL_PORT":               number(&c.Mail.Port),
		"SCRIP_MAIL_USERNAME":           text(&c.Mail.Username),
		"SCRIP_MAIL_PASSWORD":           text(&c.Mail.Password),
		"SCRIP_MAIL_FROM":               text(&c.Mail.From),
		"SCRIP_MAIL_TLS":                text(&c.Mail.TLS),
		"SCRIP_API_REQUESTS_PER_MINUTE": number(&c.API.RequestsPerMinute),
		"SCRIP_LOG_FORMAT":              text(&c.Log.Format),
		"SCRIP_LOG_LEVEL":               text(&c.Log.Level),
		"SCRIP_WEBHOOK_ALLOW_NETWORKS":  networks(&c.Webhook.AllowNetworks),
		"SCRIP_STAFF_ISSUER":            text(&c.Staff.Issuer),
		"SCRIP_STAFF_CLIENT_ID":         text(&c.Staff.ClientID),
		"SCRIP_STAFF_CLIENT_SECRET":     text(&c.Staff.ClientSecret),
		"SCRIP_STAFF_CLAIM":             text(&c.Staff.Claim),
		"SCRIP_STAFF_AGENTS":            texts(&c.Staff.Agents),
		"SCRIP_STAFF_MANAGERS":          texts(&c.Staff.Managers),
		"SCRIP_STAFF_AUDITORS":          texts(&c.Staff.Auditors),
		"SCRIP_ONLINE_ORDERS_PER_DAY":   number(&c.Online.OrdersPerDay),
		"STRIPE_SECRET_KEY":             text(&c.Online.StripeKey),
		"STRIPE_WEBHOOK_SECRET":         text(&c.Online.StripeWebhookSecret),
		"STRIPE_API_BASE":               text(&c.Online.StripeEndpoint),
		"SCRIP_CODE_KEYS":               c.keys,
		"SCRIP_CODE_KEYS_FILE": func(path string) error {
			keys, err := os.ReadFile(filepath.Clean(path))
			if err != nil {
				return err
			}
			return c.keys(strings.TrimSpace(string(keys)))
		},
	}
}

// Load reads the file at path, or none for "", and the environment, each as "NAME=value". It fails with
// ErrConfig, and the reason names the setting and the remedy.
func Load(path string, environment []string) (Config, error) {
	c := Config{Address: "127.0.0.1:8080", Database: "scrip.db", Migrate: true, Brand: Brand{Accent: "#5b3df5"}, Mail: Mail{Port: 587, TLS: "starttls"}, API: API{RequestsPerMinute: 60_000}, Log: Log{Format: "json", Level: "info"}, Staff: Staff{Claim: "groups"}}
	if path != "" {
		if err := c.file(path); err != nil {
			return c, err
		}
	}
	variables := c.variables()
	for _, pair := range environment {
		name, value, _ := strings.Cut(pair, "=")
		set, known := variables[name]
		switch {
		case known:
		case !strings.HasPrefix(name, "SCRIP_") || strings.HasPrefix(name, "SCRIP_TEST_"):
			continue
		default:
			return c, wrong("the environment variable %s is no setting; %s", name, oneOf(variables))
		}
		if err := set(value); err != nil {
			return c, wrong("the environment variable %s: %w", name, err)
		}
	}
	return c, nil
}

func (c *Config) file(path string) error {
	read, err := toml.DecodeFile(path, c)
	if err != nil {
		return wrong("%s: %w", path, err)
	}
	if unknown := read.Undecoded(); len(unknown) > 0 {
		return wrong("%s: %s is no setting: take it out, or see docs/operating.md for what there is", path, unknown[0])
	}
	return nil
}

func (c *Config) keys(text string) (err error) {
	if c.Ring.String() != "" {
		return errors.New("the code keys are given twice: set either SCRIP_CODE_KEYS or SCRIP_CODE_KEYS_FILE")
	}
	c.Ring, err = giftcode.ParseKeyring(text)
	return err
}

// CheckServer tells what a server for real still lacks.
func (c Config) CheckServer() error {
	if err := c.CheckKeys(); err != nil {
		return err
	}
	required := []struct{ name, value, example string }{
		{"base_url", c.BaseURL, "https://watch.example.com"},
		{"brand.name", c.Brand.Name, "the name of your service"},
		{"brand.support_email", c.Brand.SupportEmail, "help@example.com"},
		{"mail.host", c.Mail.Host, "smtp.example.com"},
		{"mail.from", c.Mail.From, "Your service <no-reply@example.com>"},
	}
	for _, setting := range required {
		if setting.value == "" {
			return wrong("%s is missing: set it, as in %s = %q", setting.name, setting.name, setting.example)
		}
	}
	return c.checkForms()
}

// CheckSandbox tells what a sandbox still lacks, whose members and letters are nobody's.
func (c Config) CheckSandbox() error {
	if err := c.CheckKeys(); err != nil {
		return err
	}
	return c.checkForms()
}

// checkForms tells which setting is not of its kind.
func (c Config) checkForms() error {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		return wrong("log.level is %q: write debug, info, warn or error", c.Log.Level)
	}
	if err := errors.Join(c.Staff.check(), c.Online.check()); err != nil {
		return err
	}
	if c.API.RequestsPerMinute < 0 {
		return wrong("api.requests_per_minute is %d: write a whole number, or 0 for no limit", c.API.RequestsPerMinute)
	}
	if !slices.Contains([]string{"json", "text"}, c.Log.Format) {
		return wrong("log.format is %q: write json or text", c.Log.Format)
	}
	return nil
}

// check tells what a provider for staff still lacks.
func (s Staff) check() error {
	groups := len(s.Agents) + len(s.Managers) + len(s.Auditors)
	switch {
	case s.Issuer == "":
		return nil
	case !strings.HasPrefix(s.Issuer, "https://") && !strings.HasPrefix(s.Issuer, "http://127.0.0.1:"):
		return wrong("staff.issuer is %q: write the provider's address, as in https://login.example.com", s.Issuer)
	case s.ClientID == "":
		return wrong("staff.client_id is missing: write what the provider calls this server")
	case s.Claim == "":
		return wrong("staff.claim is empty: write the claim that has a person's groups")
	case groups == 0:
		return wrong("nobody could sign in as staff: name groups in staff.agents, staff.managers or staff.auditors")
	}
	return nil
}

// CheckKeys tells whether there is a code key that only this service knows.
func (c Config) CheckKeys() error {
	switch keys := c.Ring.String(); {
	case keys == "":
		return wrong("no code key is given: make one with 'scrip keys new', keep it safe and outside the database, and give it in SCRIP_CODE_KEYS or in a file that SCRIP_CODE_KEYS_FILE names")
	case slices.Contains(strings.Split(keys, ", "), giftcode.DemoKeyID):
		return wrong("the code key %q is the demo's, which everybody knows: make one with 'scrip keys new'", giftcode.DemoKeyID)
	}
	return nil
}

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrConfig, fmt.Errorf(format, args...))
}

func text(into *string) func(string) error {
	return func(value string) error {
		*into = value
		return nil
	}
}

// texts reads texts with commas between them.
func texts(into *[]string) func(string) error {
	return func(value string) error {
		*into = nil
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.TrimSpace(one); one == "" {
				return errors.New("write names with commas between them")
			}
			*into = append(*into, one)
		}
		return nil
	}
}

func number(into *int) func(string) error {
	return func(value string) (err error) {
		*into, err = strconv.Atoi(value)
		if err != nil {
			return errors.New("write a whole number")
		}
		return nil
	}
}

func truth(into *bool) func(string) error {
	return func(value string) (err error) {
		*into, err = strconv.ParseBool(value)
		if err != nil {
			return errors.New("write true or false")
		}
		return nil
	}
}

// networks reads networks with commas between them.
func networks(into *[]netip.Prefix) func(string) error {
	return func(value string) error {
		*into = nil
		for one := range strings.SplitSeq(value, ",") {
			network, err := netip.ParsePrefix(strings.TrimSpace(one))
			if err != nil {
				return errors.New("write networks as in 10.0.0.0/8,fd00::/8")
			}
			*into = append(*into, network)
		}
		return nil
	}
}

func oneOf(variables map[string]func(string) error) string {
	names := make([]string, 0, len(variables))
	for name := range variables {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	return "there are " + strings.Join(names, ", ")
}
