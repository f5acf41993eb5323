package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/retail"
	"scrip/settlement"
	"scrip/store"
)

var (
	// ErrNoFiles says that the catalogue does not tell how a retailer writes its files.
	ErrNoFiles = errors.New("the catalogue does not tell how the retailer's settlement files are written")
	// ErrDayNotOver says that a file came before its day was over where the shop is.
	ErrDayNotOver = errors.New("the business day is not over")
	// ErrOtherFile says that another file of a day came before.
	ErrOtherFile = errors.New("another file of this day was settled: say that this one takes its place")
	// ErrBreaksResolved says that a file cannot be replaced, because figures of it were agreed on.
	ErrBreaksResolved = errors.New("breaks of the day's file were resolved: it cannot be replaced any more")
)

// DaysFile is a retailer's file of a business day.
type DaysFile struct {
	Retailer catalog.RetailerID
	Day      calendar.Date // zero where the file tells it
	Text     string
	Replaces bool // it takes the place of another of the day
}

// DaySettled is what settling a day came to. Amounts are in minor units.
type DaySettled struct {
	Retailer   string        `json:"retailer"`
	On         calendar.Date `json:"day"`
	Revision   int           `json:"revision"`
	Rows       int           `json:"rows"`
	Matched    int           `json:"matched"`
	Breaks     int           `json:"breaks"`
	Currency   string        `json:"currency"`
	Ours       int64         `json:"ours"`
	Theirs     int64         `json:"theirs"`
	Agreed     int64         `json:"agreed"`
	Commission int64         `json:"commission"`
	Again      bool          `json:"again"` // this very file was settled before, and nothing has changed
}

// Compared is a day as a file would settle it.
type Compared struct {
	store.SettledDay
	Breaks []settlement.Break
	Again  bool // this very file was settled before

	arrived []string
}

// SettleDay compares a retailer's file of a day with what its tills did, and keeps what both say and where they differ. The
// same file again changes nothing. Errors: access.ErrDenied, ErrNoTills, ErrNoFiles, *settlement.Unreadable, ErrDayNotOver,
// ErrOtherFile, ErrBreaksResolved, and those of a key.
func (e *Engine) SettleDay(ctx context.Context, actor access.Actor, key string, asked DaysFile) (settled DaySettled, replayed bool, err error) {
	if err := actor.May(access.Settle, ""); err != nil {
		return settled, false, err
	}
	retailer, file, err := e.readFile(asked)
	if err != nil {
		return settled, false, err
	}
	d := deed{actor: actor, operation: "settlement.file", key: key, input: []any{asked.Retailer, asked.Day, sumOf(asked.Text), asked.Replaces}}
	return once(ctx, e, d, func(tx *store.Tx) (done[DaySettled], error) {
		settled, err := e.settleDay(ctx, tx, retailer, file, asked)
		return decided(string(asked.Retailer), settled, err)
	})
}

// CompareDay is what SettleDay would come to. It changes nothing.
func (e *Engine) CompareDay(ctx context.Context, actor access.Actor, asked DaysFile) (compared Compared, err error) {
	if err := actor.May(access.ReadSettlements, ""); err != nil {
		return compared, err
	}
	retailer, file, err := e.readFile(asked)
	if err != nil {
		return compared, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		before, err := tx.SettledDay(ctx, retailer.ID, file.Day)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if compared, err = e.compareDay(ctx, tx, retailer, file); err == nil {
			compared.Sum = sumOf(asked.Text)
			compared.Again = before.Sum == compared.Sum
		}
		return err
	})
	return compared, err
}

