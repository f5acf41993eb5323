// Package bench is a load test that comes with the product, for who wants to know what a machine can do. It fills a
// database with made-up members and cards by the product's own rules, and asks the product itself: requests go over TCP
// to a whole server, as members' browsers send them, or to the engine. Its law: what it has done leaves books that
// agree, and it touches no database that it did not fill.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"scrip/access"
	"scrip/clock"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/mail"
	"scrip/store"
)

// Workload is what is asked for.
type Workload string

// The workloads.
const (
	Redemptions Workload = "redemptions" // a signed-in member confirms a card
	Activations Workload = "activations" // a card is sold
	Renewals    Workload = "renewals"    // members who are due on one day are charged
	Forecasts   Workload = "forecasts"   // until when a balance lasts, reckoned by the engine
	Pages       Workload = "pages"       // the membership page

	Entitlements Workload = "entitlements" // a player asks the API whether a member may watch
)

// Workloads are all of them, in the order in which they are measured: members who are due are there only before a
// server runs that renews them.
func Workloads() []Workload {
	return []Workload{Renewals, Redemptions, Activations, Forecasts, Pages, Entitlements}
}

// Through says where requests go in.
type Through string

// The ways in.
const (
	HTTP   Through = "http"
	Engine Through = "engine"
)

// Options say what is measured, and on what.
type Options struct {
	Workloads []Workload
	Database  string
	URL       string // of a server elsewhere; empty for one that Start starts
	Ring      giftcode.Keyring

	Cards    int // to be redeemed, and as many to be activated
	Accounts int
	Due      int // members to be renewed
	Clients  int
	Batch    int // redemptions that one client hands to the engine at once
	Workers  int // passes over due accounts side by side
	Rate     int // requests a second; 0 for as many as are answered
	For      time.Duration
	Warmup   time.Duration
	Seed     uint64
	Through  Through // of redemptions
	Baseline bool

	Clock    func() time.Time
	Progress io.Writer
	// Start starts a whole server on the database, with the catalogue and the keys of these options.
	Start func(ctx context.Context, sender mail.Sender, log *slog.Logger) (Server, error)
}

// Server is a server that was started in this process.
type Server struct {
	URL    string
	Engine *engine.Engine
	Stop   func() error
}

// Errors that an operator can act on.
var (
	// ErrOptions says that an option is not as it should be.
	ErrOptions = errors.New("this cannot be measured")
	// ErrServer says that a server elsewhere does not do what it should.
	ErrServer = errors.New("the server at --url does not answer as it should")
)

// mostOf bounds what is made up.
const mostOf = 50_000_000

// Check tells what is wrong with the options.
func (o Options) Check() error {
	for name, count := range map[string]int{"--cards": o.Cards, "--accounts": o.Accounts, "--due": o.Due} {
		if count < 1 || count > mostOf {
			return fmt.Errorf("%w: %s is %d: write a number from 1 to %d", ErrOptions, name, count, mostOf)
		}
	}
	for name, count := range map[string]int{"--clients": o.Clients, "--batch": o.Batch, "--workers": o.Workers} {
		if count < 1 || count > 10_000 {
			return fmt.Errorf("%w: %s is %d: write a number from 1 to 10000", ErrOptions, name, count)
		}
	}
	switch {
	case o.For < 100*time.Millisecond || o.For > time.Hour:
		return fmt.Errorf("%w: --for is %v: write from 100ms to 1h", ErrOptions, o.For)
	case o.Warmup < 0 || o.Warmup > time.Hour:
		return fmt.Errorf("%w: --warmup is %v: write from 0s to 1h", ErrOptions, o.Warmup)
	case o.Rate < 0:
		return fmt.Errorf("%w: --rate is %d", ErrOptions, o.Rate)
	case o.Batch > 1 && o.Through != Engine:
		return fmt.Errorf("%w: --batch is for --through engine: a browser sends one form at a time", ErrOptions)
	case o.URL != "" && o.wants(Renewals):
		return fmt.Errorf("%w: the server at --url would do the renewals itself while they are made: leave out 'renewals', or leave out --url", ErrOptions)
	case o.Baseline && o.For < time.Second:
		return fmt.Errorf("%w: pgbench measures whole seconds: --for must be 1s or more with --baseline", ErrOptions)
	}
	return nil
}

