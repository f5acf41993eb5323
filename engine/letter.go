package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/mail"
	"scrip/store"
)

// letterLease is how long the letters that are taken together may take to be sent before they are taken for lost.
const letterLease = 2 * time.Minute

// Letter is a letter that is due, and the row that it comes from: a notice, a request to sign in, a wait for a card, or
// one about an order.
type Letter struct {
	Letter mail.Letter
	notice store.Notice
	parcel *store.Parcel // in which the notice is; nil for one that has a row
	signIn store.SignIn
	wait   store.Wait
	order  store.OrderLetter
	until  time.Time // of one that was taken: then it is due again
}

// isNotice reports whether it comes from a notice.
func (l Letter) isNotice() bool { return l.notice.Account != "" }

// Leased is until when nobody else sends a letter that was taken.
func (l Letter) Leased() time.Time { return l.until }

// DueDigits are the letters with digits to send now.
func (e *Engine) DueDigits(ctx context.Context, most int) (letters []Letter, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		signIns, err := tx.DueSignIns(ctx, tx.Now, most)
		for _, s := range signIns {
			letters = append(letters, Letter{signIn: s, Letter: mail.Letter{ID: s.ID, At: tx.Now, To: s.Email,
				Language: s.Language, Kind: mail.SignInCode, Digits: sixDigits(e.digits[0], s.ID)}})
		}
		return err
	})
	return letters, err
}

// DueNotices are the letters with notices to send now, among them what servers left that have gone.
func (e *Engine) DueNotices(ctx context.Context, most int) (letters []Letter, err error) {
	if err := e.unpackLeft(ctx, most); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		notices, err := tx.DueNotices(ctx, tx.Now, most)
		for _, n := range notices {
			letters = append(letters, letterOf(n, tx.Now))
		}
		return err
	})
	return letters, err
}

// unpackLeft makes notices of the letters in parcels that nobody sent in time.
func (e *Engine) unpackLeft(ctx context.Context, most int) (err error) {
	var parcels []*store.Parcel
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		parcels, err = tx.DueParcels(ctx, tx.Now, most)
		return err
	})
	if err != nil || len(parcels) == 0 {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error { return tx.Unpack(ctx, parcels, tx.Now) })
}

// LettersLeft reports whether letters are due, or were taken and may still be on their way.
func (e *Engine) LettersLeft(ctx context.Context) (left bool, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		notices, err := tx.DueNotices(ctx, tx.Now.Add(letterLease), 1)
		parcels, failed := tx.DueParcels(ctx, tx.Now.Add(letterLease), 1)
		left = len(notices)+len(parcels) > 0
		return errors.Join(err, failed)
	})
	return left, err
}

func letterOf(n store.Notice, at time.Time) Letter {
	return Letter{notice: n, Letter: mail.Letter{ID: n.Account + "." + n.Notice.Key, At: at, Kind: mail.Kind(n.Notice.Kind), Notice: n.Notice}}
}

// to is the letter, taken until an instant and addressed to its reader.
func (l Letter) to(a store.Account, terms billing.Terms, until time.Time) Letter {
	l.Letter.To, l.Letter.Language, l.until = a.Email, a.Language, until
	if plan, known := terms.Catalog.Plan(l.Letter.Notice.Plan); known {
		l.Letter.PlanName = plan.Name(a.Language)
	}
	return l
}

