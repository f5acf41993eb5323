package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// answerTimeout is how long a request may take.
	answerTimeout = 30 * time.Second
	// mostLines bounds the headers of an answer.
	mostLines = 100
)

var errAnswer = errors.New("what the server answered is no HTTP")

// site is where requests go.
type site struct {
	address string // host and port
	host    string // as a browser names it
	origin  string
	secure  bool
}

func parseSite(text string) (site, error) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return site{}, errors.New("--url is the address of a server, as in http://127.0.0.1:8080")
	}
	s := site{address: parsed.Host, host: parsed.Host, origin: parsed.Scheme + "://" + parsed.Host, secure: parsed.Scheme == "https"}
	if parsed.Port() == "" {
		s.address = net.JoinHostPort(parsed.Hostname(), parsed.Scheme)
	}
	return s, nil
}

// get and post are requests as browsers send them, with cookies.
func (s site) get(path, cookies string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: scrip-bench\r\nAccept: text/html\r\nAccept-Language: en\r\n"+
		"Sec-Fetch-Site: same-origin\r\nCookie: %s\r\n\r\n", path, s.host, cookies)
}

func (s site) post(path, cookies, form string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: scrip-bench\r\nAccept: text/html\r\nAccept-Language: en\r\n"+
		"Origin: %s\r\nSec-Fetch-Site: same-origin\r\nCookie: %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", path, s.host, s.origin, cookies, len(form), form)
}

// call is a request as programs send it, with an API key.
func (s site) call(path, key string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: scrip-bench\r\nAccept: application/json\r\nAuthorization: Bearer %s\r\n\r\n",
		path, s.host, key)
}

// browser is one connection that is kept alive. A load test pays for its own client, so this one does no more than it must.
type browser struct {
	ctx  context.Context
	site site
	conn net.Conn
	from *bufio.Reader
}

// answer is what a load test looks at.
type answer struct {
	status   int
	location string
}

// ask sends a request and reads its answer to the end. After an error the next request goes on a new connection.
func (b *browser) ask(request []byte) (a answer, err error) {
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.conn == nil {
		if err := b.connect(); err != nil {
			return a, err
		}
	}
	if err := b.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return a, err
	}
	if _, err := b.conn.Write(request); err != nil {
		return a, err
	}
	return b.read()
}

func (b *browser) connect() (err error) {
	ctx, cancel := context.WithTimeout(b.ctx, answerTimeout)
	defer cancel()
	if b.site.secure {
		b.conn, err = new(tls.Dialer).DialContext(ctx, "tcp", b.site.address)
	} else {
		b.conn, err = new(net.Dialer).DialContext(ctx, "tcp", b.site.address)
	}
	if err == nil {
		b.from = bufio.NewReaderSize(b.conn, 16<<10)
	}
	return err
}

func (b *browser) close() {
	if b.conn != nil {
		// Nothing waits for what the server may still have to say.
		_ = b.conn.Close()
		b.conn = nil
	}
}

// read reads one answer (RFC 9112): its status, the headers that matter, and past its body.
func (b *browser) read() (a answer, err error) {
	line, err := b.line()
	if err != nil {
		return a, err
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return a, errAnswer
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, errAnswer
	}
	length, chunked, last := int64(0), false, false
	for range mostLines {
		if line, err = b.line(); err != nil || len(line) == 0 {
			break
		}
		switch name, value := header(line); name {
		case "content-length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil {
				return a, errAnswer
			}
		case "transfer-encoding":
			chunked = strings.EqualFold(value, "chunked")
		case "location":
			a.location = value
		case "connection":
			last = strings.EqualFold(value, "close")
		}
	}
	if err == nil && chunked {
		err = b.skipChunks()
	} else if err == nil {
		err = b.skip(length)
	}
	if last {
		b.close()
	}
	return a, err
}

// header is a header's name in lower case, where it is one that matters, and its value.
func header(line []byte) (name, value string) {
	first, rest, _ := bytes.Cut(line, []byte(":"))
	for _, name := range []string{"content-length", "transfer-encoding", "location", "connection"} {
		if len(first) == len(name) && strings.EqualFold(string(first), name) {
			return name, string(bytes.TrimSpace(rest))
		}
	}
	return "", ""
}

func (b *browser) line() ([]byte, error) {
	line, err := b.from.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

func (b *browser) skip(length int64) error {
	_, err := b.from.Discard(int(length))
	return err
}

func (b *browser) skipChunks() error {
	for {
		line, err := b.line()
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		length, err := strconv.ParseInt(string(bytes.TrimSpace(size)), 16, 32)
		if err != nil {
			return errAnswer
		}
		if err := b.skip(length + int64(len("\r\n"))); err != nil {
			return err
		}
		if length == 0 {
			return nil
		}
	}
}

// body is what a server answers to GET, for what is read once.
func (b *browser) body(request []byte, most int64) ([]byte, error) {
	if err := b.connect(); err != nil {
		return nil, err
	}
	defer b.close()
	if err := b.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return nil, err
	}
	request = bytes.Replace(request, []byte("\r\n\r\n"), []byte("\r\nConnection: close\r\n\r\n"), 1)
	if _, err := b.conn.Write(request); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(b.from, most))
}
