package store

import (
	"context"
	"errors"
	"time"

	"scrip/store/query"
)

// SignIn is a request to prove an e-mail address by digits that are mailed. The digits are nowhere in
// the database: they follow from the id under a key outside of it.
type SignIn struct {
	ID        string
	Email     string
	Browser   string // digest of what the browser that asked holds
	Language  string
	Sender    string // the network address that asked
	Tries     int
	Used      bool
	ExpiresAt time.Time
	Attempts  int // to mail it
}

// AddSignIn adds a request, whose mail is due at once.
func (tx *Tx) AddSignIn(ctx context.Context, s SignIn) error {
	return tx.q.InsertSignIn(ctx, query.InsertSignInParams{SignInID: s.ID, Email: s.Email, Browser: s.Browser,
		Language: s.Language, Sender: s.Sender, CreatedAt: tx.Now.UnixMicro(), ExpiresAt: s.ExpiresAt.UnixMicro()})
}

// LockSignIn reads a request for trying its digits, or ErrNotFound.
func (tx *Tx) LockSignIn(ctx context.Context, id string) (SignIn, error) {
	row, err := tx.q.LockSignIn(ctx, id)
	return SignIn{row.SignInID, row.Email, row.Browser, row.Language, row.Sender, int(row.Tries), row.Used,
		instant(row.ExpiresAt), int(row.MailAttempts)}, found(err)
}

// CountSignInTry counts one try of the digits.
func (tx *Tx) CountSignInTry(ctx context.Context, id string) error {
	return one(tx.q.CountSignInTry(ctx, id))
}

// UseSignIn takes the request once; ErrConflict says that it was taken.
func (tx *Tx) UseSignIn(ctx context.Context, id string) error { return one(tx.q.UseSignIn(ctx, id)) }

// DueSignIns are the requests whose mail is to be sent.
func (tx *Tx) DueSignIns(ctx context.Context, at time.Time, most int) ([]SignIn, error) {
	rows, err := tx.q.DueSignIns(ctx, query.DueSignInsParams{MailDueAt: at.UnixMicro(), Limit: int32(most)})
	due := make([]SignIn, len(rows))
	for i, row := range rows {
		due[i] = SignIn{ID: row.SignInID, Email: row.Email, Language: row.Language, ExpiresAt: instant(row.ExpiresAt), Attempts: int(row.MailAttempts)}
	}
	return due, err
}

// LeaseSignIn takes a request's mail for one attempt, as LeaseNotice does.
func (tx *Tx) LeaseSignIn(ctx context.Context, s SignIn, until time.Time) (bool, error) {
	return mine(tx.q.LeaseSignIn(ctx, query.LeaseSignInParams{SignInID: s.ID, MailAttempts: int64(s.Attempts), MailDueAt: until.UnixMicro()}))
}

// DelaySignIn makes a request's mail due again at an instant, as DelayNotice does.
func (tx *Tx) DelaySignIn(ctx context.Context, s SignIn, until time.Time) error {
	_, err := tx.q.DelaySignIn(ctx, query.DelaySignInParams{SignInID: s.ID, MailAttempts: int64(s.Attempts) + 1, MailDueAt: until.UnixMicro()})
	return err
}

// SettleSignIn records how a request's mail ended.
func (tx *Tx) SettleSignIn(ctx context.Context, id string, fate Fate) error {
	_, err := tx.q.SettleSignIn(ctx, query.SettleSignInParams{SignInID: id, MailState: string(fate)})
	return err
}

// PutSession writes a session, unless it has ended.
func (tx *Tx) PutSession(ctx context.Context, token string, data []byte, expires time.Time) error {
	return tx.q.PutSession(ctx, query.PutSessionParams{Token: token, Data: data, ExpiresAt: expires.UnixMicro()})
}

// EndSession ends a session. Its row stays until it would have expired, so that a request that was
// under way does not write it anew.
func (tx *Tx) EndSession(ctx context.Context, token string) error {
	return tx.q.EndSession(ctx, query.EndSessionParams{Token: token, Nothing: []byte{}})
}

