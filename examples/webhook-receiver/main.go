// Command webhook-receiver takes events, verifies their signatures, and stores each once, before it says that it has.
//
//	SCRIP_SECRET=whsec_… go run ./examples/webhook-receiver 127.0.0.1:9000 events.jsonl
//
// The secret is that of the endpoint, as POST /v1/endpoints gave it. docs/webhooks.md tells what is promised: each event at
// least once, those of an account in the order of their numbers.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	mostBody    = 1 << 20
	readTimeout = 10 * time.Second
)

func main() {
	if err := run(os.Args[1:], os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, getenv func(string) string) (failed error) {
	if len(args) != 2 {
		return errors.New("name an address to listen on and a file to store events in")
	}
	r, err := newReceiver(getenv("SCRIP_SECRET"), args[1])
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, r.file.Close()) }()
	server := &http.Server{Addr: args[0], Handler: r, ReadTimeout: readTimeout, ReadHeaderTimeout: readTimeout}
	return server.ListenAndServe()
}

// receiver stores events in a file, a line each.
type receiver struct {
	hook   *standardwebhooks.Webhook
	mutex  sync.Mutex
	file   *os.File
	stored map[string]bool // by the event's id; a service has a unique key in its database for that
}

// event is what of an event is looked at here.
type event struct {
	ID string `json:"id"`
}

// newReceiver goes on with a file, if it is there.
func newReceiver(secret, path string) (*receiver, error) {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	r := &receiver{hook: hook, file: file, stored: map[string]bool{}}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, mostBody)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
		}
		r.stored[e.ID] = true
	}
	return r, lines.Err()
}

// ServeHTTP takes one event. Whatever but 2xx has it sent again.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, mostBody))
	if err != nil {
		http.Error(w, "the body could not be read", http.StatusBadRequest)
		return
	}
	// The signature is of the body as it came, so it is verified before anything else looks at it.
	if err := r.hook.Verify(body, request.Header); err != nil {
		http.Error(w, "the signature is not right", http.StatusUnauthorized)
		return
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" {
		http.Error(w, "this is no event", http.StatusBadRequest)
		return
	}
	if err := r.store(e, body); err != nil {
		http.Error(w, "it could not be stored", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// store stores an event, unless it was stored already. What it has stored is on the disk.
func (r *receiver) store(e event, body []byte) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.stored[e.ID] {
		return nil
	}
	if _, err := r.file.Write(append(body, '\n')); err != nil {
		return err
	}
	if err := r.file.Sync(); err != nil {
		return err
	}
	r.stored[e.ID] = true
	return nil
}
