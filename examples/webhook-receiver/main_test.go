package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"scrip/client"
	"scrip/client/clienttest"
	"scrip/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEventsAreStoredOnce: what happens on an account is delivered, verified and stored in order, once, though it is
// delivered again, and the receiver is started anew in between.
func TestEventsAreStoredOnce(t *testing.T) {
	w, path := clienttest.New(t), filepath.Join(t.TempDir(), "events.jsonl")
	w.Clock.Set(time.Now()) // by which a signature counts for some minutes
	var takes http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { takes.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	made, err := w.CreateEndpoint(t.Context(), client.Receiver{URL: server.URL})
	must(t, err)
	start := func() *receiver {
		r, err := newReceiver(made.Secret.Reveal(), path)
		must(t, err)
		takes = r
		t.Cleanup(func() { _ = r.file.Close() })
		return r
	}
	start()
	member := w.OpenOf("user-42", 1)
	_, err = w.StartMembership(t.Context(), member, "basic", "")
	must(t, err)
	must(t, w.Loops.Settle(t.Context()))
	first := stored(t, path)

	start()
	_, err = w.ReplayEvents(t.Context(), made.ID, time.Unix(0, 0).AddDate(2, 0, 0))
	must(t, err)
	must(t, w.Loops.Settle(t.Context()))
	again := stored(t, path)

	var listed []string
	for page, err := range w.ListEvents(t.Context(), "") {
		must(t, err)
		for _, event := range page.Data {
			listed = append(listed, event.ID)
		}
	}
	ofMember := func(ids []string) []string {
		return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !strings.Contains(id, member) })
	}
	if !slices.Equal(first, again) || !slices.Equal(ofMember(first), ofMember(listed)) || !slices.Equal(slices.Sorted(slices.Values(first)), slices.Sorted(slices.Values(listed))) || len(ofMember(first)) < 4 {
		t.Errorf("stored\n%v\nafter all were delivered again\n%v\nand listed are\n%v", first, again, listed)
	}
	counted, err := w.GetEndpoint(t.Context(), made.ID)
	if err != nil || counted.Deliveries["delivered"] != len(first) {
		t.Errorf("GetEndpoint = %+v, %v", counted, err)
	}
}

// stored are the ids of the events in the file.
func stored(t *testing.T, path string) (ids []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	for line := range strings.Lines(string(text)) {
		var e event
		must(t, json.Unmarshal([]byte(line), &e))
		ids = append(ids, e.ID)
	}
	return ids
}

// TestForgedEventsAreRefused: without a signature that is right, nothing is stored.
func TestForgedEventsAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	r, err := newReceiver("whsec_"+strings.Repeat("A", 43)+"=", path)
	must(t, err)
	defer r.file.Close()
	for name, header := range map[string]http.Header{"none": {}, "wrong": {"Webhook-Id": {"evt_a_1_0"}, "Webhook-Timestamp": {"1700000000"}, "Webhook-Signature": {"v1,AAAA"}}} {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"id":"evt_a_1_0"}`))
		request.Header = header
		recorder := httptest.NewRecorder()
		r.ServeHTTP(recorder, request)
		if recorder.Code != http.StatusUnauthorized || len(stored(t, path)) > 0 {
			t.Errorf("%s: %d, and %v is stored", name, recorder.Code, stored(t, path))
		}
	}
}
