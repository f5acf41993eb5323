package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"scrip/giftcard"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store/query"
)

// errAlone says that a use case wants to read what was not read for it, and so cannot go together with
// others.
var errAlone = errors.New("this use case goes alone")

// Needs are the rows that a use case reads: what waits together is read together.
type Needs struct {
	Accounts []string
	Sums     []string    // accounts of which, but for a rare case, what all lots hold together is enough
	Cards    []string    // digests
	Answers  []AnswerKey // which, but for a rare case, are not there yet
	Told     []string    // cards and batches of which something will be told

	Tills   []string // keys of tills' transactions
	Batches []string // that are not to change meanwhile
	Days    []SalesDay
}

// AnswerKey names an answer.
type AnswerKey struct{ AccountID, Operation, Key string }

// unit is what one transaction has read and will write. Use cases decide in memory, one after another,
// each on what those before it have left; what they write is kept back, and goes to the database in
// statements for all of it. A use case that fails leaves nothing behind.
type unit struct {
	direct   query.DBTX // where statements go by themselves; nil where several share the unit
	sets     sets
	accounts map[string]*Account // what was read; nil is not there
	cards    map[string]*heldCard
	answers  map[AnswerKey]*Answer
	batches  map[string]*giftcard.Batch
	told     map[string]*query.LastToldRow // the last that was told of a card or a batch
	rows     rows
	sales    sales
	parcel   *Parcel // of letters that its server sends; nil without any
	place    int64   // in the list of all events, of what is told in the transaction; 0 where it was not asked for
	undo     []func()
	refused  bool // the use case that is attempted wanted to read more
}

// sets runs statements on many rows: each step, in order, must change as many rows as it wants.
type sets interface {
	run(ctx context.Context, steps []step) error
}

// step is a statement on many rows. It wants to change that many, or any number below zero.
type step struct {
	do   func(*query.Queries) (int64, error)
	want int64
}

// heldCard is a card as it is now, and the state in which the database has it.
type heldCard struct {
	Card
	was         giftcard.State
	wasSale     string
	activatedAt int64
	redeemedAt  int64
}

// rows are what is to be written.
type rows struct {
	accounts      []query.Account
	emails        []query.Email
	externals     []query.ExternalID
	cards         []query.Card
	serials       []query.CardSerial
	lots          []query.Lot
	draws         []draw
	charges       []query.Charge
	ends          []end
	lines         []query.ChargeLine
	transfers     []query.Transfer
	cardTransfers []query.CardTransfer
	events        []query.Event
	notices       []query.Notice
	packed        []query.Notice // into the parcel
	answers       []query.Answer
	questions     []query.Question
	entries       []query.AuditEntry
	saved         []query.Account // the last of an account counts

	authorizations     []query.Authorization
	authorizationLines []query.AuthorizationLine
	ended              []query.Authorization // only what an end changes
	moves              []string              // digests of cards that moved

	tills     []query.TillTransaction
	reversals []query.TillTransaction // only what a reversal changes
}

type draw struct {
	AccountID, LotID string
	Amount           int64
}

type end struct{ AccountID, ChargeID, EndedOn string }

type cardMove struct {
	Digest, Was, WasSale, State string
	Value                       int64
	Sale, RedeemedBy            string
	ActivatedAt, RedeemedAt     int64
}

func newUnit(direct query.DBTX, sets sets) *unit {
	return &unit{direct: direct, sets: sets, accounts: map[string]*Account{},
		cards: map[string]*heldCard{}, answers: map[AnswerKey]*Answer{}, batches: map[string]*giftcard.Batch{},
		told: map[string]*query.LastToldRow{}, sales: newSales()}
}

// sharing is a transaction of a use case that shares the unit with others.
func (u *unit) sharing(now time.Time) *Tx { return &Tx{Now: now, q: query.New(refusing{u}), unit: u} }

// alone is a transaction of a use case that has the unit for itself. What it reads and writes by itself
// comes after what it has kept back.
func (u *unit) alone(now time.Time) *Tx { return &Tx{Now: now, q: query.New(afterFlush{u}), unit: u} }

