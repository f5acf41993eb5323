package endurance

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// post is the mail server. It keeps what it has taken as a whole.
type post struct {
	t    *testing.T
	port int

	mu    sync.Mutex
	taken []letter
}

// letter is one copy of a mail.
type letter struct {
	at     time.Time
	id, to string
	text   string
	serial string // that it tells, if any
}

var (
	serialForm = regexp.MustCompile(`\b[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]\b`)
	digitsForm = regexp.MustCompile(`(?m)^\s*([0-9]{6})\s*$`)
)

func newPost(t *testing.T) *post {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &post{t: t, port: listener.Addr().(*net.TCPAddr).Port}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{post: p}, nil }))
	server.Domain = "localhost"
	server.ErrorLog = silent{} // a client that is killed hangs up
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // ends with Close
	t.Cleanup(func() {
		_ = server.Close() // the test has ended
		serving.Wait()
	})
	return p
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

type delivery struct {
	post *post
	to   string
}

func (d *delivery) Reset()                                    { d.to = "" }
func (d *delivery) Logout() error                             { return nil }
func (d *delivery) Mail(string, *smtp.MailOptions) error      { return nil }
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error { d.to = to; return nil }
func (d *delivery) Data(body io.Reader) error                 { return d.post.take(d.to, body) }

func (p *post) take(to string, body io.Reader) error {
	whole, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	message, err := netmail.ReadMessage(bytes.NewReader(whole))
	if err != nil {
		p.t.Errorf("a mail cannot be read: %v\n%s", err, whole)
		return nil
	}
	text, err := plain(message)
	if err != nil {
		p.t.Errorf("a mail cannot be read: %v\n%s", err, whole)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = append(p.taken, letter{at: time.Now(), id: message.Header.Get("Message-Id"), to: to, text: text, serial: serialForm.FindString(text)})
	return nil
}

// plain is a mail's text.
func plain(message *netmail.Message) (string, error) {
	_, values, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	for parts := multipart.NewReader(message.Body, values["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err != nil {
			return "", errors.Join(errors.New("no plain text"), err)
		}
		if media, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err != nil || media != "text/plain" {
			continue
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		return string(text), err
	}
}

func (p *post) letters() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]letter(nil), p.taken...)
}

// digits waits for the digits that are mailed to an address, behind those that came before.
func (p *post) digits(to string, before int) string {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pollEvery) {
		letters := p.letters()
		for _, letter := range letters[min(before, len(letters)):] {
			if digits := digitsForm.FindStringSubmatch(letter.text); letter.to == to && digits != nil {
				return digits[1]
			}
		}
	}
	p.t.Errorf("no digits came for %s", to)
	return ""
}
