package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"scrip/access"
)

var (
	// ErrPermanent says that this message will never be taken: it is not to be sent again.
	ErrPermanent = errors.New("the message is refused for good")
	// ErrConfig says that mail cannot be sent with the settings that were given.
	ErrConfig = errors.New("the mail settings do not work")
)

// TLS is how the connection to a mail server is encrypted.
type TLS string

// The ways to encrypt. None is for a server on the same machine.
const (
	StartTLS TLS = "starttls"
	Implicit TLS = "tls"
	None     TLS = "none"
)

// sendDeadline bounds a message's whole way to the server where Config names no other.
const sendDeadline = 30 * time.Second

// quitDeadline bounds the farewell after a message was taken.
const quitDeadline = time.Second

// Config is where and how mail is sent.
type Config struct {
	Host     string
	Port     int
	Username string // empty: no sign-in
	Password string
	From     string // "Scrip <hello@example.com>"
	TLS      TLS
	Roots    *x509.CertPool // who vouches for the server; nil for the system's
	Deadline time.Duration  // of one message; 0 for half a minute
}

// SMTP sends messages to one mail server, each by a connection of its own. Any number may be sent at
// once.
type SMTP struct {
	config Config
	from   *netmail.Address
	domain string // behind the @ of a Message-ID
}

// NewSMTP is a sender with these settings, or ErrConfig. It does not call the server.
func NewSMTP(config Config) (*SMTP, error) {
	from, err := netmail.ParseAddress(config.From)
	switch {
	case err != nil || oneLine(from.Name) != from.Name:
		return nil, fmt.Errorf("%w: from %q is not like \"Scrip <hello@example.com>\"", ErrConfig, config.From)
	case config.Host == "" || config.Port < 1 || config.Port > 65535:
		return nil, fmt.Errorf("%w: no host, or port %d is none", ErrConfig, config.Port)
	case config.TLS != StartTLS && config.TLS != Implicit && config.TLS != None:
		return nil, fmt.Errorf("%w: TLS is starttls, tls or none, not %q", ErrConfig, config.TLS)
	case config.TLS == None && config.Username != "":
		return nil, fmt.Errorf("%w: a password is not sent without TLS", ErrConfig)
	case config.Deadline < 0:
		return nil, fmt.Errorf("%w: the deadline %v is in the past", ErrConfig, config.Deadline)
	case config.Deadline == 0:
		config.Deadline = sendDeadline
	}
	return &SMTP{config, from, from.Address[strings.LastIndex(from.Address, "@")+1:]}, nil
}

// Send brings the message to the server, before the deadline of the settings or of ctx. ErrPermanent
// says that it is not to be sent again; any other error, that it should be: it may then arrive twice,
// under the same Message-ID.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	letter, err := s.letter(m)
	if err != nil {
		return fmt.Errorf("send %s: %w: %w", m, ErrPermanent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Deadline)
	defer cancel()
	err = s.deliver(ctx, letter)
	switch {
	case err == nil:
		return nil
	case isRefusal(err):
		return fmt.Errorf("send %s: %w: %w", m, ErrPermanent, nameless(err, m.To))
	case ctx.Err() != nil:
		return fmt.Errorf("send %s: %w: %w", m, context.Cause(ctx), nameless(err, m.To))
	}
	return fmt.Errorf("send %s: %w", m, nameless(err, m.To))
}

// letter is the message as go-mail sends it. Nothing that a header holds may end its line.
func (s *SMTP) letter(m Message) (*gomail.Msg, error) {
	if _, err := access.ParseEmail(m.To); err != nil {
		return nil, err
	}
	if oneLine(m.Subject) != m.Subject || oneLine(m.Language) != m.Language {
		return nil, errors.New("the subject or the language is not a line of text")
	}
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(s.from)
	if err := letter.To(m.To); err != nil {
		return nil, err
	}
	letter.Subject(m.Subject)
	letter.SetDateWithValue(m.At)
	letter.SetMessageIDWithValue(messageID(m.ID, s.domain))
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetGenHeader("Content-Language", m.Language)
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	letter.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	for _, picture := range m.Pictures {
		err := letter.EmbedReader(picture.Name, bytes.NewReader(picture.PNG), gomail.WithFileContentID(picture.Name), gomail.WithFileContentType("image/png"))
		if err != nil {
			return nil, err
		}
	}
	return letter, nil
}

// messageID is the same for the same id, and tells nothing of it.
func messageID(id, domain string) string {
	digest := sha256.Sum256([]byte("scrip message " + id))
	return hex.EncodeToString(digest[:16]) + "@" + domain
}

// deliver holds one talk with the server. Whatever happens after the server took the letter is no
// failure: to send it again would double it.
func (s *SMTP) deliver(ctx context.Context, letter *gomail.Msg) error {
	line := &line{ctx: ctx}
	defer line.hangUp()
	client, err := s.client(line)
	if err != nil {
		return err
	}
	talk, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	err = client.SendWithSMTPClient(talk, letter)
	if letter.IsDelivered() {
		line.bound(quitDeadline)
		_ = client.CloseWithSMTPClient(talk) // a courtesy: the letter is theirs
		return nil
	}
	return err
}

// isRefusal reports whether the server refuses this letter for good. What it says before the letter, and
// that it does not know us or what we ask (502, 503, 530), is our settings' fault: they are mended, and
// the letter goes out.
func isRefusal(err error) bool {
	refused, is := errors.AsType[*gomail.SendError](err)
	return is && refused.ErrorCode() >= 500 && !slices.Contains([]int{502, 503, 530}, refused.ErrorCode())
}

// nameless is an error without the reader's address, which servers and go-mail like to repeat: it will
// stand in logs.
func nameless(err error, address string) error {
	inAnyCase := regexp.MustCompile("(?i)" + regexp.QuoteMeta(address))
	return errors.New(inAnyCase.ReplaceAllLiteralString(err.Error(), "(reader)"))
}

// client is go-mail's for one talk. Its own timeout, which it sets anew with each step, is so long that
// the line's counts. Its TLS policy asks for StartTLS only where the line is not encrypted from its
// first byte.
func (s *SMTP) client(line *line) (*gomail.Client, error) {
	encryption := &tls.Config{ServerName: s.config.Host, RootCAs: s.config.Roots, MinVersion: tls.VersionTLS12}
	policy := gomail.NoTLS
	switch s.config.TLS {
	case StartTLS:
		policy = gomail.TLSMandatory
	case Implicit:
		policy, line.encryption = gomail.TLSOpportunistic, encryption
	case None:
	}
	options := []gomail.Option{
		gomail.WithPort(s.config.Port), gomail.WithTimeout(2 * s.config.Deadline), gomail.WithTLSConfig(encryption),
		gomail.WithTLSPolicy(policy), gomail.WithDialContextFunc(line.dial), gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	if s.config.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.config.Username), gomail.WithPassword(s.config.Password))
	}
	return gomail.NewClient(s.config.Host, options...)
}
