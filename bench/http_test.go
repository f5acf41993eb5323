package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestABrowserReadsAnswers(t *testing.T) {
	from := map[string]bool{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /short", func(w http.ResponseWriter, r *http.Request) {
		from[r.RemoteAddr] = true
		fmt.Fprint(w, "ok")
	})
	mux.HandleFunc("GET /long", func(w http.ResponseWriter, r *http.Request) {
		for range 50 {
			fmt.Fprint(w, strings.Repeat("x", 4096))
		}
	})
	mux.HandleFunc("GET /empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	mux.HandleFunc("GET /last", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("session")
		if err != nil || cookie.Value != "s" || r.FormValue("card") != "c" || r.Header.Get("Origin") != "http://"+r.Host {
			t.Errorf("the form came as %v %v", r.Header, r.Form)
		}
		http.Redirect(w, r, "/done", http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	to, err := parseSite(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{ctx: t.Context(), site: to}
	defer b.close()
	for range 3 {
		for path, status := range map[string]int{"/short": 200, "/long": 200, "/empty": 404, "/none": 404} {
			if got, err := b.ask(to.get(path, "a=b")); err != nil || got.status != status {
				t.Errorf("GET %s = %+v, %v, want %d", path, got, err, status)
			}
		}
		got, err := b.ask(to.post("/form", "session=s", "card=c"))
		if want := (answer{303, "/done"}); err != nil || got != want {
			t.Errorf("POST = %+v, %v, want %+v", got, err, want)
		}
	}
	if len(from) != 1 {
		t.Errorf("%d connections for one browser", len(from))
	}
	for range 2 {
		if got, err := b.ask(to.get("/last", "")); err != nil || got.status != 200 || b.conn != nil {
			t.Errorf("GET /last = %+v, %v; the connection stays %v", got, err, b.conn != nil)
		}
	}
	if text, err := b.body(to.get("/short", ""), 1000); err != nil || !strings.HasSuffix(string(text), "ok") {
		t.Errorf("the body is %q, %v", text, err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for _, text := range []string{"", "HTTP/1.1", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"} {
		if got, err := (&browser{from: bufio.NewReader(strings.NewReader(text))}).read(); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

func TestALostConnectionIsMadeAnew(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for answers := 0; ; answers++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if answers > 0 {
				bufio.NewReader(conn).ReadString('\n')
				io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			}
			conn.Close()
		}
	}()
	to, err := parseSite("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{ctx: t.Context(), site: to}
	defer b.close()
	if got, err := b.ask(to.get("/", "")); err == nil {
		t.Errorf("a connection that was closed answered %+v", got)
	}
	if got, err := b.ask(to.get("/", "")); err != nil || got.status != 204 {
		t.Errorf("the next = %+v, %v", got, err)
	}
}

func TestSites(t *testing.T) {
	for text, want := range map[string]site{
		"http://127.0.0.1:8080":     {"127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080", false},
		"https://watch.example.com": {"watch.example.com:https", "watch.example.com", "https://watch.example.com", true},
	} {
		if got, err := parseSite(text); err != nil || got != want {
			t.Errorf("parseSite(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "127.0.0.1:8080", "ftp://example.com", "http://", "://"} {
		if got, err := parseSite(text); err == nil {
			t.Errorf("parseSite(%q) = %+v", text, got)
		}
	}
}
