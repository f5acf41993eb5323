package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"scrip/access"
	"scrip/api"
	"scrip/billing"
	"scrip/checkout"
	"scrip/config"
	"scrip/engine"
	"scrip/jobs"
	"scrip/locale"
	"scrip/mail"
	"scrip/observe"
	"scrip/passkey"
	"scrip/payment"
	"scrip/simulate"
	"scrip/sso"
	"scrip/store"
	"scrip/web"
	"scrip/webhook"
)

const (
	readTimeout  = 10 * time.Second
	writeTimeout = 90 * time.Second // a move of the demo's clock may take that long
	idleTimeout  = 2 * time.Minute
	// closingTimeout is how long requests under way may take once the server is told to stop.
	closingTimeout = 30 * time.Second
)

type serveCommand struct {
	Config    string `short:"c" placeholder:"FILE" help:"Configuration file (TOML). Environment variables named SCRIP_… stand over it."`
	Sandbox   bool   `help:"Serve a sandbox, in which programs make test clocks and move the accounts that are bound to them: with test cards in place of a payment gateway, and no mail unless mail.host is set. Its database is its own for good."`
	NoMigrate bool   `help:"Refuse a database with an older schema, as the setting migrate = false does: 'scrip migrate' brings it forward."`
}

// Run serves until it is told to stop.
func (s *serveCommand) Run(ctx context.Context, w world) error {
	settings, err := config.Load(s.Config, w.environment)
	if err != nil {
		return err
	}
	check := settings.CheckServer
	if s.Sandbox {
		check = settings.CheckSandbox
	}
	if err := check(); err != nil {
		return err
	}
	sender, err := senderOf(settings.Mail)
	if err != nil {
		return err
	}
	var body []byte
	if settings.Catalog != "" {
		if body, err = os.ReadFile(filepath.Clean(settings.Catalog)); err != nil {
			return err
		}
	}
	settings.Migrate = settings.Migrate && !s.NoMigrate
	p := parts{settings: settings, log: logger(w, settings.Log), now: w.now, sender: sender, catalog: string(body), sandbox: s.Sandbox}
	if s.Sandbox {
		gateway := payment.NewFake(w.now)
		p.gateway, p.methods = gateway, methods(gateway)
		brand := &p.settings.Brand
		brand.Name, brand.SupportEmail = cmp.Or(brand.Name, "Sandbox"), cmp.Or(brand.SupportEmail, "help@example.com")
	}
	return p.serve(ctx, func(*service) error { return nil })
}

// senderOf sends letters by SMTP. Where there is no server, which only a sandbox is without, they go nowhere.
func senderOf(settings config.Mail) (mail.Sender, error) {
	if settings.Host == "" {
		return &mail.Mailbox{}, nil
	}
	return mail.NewSMTP(mail.Config{Host: settings.Host, Port: settings.Port, Username: settings.Username,
		Password: settings.Password, From: settings.From, TLS: mail.TLS(settings.TLS)})
}

// parts are what a service is put together from.
type parts struct {
	settings config.Config
	log      *slog.Logger
	now      func() time.Time
	sender   mail.Sender
	gateway  payment.Gateway
	methods  []web.Method
	desk     *checkout.Test // the test gateway for orders, or nil
	catalog  string         // a file's text; empty for the one that is in force
	demo     web.Demo
	sandbox  bool
}

// service is a running program.
type service struct {
	engine *engine.Engine
	loops  *jobs.Loops
	url    string
}

// serve opens the database, serves pages and does what is due, until its context ends. Begin is called
// once all stands, before the first request.
func (p parts) serve(ctx context.Context, begin func(*service) error) (failed error) {
	db, err := store.Open(ctx, p.settings.Database, store.Options{Clock: p.now, Alone: true, Migrate: p.settings.Migrate})
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, db.Close()) }()
	bundle, err := locale.Load()
	if err != nil {
		return err
	}
	guard := webhook.NewGuard(p.settings.Webhook.AllowNetworks)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.settings.Address)
	if err != nil {
		return err
	}
	url := p.url(listener)
	e := engine.New(engine.Config{DB: db, Ring: p.settings.Ring, Gateway: p.gateway, Guard: guard, Clock: p.now, Log: p.log, Sandbox: p.sandbox,
		Checkout: p.checkout(url), Limits: p.settings.Online.Limits()})
	if err := e.CheckSandbox(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	composer, err := mail.NewComposer(bundle, mail.Brand{Name: p.settings.Brand.Name, Accent: p.settings.Brand.Accent,
		SupportEmail: p.settings.Brand.SupportEmail, BaseURL: url})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	metrics := observe.NewMetrics()
	s := &service{e, jobs.New(e, composer, p.sender, webhook.NewClient(guard, nil), p.log, metrics), url}
	handler, err := p.handler(s, bundle, metrics)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	// The catalogue is put in force when all else is right: it cannot be taken back.
	if err := p.declare(ctx, e); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := begin(s); err != nil {
		return errors.Join(err, listener.Close())
	}
	return p.listen(ctx, s, listener, handler)
}

