package bench

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/progress"
	"scrip/store"
)

const (
	// atOnce is how many accounts or cards are made in one transaction.
	atOnce = 500
	// fillers is how many transactions fill PostgreSQL side by side.
	fillers = 6
	// readAtOnce is how many rows are read at once where all are gone through.
	readAtOnce = 5000
	// renewedWithin is how many days ago a member may have started who is not due for a renewal.
	renewedWithin = 27
	// memberCard is what each member has redeemed, and looseCard what is to be redeemed.
	memberCard = catalog.ProductID("us-50")
	looseCard  = catalog.ProductID("us-25")
)

// digest is a card's digest, in half the memory of its text.
type digest [32]byte

func (d digest) String() string { return base64.RawURLEncoding.EncodeToString(d[:]) }

func parseDigest(text string) (d digest, err error) {
	read, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil && copy(d[:], read) != len(d) {
		err = errors.New("a card in the database has a digest of another length")
	}
	return d, err
}

// stock is what is in the database to be measured with. It is kept small, for a million of each.
type stock struct {
	accounts []uuid.UUID
	active   []digest // cards to be redeemed
	issued   []string // serial numbers of cards to be activated
	last     string   // account that was read
}

// fill brings the database to what the workloads need, and makes no more than what is missing.
func (b *bench) fill(ctx context.Context, e *engine.Engine) error {
	if err := b.readStock(ctx, e); err != nil {
		return err
	}
	missing := b.Accounts - len(b.stock.accounts)
	if b.wants(Renewals) {
		missing -= b.Due // they come on top
	}
	if missing > 0 {
		if err := b.fillAccounts(ctx, e, missing); err != nil {
			return err
		}
	}
	if b.wants(Redemptions) {
		err := b.fillCards(ctx, e, "cards to redeem", b.Cards-len(b.stock.active), []engine.Move{engine.Activate}, b.keepActive)
		if err != nil {
			return err
		}
	}
	if b.wants(Activations) {
		return b.fillCards(ctx, e, "cards to activate", b.Cards-len(b.stock.issued), nil, b.keepIssued)
	}
	return nil
}

// readStock goes through all accounts and cards once, in pages.
func (b *bench) readStock(ctx context.Context, e *engine.Engine) error {
	b.stock = stock{}
	if err := b.readAccounts(ctx, e); err != nil {
		return err
	}
	last := ""
	for {
		cards, err := e.CardsAfter(ctx, access.Operator(), last, readAtOnce)
		if err != nil || len(cards) == 0 {
			return err
		}
		for _, card := range cards {
			switch {
			case card.State == giftcard.Active && b.wants(Redemptions):
				err = errors.Join(err, b.keepActive(card))
			case card.State == giftcard.Issued && b.wants(Activations):
				err = errors.Join(err, b.keepIssued(card))
			}
			last = card.Digest
		}
		if err != nil {
			return err
		}
	}
}

// readAccounts goes on behind those that were read before: ids are ordered by time.
func (b *bench) readAccounts(ctx context.Context, e *engine.Engine) error {
	for {
		accounts, err := e.AccountsAfter(ctx, access.Operator(), b.stock.last, readAtOnce)
		if err != nil || len(accounts) == 0 {
			return err
		}
		for _, account := range accounts {
			id, err := uuid.Parse(account)
			if err != nil {
				return err
			}
			b.stock.accounts, b.stock.last = append(b.stock.accounts, id), account
		}
	}
}

func (b *bench) keepActive(card store.CardInStock) error {
	d, err := parseDigest(card.Digest)
	b.stock.active = append(b.stock.active, d)
	return err
}

func (b *bench) keepIssued(card store.CardInStock) error {
	b.stock.issued = append(b.stock.issued, card.Serial)
	return nil
}

