package main

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"scrip/client"
	"scrip/client/clienttest"
	"scrip/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// TestWhoPlays: members and others press play.
func TestWhoPlays(t *testing.T) {
	w := clienttest.New(t)
	member := w.OpenOf("user-42", 1)
	w.OpenOf("user-7", 0)
	if _, err := w.StartMembership(t.Context(), member, "basic", ""); err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{"SCRIP": w.URL, "SCRIP_KEY": w.Key}
	var out strings.Builder
	if err := run(t.Context(), []string{"user-42", "user-42", "user-7"}, func(name string) string { return settings[name] }, &out); err != nil {
		t.Fatal(err)
	}
	if want := "user-42: plays, paid until 2026-02-28\nuser-42: plays, paid until 2026-02-28\nuser-7: has not started yet\n"; out.String() != want {
		t.Errorf("it says\n%s want\n%s", &out, want)
	}
}

// TestAnswersAreKept for as long as they hold, and longer while nobody answers.
func TestAnswersAreKept(t *testing.T) {
	w := clienttest.New(t)
	if _, err := w.StartMembership(t.Context(), w.OpenOf("user-42", 1), "basic", ""); err != nil {
		t.Fatal(err)
	}
	asked, down, now := 0, false, time.Now()
	through := transport(func(r *http.Request) (*http.Response, error) {
		if asked++; down {
			return nil, http.ErrServerClosed
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	scrip, err := client.New(client.Config{URL: w.URL, Key: w.Key, HTTP: &http.Client{Transport: through}, Attempts: 2})
	if err != nil {
		t.Fatal(err)
	}
	p := &player{scrip: scrip, now: func() time.Time { return now }, kept: map[string]kept{}}
	plays := func(wantAsked int) {
		t.Helper()
		if may, err := p.entitlement(context.Background(), "user-42"); err != nil || !may.MayWatch || asked != wantAsked {
			t.Errorf("asked %d times, want %d: %+v, %v", asked, wantAsked, may, err)
		}
	}
	plays(1)
	plays(1)
	now = now.Add(61 * time.Second)
	plays(2)
	now, down = now.Add(61*time.Second), true
	plays(4)
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }
