package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"golang.org/x/net/dns/dnsmessage"
)

var here = NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestThePublishedSignature is the example of the specification.
func TestThePublishedSignature(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("plJ3nmyCDGBKInavdOK15jsl")
	must(t, err)
	m := Message{ID: "msg_loFOjxBNrRLzqYUf", Body: []byte(`{"event_type":"ping","data":{"success":true}}`), Secrets: []Secret{NewSecret(key)}}
	if got, want := m.Signature(time.Unix(1731705121, 0)), "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="; got != want {
		t.Errorf("Signature = %s, want %s", got, want)
	}
}

// TestTheOfficialLibraryVerifies what a receiver gets, with either secret while there are two, and with no other.
func TestTheOfficialLibraryVerifies(t *testing.T) {
	secrets := []Secret{NewSecret([]byte(strings.Repeat("n", 32))), NewSecret([]byte(strings.Repeat("o", 32)))}
	other := NewSecret([]byte(strings.Repeat("x", 32)))
	now := time.Now()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v", r.Method, r.Header.Get("Content-Type"), err)
		}
		for _, secret := range append(secrets, other) {
			hook, err := standardwebhooks.NewWebhook(secret.Reveal())
			if err != nil {
				t.Error(err)
			}
			if err := hook.Verify(body, r.Header); (err == nil) != (secret != other) {
				t.Errorf("Verify: %v", err)
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()
	answer, err := NewClient(here, nil).Send(t.Context(), Message{ID: "evt_a_1_0", URL: receiver.URL, Body: []byte(`{"a":1}`), Secrets: secrets}, now)
	if err != nil || !answer.Taken() {
		t.Errorf("Send = %+v, %v", answer, err)
	}
}

func TestASecretHidesItself(t *testing.T) {
	secret := NewSecret([]byte("0123456789abcdefghijklmn"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, struct{ S Secret }{secret}) + fmt.Sprintf(verb, secret); strings.Contains(text, "0123") || strings.Contains(text, secret.Reveal()) {
			t.Errorf("%s shows %s", verb, text)
		}
	}
}

// TestWhatAReceiverAnswers: no redirect is followed, and little is read of what it says.
func TestWhatAReceiverAnswers(t *testing.T) {
	followed := atomic.Int64{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		case "/elsewhere":
			followed.Add(1)
		case "/endless":
			w.WriteHeader(http.StatusInternalServerError)
			for {
				if _, err := w.Write([]byte(strings.Repeat("no ", 1000))); err != nil {
					return
				}
			}
		case "/odd":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte("\x1b[31mred\xff\x00\nand <b>"))
		case "/large":
			w.Header().Set("X-Large", strings.Repeat("x", mostHeader))
		}
	}))
	defer receiver.Close()
	client := NewClient(here, nil)
	send := func(path string) (Answer, error) {
		return client.Send(t.Context(), Message{ID: "evt", URL: receiver.URL + path, Secrets: []Secret{NewSecret(nil)}}, time.Now())
	}
	if answer, err := send("/moved"); err != nil || answer.Status != http.StatusTemporaryRedirect || answer.Taken() || followed.Load() > 0 {
		t.Errorf("a redirect: %+v, %v, followed %d times", answer, err, followed.Load())
	}
	if answer, err := send("/endless"); err != nil || answer.Status != 500 || len(answer.Says) > mostAnswer || len(answer.Says) == 0 {
		t.Errorf("an endless answer: %+v, %v", answer, err)
	}
	if answer, err := send("/odd"); err != nil || answer.Says != "[31mred   and <b>" {
		t.Errorf("an odd answer: %q, %v", answer.Says, err)
	}
	if answer, err := send("/large"); err == nil {
		t.Errorf("a large header: %+v", answer)
	}
}

