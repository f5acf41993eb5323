package store

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// proxy stands between the store and PostgreSQL, and breaks connections when something passes.
type proxy struct {
	listener net.Listener
	network  string
	server   string
	asked    atomic.Pointer[string] // a connection is broken when the store sends this, which PostgreSQL does not see
	answered atomic.Pointer[string] // a connection is broken when PostgreSQL answers this, which the store does not see
	french   atomic.Bool            // PostgreSQL speaks another language
	broken   atomic.Int64
}

// between puts a proxy before a PostgreSQL, and gives the address at which it is asked.
func between(t *testing.T, address string) (*proxy, string) {
	t.Helper()
	config, err := pgconn.ParseConfig(address)
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{listener: listener}
	p.network, p.server = pgconn.NetworkAddress(config.Host, config.Port)
	var all sync.WaitGroup
	all.Go(func() { p.serve(&all) })
	t.Cleanup(func() {
		must(t, listener.Close())
		all.Wait()
	})
	through := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: listener.Addr().String(),
		Path: "/" + config.Database, RawQuery: "sslmode=disable"}
	return p, through.String()
}

func (p *proxy) serve(all *sync.WaitGroup) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		end := func() { _, _ = client.Close(), server.Close() }
		all.Go(func() { defer end(); p.copy(server, client, &p.asked, false) })
		all.Go(func() { defer end(); p.copy(client, server, &p.answered, true) })
	}
}

// copy passes on what comes, until what breaks the connection comes. A message is small, and comes in one piece.
func (p *proxy) copy(to io.Writer, from io.Reader, breaks *atomic.Pointer[string], answers bool) {
	buffer := make([]byte, 1<<16)
	for {
		count, err := from.Read(buffer)
		piece := buffer[:count]
		if text := breaks.Load(); text != nil && bytes.Contains(piece, []byte(*text)) && breaks.CompareAndSwap(text, nil) {
			p.broken.Add(1)
			return
		}
		if answers && p.french.Load() {
			piece = bytes.ReplaceAll(piece, []byte("SERROR\x00VERROR\x00"), []byte("SERREU\x00VERROR\x00"))
		}
		if _, failed := to.Write(piece); failed != nil || err != nil {
			return
		}
	}
}

// breakAt breaks the next connection on which something passes.
func (p *proxy) breakAt(at *atomic.Pointer[string], text string) { at.Store(&text) }
