package engine

import (
	"context"
	"time"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/mail"
	"scrip/store"
)

// letterLease is how long one attempt to send a letter may take before it is taken for lost.
const letterLease = time.Minute

// Letter is a letter that is due, and the row that it comes from: a notice, or a request to sign in.
type Letter struct {
	Letter mail.Letter
	notice store.Notice
	signIn store.SignIn
}

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

// DueNotices are the letters with notices to send now.
func (e *Engine) DueNotices(ctx context.Context, most int) (letters []Letter, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		notices, err := tx.DueNotices(ctx, tx.Now, most)
		for _, n := range notices {
			letters = append(letters, Letter{notice: n, Letter: mail.Letter{ID: n.Account + "." + n.Notice.Key, At: tx.Now,
				Kind: mail.Kind(n.Notice.Kind), Notice: n.Notice}})
		}
		return err
	})
	return letters, err
}

// Take takes a due letter for one attempt, addressed to its reader, and reports whether it is to be
// sent: not where somebody else has it, nor where it has lost its point meanwhile, which is recorded.
func (e *Engine) Take(ctx context.Context, l Letter) (Letter, bool, error) {
	mine := false
	err := e.db.Write(ctx, func(tx *store.Tx) (err error) {
		until := tx.Now.Add(letterLease)
		if l.Letter.Kind == mail.SignInCode {
			if mine = tx.Now.Before(l.signIn.ExpiresAt); !mine {
				return tx.SettleSignIn(ctx, l.signIn.ID, store.NoticeLapsed)
			}
			mine, err = tx.LeaseSignIn(ctx, l.signIn, until)
			return err
		}
		a, err := tx.Membership(ctx, l.notice.Account)
		if err != nil {
			return err
		}
		if l.notice.Notice.Pointless(a.State.Membership, a.State.Estimate, calendar.In(tx.Now, a.Zone)) {
			mine = false
			return tx.SettleNotice(ctx, l.notice, store.NoticeLapsed)
		}
		l.Letter.To, l.Letter.Language = a.Email, a.Language
		l.Letter.PlanName = e.planName(l.Letter.Notice.Plan, a.Language)
		mine, err = tx.LeaseNotice(ctx, l.notice, until)
		return err
	})
	return l, mine, err
}

// Settle records how a letter that was taken ended.
func (e *Engine) Settle(ctx context.Context, l Letter, fate store.Fate) error {
	return e.db.Write(ctx, func(tx *store.Tx) error {
		if l.Letter.Kind == mail.SignInCode {
			return tx.SettleSignIn(ctx, l.signIn.ID, fate)
		}
		return tx.SettleNotice(ctx, l.notice, fate)
	})
}

// Delay makes a letter that was taken, and could not be sent, due again later.
func (e *Engine) Delay(ctx context.Context, l Letter, pause time.Duration) error {
	return e.db.Write(ctx, func(tx *store.Tx) error {
		if l.Letter.Kind == mail.SignInCode {
			return tx.DelaySignIn(ctx, l.signIn, tx.Now.Add(pause))
		}
		return tx.DelayNotice(ctx, l.notice, tx.Now.Add(pause))
	})
}

// Attempts is how often it was tried to send the letter before.
func (l Letter) Attempts() int { return max(l.signIn.Attempts, l.notice.Attempts) }

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

func (e *Engine) planName(id catalog.PlanID, language string) string {
	plan, known := e.Terms().Catalog.Plan(id)
	if !known {
		return ""
	}
	return plan.Name(language)
}