// load reads for all, behind the statements that begin the transaction, and locks in one order: accounts by their ids,
// then cards by their digests. Where several share the unit, cards are not locked: each is moved under the guard of the
// state in which it was read, and where somebody else has moved it meanwhile, all of the unit go alone.
func (u *unit) load(ctx context.Context, on query.DBTX, all []*work, begin ...string) error {
	var accounts, withLots, cards, told []string
	var keys []AnswerKey
	for _, w := range all {
		accounts = append(append(accounts, w.needs.Accounts...), w.needs.Sums...)
		withLots = append(withLots, w.needs.Accounts...)
		cards = append(cards, w.needs.Cards...)
		told = append(told, w.needs.Told...)
		if w.presumes {
			u.presumeNew(w.needs.Answers)
		} else {
			withLots, keys = append(withLots, w.needs.Sums...), append(keys, w.needs.Answers...)
		}
	}
	accounts, withLots, cards, told = distinct(accounts), distinct(withLots), distinct(cards), distinct(told)
	reads := append(u.salesOf(ctx, all),
		func(q *query.Queries) error { return u.lockAccounts(ctx, q, accounts) },
		func(q *query.Queries) error { return u.loadLots(ctx, q, withLots) },
		func(q *query.Queries) error { return u.loadCards(ctx, q, cards) },
		func(q *query.Queries) error { return u.loadAnswers(ctx, q, keys) },
		func(q *query.Queries) error { return u.loadTold(ctx, q, told) })
	if len(accounts)+len(told) > 0 { // of which something will be told
		reads = append(reads, func(q *query.Queries) error { return u.placing(ctx, q) })
	}
	if err := readTogether(ctx, on, begin, reads); err != nil {
		return err
	}
	u.sumUp(accounts, withLots)
	return errors.Join(u.loadAuthorizations(ctx, on, accounts), u.holdBatches(ctx, query.New(on), u.batchesFor(all)))
}

// presumeNew takes keys for ones that have no answer yet, without looking. That they have none is certain once theirs
// is written: it would be the second.
func (u *unit) presumeNew(keys []AnswerKey) {
	for _, key := range keys {
		if _, read := u.answers[key]; !read {
			u.answers[key] = nil
		}
	}
}

// sumUp gives those accounts whose lots were not read all that they hold as a single lot, without a name. Nobody may
// draw from it.
func (u *unit) sumUp(accounts, withLots []string) {
	for _, id := range accounts {
		a := u.accounts[id]
		if _, read := slices.BinarySearch(withLots, id); read || a == nil || a.read.Balance == 0 {
			continue
		}
		a.State.Balance, a.summed = prepaid.Balance{{Rest: money.New(a.read.Balance, a.State.Currency)}}, true
	}
}

func distinct(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (u *unit) lockAccounts(ctx context.Context, q *query.Queries, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := q.LockAccounts(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		u.accounts[id] = nil
	}
	return u.hold(rows)
}

// hold takes accounts that are locked, without their lots.
func (u *unit) hold(rows []query.Account) error {
	for at := range rows {
		a, err := accountOf(rows[at])
		if err != nil {
			return fmt.Errorf("account %s: %w", rows[at].AccountID, err)
		}
		a.read = &rows[at]
		u.accounts[a.ID] = &a
	}
	return nil
}

// loadLots reads the lots of accounts that have something left.
func (u *unit) loadLots(ctx context.Context, q *query.Queries, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	lots, err := q.SpendableLots(ctx, ids)
	for _, lot := range lots {
		if a := u.accounts[lot.AccountID]; a != nil {
			a.addLot(lot)
		}
	}
	return err
}

// loadAuthorizations reads the open authorizations of the accounts that have some, which few have.
func (u *unit) loadAuthorizations(ctx context.Context, on query.DBTX, ids []string) error {
	currencies := map[string]money.Currency{}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		a := u.accounts[id]
		if a != nil && a.read.Authorized > 0 {
			currencies[id] = a.State.Currency
		}
		return a == nil || a.read.Authorized == 0
	})
	if len(ids) == 0 {
		return nil
	}
	open, err := openOf(ctx, query.New(on), currencies, ids)
	for id, authorizations := range open {
		u.accounts[id].State.Authorizations = authorizations
	}
	return err
}

func (u *unit) loadCards(ctx context.Context, q *query.Queries, digests []string) error {
	if len(digests) == 0 {
		return nil
	}
	load := q.LockCards
	if u.direct == nil {
		load = q.Cards
	}
	rows, err := load(ctx, digests)
	if err != nil {
		return err
	}
	for _, digest := range digests {
		u.cards[digest] = nil
	}
	for _, row := range rows {
		card, err := cardOf(row, nil)
		if err != nil {
			return err
		}
		u.cards[card.Digest] = &heldCard{Card: card, was: card.Card.State, wasSale: card.Card.Sale}
	}
	return nil
}

