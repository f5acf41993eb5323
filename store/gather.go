package store

import (
	"context"
	"time"

	"scrip/store/query"
)

// gatherTimeout bounds one read for all that waited.
const gatherTimeout = 10 * time.Second

// gather looks up single rows by their keys. What waits at the same moment is read in one statement: what a
// page reads before all else would cost a round trip for each request, and several requests can share it.
type gather[V any] struct {
	load    func(ctx context.Context, keys []string) (map[string]V, error)
	waiting chan *wanted[V]
	closing <-chan struct{}
}

// wanted is a key that somebody waits for.
type wanted[V any] struct {
	key  string
	got  V
	err  error
	done chan struct{}
}

// newGather is a gather that loads the rows that are there.
func newGather[V any](closing <-chan struct{}, load func(context.Context, []string) (map[string]V, error)) *gather[V] {
	g := &gather[V]{load, make(chan *wanted[V], mostShared), closing}
	go g.run() // one: the longer it reads, the more wait to be read together
	return g
}

// get reads the row of a key, or fails with ErrNotFound or ErrClosed.
func (g *gather[V]) get(ctx context.Context, key string) (got V, err error) {
	w := &wanted[V]{key: key, done: make(chan struct{})}
	select {
	case g.waiting <- w:
	case <-g.closing:
		return got, ErrClosed
	case <-ctx.Done():
		return got, ctx.Err()
	}
	select {
	case <-w.done:
		return w.got, w.err
	case <-g.closing:
		return got, ErrClosed
	case <-ctx.Done():
		return got, ctx.Err()
	}
}

func (g *gather[V]) run() {
	for {
		select {
		case <-g.closing:
			return
		case first := <-g.waiting:
			g.answer(allWaiting(first, g.waiting))
		}
	}
}

func (g *gather[V]) answer(all []*wanted[V]) {
	ctx, cancel := context.WithTimeout(context.Background(), gatherTimeout)
	defer cancel()
	keys := make([]string, len(all))
	for at, w := range all {
		keys[at] = w.key
	}
	rows, err := g.load(ctx, distinct(keys))
	for _, w := range all {
		there := false
		if w.got, there = rows[w.key]; !there {
			w.err = ErrNotFound
		}
		if err != nil {
			w.err = err
		}
		close(w.done)
	}
}

// kept is a session's row.
type kept struct {
	data      []byte
	expiresAt int64
}

func sessionsOf(ctx context.Context, q *query.Queries, tokens []string) (map[string]kept, error) {
	rows, err := q.Sessions(ctx, tokens)
	sessions := make(map[string]kept, len(rows))
	for _, row := range rows {
		sessions[row.Token] = kept{row.Data, row.ExpiresAt}
	}
	return sessions, err
}

func epochsOf(ctx context.Context, q *query.Queries, accounts []string) (map[string]int64, error) {
	rows, err := q.Epochs(ctx, accounts)
	epochs := make(map[string]int64, len(rows))
	for _, row := range rows {
		epochs[row.AccountID] = row.Epoch
	}
	return epochs, err
}

// Session reads a session's data by its hashed token, or ErrNotFound where there is none that counts.
func (db *DB) Session(ctx context.Context, token string) ([]byte, error) {
	row, err := db.session(ctx, token)
	if err == nil && (len(row.data) == 0 || row.expiresAt <= db.now().UnixMicro()) {
		err = ErrNotFound
	}
	return row.data, err
}

// Member reads an account without its balance, or ErrNotFound, as Tx.Membership does.
func (db *DB) Member(ctx context.Context, account string) (Account, error) {
	return db.member(ctx, account)
}

// Epoch is the epoch of an account whose sessions count, or ErrNotFound.
func (db *DB) Epoch(ctx context.Context, account string) (int64, error) {
	return db.epoch(ctx, account)
}

func membersOf(ctx context.Context, q *query.Queries, accounts []string) (map[string]Account, error) {
	return (&Tx{q: q}).Memberships(ctx, accounts)
}

func (db *sqlite) member(ctx context.Context, account string) (Account, error) {
	return lookUp(ctx, db, membersOf, account)
}

func (db *postgres) member(ctx context.Context, account string) (Account, error) {
	return db.members.get(ctx, account)
}

func (db *sqlite) session(ctx context.Context, token string) (kept, error) {
	return lookUp(ctx, db, sessionsOf, token)
}

func (db *sqlite) epoch(ctx context.Context, account string) (int64, error) {
	return lookUp(ctx, db, epochsOf, account)
}

// lookUp reads a row of SQLite by itself: it is in this process, and there is no round trip to share.
func lookUp[V any](ctx context.Context, db *sqlite, load func(context.Context, *query.Queries, []string) (map[string]V, error), key string) (got V, err error) {
	err = db.look(ctx, false, func(tx *Tx) error {
		rows, err := load(ctx, tx.q, []string{key})
		there := false
		if got, there = rows[key]; err == nil && !there {
			err = ErrNotFound
		}
		return err
	})
	return got, err
}

func (db *postgres) session(ctx context.Context, token string) (kept, error) {
	return db.sessions.get(ctx, token)
}

func (db *postgres) epoch(ctx context.Context, account string) (int64, error) {
	return db.epochs.get(ctx, account)
}

// gathering reads for a gather.
func gathering[V any](db *postgres, load func(context.Context, *query.Queries, []string) (map[string]V, error)) func(context.Context, []string) (map[string]V, error) {
	return func(ctx context.Context, keys []string) (rows map[string]V, err error) {
		err = db.look(ctx, false, func(tx *Tx) error {
			rows, err = load(ctx, tx.q, keys)
			return err
		})
		return rows, err
	}
}