func TestGuard(t *testing.T) {
	allowing := NewGuard([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")})
	for _, text := range []string{"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "11.0.0.0", "223.255.255.255",
		"2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"} {
		if err := (Guard{}).Check(netip.MustParseAddr(text)); err != nil {
			t.Errorf("Check(%s) = %v", text, err)
		}
	}
	for _, text := range []string{"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
		"192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.51.100.7",
		"203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
		"::ffff:169.254.169.254", "::ffff:10.0.0.1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "fdff::1", "ff02::1",
		"64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "4000::1", "5f00::1"} {
		if err := (Guard{}).Check(netip.MustParseAddr(text)); !errors.Is(err, ErrPrivate) {
			t.Errorf("Check(%s) = %v, want %v", text, err, ErrPrivate)
		}
	}
	if err := (Guard{}).Check(netip.Addr{}); !errors.Is(err, ErrPrivate) {
		t.Errorf("Check of no address = %v", err)
	}
	for text, want := range map[string]error{"10.1.2.3": nil, "::ffff:10.1.2.3": nil, "fd00:1::5": nil, "10.2.0.1": ErrPrivate, "127.0.0.1": ErrPrivate, "8.8.8.8": nil} {
		if err := allowing.Check(netip.MustParseAddr(text)); !errors.Is(err, want) {
			t.Errorf("with networks allowed, Check(%s) = %v, want %v", text, err, want)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for _, test := range []struct {
		text    string
		public  error
		allowed error
	}{
		{"https://example.com/hooks?a=b", nil, nil},
		{"https://example.com:8443", nil, nil},
		{"https://8.8.8.8/x", nil, nil},
		{"http://example.com/", ErrURL, nil},
		{"https://127.0.0.1/", ErrPrivate, nil},
		{"http://127.0.0.1:99/", ErrURL, nil},
		{"https://10.0.0.1/", ErrPrivate, ErrPrivate},
		{"https://[::1]/", ErrPrivate, ErrPrivate},
		{"https://[::ffff:10.0.0.1]/", ErrPrivate, ErrPrivate},
		{"https://[fe80::1%25eth0]/", ErrPrivate, ErrPrivate},
		{"https://ada:secret@example.com/", ErrURL, ErrURL},
		{"https://example.com/#top", ErrURL, ErrURL},
		{"ftp://example.com/", ErrURL, ErrURL},
		{"file:///etc/passwd", ErrURL, ErrURL},
		{"https:///path", ErrURL, ErrURL},
		{"https://example.com:65535/", nil, nil},
		{"https://example.com:65536/", ErrURL, ErrURL},
		{"https://example.com:0/", ErrURL, ErrURL},
		{"https://127.0.0.1:99999/", ErrURL, ErrURL},
		{"https://", ErrURL, ErrURL},
		{"example.com", ErrURL, ErrURL},
		{"https:example.com", ErrURL, ErrURL},
		{"https://example.com/a b", ErrURL, ErrURL},
		{"https://example.com/\r\nX: y", ErrURL, ErrURL},
		{"https://example.com/" + strings.Repeat("x", longestURL), ErrURL, ErrURL},
		{"", ErrURL, ErrURL},
	} {
		if err := (Guard{}).CheckURL(test.text); !errors.Is(err, test.public) {
			t.Errorf("CheckURL(%q) = %v, want %v", test.text, err, test.public)
		}
		if err := here.CheckURL(test.text); !errors.Is(err, test.allowed) {
			t.Errorf("with networks allowed, CheckURL(%q) = %v, want %v", test.text, err, test.allowed)
		}
	}
}

// names is a name server that answers each question with the next of some addresses, and then with the last.
func names(t *testing.T, addresses ...string) (*net.Resolver, *atomic.Int64) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close()) })
	asked := &atomic.Int64{}
	go func() {
		buffer := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return // it was closed
			}
			if reply := answer(buffer[:size], func() string { return addresses[min(int(asked.Add(1)), len(addresses))-1] }); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, asked
}

// answer is the reply to a question for an IPv4 address; there is none of the other kind.
func answer(question []byte, next func() string) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	if m.Questions[0].Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET},
			Body: &dnsmessage.AResource{A: netip.MustParseAddr(next()).As4()}}}
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

// TestANameThatLeadsElsewhereTheSecondTime is found out each time, by the address that is connected to.
func TestANameThatLeadsElsewhereTheSecondTime(t *testing.T) {
	reached := atomic.Int64{}
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer receiver.Close()
	_, port, err := net.SplitHostPort(receiver.Listener.Addr().String())
	must(t, err)
	resolver, asked := names(t, "127.0.0.1", "127.0.0.2", "10.0.0.1", "169.254.169.254")
	only := NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	client := NewClient(only, resolver)
	url := "http://hooks.example.com:" + port
	must(t, only.CheckURL(url))
	send := func() error {
		_, err := client.Send(t.Context(), Message{ID: "evt", URL: url, Secrets: []Secret{NewSecret(nil)}}, time.Now())
		client.http.CloseIdleConnections()
		return err
	}
	must(t, send())
	for range 4 {
		if err := send(); !errors.Is(err, ErrPrivate) {
			t.Errorf("Send = %v, want %v", err, ErrPrivate)
		}
	}
	if reached.Load() != 1 || asked.Load() < 5 {
		t.Errorf("the receiver was reached %d times, the name was asked for %d times", reached.Load(), asked.Load())
	}
}

// TestASlowReceiver ends with the context.
func TestASlowReceiver(t *testing.T) {
	done := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer receiver.Close()
	defer close(done)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if answer, err := NewClient(here, nil).Send(ctx, Message{ID: "evt", URL: receiver.URL}, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send = %+v, %v", answer, err)
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, text := range []string{"https://example.com/", "https://[::1]/", "https://0x7f.1/", "https://2130706433/", "https:////127.0.0.1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := (Guard{}).CheckURL(text); err != nil {
			if !errors.Is(err, ErrURL) && !errors.Is(err, ErrPrivate) {
				t.Errorf("CheckURL(%q): %v", text, err)
			}
			return
		}
		request, err := http.NewRequest(http.MethodPost, text, nil)
		if err != nil || request.URL.Scheme != "https" || request.URL.Host == "" {
			t.Errorf("CheckURL(%q) takes what cannot be asked: %v", text, err)
		}
	})
}
