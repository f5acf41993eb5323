// Command own-biller is a service with a biller of its own, that takes a member's balance as one more way to pay: an order
// is paid from the balance as far as that goes, and the rest by the biller's own means. Only when both are sure is the
// balance charged; else it gets back what was kept.
//
//	SCRIP=http://127.0.0.1:8080 SCRIP_KEY=scrip_… go run ./examples/own-biller user-42 order-7 1200 USD
//
// The key's scope is manage. The keys of its changes follow from the order, so that whoever runs it again, after a crash or
// out of doubt, bills the order once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"scrip/client"
)

// errDeclined says that the biller's own means did not pay.
var errDeclined = errors.New("the card was declined")

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout, takeFromCard); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pay takes an amount by other means, once for an order.
type pay func(ctx context.Context, order string, amount client.Amount) error

// takeFromCard stands for the biller's own payment provider. This one takes up to 50.00.
func takeFromCard(_ context.Context, _ string, amount client.Amount) error {
	const most = 5000
	if amount.Minor > most {
		return errDeclined
	}
	return nil
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer, other pay) error {
	if len(args) != 4 {
		return errors.New("name a member, an order, an amount in minor units and its currency")
	}
	minor, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return fmt.Errorf("the amount is in minor units: %w", err)
	}
	scrip, err := client.New(client.Config{URL: getenv("SCRIP"), Key: getenv("SCRIP_KEY")})
	if err != nil {
		return err
	}
	b := biller{scrip, other}
	paid, err := b.bill(ctx, order{client.External(args[0]), args[1], client.Amount{Minor: minor, Currency: args[3]}})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, paid)
	return err
}

type biller struct {
	scrip *client.Client
	other pay
}

type order struct {
	member string
	id     string
	total  client.Amount
}

// receipt is who paid what of an order.
type receipt struct {
	balance, other client.Amount
	lines          []client.Line // of the balance, by card
}

func (r receipt) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d %s from the balance, %d otherwise", r.balance.Minor, r.balance.Currency, r.other.Minor)
	for _, line := range r.lines {
		fmt.Fprintf(&text, "\n  %d from card %s", line.Amount.Minor, line.Source)
	}
	return text.String()
}

// bill keeps what the balance has, takes the rest otherwise, and then charges what it kept.
func (b biller) bill(ctx context.Context, o order) (receipt, error) {
	kept, err := b.scrip.AuthorizeBalance(ctx, o.member, client.NewCharge{Amount: o.total.Minor, Currency: o.total.Currency,
		Reference: o.id, Partial: true}, client.Under(o.id+".authorize"))
	if problem := (*client.Problem)(nil); errors.As(err, &problem) && problem.Name() == "insufficient_balance" { // there is nothing
		return receipt{other: o.total, balance: client.Amount{Currency: o.total.Currency}}, b.other(ctx, o.id, o.total)
	}
	if err != nil {
		return receipt{}, err
	}
	paid := receipt{balance: *kept.Amount, other: client.Amount{Currency: o.total.Currency}, lines: kept.Lines}
	if kept.Shortfall != nil {
		paid.other = *kept.Shortfall
		if err := b.other(ctx, o.id, paid.other); err != nil {
			_, failed := b.scrip.ReleaseAuthorization(ctx, o.member, kept.ID, client.Under(o.id+".release"))
			return receipt{}, errors.Join(err, failed)
		}
	}
	_, err = b.scrip.CaptureAuthorization(ctx, o.member, kept.ID, client.Amount{}, client.Under(o.id+".capture"))
	return paid, err
}
