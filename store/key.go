package store

import (
	"context"
	"time"

	"scrip/store/query"
)

// APIKey is a program's key. Of its secret there is the digest alone.
type APIKey struct {
	Digest    string
	ID        string // by which a leaked key is found
	Name      string
	Grants    string
	Retailer  string // of a till: the only one that it is for
	CreatedAt time.Time
	UsedAt    time.Time // zero: never; right to the minute
	RevokedAt time.Time // zero: it counts
}

// AddAPIKey adds a key.
func (tx *Tx) AddAPIKey(ctx context.Context, k APIKey) error {
	return tx.q.InsertAPIKey(ctx, query.InsertAPIKeyParams{Digest: k.Digest, KeyID: k.ID, Name: k.Name, Grants: k.Grants, Retailer: k.Retailer,
		CreatedAt: tx.Now.UnixMicro()})
}

// APIKey reads a key by its digest, or ErrNotFound.
func (tx *Tx) APIKey(ctx context.Context, digest string) (APIKey, error) {
	row, err := tx.q.APIKey(ctx, digest)
	return apiKeyOf(row), found(err)
}

// APIKeys are all keys, the oldest first.
func (tx *Tx) APIKeys(ctx context.Context) ([]APIKey, error) {
	rows, err := tx.q.APIKeys(ctx)
	keys := make([]APIKey, len(rows))
	for at, row := range rows {
		keys[at] = apiKeyOf(row)
	}
	return keys, err
}

// RevokeAPIKey ends a key, or is ErrConflict where it has ended already.
func (tx *Tx) RevokeAPIKey(ctx context.Context, digest string) error {
	return one(tx.q.RevokeAPIKey(ctx, query.RevokeAPIKeyParams{Digest: digest, RevokedAt: new(tx.Now.UnixMicro())}))
}

// UseAPIKey records that a key was used at an instant.
func (tx *Tx) UseAPIKey(ctx context.Context, digest string, at time.Time) error {
	_, err := tx.q.UseAPIKey(ctx, query.UseAPIKeyParams{Digest: digest, UsedAt: new(at.UnixMicro())})
	return err
}

func apiKeyOf(row query.ApiKey) APIKey {
	return APIKey{Digest: row.Digest, ID: row.KeyID, Name: row.Name, Grants: row.Grants, Retailer: row.Retailer, CreatedAt: instant(row.CreatedAt),
		UsedAt: instantOr(row.UsedAt), RevokedAt: instantOr(row.RevokedAt)}
}

// instantOr is an instant, or zero where there is none.
func instantOr(micros *int64) time.Time {
	if micros == nil {
		return time.Time{}
	}
	return instant(*micros)
}
