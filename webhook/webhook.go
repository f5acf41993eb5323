// Package webhook is how events reach other systems: it signs them as Standard Webhooks describes
// (https://www.standardwebhooks.com), and posts them to addresses that somebody else has chosen. So it connects to
// public addresses only, follows no redirect, and reads little of what is answered.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	// Timeout bounds one attempt, from the name's resolution to the end of what is read of the answer.
	Timeout = 15 * time.Second
	// mostAnswer is how many bytes are read of an answer, and mostHeader of its header.
	mostAnswer = 512
	mostHeader = 16 << 10
	// idleConnections is how many connections to one host are kept for the next event.
	idleConnections = 8
	idleTimeout     = 90 * time.Second
)

// Secret is what a message is signed with. It shows itself as dots.
type Secret struct{ key string }

// NewSecret is a secret of some bytes, 24 to 64 of them.
func NewSecret(key []byte) Secret { return Secret{string(key)} }

// String hides the secret.
func (s Secret) String() string { return "whsec_…" }

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }

// Reveal is the secret as a receiver's library takes it. It is for the one moment at which it is shown.
func (s Secret) Reveal() string { return "whsec_" + base64.StdEncoding.EncodeToString([]byte(s.key)) }

// Message is one event on its way to one address. While its secret is being changed, there are two.
type Message struct {
	ID      string // stays the same however often it is sent
	URL     string
	Body    []byte
	Secrets []Secret
}

// Signature is the header webhook-signature of a message that is sent at an instant.
func (m Message) Signature(at time.Time) string {
	signed := fmt.Appendf(nil, "%s.%d.%s", m.ID, at.Unix(), m.Body)
	var all []string
	for _, secret := range m.Secrets {
		mac := hmac.New(sha256.New, []byte(secret.key))
		mac.Write(signed)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " ")
}

// Answer is what a receiver answered: its status, and the beginning of what it said.
type Answer struct {
	Status int
	Says   string
}

// Taken reports whether the receiver has the message.
func (a Answer) Taken() bool { return a.Status >= 200 && a.Status < 300 }

// Gone reports whether the receiver wants no more messages, ever.
func (a Answer) Gone() bool { return a.Status == http.StatusGone }

// Client posts messages.
type Client struct{ http *http.Client }

// NewClient is a client that connects to what the guard allows, whatever the resolver says: it is asked before each
// connection, by the address that is connected to.
func NewClient(guard Guard, resolver *net.Resolver) *Client {
	dialer := &net.Dialer{Timeout: Timeout, Resolver: resolver, Control: guard.control}
	transport := &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: Timeout, MaxResponseHeaderBytes: mostHeader,
		MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: idleTimeout, DisableCompression: true, ForceAttemptHTTP2: true}
	return &Client{&http.Client{Transport: transport, Timeout: Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Send posts a message, signed as of an instant. It fails with ErrPrivate where the address is one that it must not
// connect to, and as the network does.
func (c *Client) Send(ctx context.Context, m Message, at time.Time) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Scrip")
	request.Header.Set("webhook-id", m.ID)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	request.Header.Set("webhook-signature", m.Signature(at))
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, err
	}
	said, failed := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	// What stays unread ends the connection, and no matter.
	_ = response.Body.Close()
	if failed != nil { // the status is the answer
		said = nil
	}
	return Answer{response.StatusCode, printable(said)}, nil
}

// printable is what can be shown of an answer.
func printable(said []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(said), " ")))
}
