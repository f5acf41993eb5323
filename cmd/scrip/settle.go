package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"charm.land/lipgloss/v2/table"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/money"
	"scrip/settlement"
	"scrip/store"
)

type settleCommand struct {
	File    settleFileCommand `cmd:"" default:"withargs" help:"Compare a retailer's file of a day with what its tills did, and keep where they differ. Status 1: breaks wait for a decision. Status 2: the file was not taken."`
	List    listDaysCommand   `cmd:"" help:"List a retailer's settled days, what it owes, and the days without a file."`
	Show    showDayCommand    `cmd:"" help:"Show a settled day and its breaks."`
	Propose proposeCommand    `cmd:"" name:"resolve" help:"Propose how a break is resolved. A second person confirms it."`
	Confirm confirmCommand    `cmd:"" help:"Confirm the resolution that another person has proposed."`
	Paid    paidCommand       `cmd:"" help:"Take in what a retailer has paid."`
}

// mostBreaksShown bounds a table of breaks.
const mostBreaksShown = 1000

type settleFileCommand struct {
	database
	File     string             `arg:"" help:"The retailer's file, in the form that the catalogue tells."`
	Retailer catalog.RetailerID `required:"" placeholder:"ID" help:"The retailer's id in the catalogue."`
	Day      string             `placeholder:"DATE" help:"The business day, as 2026-12-31; it may be left out where the file's header tells it."`
	DryRun   bool               `help:"Tell what would come of it, and change nothing."`
	Replace  bool               `help:"Take the place of another file of the day. Its breaks are begun anew; none of them may be resolved."`
}

// Run settles a file.
func (c *settleFileCommand) Run(ctx context.Context, w world) error {
	err := withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		asked, err := c.asked()
		if err != nil {
			return err
		}
		if c.DryRun {
			return c.compare(ctx, w, e, asked)
		}
		settled, _, err := e.SettleDay(ctx, access.Operator(), store.NewID(), asked)
		if err != nil {
			return err
		}
		if settled.Again {
			if _, err := fmt.Fprintln(w.stdout, "This very file was settled before. Nothing was changed."); err != nil {
				return err
			}
		}
		return showDay(ctx, w, e, asked.Retailer, settled.On)
	})
	var status exit
	if err == nil || errors.As(err, &status) {
		return err
	}
	tellFile(w.stderr, c.File, err)
	return exit(exitUsage)
}

// asked is the file as the engine takes it.
func (c *settleFileCommand) asked() (engine.DaysFile, error) {
	asked := engine.DaysFile{Retailer: c.Retailer, Replaces: c.Replace}
	if c.Day != "" {
		day, err := calendar.Parse(c.Day)
		if err != nil {
			return asked, fmt.Errorf("--day: %w", err)
		}
		asked.Day = day
	}
	file, err := os.Open(filepath.Clean(c.File))
	if err != nil {
		return asked, err
	}
	text, err := io.ReadAll(io.LimitReader(file, settlement.MostBytes+1))
	asked.Text = string(text)
	return asked, errors.Join(err, file.Close())
}

// tellFile says why a file was not taken, with each mistake in it on a line.
func tellFile(to io.Writer, name string, err error) {
	wrong, is := errors.AsType[*settlement.Unreadable](err)
	if !is {
		fmt.Fprintf(to, "scrip: %s: %v; nothing was changed\n", name, err)
		return
	}
	fmt.Fprintf(to, "scrip: %s cannot be read, and nothing was changed:\n", name)
	for _, mistake := range wrong.Mistakes {
		fmt.Fprintf(to, "  %s\n", mistake)
	}
	if more := wrong.All - len(wrong.Mistakes); more > 0 {
		fmt.Fprintf(to, "  and %d more\n", more)
	}
}

func (c *settleFileCommand) compare(ctx context.Context, w world, e *engine.Engine, asked engine.DaysFile) error {
	compared, err := e.CompareDay(ctx, access.Operator(), asked)
	if err != nil {
		return err
	}
	breaks := make([]store.Break, len(compared.Breaks))
	for at, b := range compared.Breaks {
		breaks[at] = store.Break{Case: settlement.Case{Break: b, State: settlement.Undecided}, On: compared.On, Number: at + 1}
	}
	if _, err := fmt.Fprintln(w.stdout, "A dry run: nothing was changed."); err != nil {
		return err
	}
	return tellDay(w, e.Now(), compared.SettledDay, breaks)
}