// checkout is where orders are paid: at Stripe, or at the test gateway of the demo; nil where nothing is sold online.
func (p parts) checkout(url string) checkout.Gateway {
	if p.desk != nil {
		return p.desk
	}
	if stripe := p.stripe(url); stripe != nil {
		return stripe
	}
	return nil
}

// stripe is Stripe, where there is a key for it.
func (p parts) stripe(url string) *checkout.Stripe {
	if p.settings.Online.StripeKey == "" {
		return nil
	}
	return checkout.NewStripe(checkout.StripeConfig{Key: p.settings.Online.StripeKey, WebhookSecret: p.settings.Online.StripeWebhookSecret,
		BaseURL: url, Endpoint: p.settings.Online.StripeEndpoint})
}

// declare puts the catalogue file in force, or goes on by what is.
func (p parts) declare(ctx context.Context, e *engine.Engine) error {
	if p.catalog == "" {
		return e.Reuse(ctx, parseCatalog)
	}
	adopted, err := e.Adopt(ctx, access.Operator(), p.catalog, parseCatalog)
	if err == nil && !adopted {
		p.log.WarnContext(ctx, "the catalogue file was in force before and was replaced since: the newer one stays; to go back, use 'scrip catalog apply'",
			"file", p.settings.Catalog)
	}
	return err
}

// url is how members reach the pages.
func (p parts) url(listener net.Listener) string {
	if p.settings.BaseURL != "" {
		return strings.TrimRight(p.settings.BaseURL, "/")
	}
	return "http://" + listener.Addr().String()
}

// handler is all that the server answers.
func (p parts) handler(s *service, bundle *locale.Bundle, metrics *observe.Metrics) (http.Handler, error) {
	staff, err := p.staff(s.url)
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Config{Engine: s.engine, Sessions: s.engine.Sessions(), Bundle: bundle,
		Brand:   web.Brand{Name: p.settings.Brand.Name, Accent: p.settings.Brand.Accent, SupportEmail: p.settings.Brand.SupportEmail},
		Methods: p.methods, Demo: p.demo, Desk: p.desk, Staff: staff, Secure: strings.HasPrefix(s.url, "https://"), TrustProxy: p.settings.TrustProxy, Log: p.log})
	if err != nil {
		return nil, err
	}
	programs, err := api.New(api.Config{Engine: s.engine, RequestsPerMinute: p.settings.API.RequestsPerMinute, Log: p.log,
		From: func(r *http.Request) string { return web.From(r, p.settings.TrustProxy) }})
	if err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	routes.Handle("GET /healthz", status(func(context.Context) error { return nil }))
	routes.Handle("GET /readyz", status(s.engine.Ready))
	routes.Handle("GET /metrics", metrics.Handler())
	if stripe := p.stripe(s.url); stripe != nil {
		routes.Handle("POST "+checkout.StripePath, metrics.Requests(stripe.Webhook(s.engine.HearOfOrder, p.log), p.log))
	}
	routes.Handle("/v1/", metrics.Requests(programs, p.log))
	routes.Handle("/problems/", metrics.Requests(programs, p.log))
	routes.Handle("/", metrics.Requests(pages, p.log))
	return routes, nil
}

// staff is how staff sign in: in the demo by a button of its own alone. Where browsers have no passkeys for the address, there are none.
func (p parts) staff(url string) (*web.Staff, error) {
	var staff web.Staff
	if p.demo != nil {
		return &staff, nil
	}
	if set := p.settings.Staff; set.Issuer != "" {
		staff.Provider = sso.New(sso.Config{Issuer: set.Issuer, ClientID: set.ClientID, ClientSecret: set.ClientSecret,
			Redirect: url + web.StaffBack, Claim: set.Claim, Clock: p.now,
			Groups: map[access.Duty][]string{access.Agent: set.Agents, access.Manager: set.Managers, access.Auditor: set.Auditors}})
	}
	desk, err := passkey.New(p.settings.Brand.Name, url)
	if err != nil && !errors.Is(err, passkey.ErrAddress) {
		return nil, err
	}
	staff.Passkeys = desk
	return &staff, nil
}

// status answers ok, or that the service is not ready, in a line.
func status(check func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if err := check(r.Context()); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, "not ready")
			return
		}
		fmt.Fprintln(w, "ok")
	})
}

// listen serves until the context ends; then it takes no more requests, answers those under way, and
// lets the loops finish what they have begun.
func (p parts) listen(ctx context.Context, s *service, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn)}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var loops sync.WaitGroup
	loops.Go(func() { s.loops.Run(working) })
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	p.log.InfoContext(ctx, "serving", "url", s.url, "address", listener.Addr().String())
	var failed error
	select {
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTimeout)
		defer cancel()
		failed = server.Shutdown(closing)
	case failed = <-served:
	}
	stop()
	loops.Wait()
	if errors.Is(failed, http.ErrServerClosed) {
		return nil
	}
	return failed
}

func logger(w world, settings config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(settings.Level)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if settings.Format == "text" {
		return slog.New(slog.NewTextHandler(w.stderr, options))
	}
	return slog.New(slog.NewJSONHandler(w.stderr, options))
}

// parseCatalog reads a catalogue file.
func parseCatalog(body string) (billing.Terms, error) {
	return simulate.ReadTerms(strings.NewReader(body))
}