func (u *unit) loadAnswers(ctx context.Context, q *query.Queries, keys []AnswerKey) error {
	if len(keys) == 0 {
		return nil
	}
	rows, err := q.Answers(ctx, columns[query.AnswersParams](keys))
	for _, key := range keys {
		u.answers[key] = nil
	}
	for _, row := range rows {
		key := AnswerKey{row.AccountID, row.Operation, row.Key}
		u.answers[key] = &Answer{AnswerKey: key, Fingerprint: row.Fingerprint, Body: row.Body}
	}
	return err
}

// attemptAll runs use cases that share the unit, and gives those that must go once more, or alone.
func (u *unit) attemptAll(all []*work, clock func() time.Time) (others []*work) {
	for _, w := range all {
		if w.err = w.ctx.Err(); w.err == nil {
			w.err = u.attempt(u.sharing(clock().UTC()), u.tried(w))
		}
		if errors.Is(w.err, errAlone) {
			others = append(others, w)
		}
	}
	return others
}

// tried is a use case that shares the unit. One that presumes must have succeeded, and answered its keys: whatever else
// came of it may have come of what was presumed.
func (u *unit) tried(w *work) func(*Tx) error {
	if !w.presumes {
		return w.do
	}
	return func(tx *Tx) error {
		if err := w.do(tx); err != nil {
			return u.refuse()
		}
		for _, key := range w.needs.Answers {
			if u.answers[key] == nil {
				return u.refuse()
			}
		}
		return nil
	}
}

// attempt runs one use case of those that share the unit, and takes back what it did where it fails.
func (u *unit) attempt(tx *Tx, do func(*Tx) error) error {
	before := u.rows
	u.undo, u.refused = u.undo[:0], false
	err := protect(do, tx)
	if u.refused { // whatever it made of that
		err = errAlone
	}
	if err == nil {
		return nil
	}
	u.rows = before
	for _, undo := range slices.Backward(u.undo) {
		undo()
	}
	return err
}

// refuse sends a use case that shares the unit to go alone.
func (u *unit) refuse() error {
	u.refused = true
	return errAlone
}

// protect turns a panic of one use case into its error: the others beside it are not its fault.
func protect(do func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", cause, debug.Stack())
		}
	}()
	return do(tx)
}

// set writes a map's entry, so that it can be taken back.
func set[K comparable, V any](u *unit, in map[K]V, key K, value V) {
	before, there := in[key]
	in[key] = value
	u.undo = append(u.undo, func() {
		if there {
			in[key] = before
		} else {
			delete(in, key)
		}
	})
}

// account is an account that is locked, or ErrNotFound.
func (u *unit) account(ctx context.Context, id string) (Account, error) {
	a, err := read(ctx, u, u.accounts, id, func(q *query.Queries) error {
		return errors.Join(u.lockAccounts(ctx, q, []string{id}), u.loadLots(ctx, q, []string{id}), u.loadAuthorizations(ctx, u.direct, []string{id}))
	})
	if err == nil && a.summed && a.read.Authorized > 0 { // which may give back to a lot
		err = u.refuse()
	}
	return a, err
}

// card is a card that is locked, or ErrNotFound.
func (u *unit) card(ctx context.Context, digest string) (heldCard, error) {
	return read(ctx, u, u.cards, digest, func(q *query.Queries) error { return u.loadCards(ctx, q, []string{digest}) })
}

// answer is what a key was answered, or ErrNotFound.
func (u *unit) answer(ctx context.Context, key AnswerKey) (Answer, error) {
	return read(ctx, u, u.answers, key, func(q *query.Queries) error { return u.loadAnswers(ctx, q, []AnswerKey{key}) })
}

// read is what was read under a key. Who goes alone may read more.
func read[K comparable, V any](ctx context.Context, u *unit, in map[K]*V, key K, load func(*query.Queries) error) (value V, err error) {
	entry, there := in[key]
	if !there {
		if u.direct == nil {
			return value, u.refuse()
		}
		if err := errors.Join(u.flush(ctx), load(query.New(u.direct))); err != nil {
			return value, err
		}
		entry = in[key]
	}
	if entry == nil {
		return value, ErrNotFound
	}
	return *entry, nil
}

