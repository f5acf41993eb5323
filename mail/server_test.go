package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// server is a mail server on loopback, which answers as it is told.
type server struct {
	config Config // with which it is reached

	mailErr, rcptErr, dataErr error
	dataPause                 time.Duration
	password                  string // empty: nobody need sign in

	mu    sync.Mutex
	taken []taken
}

type taken struct {
	from, to string
	body     []byte
}

func (s *server) letters() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// listen starts the server with the way of encryption that its config names.
func (s *server) listen(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	certificate, roots := certify(t)
	smtpServer := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	smtpServer.Domain = "localhost"
	smtpServer.ErrorLog = quiet{}
	encryption := &tls.Config{Certificates: []tls.Certificate{certificate}}
	port := listener.Addr().(*net.TCPAddr).Port
	switch s.config.TLS {
	case Implicit:
		listener = tls.NewListener(listener, encryption)
	case StartTLS:
		smtpServer.TLSConfig = encryption
	case None:
	}
	s.config.Host, s.config.Port, s.config.Roots = "localhost", port, roots
	s.config.From = "Lumen <hello@lumen.example>"
	var running sync.WaitGroup
	running.Go(func() { _ = smtpServer.Serve(listener) }) // ends with Close
	t.Cleanup(func() {
		_ = smtpServer.Close()
		running.Wait()
	})
}

func (s *server) sender(t *testing.T) *SMTP {
	t.Helper()
	sender, err := NewSMTP(s.config)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

type session struct {
	server   *server
	letter   taken
	signedIn bool
}

func (s *session) Reset() { s.letter = taken{} }

func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.password != "" && !s.signedIn {
		return smtp.ErrAuthRequired
	}
	s.letter.from = from
	return s.server.mailErr
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.to = to
	return s.server.rcptErr
}

func (s *session) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	time.Sleep(s.server.dataPause)
	if s.server.dataErr != nil {
		return s.server.dataErr
	}
	s.letter.body = body
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.taken = append(s.server.taken, s.letter)
	return nil
}

func (s *session) AuthMechanisms() []string {
	if s.server.password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "lumen" || password != s.server.password {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// certify makes a certificate for localhost, and the pool that vouches for it.
func certify(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	says := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, says, says, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(signed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// scripted is a listener that does something with a connection, and then waits until its end.
func scripted(t *testing.T, do func(net.Conn)) Config {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			talks.Go(func() {
				do(conn)
				_, _ = io.Copy(io.Discard, conn) // until the client hangs up
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		talks.Wait() // hangs if a send leaves its connection open
	})
	return Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: None, From: "hello@lumen.example"}
}

// takes is a server that takes a letter, and then says farewell in its own way: by hanging up, by a
// line, or not at all.
func takes(conn net.Conn, farewell string) {
	buffer := make([]byte, 1<<16)
	hear := func(until string) {
		var heard string
		for !strings.HasSuffix(heard, until) {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			heard += string(buffer[:n])
		}
	}
	_, _ = io.WriteString(conn, "220 x\r\n")
	for _, answer := range []string{"250 x\r\n", "250 x\r\n", "250 x\r\n", "354 x\r\n"} {
		hear("\r\n")
		_, _ = io.WriteString(conn, answer)
	}
	hear("\r\n.\r\n")
	_, _ = io.WriteString(conn, "250 taken\r\n")
	if farewell == "wait" {
		return
	}
	if farewell != "" {
		hear("\r\n")
		_, _ = io.WriteString(conn, farewell)
	}
	_ = conn.Close()
}

// drip answers a byte at a time, and never comes to an end.
func drip(conn net.Conn) {
	for {
		if _, err := io.WriteString(conn, "220-x\r\n"); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
