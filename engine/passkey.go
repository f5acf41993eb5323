package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"scrip/access"
	"scrip/store"
)

// enrolmentLasts is how long a link to make a passkey counts.
const enrolmentLasts = 24 * time.Hour

var (
	// ErrEnrolment says that a link to make a passkey was used, is too old, or never was one.
	ErrEnrolment = errors.New("this link was used or is too old: ask for a new one")
	// ErrNoStaff says that nobody of a name may sign in with a passkey.
	ErrNoStaff = errors.New("nobody of this name may sign in with a passkey")
	// ErrNoPasskey says that a passkey is nobody's who may sign in.
	ErrNoPasskey = errors.New("this passkey is nobody's who may sign in")
)

// AddStaff lets a person make a passkey, with what the text stands for that is told here, once. Whoever may sign in
// already keeps their passkeys, and has another duty and another one to make; their sessions end.
func (e *Engine) AddStaff(ctx context.Context, actor access.Actor, person access.Person, duty access.Duty) (enrolment string, err error) {
	if err := actor.May(access.ManageStaff, ""); err != nil {
		return "", err
	}
	enrolment = rand.Text()
	return enrolment, e.db.Write(ctx, func(tx *store.Tx) error {
		recorded(tx, actor, "staff.add", string(person))
		return tx.PutStaff(ctx, store.Staff{Name: string(person), Duty: string(duty), Handle: rand.Text(), Enrolment: keyDigest(enrolment),
			EnrolTill: tx.Now.Add(enrolmentLasts)})
	})
}

// Staff are all who sign in, or did, with a passkey.
func (e *Engine) Staff(ctx context.Context, actor access.Actor) (staff []store.Staff, err error) {
	if err := actor.May(access.ManageStaff, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		staff, err = tx.Staff(ctx)
		return err
	})
	return staff, err
}

// EndStaff ends a person's passkeys and sessions. It fails with ErrNoStaff.
func (e *Engine) EndStaff(ctx context.Context, actor access.Actor, person access.Person) error {
	if err := actor.May(access.ManageStaff, ""); err != nil {
		return err
	}
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		recorded(tx, actor, "staff.remove", string(person))
		return tx.EndStaff(ctx, string(person))
	})
	if errors.Is(err, store.ErrConflict) {
		return ErrNoStaff
	}
	return err
}

// Enrolment is the person whom a link lets make a passkey. It fails with ErrEnrolment.
func (e *Engine) Enrolment(ctx context.Context, enrolment string) (person store.Staff, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		person, err = enrolled(ctx, tx, enrolment)
		return err
	})
	return person, err
}

func enrolled(ctx context.Context, tx *store.Tx, enrolment string) (store.Staff, error) {
	if enrolment == "" || len(enrolment) > longestKey {
		return store.Staff{}, ErrEnrolment
	}
	person, err := tx.StaffOfEnrolment(ctx, keyDigest(enrolment))
	if errors.Is(err, store.ErrNotFound) || err == nil && !tx.Now.Before(person.EnrolTill) {
		return person, ErrEnrolment
	}
	return person, err
}

// Enrol keeps a passkey that was made by a link, which counts no longer. It fails with ErrEnrolment.
func (e *Engine) Enrol(ctx context.Context, from, enrolment string, key store.Passkey) error {
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		person, err := enrolled(ctx, tx, enrolment)
		if err != nil {
			return err
		}
		key.Name = person.Name
		recorded(tx, access.StaffMember(access.Person(person.Name), access.Duty(person.Duty), from), "staff.enrol", person.Name)
		return errors.Join(tx.UseEnrolment(ctx, person.Name, person.Enrolment), tx.AddPasskey(ctx, key))
	})
	if errors.Is(err, store.ErrConflict) {
		return ErrEnrolment
	}
	return err
}

// PasskeyOf is a passkey by its id, and whose it is. It fails with ErrNoPasskey.
func (e *Engine) PasskeyOf(ctx context.Context, id string) (person store.Staff, key store.Passkey, err error) {
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		if key, err = tx.Passkey(ctx, id); err != nil {
			return err
		}
		person, err = tx.StaffByName(ctx, key.Name)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && !person.EndedAt.IsZero() {
		err = ErrNoPasskey
	}
	return person, key, err
}

// UsePasskey keeps what a passkey's device counts. It fails with ErrNoPasskey where it was used otherwise meanwhile.
func (e *Engine) UsePasskey(ctx context.Context, was store.Passkey, credential string) error {
	err := e.db.Write(ctx, func(tx *store.Tx) error { return tx.UsePasskey(ctx, was, credential) })
	if errors.Is(err, store.ErrConflict) {
		return ErrNoPasskey
	}
	return err
}

// StaffSignedIn reports whether sessions of an epoch of somebody with a passkey still count.
func (e *Engine) StaffSignedIn(ctx context.Context, person access.Person, epoch int64) (counts bool, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		found, err := tx.StaffByName(ctx, string(person))
		counts = err == nil && found.EndedAt.IsZero() && found.Epoch == epoch
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	return counts, err
}
