// Command player shows what a player does when a member presses play: it asks whether the account may watch, and keeps
// the answer for as long as it holds.
//
//	SCRIP=http://127.0.0.1:8080 SCRIP_KEY=scrip_… go run ./examples/player user-42 user-42 user-7
//
// The key's scope is read. Each argument is an account by the service's own id, of somebody who presses play.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"scrip/client"
)

// longestAsk bounds how long a member waits for the answer.
const longestAsk = 2 * time.Second

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, members []string, getenv func(string) string, out io.Writer) error {
	scrip, err := client.New(client.Config{URL: getenv("SCRIP"), Key: getenv("SCRIP_KEY")})
	if err != nil {
		return err
	}
	p := &player{scrip: scrip, now: time.Now, kept: map[string]kept{}}
	for _, member := range members {
		may, err := p.entitlement(ctx, member)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s: %s\n", member, told(may)); err != nil {
			return err
		}
	}
	return nil
}

// player keeps what it was answered. One that serves the whole world bounds how many answers it keeps.
type player struct {
	scrip *client.Client
	now   func() time.Time
	mutex sync.Mutex
	kept  map[string]kept
}

type kept struct {
	client.Entitlement
	until time.Time
}

// entitlement asks, unless the last answer still holds. While nobody answers, the last one lets the member watch on: a
// film is not stopped because a network is down.
func (p *player) entitlement(ctx context.Context, member string) (client.Entitlement, error) {
	p.mutex.Lock()
	last, asked := p.kept[member]
	p.mutex.Unlock()
	if asked && p.now().Before(last.until) {
		return last.Entitlement, nil
	}
	ctx, cancel := context.WithTimeout(ctx, longestAsk)
	defer cancel()
	may, err := p.scrip.GetEntitlement(ctx, client.External(member))
	if err != nil {
		if asked {
			return last.Entitlement, nil
		}
		return may, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.kept[member] = kept{may, p.now().Add(may.Lasts)}
	return may, nil
}

// told is what the member reads.
func told(may client.Entitlement) string {
	switch {
	case may.MayWatch && may.PaidUntil == "":
		return "plays"
	case may.MayWatch:
		return "plays, paid until " + string(may.PaidUntil)
	case may.Why == "on_hold":
		return "is on hold: a gift card or another payment method lifts that at once"
	case may.Why == "closed":
		return "has ended: it can be started again"
	}
	return "has not started yet"
}