func (o Options) wants(workload Workload) bool { return slices.Contains(o.Workloads, workload) }

// bench is one run.
type bench struct {
	Options
	log    *slog.Logger
	logged *logged
	post   *post
	stock  stock
	report Report

	unredeemed next[digest]
	unsold     next[string]
	turns      atomic.Int64 // of the accounts, one after another
	cookies    []string     // of those who are signed in
}

// another is a source of random numbers that follows from the seed.
func (b *bench) another(number int) *rand.Rand { return rand.New(rand.NewPCG(b.Seed, uint64(number))) }

// Run measures, one workload after another, and reports. Where one fails, the report has those before it.
func Run(ctx context.Context, o Options) (Report, error) {
	if err := o.Check(); err != nil {
		return Report{}, err
	}
	b := &bench{Options: o, logged: newLogged(), post: &post{}}
	b.log = slog.New(b.logged)
	b.report = Report{Database: kindOf(o.Database), InProcess: o.URL == "", Processors: runtime.NumCPU(), Seed: o.Seed}
	err := b.all(ctx)
	b.report.Warnings, b.report.FirstWarning = b.logged.count.Load(), b.logged.first()
	return b.report, err
}

func kindOf(database string) string {
	if store.IsPostgres(database) {
		return "PostgreSQL"
	}
	return "SQLite"
}

func (b *bench) all(ctx context.Context) error {
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for _, workload := range Workloads() {
		if !b.wants(workload) {
			continue
		}
		if b.through(workload) == HTTP && workload != Entitlements && len(b.cookies) == 0 {
			if err := b.signIn(ctx); err != nil {
				return err
			}
		}
		result, err := b.measure(ctx, workload)
		if err != nil {
			return fmt.Errorf("%s: %w", workload, err)
		}
		b.report.Results = append(b.report.Results, result)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return b.compare(ctx)
}

// compare measures the baseline, after the workloads: PostgreSQL writes a checkpoint for pgbench's database when it
// is made and dropped, and after one, all that is touched goes to the log in whole pages.
func (b *bench) compare(ctx context.Context) (err error) {
	if !b.Baseline {
		return nil
	}
	if b.report.Baseline, err = b.baseline(ctx); err != nil {
		return err
	}
	for at := range b.report.Results {
		if result := &b.report.Results[at]; result.Workload.writes() {
			result.Ratio = result.PerSecond / b.report.Baseline.PerSecond
		}
	}
	return nil
}

func (b *bench) through(workload Workload) Through {
	switch workload {
	case Pages, Entitlements:
		return HTTP
	case Redemptions:
		return b.Through
	case Activations, Renewals, Forecasts:
	}
	return Engine
}

func (w Workload) writes() bool { return w == Redemptions || w == Activations || w == Renewals }

// prepare fills the database, and does what has become due since it was filled before.
func (b *bench) prepare(ctx context.Context) error {
	db, e, err := b.open(ctx)
	if err != nil {
		return err
	}
	err = b.fill(ctx, e)
	if err == nil && b.URL == "" {
		_, err = b.renewAll(ctx, e, new(tally))
	}
	b.report.Cards, b.report.Issued = len(b.stock.active), len(b.stock.issued)
	b.shuffle()
	return errors.Join(err, db.Close())
}

// shuffle puts what is there in the order that the seed gives.
func (b *bench) shuffle() {
	random := b.another(0)
	shuffle(b.stock.accounts, random)
	shuffle(b.stock.active, random)
	shuffle(b.stock.issued, random)
	b.unredeemed.things, b.unsold.things = b.stock.active, b.stock.issued
	b.report.Accounts = len(b.stock.accounts)
}

func (b *bench) measure(ctx context.Context, workload Workload) (Result, error) {
	if workload == Renewals {
		return b.renewals(ctx)
	}
	before, err := b.written(ctx)
	if err != nil {
		return Result{}, err
	}
	server, err := b.start(ctx)
	if err != nil {
		return Result{}, err
	}
	result, err := b.drive(ctx, server, workload)
	if err := errors.Join(err, server.Stop()); err != nil {
		return result, err
	}
	if workload.writes() {
		after, err := b.written(ctx)
		result.since(before, after, result.attempted)
		return result, err
	}
	return result, nil
}

// start starts a server, or, where there is one elsewhere, an engine beside it.
func (b *bench) start(ctx context.Context) (Server, error) {
	if b.URL == "" {
		return b.Start(ctx, b.post, b.log)
	}
	db, e, err := b.open(ctx)
	if err != nil {
		return Server{}, err
	}
	return Server{URL: b.URL, Engine: e, Stop: db.Close}, nil
}

func (b *bench) drive(ctx context.Context, server Server, workload Workload) (Result, error) {
	result := Result{Workload: workload, Through: b.through(workload), Clients: b.Clients, Rate: b.Rate}
	if err := b.drain(ctx, server.Engine); err != nil {
		return result, err
	}
	clients, close, err := b.clients(ctx, server, result)
	if err != nil {
		return result, err
	}
	defer close()
	runtime.GC() // what was prepared is not the load's to clean up
	mails := b.post.sent.Load()
	asked := load{clients: b.Clients, rate: b.Rate, each: 1, warmup: b.Warmup, lasts: b.For}
	if workload == Redemptions {
		asked.each = b.Batch
		result.Batch = b.Batch
	}
	m := asked.run(ctx, clients)
	result.take(m)
	if m.short {
		result.Note = "all that was made up is used up: run again with more --cards"
	}
	result.Memory = b.memory(ctx, server)
	if err := b.drain(ctx, server.Engine); err != nil {
		return result, err
	}
	result.Mails = b.post.sent.Load() - mails
	return result, nil
}

// drained is how long mails may take that were queued.
const drained = 10 * time.Minute

// drain waits until all mails are sent. A server elsewhere does with mails as it was told.
func (b *bench) drain(ctx context.Context, e *engine.Engine) error {
	if b.URL != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, drained)
	defer cancel()
	for {
		left, err := e.LettersLeft(ctx)
		if err != nil || !left {
			return err
		}
		clock.Rest(ctx, 100*time.Millisecond)
	}
}

