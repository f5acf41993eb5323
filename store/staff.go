package store

import (
	"context"
	"errors"
	"time"

	"scrip/store/query"
)

// Staff is a person who signs in with a passkey.
type Staff struct {
	Name      string
	Duty      string
	Handle    string // by which authenticators know the person, without the name
	Enrolment string // digest of what lets a passkey be made; empty: none can be
	EnrolTill time.Time
	Epoch     int64 // of the sessions that count
	CreatedAt time.Time
	EndedAt   time.Time // zero: the person may sign in
}

// PutStaff adds a person, or gives one another duty and a new enrolment. The handle and the epoch of one who is there
// already go on from what they were.
func (tx *Tx) PutStaff(ctx context.Context, s Staff) error {
	return tx.q.PutStaff(ctx, query.PutStaffParams{Name: s.Name, Duty: s.Duty, Handle: s.Handle, Enrolment: s.Enrolment,
		EnrolUntil: s.EnrolTill.UnixMicro(), CreatedAt: tx.Now.UnixMicro()})
}

// Staff are all who sign in with a passkey, by name.
func (tx *Tx) Staff(ctx context.Context) ([]Staff, error) {
	rows, err := tx.q.Staff(ctx)
	staff := make([]Staff, len(rows))
	for at, row := range rows {
		staff[at] = staffOf(row)
	}
	return staff, err
}

// StaffByName reads a person, or ErrNotFound.
func (tx *Tx) StaffByName(ctx context.Context, name string) (Staff, error) {
	row, err := tx.q.StaffByName(ctx, name)
	return staffOf(row), found(err)
}

// StaffOfEnrolment reads the person whom an enrolment's digest is for, or ErrNotFound.
func (tx *Tx) StaffOfEnrolment(ctx context.Context, digest string) (Staff, error) {
	row, err := tx.q.StaffOfEnrolment(ctx, digest)
	return staffOf(row), found(err)
}

// UseEnrolment takes a person's enrolment, once; ErrConflict says that it was taken, or its time is over.
func (tx *Tx) UseEnrolment(ctx context.Context, name, digest string) error {
	return one(tx.q.UseEnrolment(ctx, query.UseEnrolmentParams{Name: name, Enrolment: digest, Now: tx.Now.UnixMicro()}))
}

// EndStaff ends a person's sessions and passkeys. ErrConflict says that nobody of the name may sign in.
func (tx *Tx) EndStaff(ctx context.Context, name string) error {
	_, failed := tx.q.DeletePasskeys(ctx, name)
	return errors.Join(failed, one(tx.q.EndStaff(ctx, query.EndStaffParams{Name: name, EndedAt: new(tx.Now.UnixMicro())})))
}

// Passkey is what a person signs in with: the public half.
type Passkey struct {
	ID         string
	Name       string // whose it is
	Credential string // JSON, as the protocol's library keeps it
}

// AddPasskey adds a passkey.
func (tx *Tx) AddPasskey(ctx context.Context, k Passkey) error {
	return tx.q.InsertPasskey(ctx, query.InsertPasskeyParams{PasskeyID: k.ID, Name: k.Name, Credential: k.Credential, CreatedAt: tx.Now.UnixMicro()})
}

// Passkey reads a passkey, or ErrNotFound.
func (tx *Tx) Passkey(ctx context.Context, id string) (Passkey, error) {
	row, err := tx.q.Passkey(ctx, id)
	return Passkey{row.PasskeyID, row.Name, row.Credential}, found(err)
}

// UsePasskey records that a passkey was used, and what its authenticator counts by now. ErrConflict says that it was
// used otherwise meanwhile.
func (tx *Tx) UsePasskey(ctx context.Context, was Passkey, credential string) error {
	return one(tx.q.UsePasskey(ctx, query.UsePasskeyParams{PasskeyID: was.ID, Credential: credential, UsedAt: new(tx.Now.UnixMicro()), Was: was.Credential}))
}

func staffOf(row query.Staff) Staff {
	return Staff{Name: row.Name, Duty: row.Duty, Handle: row.Handle, Enrolment: row.Enrolment, EnrolTill: instant(row.EnrolUntil),
		Epoch: row.Epoch, CreatedAt: instant(row.CreatedAt), EndedAt: instantOr(row.EndedAt)}
}