// save keeps an account's row for writing.
func (u *unit) save(a Account) error {
	row, err := a.row()
	if err != nil {
		return err
	}
	if held := u.accounts[a.ID]; held != nil {
		a.read = held.read
	}
	u.rows.saved = append(u.rows.saved, row)
	set(u, u.accounts, a.ID, &a)
	return nil
}

// flush writes what is kept back. What was inserted in the same unit is there before it is changed.
func (u *unit) flush(ctx context.Context) error {
	r := u.rows
	u.rows = rows{}
	if err := u.placeEvents(ctx, &r); err != nil {
		return err
	}
	steps := make([]step, 0, 8)
	add := func(count int, do func(*query.Queries) (int64, error)) {
		if count > 0 {
			steps = append(steps, step{do, int64(count)})
		}
	}
	ended := r.endAtOnce()
	saved, balances := u.apart(lasts(r.saved, accountID))
	ends, draws, moves := lasts(r.ends, func(e end) string { return e.ChargeID }), sums(r.draws), u.moves(r.moves)
	add(len(r.accounts), func(q *query.Queries) (int64, error) {
		return q.InsertAccounts(ctx, columns[query.InsertAccountsParams](r.accounts))
	})
	add(len(r.emails), func(q *query.Queries) (int64, error) {
		return q.InsertEmails(ctx, columns[query.InsertEmailsParams](r.emails))
	})
	add(len(r.externals), func(q *query.Queries) (int64, error) {
		return q.InsertExternalIDs(ctx, columns[query.InsertExternalIDsParams](r.externals))
	})
	add(len(r.cards), func(q *query.Queries) (int64, error) {
		return q.InsertCards(ctx, columns[query.InsertCardsParams](r.cards))
	})
	add(len(r.serials), func(q *query.Queries) (int64, error) {
		return q.InsertCardSerials(ctx, columns[query.InsertCardSerialsParams](r.serials))
	})
	add(len(saved), func(q *query.Queries) (int64, error) {
		return q.UpdateAccounts(ctx, columns[query.UpdateAccountsParams](saved))
	})
	add(len(balances), func(q *query.Queries) (int64, error) {
		return q.UpdateBalances(ctx, columns[query.UpdateBalancesParams](balances))
	})
	add(len(moves), func(q *query.Queries) (int64, error) {
		return q.MoveCards(ctx, columns[query.MoveCardsParams](moves))
	})
	add(len(r.tills), func(q *query.Queries) (int64, error) {
		return q.InsertTillTransactions(ctx, columns[query.InsertTillTransactionsParams](r.tills))
	})
	add(len(r.reversals), func(q *query.Queries) (int64, error) {
		return q.ReverseTillTransactions(ctx, columns[query.ReverseTillTransactionsParams](r.reversals))
	})
	add(len(r.lots), func(q *query.Queries) (int64, error) {
		return q.InsertLots(ctx, columns[query.InsertLotsParams](r.lots))
	})
	add(len(r.authorizations), func(q *query.Queries) (int64, error) {
		return q.InsertAuthorizations(ctx, columns[query.InsertAuthorizationsParams](r.authorizations))
	})
	add(len(r.authorizationLines), func(q *query.Queries) (int64, error) {
		return q.InsertAuthorizationLines(ctx, columns[query.InsertAuthorizationLinesParams](r.authorizationLines))
	})
	add(len(ended), func(q *query.Queries) (int64, error) {
		return q.EndAuthorizations(ctx, columns[query.EndAuthorizationsParams](ended))
	})
	add(len(draws), func(q *query.Queries) (int64, error) { return q.DrawLots(ctx, columns[query.DrawLotsParams](draws)) })
	add(len(r.charges), func(q *query.Queries) (int64, error) {
		return q.InsertCharges(ctx, columns[query.InsertChargesParams](r.charges))
	})
	add(len(r.lines), func(q *query.Queries) (int64, error) {
		return q.InsertChargeLines(ctx, columns[query.InsertChargeLinesParams](r.lines))
	})
	add(len(ends), func(q *query.Queries) (int64, error) { return q.EndCharges(ctx, columns[query.EndChargesParams](ends)) })
	add(len(r.transfers), func(q *query.Queries) (int64, error) {
		return q.InsertTransfers(ctx, columns[query.InsertTransfersParams](r.transfers))
	})
	add(len(r.cardTransfers), func(q *query.Queries) (int64, error) {
		return q.InsertCardTransfers(ctx, columns[query.InsertCardTransfersParams](r.cardTransfers))
	})
	add(len(r.events), func(q *query.Queries) (int64, error) {
		return q.InsertEvents(ctx, columns[query.InsertEventsParams](r.events))
	})
	add(len(r.answers), func(q *query.Queries) (int64, error) {
		return q.InsertAnswers(ctx, columns[query.InsertAnswersParams](r.answers))
	})
	add(len(r.questions), func(q *query.Queries) (int64, error) {
		return q.InsertQuestions(ctx, columns[query.InsertQuestionsParams](r.questions))
	})
	add(len(r.entries), func(q *query.Queries) (int64, error) {
		return q.InsertAuditEntries(ctx, columns[query.InsertAuditEntriesParams](r.entries))
	})
	if len(r.packed) > 0 {
		parcel, err := u.seal(r.packed)
		if err != nil {
			return err
		}
		add(1, func(q *query.Queries) (int64, error) {
			return q.InsertParcels(ctx, columns[query.InsertParcelsParams]([]query.Parcel{parcel}))
		})
	}
	if len(r.notices) > 0 { // one whose key was queued already stays as it is
		steps = append(steps, step{func(q *query.Queries) (int64, error) {
			return q.InsertNotices(ctx, columns[query.InsertNoticesParams](r.notices))
		}, -1})
	}
	if len(steps) == 0 {
		return nil
	}
	return u.sets.run(ctx, steps)
}

