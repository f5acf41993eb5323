package store

import (
	"context"
	"fmt"
	"time"

	"scrip/giftcard"
	"scrip/store/query"
)

// NoticesAreSent writes the notices that the transaction has queued so far as sent, so that no mail is.
func (tx *Tx) NoticesAreSent(ctx context.Context) error {
	sent := tx.unit.rows.notices
	tx.unit.rows.notices = nil
	for at := range sent {
		sent[at].State, sent[at].Attempts, sent[at].SettledAt = string(NoticeSent), 1, new(sent[at].CreatedAt)
	}
	written, err := tx.addNotices(ctx, sent)
	if err == nil && written != int64(len(sent)) {
		err = fmt.Errorf("%w: %d notices were written of %d", ErrConflict, written, len(sent))
	}
	return err
}

// Session is a session's row. Its token is hashed.
type Session struct {
	Token   string
	Data    []byte
	Expires time.Time
}

// AddSessions adds sessions whose tokens nobody has.
func (tx *Tx) AddSessions(ctx context.Context, sessions []Session) error {
	var rows query.InsertSessionsParams
	for _, s := range sessions {
		rows.Token, rows.Data = append(rows.Token, s.Token), append(rows.Data, s.Data)
		rows.ExpiresAt = append(rows.ExpiresAt, s.Expires.UnixMicro())
	}
	_, err := tx.q.InsertSessions(ctx, rows)
	return err
}

// CardInStock is what is read of a card where all of them are gone through.
type CardInStock struct {
	Digest, Serial string
	State          giftcard.State
}

// CardsAfter are the cards whose digests come after one, in their order.
func (tx *Tx) CardsAfter(ctx context.Context, digest string, most int) ([]CardInStock, error) {
	rows, err := tx.q.AuditCards(ctx, query.AuditCardsParams{Digest: digest, Limit: int32(most)})
	cards := make([]CardInStock, len(rows))
	for at, row := range rows {
		cards[at] = CardInStock{row.Digest, row.Serial, giftcard.State(row.State)}
	}
	return cards, err
}

// AccountsAfter are the accounts whose ids come after one, in their order.
func (tx *Tx) AccountsAfter(ctx context.Context, account string, most int) ([]string, error) {
	rows, err := tx.q.AuditAccounts(ctx, query.AuditAccountsParams{AccountID: account, Limit: int32(most)})
	accounts := make([]string, len(rows))
	for at, row := range rows {
		accounts[at] = row.AccountID
	}
	return accounts, err
}
