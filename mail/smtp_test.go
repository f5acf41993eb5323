package mail

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"scrip/calendar"
	"scrip/money"
	"scrip/notice"
)

func plain(t *testing.T) *server {
	t.Helper()
	s := &server{config: Config{TLS: None}}
	s.listen(t)
	return s
}

func french(t *testing.T) Message {
	t.Helper()
	l := letter(CardApplied, notice.Notice{Card: "7301 5542 9918", Amount: money.New(250000, eur),
		Balance: money.New(251677, eur), RunsOut: calendar.Must("2026-12-31")})
	l.Language = "fr"
	m, err := composer(t, lumen).Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSend holds that a mail program reads what was written.
func TestSend(t *testing.T) {
	s := plain(t)
	m := french(t)
	if err := s.sender(t).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := s.letters()[0]
	if got.from != "hello@lumen.example" || got.to != m.To {
		t.Errorf("envelope = %q to %q", got.from, got.to)
	}
	read, err := netmail.ReadMessage(bytes.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil || subject != m.Subject || !strings.HasPrefix(read.Header.Get("Subject"), "=?UTF-8?") {
		t.Errorf("Subject = %q, %v, want %q", subject, err, m.Subject)
	}
	date, err := read.Header.Date()
	if err != nil || !date.Equal(m.At) {
		t.Errorf("Date = %v, %v, want %v", date, err, m.At)
	}
	for name, want := range map[string]string{
		"From": `"Lumen" <hello@lumen.example>`, "To": "<ada@example.com>", "Auto-Submitted": "auto-generated",
		"Message-Id": "<" + messageID("id-1", "lumen.example") + ">", "Content-Language": "fr", "Mime-Version": "1.0",
		"User-Agent": "", "X-Mailer": "",
	} {
		if got := read.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	parts := partsOf(t, read)
	if diff := cmp.Diff([]string{"text/plain", m.Text, "text/html", m.HTML}, parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// partsOf are the media types and the contents of a message's parts.
func partsOf(t *testing.T, read *netmail.Message) []string {
	t.Helper()
	media, values, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Fatalf("Content-Type = %q, %v", media, err)
	}
	var parts []string
	for reader := multipart.NewReader(read.Body, values["boundary"]); ; {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		media, values, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || values["charset"] != "UTF-8" || part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("part %q, %v, %v", media, part.Header, err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, media, strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
}

func TestMessageIDIsKnownAgain(t *testing.T) {
	s := plain(t)
	sender, m := s.sender(t), french(t)
	other := m
	other.ID = "id-2\r\nBcc: eve@example.com"
	for _, each := range []Message{m, m, other} {
		if err := sender.Send(t.Context(), each); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, letter := range s.letters() {
		read, err := netmail.ReadMessage(bytes.NewReader(letter.body))
		if err != nil {
			t.Fatal(err)
		}
		if read.Header.Get("Bcc") != "" || bytes.Contains(letter.body, []byte("id-")) {
			t.Errorf("the id is in the letter:\n%s", letter.body)
		}
		ids = append(ids, read.Header.Get("Message-Id"))
	}
	if ids[0] != ids[1] || ids[0] == ids[2] {
		t.Errorf("Message-IDs = %q, want the first two alike", ids)
	}
}

func TestTLS(t *testing.T) {
	for _, test := range []struct {
		name               string
		server, client     TLS
		password, signWith string
		forget             bool // the roots that vouch for the server
		want               string
	}{
		{name: "none", server: None, client: None},
		{name: "starttls", server: StartTLS, client: StartTLS},
		{name: "tls", server: Implicit, client: Implicit},
		{name: "starttls, signed in", server: StartTLS, client: StartTLS, password: "secret", signWith: "secret"},
		{name: "tls, signed in", server: Implicit, client: Implicit, password: "secret", signWith: "secret"},
		{name: "wrong password", server: StartTLS, client: StartTLS, password: "secret", signWith: "guess", want: "535"},
		{name: "no password", server: None, client: None, password: "secret", want: "502"},
		{name: "no starttls there", server: None, client: StartTLS, want: "STARTTLS"},
		{name: "no tls there", server: None, client: Implicit, want: "TLS"},
		{name: "stranger by starttls", server: StartTLS, client: StartTLS, forget: true, want: "certificate"},
		{name: "stranger by tls", server: Implicit, client: Implicit, forget: true, want: "certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &server{config: Config{TLS: test.server}, password: test.password}
			s.listen(t)
			s.config.TLS = test.client
			if test.signWith != "" {
				s.config.Username, s.config.Password = "lumen", test.signWith
			}
			if test.forget {
				s.config.Roots = x509.NewCertPool()
			}
			err := s.sender(t).Send(t.Context(), french(t))
			if test.want == "" {
				if err != nil || len(s.letters()) != 1 {
					t.Errorf("Send = %v, %d letters, want one", err, len(s.letters()))
				}
				return
			}
			if err == nil || errors.Is(err, ErrPermanent) || !strings.Contains(err.Error(), test.want) || len(s.letters()) != 0 {
				t.Errorf("Send = %v, want a passing error that tells of %s", err, test.want)
			}
			if test.signWith != "" && strings.Contains(err.Error(), test.signWith) {
				t.Errorf("Send = %v, which tells the password", err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	says := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "no ada@example.com here"}
	}
	for _, test := range []struct {
		name      string
		server    *server
		permanent bool
	}{
		{"sender for now", &server{mailErr: says(451)}, false},
		{"sender", &server{mailErr: says(553)}, true},
		{"sender unknown", &server{mailErr: says(530)}, false},
		{"greylisted", &server{rcptErr: says(450)}, false},
		{"mailbox full", &server{rcptErr: says(452)}, false},
		{"no such mailbox", &server{rcptErr: says(550)}, true},
		{"content for now", &server{dataErr: says(421)}, false},
		{"content", &server{dataErr: says(554)}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.server
			s.config.TLS = None
			s.listen(t)
			err := s.sender(t).Send(t.Context(), french(t))
			if err == nil || errors.Is(err, ErrPermanent) != test.permanent || len(s.letters()) != 0 {
				t.Errorf("Send = %v, want permanent %v", err, test.permanent)
			}
			if strings.Contains(err.Error(), "ada@") || !strings.Contains(err.Error(), "no (reader) here") {
				t.Errorf("Send = %v, want what the server says without the address", err)
			}
		})
	}
}

// TestSlowServers holds that a message ends at its deadline, wherever the server dawdles.
func TestSlowServers(t *testing.T) {
	const deadline = 100 * time.Millisecond
	slow := &server{config: Config{TLS: None}, dataPause: 20 * deadline}
	slow.listen(t)
	for name, config := range map[string]Config{
		"at the end":     slow.config,
		"no greeting":    scripted(t, func(net.Conn) {}),
		"dripping":       scripted(t, drip),
		"greets, no TLS": scripted(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "220 x\r\n") }),
	} {
		t.Run(name, func(t *testing.T) {
			config.Deadline = deadline
			if strings.HasSuffix(name, "TLS") {
				config.TLS = Implicit
			}
			sender, err := NewSMTP(config)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			err = sender.Send(t.Context(), french(t))
			if took := time.Since(began); err == nil || errors.Is(err, ErrPermanent) || took > 10*deadline {
				t.Errorf("Send = %v after %v, want an error after %v", err, took, deadline)
			}
			if name != "greets, no TLS" && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Send = %v, want the deadline as the reason", err)
			}
		})
	}
}

// TestTakenIsTaken holds that what happens after the server took a letter does not send it again.
func TestTakenIsTaken(t *testing.T) {
	for name, farewell := range map[string]string{"broken": "", "refused": "421 go away\r\n", "silent": "wait"} {
		t.Run(name, func(t *testing.T) {
			sender, err := NewSMTP(scripted(t, func(conn net.Conn) { takes(conn, farewell) }))
			if err != nil {
				t.Fatal(err)
			}
			if err := sender.Send(t.Context(), french(t)); err != nil {
				t.Errorf("Send = %v, want none", err)
			}
		})
	}
}

func TestDeadServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	sender, err := NewSMTP(Config{Host: "127.0.0.1", Port: port, TLS: None, From: "hello@lumen.example"})
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), french(t)); err == nil || errors.Is(err, ErrPermanent) {
		t.Errorf("Send = %v, want an error that passes", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender.Send(cancelled, french(t)); !errors.Is(err, context.Canceled) || errors.Is(err, ErrPermanent) {
		t.Errorf("Send = %v, want context.Canceled", err)
	}
}

// TestNoHeaderIsInjected holds that a message whose lines break never comes near a server.
func TestNoHeaderIsInjected(t *testing.T) {
	s := plain(t)
	sender := s.sender(t)
	const more = "\r\nBcc: eve@example.com\r\n\r\nbody"
	for name, spoil := range map[string]func(*Message){
		"to":            func(m *Message) { m.To += more },
		"to, folded":    func(m *Message) { m.To = "ada@example.com,\r\n eve@example.com" },
		"to two":        func(m *Message) { m.To = "ada@example.com, eve@example.com" },
		"to with name":  func(m *Message) { m.To = "Ada <ada@example.com>" },
		"to nobody":     func(m *Message) { m.To = "" },
		"to a command":  func(m *Message) { m.To = "ada@example.com>\r\nDATA" },
		"subject":       func(m *Message) { m.Subject += more },
		"subject, LF":   func(m *Message) { m.Subject += "\nBcc: eve@example.com" },
		"subject, CR":   func(m *Message) { m.Subject += "\rBcc: eve@example.com" },
		"subject, NUL":  func(m *Message) { m.Subject += "\x00" },
		"subject, LS":   func(m *Message) { m.Subject += "\u2028Bcc: eve@example.com" },
		"subject, bidi": func(m *Message) { m.Subject += "\u202eevil" },
		"language":      func(m *Message) { m.Language += more },
	} {
		t.Run(name, func(t *testing.T) {
			m := french(t)
			spoil(&m)
			if err := sender.Send(t.Context(), m); !errors.Is(err, ErrPermanent) {
				t.Errorf("Send = %v, want ErrPermanent", err)
			}
		})
	}
	if got := len(s.letters()); got != 0 {
		t.Errorf("%d letters were sent", got)
	}
}

// TestBodyIsNoCommand holds that a line with a dot alone is part of the letter.
func TestBodyIsNoCommand(t *testing.T) {
	s := plain(t)
	m := french(t)
	m.Text = "one\n.\nQUIT\n..two\n"
	if err := s.sender(t).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	read, err := netmail.ReadMessage(bytes.NewReader(s.letters()[0].body))
	if err != nil {
		t.Fatal(err)
	}
	if got := partsOf(t, read)[1]; got != m.Text {
		t.Errorf("text = %q, want %q", got, m.Text)
	}
}

func TestSendManyAtOnce(t *testing.T) {
	const senders = 8
	s := plain(t)
	sender, m := s.sender(t), french(t)
	var all sync.WaitGroup
	for at := range senders {
		all.Go(func() {
			mine := m
			mine.ID = fmt.Sprint(at)
			if err := sender.Send(t.Context(), mine); err != nil {
				t.Errorf("Send = %v", err)
			}
		})
	}
	all.Wait()
	if got := len(s.letters()); got != senders {
		t.Errorf("%d letters, want %d", got, senders)
	}
}

func TestConfigs(t *testing.T) {
	for name, config := range map[string]Config{
		"no sender":         {Host: "x", Port: 25, TLS: None},
		"sender with lines": {Host: "x", Port: 25, TLS: None, From: "Lumen <a@example.com>\r\nBcc: eve@example.com"},
		"name with lines":   {Host: "x", Port: 25, TLS: None, From: "=?utf-8?q?a=0D=0ABcc:_eve?= <a@example.com>"},
		"no host":           {Port: 25, TLS: None, From: "a@example.com"},
		"no port":           {Host: "x", TLS: None, From: "a@example.com"},
		"port too high":     {Host: "x", Port: 65536, TLS: None, From: "a@example.com"},
		"no TLS mode":       {Host: "x", Port: 25, From: "a@example.com"},
		"password in clear": {Host: "x", Port: 25, TLS: None, From: "a@example.com", Username: "u", Password: "p"},
		"deadline gone by":  {Host: "x", Port: 25, TLS: None, From: "a@example.com", Deadline: -1},
	} {
		if _, err := NewSMTP(config); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: NewSMTP = %v, want ErrConfig", name, err)
		}
	}
}