// readFile reads a file as its retailer writes it.
func (e *Engine) readFile(asked DaysFile) (catalog.Retailer, settlement.File, error) {
	retailer, known := e.Terms().Catalog.Retailer(asked.Retailer)
	zone, err := store.Zone(retailer.Zone)
	switch {
	case !known || retailer.Zone == "" || err != nil:
		return retailer, settlement.File{}, ErrNoTills
	case retailer.Settlement == nil:
		return retailer, settlement.File{}, ErrNoFiles
	}
	file, err := settlement.Reading{Retailer: retailer, Zone: zone, Day: asked.Day}.Read(asked.Text)
	if err == nil && !calendar.In(e.Now(), zone).After(file.Day) {
		err = ErrDayNotOver
	}
	return retailer, file, err
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// settleDay writes what a file comes to.
func (e *Engine) settleDay(ctx context.Context, tx *store.Tx, retailer catalog.Retailer, file settlement.File, asked DaysFile) (DaySettled, error) {
	before, err := tx.SettledDay(ctx, retailer.ID, file.Day)
	first := errors.Is(err, store.ErrNotFound)
	switch {
	case err != nil && !first:
		return DaySettled{}, err
	case !first && before.Sum == sumOf(asked.Text):
		return settledAgain(ctx, tx, before)
	case !first && !asked.Replaces:
		return DaySettled{}, ErrOtherFile
	case before.Decided > 0:
		return DaySettled{}, ErrBreaksResolved
	}
	c, err := e.compareDay(ctx, tx, retailer, file)
	if err != nil {
		return DaySettled{}, err
	}
	c.Sum, c.Revision = sumOf(asked.Text), before.Revision+1
	if !first {
		err = tx.ReplaceSettledDay(ctx, before)
	} else {
		before.Commission = c.Commission.Zero()
	}
	if err == nil {
		err = keepCompared(ctx, tx, c)
	}
	if err == nil {
		err = tx.AddSettlementTransfer(ctx, retailer.ID, "commission:"+file.Day.String(), settlement.Keep(before.Commission, c.Commission))
	}
	return c.answer(len(c.Breaks)), err
}

// settledAgain is what a file came to that was settled before.
func settledAgain(ctx context.Context, tx *store.Tx, d store.SettledDay) (DaySettled, error) {
	breaks, err := tx.Breaks(ctx, store.BreakFilter{Retailer: d.Retailer, On: d.On}, store.BreakPlace{}, settlement.MostRows)
	again := Compared{SettledDay: d}.answer(len(breaks))
	again.Again = true
	return again, err
}

// keepCompared writes a day with its breaks, and ends those of other days whose transactions have arrived.
func keepCompared(ctx context.Context, tx *store.Tx, c Compared) error {
	if err := tx.AddSettledDay(ctx, c.SettledDay, c.Breaks); err != nil {
		return err
	}
	for _, key := range c.arrived {
		transaction, err := retail.ParseKey(key)
		if err != nil {
			return err
		}
		if err := tx.Arrive(ctx, transaction, c.On); err != nil {
			return err
		}
	}
	return nil
}

// compareDay compares a file with what we hold.
func (e *Engine) compareDay(ctx context.Context, tx *store.Tx, retailer catalog.Retailer, file settlement.File) (c Compared, err error) {
	tills, err := tx.TillsOfDay(ctx, retailer.ID, file.Day)
	if err != nil {
		return c, err
	}
	var others []string // keys of other days
	days := map[calendar.Date]bool{}
	for back := range lookBack + 1 {
		days[file.Day.Plus(-back)] = true
	}
	for _, row := range file.Rows {
		if days[row.Transaction.On] = true; row.Transaction.On != file.Day {
			others = append(others, row.Transaction.Key())
		}
	}
	more, err := tx.Tills(ctx, distinctTexts(others))
	if err != nil {
		return c, err
	}
	past, err := pastOf(ctx, tx, retailer.ID, days, file.Day)
	if err != nil {
		return c, err
	}
	since, err := changedSince(ctx, tx, retailer.ID, past, file.Day)
	if err != nil {
		return c, err
	}
	held := slices.Concat(heldOf(tills), heldOf(more), since)
	match := settlement.Day{On: file.Day, Currency: retailer.Settlement.Currency, Held: held, Rows: file.Rows,
		Fates: past.Fates(file.Day, held, file.Rows)}.Match()
	return Compared{SettledDay: store.SettledDay{Retailer: retailer.ID, On: file.Day, Rows: len(file.Rows), Matched: match.Matched, Ours: match.Ours,
		Theirs: match.Theirs, Agreed: match.Agreed, Rate: retailer.Commission, Commission: settlement.Commission(match.Agreed, retailer.Commission)},
		Breaks: match.Breaks, arrived: match.Arrived}, nil
}

// lookBack is of how many days before a file's it is looked for what has changed since they were settled: all that a till may
// still send is of them.
const lookBack = int(retail.MostLate/(24*time.Hour)) + 1

// changedSince are the transactions of the days before that have changed since those were settled.
func changedSince(ctx context.Context, tx *store.Tx, retailer catalog.RetailerID, past settlement.Past, on calendar.Date) (changed []settlement.Held, err error) {
	for back := range lookBack {
		day := on.Plus(-1 - back)
		settled, is := past.SettledAt[day]
		if !is {
			continue
		}
		tills, err := tx.TillsOfDay(ctx, retailer, day)
		if err != nil {
			return nil, err
		}
		for at, held := range heldOf(tills) {
			if held.Since = held.AddedSince(settled, tills[at].ReversedAt); !held.Since.IsZero() {
				changed = append(changed, held)
			}
		}
	}
	return changed, nil
}

// pastOf is what other days' files have said of the transactions of some days.
func pastOf(ctx context.Context, tx *store.Tx, retailer catalog.RetailerID, days map[calendar.Date]bool, on calendar.Date) (past settlement.Past, err error) {
	past.SettledAt = map[calendar.Date]time.Time{}
	for day := range days {
		breaks, err := tx.BreaksAbout(ctx, retailer, day)
		if err != nil {
			return past, err
		}
		for _, b := range breaks {
			past.Breaks = append(past.Breaks, settlement.Known{Key: b.Transaction.Key(), Of: b.Transaction.On, FileDay: b.On, Kind: b.Kind, State: b.State, ArrivedOn: b.ArrivedOn})
		}
		settled, err := tx.SettledDay(ctx, retailer, day)
		switch {
		case err == nil && day != on:
			past.SettledAt[day] = settled.ReceivedAt
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return past, err
		}
	}
	return past, nil
}

// heldOf is how tills' transactions stand.
func heldOf(tills []store.Till) []settlement.Held {
	held := make([]settlement.Held, len(tills))
	for at, t := range tills {
		standing := settlement.Stands
		switch {
		case t.State == store.TillRefused:
			standing = settlement.Refused
		case t.State == store.TillNever || t.Reversal == retail.Undone:
			standing = settlement.Reversed
		}
		held[at] = settlement.Held{Transaction: t.Transaction, Serial: t.Serial, Value: t.Value, Standing: standing, Received: t.ReceivedAt}
	}
	return held
}

func distinctTexts(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// answer is a day in the words of an answer that is remembered.
func (c Compared) answer(breaks int) DaySettled {
	return DaySettled{Retailer: string(c.Retailer), On: c.On, Revision: c.Revision, Rows: c.Rows, Matched: c.Matched, Breaks: breaks,
		Currency: c.Ours.Currency().String(), Ours: c.Ours.Minor(), Theirs: c.Theirs.Minor(), Agreed: c.Agreed.Minor(), Commission: c.Commission.Minor()}
}

// decided is what a deed came to, where an error may be its refusal.
func decided[T any](subject string, reply T, err error) (done[T], error) {
	if err != nil {
		return refused[T](subject, err)
	}
	return done[T]{subject: subject, Reply: reply}, nil
}