// fillCards makes cards of the smaller product.
func (b *bench) fillCards(ctx context.Context, e *engine.Engine, what string, count int, moves []engine.Move, keep func(store.CardInStock) error) error {
	var keeping sync.Mutex
	return b.inParts(ctx, what, count, func(_, count int) error {
		made, err := e.PopulateCards(ctx, access.Operator(), looseCard, count, moves...)
		if err != nil {
			return err
		}
		keeping.Lock()
		defer keeping.Unlock()
		for _, card := range made {
			err = errors.Join(err, keep(card))
		}
		return err
	})
}

// fillAccounts makes members who started on the days before today, in equal parts, so that nobody is due.
func (b *bench) fillAccounts(ctx context.Context, e *engine.Engine, count int) error {
	err := b.fillMembers(ctx, e, "members", count, func(at int) time.Time {
		return b.Clock().AddDate(0, 0, -(at % renewedWithin))
	})
	return errors.Join(err, b.readAccounts(ctx, e))
}

// fillDue makes members who started a month ago, and are due for their first renewal.
func (b *bench) fillDue(ctx context.Context, e *engine.Engine, count int) error {
	started := monthAgo(b.Clock())
	return b.fillMembers(ctx, e, "members who are due", count, func(int) time.Time { return started })
}

// monthAgo is a time on the latest day a month after which is today or was.
func monthAgo(now time.Time) time.Time {
	today := calendar.In(now, time.UTC)
	for on := today.Plus(-28); ; on = on.Plus(-1) {
		if !on.NextMonth(on.Day()).After(today) {
			return on.Start(time.UTC).Add(12 * time.Hour)
		}
	}
}

// fillMembers makes members with a balance that pays for the months to come.
func (b *bench) fillMembers(ctx context.Context, e *engine.Engine, what string, count int, at func(int) time.Time) error {
	product, _ := e.Terms().Catalog.Product(memberCard)
	return b.inParts(ctx, what, count, func(first, count int) error {
		members := make([]engine.Member, count)
		for i := range members {
			members[i] = engine.Member{At: at(first + i), Card: product.ID, Plan: planOf(first + i), Opening: engine.Opening{
				Email: access.Email("member-" + store.NewID() + "@example.com"), Country: product.Country, Currency: product.Value.Currency(),
				Zone: "UTC", Language: "en"}}
		}
		return e.Populate(ctx, access.Operator(), members)
	})
}

// planOf spreads members over two plans, of which the balance of a card pays for three months and for five.
func planOf(at int) catalog.PlanID {
	if at%2 == 0 {
		return "basic"
	}
	return "standard"
}

// inParts makes so many things, some at once in each transaction.
func (b *bench) inParts(ctx context.Context, what string, count int, do func(first, count int) error) error {
	if count <= 0 {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	shown := b.show(what, count)
	firsts := make(chan int)
	var workers sync.WaitGroup
	for range b.fillers() {
		workers.Go(func() {
			for first := range firsts {
				part := min(atOnce, count-first)
				if err := do(first, part); err != nil {
					cancel(err)
				}
				shown.Add(part)
			}
		})
	}
	for first := 0; first < count && ctx.Err() == nil; first += atOnce {
		firsts <- first
	}
	close(firsts)
	workers.Wait()
	shown.end()
	return context.Cause(ctx)
}

// fillers is how many transactions are filled side by side; SQLite has one writer.
func (b *bench) fillers() int {
	if store.IsPostgres(b.Database) {
		return fillers
	}
	return 1
}

// shown is how far something has come: a bar, and a line at the end.
type shown struct {
	progress.Bar
	to    io.Writer
	what  string
	count int
	begun time.Time
}

func (b *bench) show(what string, count int) *shown {
	return &shown{progress.New(b.Progress, count, what), b.Progress, what, count, time.Now()}
}

func (s *shown) end() {
	s.End()
	took := time.Since(s.begun)
	fmt.Fprintf(s.to, "%d %s made in %v, %.0f a second\n", s.count, s.what, took.Round(time.Millisecond), float64(s.count)/took.Seconds())
}

// shuffle puts things in an order that the seed gives.
func shuffle[T any](things []T, random *rand.Rand) {
	random.Shuffle(len(things), func(i, j int) { things[i], things[j] = things[j], things[i] })
}
