package mail

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

var (
	_ Sender = (*SMTP)(nil)
	_ Sender = (*Mailbox)(nil)
)

func TestMailbox(t *testing.T) {
	var box Mailbox
	const sent = mailboxHolds + 20
	for at := range sent {
		for range 2 { // sending again is harmless
			if err := box.Send(t.Context(), Message{ID: fmt.Sprint(at), Subject: "s"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := box.All()
	if len(all) != mailboxHolds || all[0].ID != fmt.Sprint(sent-1) || all[mailboxHolds-1].ID != "20" {
		t.Errorf("All() = %d messages from %v to %v", len(all), all[0], all[len(all)-1])
	}
	if _, found := box.ByID("19"); found {
		t.Error("the oldest is still there")
	}
	if m, found := box.ByID("20"); !found || m.Subject != "s" {
		t.Errorf("ByID(20) = %v, %v", m, found)
	}
	all[0].ID = "changed"
	if box.All()[0].ID == "changed" {
		t.Error("All() lends its own messages")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := box.Send(cancelled, Message{ID: "x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Send = %v, want context.Canceled", err)
	}
}

func TestMailboxManyAtOnce(t *testing.T) {
	const senders, each = 8, 40
	var box Mailbox
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for at := range each {
				_ = box.Send(t.Context(), Message{ID: fmt.Sprint(sender, at)}) // counted below
				box.ByID(fmt.Sprint(at))
				box.All()
			}
		})
	}
	all.Wait()
	if got := len(box.All()); got != senders*each {
		t.Errorf("%d messages, want %d", got, senders*each)
	}
}
