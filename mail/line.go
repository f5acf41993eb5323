package mail

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// line is the connection of one talk with a mail server. It is cut when ctx ends: go-mail bounds single
// steps, and begins anew with each, so that a server which drips would hold it for ever.
type line struct {
	ctx        context.Context
	encryption *tls.Config // nil for none from the first byte on
	conn       net.Conn
	stop       func() bool
}

// dial is go-mail's DialContextFunc. ctx ends when the dialling does; the line goes on.
func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.conn = conn
	l.stop = context.AfterFunc(l.ctx, func() { _ = conn.Close() })
	if l.encryption == nil {
		return conn, nil
	}
	encrypted := tls.Client(conn, l.encryption)
	return encrypted, encrypted.HandshakeContext(ctx)
}

// bound cuts the line after a while, if not before.
func (l *line) bound(within time.Duration) {
	conn := l.conn
	time.AfterFunc(within, func() { _ = conn.Close() })
}

// hangUp cuts the line: go-mail leaves it open where a talk fails.
func (l *line) hangUp() {
	if l.conn == nil {
		return
	}
	l.stop()
	_ = l.conn.Close() // closed already where the talk ended well
}
