package mail

import (
	"context"
	"slices"
	"sync"
)

// mailboxHolds is how many messages a Mailbox keeps.
const mailboxHolds = 500

// Mailbox is the demo's sender: it keeps the newest 500 messages for everybody to read. Its zero value
// is empty and ready; it may be used by many at once.
type Mailbox struct {
	mu       sync.Mutex
	messages []Message // oldest first
}

// Send keeps the message. One that is there already, by its ID, is not kept twice.
func (b *Mailbox) Send(ctx context.Context, m Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.find(m.ID) >= 0 {
		return nil
	}
	b.messages = append(b.messages, m)
	if over := len(b.messages) - mailboxHolds; over > 0 {
		b.messages = slices.Delete(b.messages, 0, over)
	}
	return nil
}

// All are the messages, newest first.
func (b *Mailbox) All() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.messages)
	slices.Reverse(all)
	return all
}

// ByID is the message of an id.
func (b *Mailbox) ByID(id string) (Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := b.find(id); at >= 0 {
		return b.messages[at], true
	}
	return Message{}, false
}

func (b *Mailbox) find(id string) int {
	return slices.IndexFunc(b.messages, func(m Message) bool { return m.ID == id })
}
