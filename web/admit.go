package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Admitted is a session in which somebody is signed in, as it is kept, and the cookie of its browser.
type Admitted struct {
	Cookie  *http.Cookie
	Token   string // hashed
	Data    []byte
	Expires time.Time
}

// Admit makes the session of somebody who is signed in to an account, for a load test: nobody proved an
// address. It keeps nothing.
func Admit(ctx context.Context, account string, epoch int64, secure bool) (Admitted, error) {
	var made Admitted
	s := &site{Config: Config{Sessions: &made, Secure: secure}}
	s.sessions = s.newSessions()
	ctx, err := s.sessions.Load(ctx, "")
	if err != nil {
		return made, err
	}
	s.sessions.Put(ctx, keyAccount, account)
	s.sessions.Put(ctx, keyEpoch, strconv.FormatInt(epoch, 10))
	token, expires, err := s.sessions.Commit(ctx)
	made.Cookie = &http.Cookie{Name: s.sessions.Cookie.Name, Value: token, Expires: expires}
	return made, err
}

// CommitCtx takes the session (scs.CtxStore).
func (a *Admitted) CommitCtx(_ context.Context, token string, data []byte, expires time.Time) error {
	a.Token, a.Data, a.Expires = token, data, expires
	return nil
}

// Commit is CommitCtx.
func (a *Admitted) Commit(token string, data []byte, expires time.Time) error {
	return a.CommitCtx(context.Background(), token, data, expires)
}

// Find, FindCtx, Delete and DeleteCtx are there for scs.CtxStore: a session that is made is not looked for.
func (*Admitted) Find(string) ([]byte, bool, error) { return nil, false, nil }

// FindCtx finds nothing.
func (*Admitted) FindCtx(context.Context, string) ([]byte, bool, error) { return nil, false, nil }

// Delete deletes nothing.
func (*Admitted) Delete(string) error { return errors.ErrUnsupported }

// DeleteCtx deletes nothing.
func (*Admitted) DeleteCtx(context.Context, string) error { return errors.ErrUnsupported }

var _ scs.CtxStore = (*Admitted)(nil)