// Tries is how often something was tried in a scope since an instant.
type Tries struct {
	Since time.Time
	Count int
}

// Tries reads a scope's tries; none counts as zero.
func (tx *Tx) Tries(ctx context.Context, scope string) (Tries, error) {
	row, err := tx.q.Tries(ctx, scope)
	if found(err) == ErrNotFound {
		return Tries{}, nil
	}
	return Tries{instant(row.OpenedAt), int(row.Count)}, err
}

// LockTries is Tries for counting one more: nobody else counts in the scope meanwhile.
func (tx *Tx) LockTries(ctx context.Context, scope string) (Tries, error) {
	for range mostRetries {
		if err := tx.q.BeginTries(ctx, scope); err != nil {
			return Tries{}, err
		}
		row, err := tx.q.LockTries(ctx, scope)
		if found(err) != ErrNotFound { // else it was swept away just before it could be locked
			return Tries{instant(row.OpenedAt), int(row.Count)}, err
		}
	}
	return Tries{}, ErrConflict
}

// PutTries writes a scope's tries.
func (tx *Tx) PutTries(ctx context.Context, scope string, t Tries) error {
	return tx.q.PutTries(ctx, query.PutTriesParams{Scope: scope, OpenedAt: t.Since.UnixMicro(), Count: int64(t.Count)})
}

// keptDelivered is how long it is kept that an event was delivered.
const keptDelivered = 7 * 24 * time.Hour

// Sweep deletes what has expired: sessions, requests to sign in, sealed codes, tries of an older day, and what was
// delivered long ago. What servers of an older release have told gets its place in the list of events.
func (tx *Tx) Sweep(ctx context.Context) error {
	now := tx.Now.UnixMicro()
	_, failedSessions := tx.q.DeleteOldSessions(ctx, now)
	_, failedSignIns := tx.q.DeleteOldSignIns(ctx, now)
	_, failedTries := tx.q.DeleteOldTries(ctx, tx.Now.AddDate(0, 0, -1).UnixMicro())
	_, failedCodes := tx.q.EraseSealedCodes(ctx, now)
	_, failedDeliveries := tx.q.DeleteOldDeliveries(ctx, new(tx.Now.Add(-keptDelivered).UnixMicro()))
	return errors.Join(failedSessions, failedSignIns, failedTries, failedCodes, failedDeliveries, tx.PlaceEvents(ctx))
}

// Catalog is a catalogue as it was applied: the file's text under a version that counts up.
type Catalog struct {
	Version int64
	Digest  string
	Body    string
}

// LatestCatalog is the catalogue in force, or ErrNotFound.
func (tx *Tx) LatestCatalog(ctx context.Context) (Catalog, error) {
	row, err := tx.q.LatestCatalog(ctx)
	return Catalog{row.Version, row.Digest, row.Body}, found(err)
}

// CatalogAt is the catalogue that was in force at an instant, or ErrNotFound.
func (tx *Tx) CatalogAt(ctx context.Context, at time.Time) (Catalog, error) {
	row, err := tx.q.CatalogAt(ctx, at.UnixMicro())
	return Catalog{row.Version, row.Digest, row.Body}, found(err)
}

// CatalogOf is the last catalogue that had a digest, or ErrNotFound.
func (tx *Tx) CatalogOf(ctx context.Context, digest string) (Catalog, error) {
	row, err := tx.q.CatalogOfDigest(ctx, digest)
	return Catalog{row.Version, row.Digest, row.Body}, found(err)
}

// AddCatalog applies a catalogue.
func (tx *Tx) AddCatalog(ctx context.Context, c Catalog) error {
	return tx.q.InsertCatalog(ctx, query.InsertCatalogParams{Version: c.Version, Digest: c.Digest, Body: c.Body, At: tx.Now.UnixMicro()})
}
