package bench

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"scrip/mail"
)

// post takes mails that were composed and are to be sent, counts them, and sends none.
type post struct{ sent atomic.Int64 }

// Send counts.
func (p *post) Send(ctx context.Context, _ mail.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.sent.Add(1)
	return nil
}

// logged writes a server's log to nowhere, so that a request costs what it costs, and keeps the first warning.
type logged struct {
	slog.Handler
	count *atomic.Int64
	mu    *sync.Mutex
	text  *string
}

func newLogged() *logged {
	return &logged{slog.NewJSONHandler(io.Discard, nil), new(atomic.Int64), new(sync.Mutex), new(string)}
}

// Handle counts warnings.
func (l *logged) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelWarn && ctx.Err() == nil {
		l.count.Add(1)
		l.keep(record)
	}
	return l.Handler.Handle(ctx, record)
}

func (l *logged) keep(record slog.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *l.text != "" {
		return
	}
	*l.text = record.Message
	record.Attrs(func(a slog.Attr) bool {
		*l.text += " " + a.String()
		return true
	})
}

// WithAttrs and WithGroup keep counting.
func (l *logged) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logged{l.Handler.WithAttrs(attrs), l.count, l.mu, l.text}
}

// WithGroup is WithAttrs for a group.
func (l *logged) WithGroup(name string) slog.Handler {
	return &logged{l.Handler.WithGroup(name), l.count, l.mu, l.text}
}

func (l *logged) first() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *l.text
}

// mostMetrics bounds what is read of a server's metrics.
const mostMetrics = 4 << 20

// memory is how many bytes the server's process holds, as its metrics tell, or 0 where they do not.
func (b *bench) memory(ctx context.Context, server Server) int64 {
	to, err := parseSite(server.URL)
	if err != nil {
		return 0
	}
	text, err := (&browser{ctx: ctx, site: to}).body(to.get("/metrics", ""), mostMetrics)
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "\nprocess_resident_memory_bytes ")
	number, _, _ := strings.Cut(after, "\n")
	bytes, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return 0
	}
	return int64(bytes)
}