// apart are the rows of accounts to be written, and, apart from them, those of which nothing has changed but what
// UpdateBalances writes, as it is where a card is redeemed.
func (u *unit) apart(saved []query.Account) (others, balances []query.Account) {
	for _, now := range saved {
		held := u.accounts[now.AccountID]
		was := held.read
		held.read = nil
		if was != nil && sameButBalance(*was, now) {
			balances = append(balances, now)
		} else {
			others = append(others, now)
		}
	}
	return others, balances
}

func sameButBalance(was, now query.Account) bool {
	was.Balance, was.RunsOut, was.EstimateMade, was.EstimateHolds = now.Balance, now.RunsOut, now.EstimateMade, now.EstimateHolds
	was.CatalogVersion, was.DueAt, was.RestsUntil = now.CatalogVersion, now.DueAt, now.RestsUntil
	was.LastEvent, was.LastLot, was.LastPosition = now.LastEvent, now.LastLot, now.LastPosition
	return was == now
}

func accountID(row query.Account) string { return row.AccountID }

// lasts are the last rows of each key, by key.
func lasts[R any](rows []R, key func(R) string) []R {
	if len(rows) < 2 {
		return rows
	}
	last := make(map[string]R, len(rows))
	for _, row := range rows {
		last[key(row)] = row
	}
	kept := make([]R, 0, len(last))
	for _, row := range last {
		kept = append(kept, row)
	}
	slices.SortFunc(kept, func(a, b R) int { return cmp.Compare(key(a), key(b)) })
	return kept
}

// sums are the draws with those on the same lot added up, what is given back with a minus: only the sum must be
// there to draw.
func sums(draws []draw) []draw {
	if len(draws) < 2 {
		return draws
	}
	at, summed := map[string]int{}, make([]draw, 0, len(draws))
	for _, d := range draws {
		i, there := at[d.LotID]
		if !there {
			i = len(summed)
			at[d.LotID], summed = i, append(summed, draw{d.AccountID, d.LotID, 0})
		}
		summed[i].Amount += d.Amount
	}
	return summed
}

// moves are the cards that moved, each from the state in which the database has it.
func (u *unit) moves(digests []string) []cardMove {
	moves := make([]cardMove, 0, len(digests))
	for _, digest := range distinct(digests) {
		card := u.cards[digest]
		now := card.Card.Card
		moves = append(moves, cardMove{digest, string(card.was), card.wasSale, string(now.State), now.Value.Minor(), now.Sale, now.RedeemedBy, card.activatedAt, card.redeemedAt})
		card.was, card.wasSale = now.State, now.Sale // a second flush moves it from there
	}
	return moves
}