// renewals measures how fast members are renewed who are due on one day.
func (b *bench) renewals(ctx context.Context) (Result, error) {
	result := Result{Workload: Renewals, Through: Engine, Clients: b.Workers}
	db, e, err := b.open(ctx)
	if err != nil {
		return result, err
	}
	// Closing the database makes PostgreSQL tell of all rows that were written.
	if err := errors.Join(b.fillDue(ctx, e, b.Due), db.Close()); err != nil {
		return result, err
	}
	before, err := b.written(ctx)
	if err != nil {
		return result, err
	}
	if db, e, err = b.open(ctx); err != nil {
		return result, err
	}
	begun := time.Now()
	t := tally{counts: true, reasons: map[string]int64{}}
	done, err := b.renewAll(ctx, e, &t)
	m := measured{tally: t, elapsed: time.Since(begun)}
	if err == nil {
		err = b.readAccounts(ctx, e)
	}
	b.shuffle()
	if err := errors.Join(err, db.Close()); err != nil {
		return result, err
	}
	result.take(m)
	result.Done, result.attempted, result.PerSecond = done, done, float64(done)/m.elapsed.Seconds()
	result.Note = "durations are of passes of up to some hundred members"
	after, err := b.written(ctx)
	result.since(before, after, done)
	return result, err
}

// renewAll lives all that is due, some workers side by side, until nothing is.
func (b *bench) renewAll(ctx context.Context, e *engine.Engine, into *tally) (done int64, failed error) {
	type worked struct {
		tally
		done   int64
		failed error
	}
	all, counts := make(chan worked), into.counts
	for range b.Workers {
		go func() {
			w := worked{tally: tally{counts: counts, reasons: map[string]int64{}}}
			for ctx.Err() == nil {
				begun := time.Now()
				pass, err := e.LiveSomeDue(ctx, access.Loop())
				if w.failed = err; err != nil || pass.Done+len(pass.Failed) == 0 {
					break
				}
				w.add(time.Since(begun), nil)
				w.done += int64(pass.Done)
				for _, err := range pass.Failed {
					w.add(0, err)
				}
			}
			all <- w
		}()
	}
	for range b.Workers {
		w := <-all
		done, failed = done+w.done, errors.Join(failed, w.failed)
		m := measured{tally: *into}
		m.merge(&w.tally)
		*into = m.tally
	}
	return done, errors.Join(failed, ctx.Err())
}
