// Command scrip is the gift-card and prepaid-balance engine: the demo, the server, and the tools of
// those who run it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // time zones on machines without any

	"github.com/alecthomas/kong"
)

func main() {
	tune()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, world{os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr, time.Now}))
}

// tune sets the runtime for a server whose one writer lives in system calls, and whose memory is small
// and short-lived: more threads than processors, so that the writer need not wait for one, and a
// collector that comes a quarter as often.
func tune() {
	const gcPercent = 400
	debug.SetGCPercent(gcPercent)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.NumCPU())
	}
}

// world is what the program gets from outside.
type world struct {
	args        []string
	environment []string
	stdin       io.Reader
	stdout      io.Writer
	stderr      io.Writer
	now         func() time.Time
}

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

type commands struct {
	Demo     demoCommand     `cmd:"" help:"Try it: a fictional service with printed cards, a mailbox and a clock that can be put forward."`
	Serve    serveCommand    `cmd:"" help:"Serve members' pages and do what is due."`
	Simulate simulateCommand `cmd:"" help:"Tell what would happen: read a scenario, print its timeline."`
	Cards    cardsCommand    `cmd:"" help:"Issue and activate gift cards."`
	Settle   settleCommand   `cmd:"" help:"Settle retailers' files of a day, and decide on what differs."`
	Orders   ordersCommand   `cmd:"" help:"Refund cards that were bought online."`
	Catalog  catalogCommand  `cmd:"" help:"Show the catalogue that is in force, and put another in its place."`
	Verify   verifyCommand   `cmd:"" help:"Check every transfer, balance, lot, card and charge against every other, and print the proof."`
	Billing  billingCommand  `cmd:"" help:"Run what is due on accounts: renewals, retries, closings, reminders."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database's schema forward, and with --distribute spread its tables over the nodes of a Citus cluster."`
	Keys     keysCommand     `cmd:"" help:"Make the keys under which codes are kept."`
	Staff    staffCommand    `cmd:"" help:"Say who may sign in to the pages of staff with a passkey, and as what."`
	Bench    benchCommand    `cmd:"" help:"Measure what this machine can do, on a database of made-up members and cards."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// exit is an error that has an exit status and was told already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run is the program: nothing in it reads a global.
func run(ctx context.Context, w world) int {
	var chosen commands
	left := -1
	parser, err := kong.New(&chosen, kong.Name("scrip"), kong.Description("Gift cards and prepaid balances for subscription services."),
		kong.Writers(w.stdout, w.stderr), kong.Exit(func(status int) { left = status }), kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(w), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		return tell(w, err)
	}
	parsed, err := parser.Parse(w.args)
	if left >= 0 {
		return left
	}
	if err != nil {
		fmt.Fprintf(w.stderr, "scrip: %v; see 'scrip --help'\n", err)
		return exitUsage
	}
	if err := parsed.Run(); err != nil {
		return tell(w, err)
	}
	return exitDone
}

// tell says on one line why the program ends.
func tell(w world, err error) int {
	var status exit
	if errors.As(err, &status) {
		return int(status)
	}
	fmt.Fprintf(w.stderr, "scrip: %v\n", err)
	return exitFailed
}