// showDay shows a settled day.
func showDay(ctx context.Context, w world, e *engine.Engine, retailer catalog.RetailerID, on calendar.Date) error {
	day, err := e.SettledDay(ctx, access.Operator(), retailer, on)
	if err != nil {
		return err
	}
	breaks, err := e.Breaks(ctx, access.Operator(), store.BreakFilter{Retailer: retailer, On: on}, store.BreakPlace{}, mostBreaksShown)
	if err != nil {
		return err
	}
	return tellDay(w, e.Now(), day, breaks)
}

// tellDay tells a day's figures and its breaks. Breaks that wait for a decision are status 1.
func tellDay(w world, now time.Time, day store.SettledDay, breaks []store.Break) error {
	owed := settlement.Owed(day.Agreed, day.Commission, day.Agreed.Zero())
	if _, err := fmt.Fprintf(w.stdout, "%s on %s: %d rows, %d transactions without a difference\nby us %s, by the file %s, agreed %s\ncommission of %s: %s; owed %s\n",
		day.Retailer, day.On, day.Rows, day.Matched, day.Ours, day.Theirs, day.Agreed, day.Rate, day.Commission, owed); err != nil {
		return err
	}
	if len(breaks) == 0 {
		_, err := fmt.Fprintln(w.stdout, "no breaks")
		return err
	}
	shown, pending := table.New().Headers("break", "kind", "store", "till", "transaction", "of", "what", "card", "line", "by us", "by the file", "with us", "days old", "state"), false
	for _, b := range breaks {
		of := b.Transaction
		shown.Row(fmt.Sprint(b.Number), string(b.Kind), of.Store, of.Terminal, of.ID, of.On.String(), string(of.Operation), b.Serial, lineOf(b), b.Ours.Decimal(),
			b.Theirs.Decimal(), standingOf(b), fmt.Sprint(settlement.Age(b.On, calendar.In(now, time.UTC))), stateOfBreak(b))
		pending = pending || b.State.Pending()
	}
	if _, err := fmt.Fprintln(w.stdout, shown); err != nil || !pending {
		return err
	}
	return exit(exitFailed)
}

func lineOf(b store.Break) string {
	if b.Line == 0 {
		return "–"
	}
	return fmt.Sprint(b.Line)
}

func standingOf(b store.Break) string {
	if b.Standing == settlement.Unknown {
		return "unknown"
	}
	return string(b.Standing)
}

func stateOfBreak(b store.Break) string {
	switch b.State {
	case settlement.Proposed:
		return fmt.Sprintf("proposed: %s, by %s", b.Resolution, b.Proposer)
	case settlement.Resolved:
		return fmt.Sprintf("resolved: %s, by %s and %s", b.Resolution, b.Proposer, b.Confirmer)
	case settlement.Arrived:
		return fmt.Sprintf("arrived with the file of %s", b.ArrivedOn)
	case settlement.Undecided, settlement.Superseded:
	}
	return string(b.State)
}

type listDaysCommand struct {
	database
	Retailer catalog.RetailerID `arg:"" help:"The retailer's id in the catalogue."`
	Most     int                `default:"50" help:"How many days at most, the latest first."`
}

// Run lists a retailer's settled days.
func (c *listDaysCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		account, err := e.RetailerAccount(ctx, access.Operator(), c.Retailer)
		if err != nil {
			return err
		}
		days, err := e.SettledDays(ctx, access.Operator(), c.Retailer, engine.Page{Most: c.Most})
		if err != nil {
			return err
		}
		shown := table.New().Headers("day", "rows", "by us", "by the file", "agreed", "commission", "came")
		for _, d := range days {
			shown.Row(d.On.String(), fmt.Sprint(d.Rows), d.Ours.String(), d.Theirs.String(), d.Agreed.String(), d.Commission.String(), d.ReceivedAt.Format(time.DateTime))
		}
		if _, err := fmt.Fprintln(w.stdout, shown); err != nil {
			return err
		}
		for _, in := range account.By {
			if _, err := fmt.Fprintf(w.stdout, "agreed %s, commission %s, paid %s, owed %s\n", in.Agreed, in.Commission, in.Paid, in.Owed); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(w.stdout, "%d breaks wait for a decision\ndays without a file: %s\n", account.Pending, daysOf(account.Missing))
		return err
	})
}

