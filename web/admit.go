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

// Gate makes sessions of members for a load test: nobody proved an address. It keeps none, and lets in one after another.
type Gate struct {
	sessions *scs.SessionManager
	made     Admitted
}

// NewGate is a gate of a site, whose cookies are secure where it is reached over HTTPS.
func NewGate(secure bool) *Gate {
	g := &Gate{}
	g.sessions = (&site{Config: Config{Sessions: g, Secure: secure}}).newSessions()
	return g
}

// Admit makes the session of somebody who is signed in to an account.
func (g *Gate) Admit(ctx context.Context, account string, epoch int64) (Admitted, error) {
	ctx, err := g.sessions.Load(ctx, "")
	if err != nil {
		return Admitted{}, err
	}
	g.sessions.Put(ctx, keyAccount, account)
	g.sessions.Put(ctx, keyEpoch, strconv.FormatInt(epoch, 10))
	token, expires, err := g.sessions.Commit(ctx)
	made := g.made
	made.Cookie = &http.Cookie{Name: g.sessions.Cookie.Name, Value: token, Expires: expires}
	return made, err
}

// CommitCtx takes the session (scs.CtxStore).
func (g *Gate) CommitCtx(_ context.Context, token string, data []byte, expires time.Time) error {
	g.made = Admitted{Token: token, Data: data, Expires: expires}
	return nil
}

// Commit is CommitCtx.
func (g *Gate) Commit(token string, data []byte, expires time.Time) error {
	return g.CommitCtx(context.Background(), token, data, expires)
}

// Find, FindCtx, Delete and DeleteCtx are there for scs.CtxStore: a session that is made is not looked for.
func (*Gate) Find(string) ([]byte, bool, error) { return nil, false, nil }

// FindCtx finds nothing.
func (*Gate) FindCtx(context.Context, string) ([]byte, bool, error) { return nil, false, nil }

// Delete deletes nothing.
func (*Gate) Delete(string) error { return errors.ErrUnsupported }

// DeleteCtx deletes nothing.
func (*Gate) DeleteCtx(context.Context, string) error { return errors.ErrUnsupported }

var _ scs.CtxStore = (*Gate)(nil)