// Take takes due letters for one attempt each, in one transaction, addressed to their readers, and gives those
// that are to be sent: not those that somebody else has, nor those that have lost their point meanwhile, which
// is recorded.
func (e *Engine) Take(ctx context.Context, letters []Letter) (taken []Letter, err error) {
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		until := tx.Now.Add(letterLease)
		digits, failedDigits := takeDigits(ctx, tx, letters, until)
		waits, failedWaits := takeWaits(ctx, tx, letters, until)
		notices, failedNotices := e.takeNotices(ctx, tx, letters, until)
		orders, failedOrders := e.takeOrders(ctx, tx, letters, until)
		taken = slices.Concat(digits, waits, notices, orders)
		return errors.Join(failedDigits, failedWaits, failedNotices, failedOrders)
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

func takeDigits(ctx context.Context, tx *store.Tx, letters []Letter, until time.Time) (taken []Letter, err error) {
	for _, l := range letters {
		mine := false
		switch {
		case l.Letter.Kind != mail.SignInCode:
			continue
		case !tx.Now.Before(l.signIn.ExpiresAt):
			err = tx.SettleSignIn(ctx, l.signIn.ID, store.NoticeLapsed)
		default:
			mine, err = tx.LeaseSignIn(ctx, l.signIn, until)
		}
		if err != nil {
			return nil, err
		}
		if mine {
			l.until = until
			taken = append(taken, l)
		}
	}
	return taken, nil
}

func (e *Engine) takeNotices(ctx context.Context, tx *store.Tx, letters []Letter, until time.Time) (taken []Letter, err error) {
	var ids []string
	for _, l := range letters {
		if l.isNotice() {
			ids = append(ids, l.notice.Account)
		}
	}
	members, err := tx.Memberships(ctx, ids)
	if err != nil {
		return nil, err
	}
	var notices []store.Notice
	pointless := map[store.NoticeKey]store.Fate{}
	for _, l := range letters {
		if !l.isNotice() {
			continue
		}
		a := members[l.notice.Account]
		// Of a test clock's account all is told, however fast its days go by.
		if a.TestClock == "" && l.notice.Notice.Pointless(a.State.Membership, a.State.Estimate, calendar.In(tx.Now, a.Zone)) {
			pointless[l.notice.Key()] = store.NoticeLapsed
			continue
		}
		taken, notices = append(taken, l.to(a, e.Terms(), until)), append(notices, l.notice)
	}
	if err := tx.SettleNotices(ctx, pointless); err != nil {
		return nil, err
	}
	leased, err := tx.LeaseNotices(ctx, notices, until)
	return slices.DeleteFunc(taken, func(l Letter) bool { return !leased[l.notice.Key()] }), err
}

// Settle records how letters that were taken ended, in one transaction.
func (e *Engine) Settle(ctx context.Context, fates map[Letter]store.Fate) error {
	return e.db.Write(ctx, func(tx *store.Tx) error {
		notices := map[store.NoticeKey]store.Fate{}
		var parcels []*store.Parcel
		for l, fate := range fates {
			var err error
			switch {
			case l.order.Order != "":
				err = e.settleOrder(ctx, tx, l.order, fate)
			case l.Letter.Kind == mail.SignInCode:
				err = tx.SettleSignIn(ctx, l.signIn.ID, fate)
			case l.Letter.Kind == mail.CardActive:
				err = tx.EndWait(ctx, l.wait)
			default:
				notices[l.notice.Key()] = fate
				if l.parcel != nil {
					parcels = append(parcels, l.parcel)
				}
			}
			if err != nil {
				return err
			}
		}
		if err := tx.SettleParcels(ctx, parcels, notices); err != nil {
			return err
		}
		return tx.SettleNotices(ctx, notices)
	})
}

// Delay makes a letter that was taken, and could not be sent, due again later.
func (e *Engine) Delay(ctx context.Context, l Letter, pause time.Duration) error {
	return e.db.Write(ctx, func(tx *store.Tx) error {
		again := tx.Now.Add(pause)
		switch {
		case l.order.Order != "":
			return tx.DelayOrderLetter(ctx, l.order, again)
		case l.Letter.Kind == mail.SignInCode:
			return tx.DelaySignIn(ctx, l.signIn, again)
		case l.Letter.Kind == mail.CardActive:
			l.wait.Attempts++ // the one for which it was taken
			return tx.DelayWait(ctx, l.wait, again)
		}
		if l.parcel != nil {
			if err := tx.Unpack(ctx, []*store.Parcel{l.parcel}, time.Time{}); err != nil {
				return err
			}
		}
		return tx.DelayNotice(ctx, l.notice, again)
	})
}

// Attempts is how often it was tried to send the letter before.
func (l Letter) Attempts() int {
	return max(l.signIn.Attempts, l.notice.Attempts, l.wait.Attempts, l.order.Attempts)
}

// Sweep deletes sessions, requests and counts that have expired.
func (e *Engine) Sweep(ctx context.Context) error {
	return e.db.Write(ctx, func(tx *store.Tx) error { return tx.Sweep(ctx) })
}

// NextDue is the next instant at which something is due on an account, a question or a letter; zero
// for none.
func (e *Engine) NextDue(ctx context.Context) (next time.Time, err error) {
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		next, err = tx.NextDue(ctx)
		return err
	})
	return next, err
}