func daysOf(days []calendar.Date) string {
	if len(days) == 0 {
		return "none"
	}
	return fmt.Sprint(days)
}

// oneDay names a settled day.
type oneDay struct {
	database
	Retailer catalog.RetailerID `arg:"" help:"The retailer's id in the catalogue."`
	Day      string             `arg:"" help:"The business day, as 2026-12-31."`
}

type showDayCommand struct{ oneDay }

// Run shows a settled day.
func (c *showDayCommand) Run(ctx context.Context, w world) error {
	on, err := calendar.Parse(c.Day)
	if err != nil {
		return err
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error { return showDay(ctx, w, e, c.Retailer, on) })
}

// deciding is a decision on a break, by a person who says who they are.
type deciding struct {
	oneDay
	Break int                   `arg:"" help:"The break's number within the day."`
	As    settlement.Resolution `required:"" enum:"ours,theirs,activate,written_off" help:"ours, theirs, activate or written_off."`
	By    string                `required:"" placeholder:"NAME" help:"Who you are: a break is decided by two persons."`
}

type proposeCommand struct {
	deciding
	Reason string `placeholder:"TEXT" help:"Why, for the second person."`
}

type confirmCommand struct{ deciding }

// Run proposes a resolution.
func (c *proposeCommand) Run(ctx context.Context, w world) error {
	return c.decide(ctx, w, c.Reason, (*engine.Engine).Propose)
}

// Run confirms a resolution.
func (c *confirmCommand) Run(ctx context.Context, w world) error {
	return c.decide(ctx, w, "", (*engine.Engine).Confirm)
}

func (c deciding) decide(ctx context.Context, w world, reason string,
	do func(*engine.Engine, context.Context, access.Actor, string, engine.BreakRef, engine.Decision) (engine.Decided, bool, error)) error {
	on, err := calendar.Parse(c.Day)
	if err != nil {
		return err
	}
	actor := access.Operator()
	if actor.Person, err = access.ParsePerson(c.By); err != nil {
		return fmt.Errorf("--by: %w", err)
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		decided, _, err := do(e, ctx, actor, store.NewID(), engine.BreakRef{Retailer: c.Retailer, On: on, Number: c.Break}, engine.Decision{As: c.As, Reason: reason})
		if err != nil {
			return err
		}
		currency, err := money.ParseCurrency(decided.Currency)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.stdout, "break %d: %s, %s; of the day %s is agreed, with a commission of %s\n", decided.Number, decided.State, decided.Resolution,
			money.New(decided.Agreed, currency), money.New(decided.Commission, currency))
		return err
	})
}

type paidCommand struct {
	database
	Retailer  catalog.RetailerID `arg:"" help:"The retailer's id in the catalogue."`
	Amount    int64              `required:"" help:"In minor units: cents, or yen."`
	Currency  string             `required:"" help:"ISO 4217, as in USD."`
	Reference string             `required:"" help:"The payment's own reference: the same one counts once."`
}

// Run takes in a payment.
func (c *paidCommand) Run(ctx context.Context, w world) error {
	currency, err := money.ParseCurrency(c.Currency)
	if err != nil {
		return fmt.Errorf("--currency: %w", err)
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		paid, _, err := e.RecordPayment(ctx, access.Operator(), store.NewID(), c.Retailer, c.Reference, money.New(c.Amount, currency))
		if err != nil {
			return err
		}
		says := "recorded"
		if paid.Again {
			says = "was recorded before; nothing was changed"
		}
		_, err = fmt.Fprintf(w.stdout, "%s of %s, %q: %s\n", money.New(c.Amount, currency), c.Retailer, c.Reference, says)
		return err
	})
}
