package bench

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"scrip/store"
)

const (
	// bareMembers is to how many members the bare program's cards go in turn.
	bareMembers = 384
	// bareCards is how many cards it issues at once; the time for that does not count.
	bareCards = 10_000
)

// bareRows are the rows of one redemption, as the product writes them: the card, the lot, the account, two transfers,
// the event, the answer and the letter's parcel. $1 is a number that counts up, $2 the member, $3 the card's digest, $4 an id.
var bareRows = []string{
	`UPDATE cards SET state = 'redeemed', redeemed_by = $2, redeemed_at = 1 WHERE digest = $3 AND state = 'active'`,
	`INSERT INTO lots (account_id, lot_id, position, source, kind, value, rest, redeemed_at) VALUES ($2, $4, $1, $3, 'bought', 2500, 2500, 1)`,
	`UPDATE accounts SET balance = balance + 2500, last_lot = $1, last_event = $1 WHERE account_id = $2`,
	`INSERT INTO card_transfers (digest, transfer_id, debit, credit, amount, currency, at) VALUES ($3, $4, 'cards_outstanding', 'in_transit', 2500, 'USD', 1)`,
	`INSERT INTO transfers (account_id, transfer_id, debit, credit, amount, currency, cause, at) VALUES ($2, $4, 'in_transit', 'gift_balance', 2500, 'USD', 'lot:' || $4, 1)`,
	`INSERT INTO events (account_id, number, told_on, kind, body, at) VALUES ($2, $1, '2026-01-01', 'redeemed', '{"on":"2026-01-01","event":"redeemed","card":"0000-0000-0000-0","amount":2500,"balance":2500}', 1)`,
	`INSERT INTO answers (account_id, operation, key, fingerprint, body, at) VALUES ($2, 'redeem', $4, 'k:0000000000000000000000000000000000000000000', '{"card":"0000-0000-0000-0","events":[]}', 1)`,
	`INSERT INTO parcels (parcel_id, due_at, letters) VALUES ($4, 1, '[{"account":"' || $2 || '","key":"card_applied:' || $4 || '","kind":"card_applied","body":{"kind":"card_applied","on":"2026-01-01","amount":2500,"balance":2500},"created_at":1}]')`,
}

// bare measures a bare program that commits the rows of one redemption after another, with prepared statements, on a
// SQLite file of its own with the same tables and the same durability.
func bare(ctx context.Context, folder string, lasts time.Duration) (perSecond float64, failed error) {
	folder, err := os.MkdirTemp(folder, "scrip-bench-bare-")
	if err != nil {
		return 0, err
	}
	defer func() { failed = errors.Join(failed, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "bare.db")
	db, err := store.Open(ctx, path, store.Options{Clock: time.Now, Alone: true, Migrate: true})
	if err != nil {
		return 0, err
	}
	if err := db.Close(); err != nil {
		return 0, err
	}
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return 0, err
	}
	defer func() { failed = errors.Join(failed, pool.Close()) }()
	pool.SetMaxOpenConns(1)
	p, err := newBareProgram(ctx, pool)
	if err != nil {
		return 0, err
	}
	return p.run(ctx, lasts)
}

type bareProgram struct {
	begin, commit, issue *sql.Stmt
	rows                 []*sql.Stmt
	members              []string
}

func newBareProgram(ctx context.Context, pool *sql.DB) (*bareProgram, error) {
	var failed error
	prepare := func(text string) *sql.Stmt {
		statement, err := pool.PrepareContext(ctx, text)
		failed = errors.Join(failed, err)
		return statement
	}
	p := &bareProgram{begin: prepare("BEGIN IMMEDIATE"), commit: prepare("COMMIT"), members: make([]string, bareMembers),
		issue: prepare(`INSERT INTO cards (digest, key_id, serial, product, country, value, currency, state, redeemed_by, batch, issued_at)
			VALUES ($1, 'k', $2, 'us-25', 'US', 2500, 'USD', 'active', '', 'b', 0)`)}
	for _, text := range bareRows {
		p.rows = append(p.rows, prepare(text))
	}
	open := prepare(`INSERT INTO accounts (account_id, email, created_at, language, country, currency, zone, epoch, method, method_token, balance,
		status, plan, pending, payer, cancelled, anchor, period_start, period_end, period_paid_by, period_value, period_valued_from, period_charge,
		held_on, retried, runs_out, estimate_made, estimate_holds, catalog_version, reminded, rests_until, question_id, last_event, last_lot)
		VALUES ($1, 'a@example.com', 0, 'en', 'US', 'USD', 'UTC', 1, 'none', '', 0, 'none', '', '', 'self', 0, 0, '', '', '', 0, '', '', '', '', '',
		'', '', 1, '[]', 0, '', 0, 0)`)
	if failed != nil {
		return nil, failed
	}
	for at := range p.members {
		p.members[at] = store.NewID()
		if _, err := open.ExecContext(ctx, p.members[at]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *bareProgram) run(ctx context.Context, lasts time.Duration) (float64, error) {
	took, done := time.Duration(0), 0
	for took < lasts {
		if err := p.issueFrom(ctx, done); err != nil {
			return 0, err
		}
		begun := time.Now()
		for first := done; done < first+bareCards && took+time.Since(begun) < lasts; done++ {
			if err := p.redeem(ctx, done); err != nil {
				return 0, err
			}
		}
		took += time.Since(begun)
	}
	return float64(done) / took.Seconds(), nil
}

func (p *bareProgram) issueFrom(ctx context.Context, first int) error {
	_, failed := p.begin.ExecContext(ctx)
	for at := first; at < first+bareCards && failed == nil; at++ {
		_, failed = p.issue.ExecContext(ctx, bareDigest(at), fmt.Sprint(at))
	}
	if failed != nil {
		return failed
	}
	_, err := p.commit.ExecContext(ctx)
	return err
}

func (p *bareProgram) redeem(ctx context.Context, at int) error {
	if _, err := p.begin.ExecContext(ctx); err != nil {
		return err
	}
	args := []any{at, p.members[at%len(p.members)], bareDigest(at), store.NewID()}
	for _, row := range p.rows {
		if _, err := row.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	_, err := p.commit.ExecContext(ctx)
	return err
}

// bareDigest is as random as a card's.
func bareDigest(at int) string {
	sum := sha256.Sum256(fmt.Append(nil, at))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
