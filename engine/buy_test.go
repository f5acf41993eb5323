package engine_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/checkout"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/mail"
	"scrip/money"
	"scrip/purchase"
	"scrip/store"
	"scrip/store/storetest"
	"scrip/timeline"
)

// counter is a service that sells digital cards online.
type counter struct {
	*enginetest.World
	terms billing.Terms
}

var buyer = access.Visitor("192.0.2.7")

func newCounter(t *testing.T) *counter {
	t.Helper()
	terms := lumen(t, billing.DefaultPolicy())
	us := country(t)
	products := append(terms.Catalog.Products(),
		catalog.Product{ID: "us-gift", Country: us, Value: money.New(1000, usd), Most: money.New(20000, usd), Form: catalog.Digital},
		catalog.Product{ID: "us-closed", Country: us, Value: money.New(1000, usd), Form: catalog.Digital, Closed: true})
	var err error
	terms.Catalog, err = terms.Catalog.WithProducts(products, nil)
	must(t, err)
	return &counter{enginetest.New(t, morning, terms), terms}
}

func ordering() engine.Ordering {
	return engine.Ordering{Product: "us-gift", Amount: 2500, Buyer: "ada@example.com", Recipient: "grace@example.com", Zone: "America/New_York", Language: "en",
		Gift: purchase.Gift{Design: purchase.Thanks, From: "Ada", To: "Grace", Message: "For you", Language: "en"}}
}

func (c *counter) place(asked engine.Ordering) string {
	c.T.Helper()
	link, err := c.Engine.PlaceOrder(c.T.Context(), buyer, store.NewID(), asked)
	must(c.T, err)
	return link
}

// act has the test gateway do something with an order's payment, and tell of it as often as it does.
func (c *counter) act(link string, act checkout.Act, card string) {
	c.T.Helper()
	page, err := c.Engine.PayOrder(c.T.Context(), buyer, link, "a gift card")
	if err != nil && !errors.Is(err, purchase.ErrNotPlaced) {
		c.T.Fatal(err)
	}
	o := c.order(link)
	if err == nil && page != checkout.TestPath+o.Payment {
		c.T.Fatalf("the page of %s is %s", o.Payment, page)
	}
	_, told, err := c.Desk.Do(o.Payment, act, card)
	must(c.T, err)
	for range told {
		must(c.T, c.Engine.HearOfOrder(c.T.Context(), o.ID))
	}
}

func (c *counter) order(link string) engine.OrderView {
	c.T.Helper()
	o, err := c.Engine.Order(c.T.Context(), buyer, link)
	must(c.T, err)
	return o
}

// wants compares an order's state, and has the books proved.
func (c *counter) wants(link string, want purchase.State, card giftcard.State) {
	c.T.Helper()
	if o := c.order(link); o.State != want || o.Card != card {
		c.T.Errorf("the order is %s with a card %q, want %s with %q", o.State, o.Card, want, card)
	}
	c.Verify()
}

// bought is a gift that is paid and delivered, and its code.
func (c *counter) bought() (link string, code giftcode.Code) {
	c.T.Helper()
	link = c.place(ordering())
	c.act(link, checkout.Approve, "card-1")
	must(c.T, c.Loops.Settle(c.T.Context()))
	return link, c.mailed("grace@example.com")
}

var codeForm = regexp.MustCompile(`[0-9A-Z]{6}-[0-9A-Z]{6}-[0-9A-Z]{6}`)

// mailed is the code in the newest mail to an address.
func (c *counter) mailed(to string) giftcode.Code {
	c.T.Helper()
	for _, m := range c.Mailbox.All() {
		if text := codeForm.FindString(m.Text); m.To == to && text != "" {
			code, err := giftcode.Parse(text)
			must(c.T, err)
			return code
		}
	}
	c.T.Fatalf("no code was mailed to %s", to)
	return giftcode.Code{}
}

// subjects are those of all mails to an address, the oldest first.
func (c *counter) subjects(to string) (all []string) {
	for _, m := range c.Mailbox.All() {
		if m.To == to {
			all = append([]string{m.Subject}, all...)
		}
	}
	return all
}

// redeem redeems a code into an account, and gives the refusal.
func (c *counter) redeem(account string, code giftcode.Code) error {
	c.T.Helper()
	reply, err := c.Engine.RedeemCode(c.T.Context(), access.MemberOf(account, "192.0.2.1"), account, store.NewID(), code.Entered(), nil)
	must(c.T, err)
	return reply.Refusal
}

// TestAGiftIsBoughtAndRedeemed, and its code is nowhere once it was mailed.
func TestAGiftIsBoughtAndRedeemed(t *testing.T) {
	c := newCounter(t)
	link := c.place(ordering())
	c.wants(link, purchase.Placed, "")
	c.act(link, checkout.Approve, "card-1")
	c.wants(link, purchase.Delivered, giftcard.Active)
	must(t, c.Loops.Settle(t.Context()))
	code := c.mailed("grace@example.com")
	if o := c.order(link); !o.Sent || o.Bounced {
		t.Errorf("the order says that the gift was sent: %t, bounced: %t", o.Sent, o.Bounced)
	}
	if got := fmt.Sprint(c.subjects("ada@example.com")); got != "[Your Lumen gift card: receipt]" {
		t.Errorf("the buyer was told %s", got)
	}
	must(t, c.DB.Close())
	for part, kept := range storetest.Everything(t, c.Path) {
		if strings.Contains(string(kept), code.Reveal()) || strings.Contains(string(kept), strings.ReplaceAll(code.Reveal(), "-", "")) {
			t.Errorf("the code is in %s", part)
		}
	}
	if strings.Contains(c.Log.String(), code.Reveal()) {
		t.Error("the code is in the log")
	}
	c.Open(c.terms)
	sealed := 0
	must(t, storetest.SQL(t, c.Path).QueryRow("SELECT COUNT(*) FROM sealed_codes").Scan(&sealed))
	if sealed != 0 {
		t.Errorf("%d codes are kept sealed", sealed)
	}
	if err := c.redeem(c.Account("grace@example.com", country(t), usd), code); err != nil {
		t.Errorf("redeem = %v", err)
	}
	c.wants(link, purchase.Delivered, giftcard.Redeemed)
}

// TestAGiftWaitsForItsDay as a deposit, and is delivered in the recipient's morning.
func TestAGiftWaitsForItsDay(t *testing.T) {
	c := newCounter(t)
	asked := ordering()
	asked.On = "2026-02-14"
	link := c.place(asked)
	c.act(link, checkout.Approve, "card-1")
	c.wants(link, purchase.Paid, "")
	must(t, c.Engine.ResendOrder(t.Context(), buyer, link, store.NewID(), "right@example.com"))
	c.At(calendar.Must("2026-02-14"), 12)
	c.wants(link, purchase.Paid, "")
	c.At(calendar.Must("2026-02-14"), 13) // eight o'clock in New York
	c.wants(link, purchase.Delivered, giftcard.Active)
	c.mailed("right@example.com")
	if told := c.subjects("grace@example.com"); len(told) != 0 {
		t.Errorf("the address that was corrected was told %q", told)
	}
}

// TestHowPaymentsGo: declined, late, told twice, not told at all, never.
func TestHowPaymentsGo(t *testing.T) {
	for act, want := range map[checkout.Act]purchase.State{checkout.Approve: purchase.Delivered, checkout.Decline: purchase.Expired,
		checkout.Late: purchase.Delivered, checkout.Silent: purchase.Delivered, checkout.Twice: purchase.Delivered, checkout.Abandon: purchase.Expired} {
		t.Run(string(act), func(t *testing.T) {
			c := newCounter(t)
			link := c.place(ordering())
			c.act(link, act, "card-1")
			for range 5 {
				c.Clock.Set(c.Clock.Now().Add(time.Hour))
				must(t, c.Loops.Settle(t.Context()))
			}
			card := giftcard.Active
			if want == purchase.Expired {
				card = ""
			}
			c.wants(link, want, card)
			if gifts := len(c.subjects("grace@example.com")); (gifts == 1) != (want == purchase.Delivered) || gifts > 1 {
				t.Errorf("%d gifts were sent", gifts)
			}
			next, err := c.Engine.NextDue(t.Context())
			must(t, err)
			if !next.IsZero() {
				t.Errorf("something is due still at %v", next)
			}
		})
	}
}

// TestAnOrderNobodyPays expires, and cannot be paid any more.
func TestAnOrderNobodyPays(t *testing.T) {
	c := newCounter(t)
	link := c.place(ordering())
	c.Clock.Set(c.Clock.Now().Add(61 * time.Minute))
	if _, err := c.Engine.PayOrder(t.Context(), buyer, link, "a gift card"); !errors.Is(err, purchase.ErrNotPlaced) {
		t.Errorf("PayOrder after an hour = %v", err)
	}
	c.Clock.Set(c.Clock.Now().Add(time.Hour))
	must(t, c.Loops.Settle(t.Context()))
	c.wants(link, purchase.Expired, "")
}

// TestAGiftIsSentAnew: the code before is dead, and the new one is good, until it is redeemed.
func TestAGiftIsSentAnew(t *testing.T) {
	c := newCounter(t)
	link, first := c.bought()
	account := c.Account("m@example.com", country(t), usd)
	key := store.NewID()
	for range 2 {
		must(t, c.Engine.ResendOrder(t.Context(), buyer, link, key, "right@example.com"))
	}
	must(t, c.Loops.Settle(t.Context()))
	second := c.mailed("right@example.com")
	if err := c.redeem(account, first); !errors.Is(err, giftcard.ErrReplaced) {
		t.Errorf("the first code = %v, want ErrReplaced", err)
	}
	c.wants(link, purchase.Delivered, giftcard.Active)
	// Support replaces it too: the order goes on with the new card.
	serial, err := giftcode.ParseSerial(c.order(link).Serial)
	must(t, err)
	_, third, _, err := c.Engine.ReplaceCard(t.Context(), operator, store.NewID(), serial)
	must(t, err)
	if err := c.redeem(account, second); !errors.Is(err, giftcard.ErrReplaced) {
		t.Errorf("the second code = %v, want ErrReplaced", err)
	}
	must(t, c.redeem(account, third))
	if err := c.Engine.ResendOrder(t.Context(), buyer, link, store.NewID(), "right@example.com"); !errors.Is(err, giftcard.ErrAlreadyRedeemed) {
		t.Errorf("a gift that was redeemed is sent anew: %v", err)
	}
	c.wants(link, purchase.Delivered, giftcard.Redeemed)
}

// refusing refuses some readers for good.
type refusing struct {
	mail.Sender
	address string
}

func (r refusing) Send(ctx context.Context, m mail.Message) error {
	if m.To == r.address {
		return fmt.Errorf("%w: no such reader", mail.ErrPermanent)
	}
	return r.Sender.Send(ctx, m)
}

// TestAGiftThatBounces: its buyer is told, and corrects the address.
func TestAGiftThatBounces(t *testing.T) {
	c := newCounter(t)
	c.Post = refusing{c.Mailbox, "grace@example.com"}
	c.Reopen(c.terms)
	link := c.place(ordering())
	c.act(link, checkout.Approve, "card-1")
	must(t, c.Loops.Settle(t.Context()))
	if o := c.order(link); o.Sent || !o.Bounced {
		t.Errorf("the order says that the gift was sent: %t, bounced: %t", o.Sent, o.Bounced)
	}
	if got := fmt.Sprint(c.subjects("ada@example.com")); got != "[Your Lumen gift card: receipt Your gift could not be delivered]" {
		t.Errorf("the buyer was told %s", got)
	}
	must(t, c.Engine.ResendOrder(t.Context(), buyer, link, store.NewID(), "right@example.com"))
	must(t, c.Loops.Settle(t.Context()))
	must(t, c.redeem(c.Account("m@example.com", country(t), usd), c.mailed("right@example.com")))
	c.wants(link, purchase.Delivered, giftcard.Redeemed)
}

// TestARefund kills the card, and is refused once the card was redeemed.
func TestARefund(t *testing.T) {
	c := newCounter(t)
	link, code := c.bought()
	id := c.order(link).ID
	if err := c.Engine.RefundOrder(t.Context(), buyer, id); !errors.Is(err, access.ErrDenied) {
		t.Errorf("a buyer's RefundOrder = %v", err)
	}
	must(t, c.Engine.RefundOrder(t.Context(), operator, id))
	must(t, c.Loops.Settle(t.Context()))
	c.wants(link, purchase.Refunded, giftcard.Voided)
	account := c.Account("m@example.com", country(t), usd)
	if err := c.redeem(account, code); !errors.Is(err, giftcard.ErrVoided) {
		t.Errorf("the code of a refunded order = %v", err)
	}
	if got := fmt.Sprint(c.subjects("ada@example.com")); got != "[Your Lumen gift card: receipt Your $25.00 are on their way back]" {
		t.Errorf("the buyer was told %s", got)
	}
	other, code := c.bought()
	must(t, c.redeem(account, code))
	if err := c.Engine.RefundOrder(t.Context(), operator, c.order(other).ID); !errors.Is(err, giftcard.ErrAlreadyRedeemed) {
		t.Errorf("the refund of a redeemed card = %v", err)
	}
	serial, err := giftcode.ParseSerial(c.order(other).Serial)
	must(t, err)
	if err := c.Engine.MoveCard(t.Context(), operator, serial, engine.Void); err == nil {
		t.Error("a card that was bought online was voided by itself")
	}
}

// TestARefundThatTheGatewayDoesNotMake is asked for again, less and less often.
func TestARefundThatTheGatewayDoesNotMake(t *testing.T) {
	c := newCounter(t)
	link, _ := c.bought()
	forgetful, err := checkout.NewTest("", c.Clock.Now) // it knows of no payment
	must(t, err)
	c.Counter = forgetful
	c.Reopen(c.terms)
	must(t, c.Engine.RefundOrder(t.Context(), operator, c.order(link).ID))
	for range 3 {
		must(t, c.Loops.Settle(t.Context()))
		c.wants(link, purchase.Refunding, giftcard.Voided)
		next, err := c.Engine.NextDue(t.Context())
		must(t, err)
		if !next.After(c.Clock.Now()) {
			t.Fatalf("the refund is due again at once, at %v", next)
		}
		c.Clock.Set(next)
	}
	c.Counter = c.Desk
	c.Reopen(c.terms)
	c.Clock.Set(c.Clock.Now().Add(2 * time.Hour))
	must(t, c.Loops.Settle(t.Context()))
	c.wants(link, purchase.Refunded, giftcard.Voided)
}

// TestAChargeBack of a card that nobody has redeemed freezes it until the bank's last word.
func TestAChargeBack(t *testing.T) {
	for act, want := range map[checkout.Act]struct {
		order purchase.State
		card  giftcard.State
	}{checkout.GiveBack: {purchase.Delivered, giftcard.Active}, checkout.KeepForAll: {purchase.WrittenOff, giftcard.Voided}} {
		t.Run(string(act), func(t *testing.T) {
			c := newCounter(t)
			link, _ := c.bought()
			c.act(link, checkout.Contest, "")
			c.wants(link, purchase.ChargedBack, giftcard.Frozen)
			serial, err := giftcode.ParseSerial(c.order(link).Serial)
			must(t, err)
			if err := c.Engine.MoveCard(t.Context(), operator, serial, engine.Unfreeze); !errors.Is(err, purchase.ErrChargedBack) {
				t.Errorf("Unfreeze = %v, want ErrChargedBack", err)
			}
			if _, _, _, err := c.Engine.ReplaceCard(t.Context(), operator, store.NewID(), serial); !errors.Is(err, purchase.ErrChargedBack) {
				t.Errorf("ReplaceCard = %v, want ErrChargedBack", err)
			}
			c.act(link, act, "")
			c.wants(link, want.order, want.card)
		})
	}
}

// TestACardThatWasFrozenBeforeItsChargeBack stays so when the bank gives the money back: who froze it had a reason.
func TestACardThatWasFrozenBeforeItsChargeBack(t *testing.T) {
	c := newCounter(t)
	link, _ := c.bought()
	serial, err := giftcode.ParseSerial(c.order(link).Serial)
	must(t, err)
	must(t, c.Engine.MoveCard(t.Context(), operator, serial, engine.Freeze))
	c.act(link, checkout.Contest, "")
	c.wants(link, purchase.ChargedBack, giftcard.Frozen)
	c.act(link, checkout.GiveBack, "")
	c.wants(link, purchase.Delivered, giftcard.Frozen)
	must(t, c.Engine.MoveCard(t.Context(), operator, serial, engine.Unfreeze))
	c.act(link, checkout.Contest, "") // it comes again, and finds the card active
	c.act(link, checkout.GiveBack, "")
	c.wants(link, purchase.Delivered, giftcard.Active)
}

// TestAChargeBackOfARedeemedCard takes what is left on the account; the month that was paid stays paid; and what the
// bank gives back is delivered as a card of its own.
func TestAChargeBackOfARedeemedCard(t *testing.T) {
	c := newCounter(t)
	link, code := c.bought()
	account := c.Account("m@example.com", country(t), usd)
	must(t, c.redeem(account, code))
	c.Do(account, engine.Command{Kind: timeline.Redeem, Card: c.Handle(c.Card("us-40"))})
	c.Do(account, engine.Command{Kind: timeline.Start, Plan: "basic", Payer: catalog.Self})
	before := c.View(account)
	c.act(link, checkout.Contest, "")
	after := c.View(account)
	c.wants(link, purchase.ChargedBack, giftcard.Redeemed)
	taken := c.order(link).Taken
	if after.Balance != money.New(40, usd) || taken != before.Balance.Sub(after.Balance) || after.Membership.Period != before.Membership.Period {
		t.Errorf("the balance went from %s to %s, %s was taken, and the period is %v", before.Balance, after.Balance, taken, after.Membership.Period)
	}
	if !after.RunsOut.Before(before.RunsOut) {
		t.Errorf("the balance lasts until %v, and before until %v", after.RunsOut, before.RunsOut)
	}
	c.act(link, checkout.GiveBack, "")
	must(t, c.Loops.Settle(t.Context()))
	c.wants(link, purchase.Delivered, giftcard.Active)
	must(t, c.redeem(account, c.mailed("grace@example.com")))
	if got := c.View(account).Balance; got != before.Balance {
		t.Errorf("in the end the balance is %s, want %s", got, before.Balance)
	}
	c.Verify()
}

// TestPace: a buyer, a recipient, a network and a payment card have limits. By whose card too much was bought, it goes back.
func TestPace(t *testing.T) {
	c := newCounter(t)
	for range purchase.DefaultLimits().Orders {
		c.place(ordering())
	}
	if _, err := c.Engine.PlaceOrder(t.Context(), buyer, store.NewID(), ordering()); !errors.Is(err, purchase.ErrPace) {
		t.Errorf("one order too many = %v, want ErrPace", err)
	}
	asked := ordering()
	asked.Buyer = "eve@example.com"
	if _, err := c.Engine.PlaceOrder(t.Context(), buyer, store.NewID(), asked); !errors.Is(err, purchase.ErrPace) {
		t.Errorf("one gift too many for a recipient = %v, want ErrPace", err)
	}
	asked.Recipient = "else@example.com" // and it is not passed by sending a gift for somebody else there
	elsewhere := c.place(asked)
	c.act(elsewhere, checkout.Approve, "card-1")
	if err := c.Engine.ResendOrder(t.Context(), buyer, elsewhere, store.NewID(), "grace@example.com"); !errors.Is(err, purchase.ErrPace) {
		t.Errorf("a gift that is sent anew to a recipient of too many = %v, want ErrPace", err)
	}
	must(t, c.Engine.ResendOrder(t.Context(), buyer, elsewhere, store.NewID(), "else@example.com"))
	var last string
	for at := range purchase.DefaultLimits().Orders + 1 {
		asked.Buyer, asked.Recipient = access.Email(fmt.Sprintf("b%d@example.com", at)), access.Email(fmt.Sprintf("r%d@example.com", at))
		last = c.place(asked)
		c.act(last, checkout.Approve, "one-card")
	}
	must(t, c.Loops.Settle(t.Context()))
	c.wants(last, purchase.Refunded, "")
	c.Clock.Set(c.Clock.Now().Add(25 * time.Hour))
	c.place(ordering())
}

// TestOrdersAreRefused that the catalogue or the calendar does not allow, and links that we did not make.
func TestOrdersAreRefused(t *testing.T) {
	c := newCounter(t)
	for name, test := range map[string]struct {
		change func(*engine.Ordering)
		want   error
	}{
		"closed":  {func(o *engine.Ordering) { o.Product = "us-closed" }, purchase.ErrNotSold},
		"printed": {func(o *engine.Ordering) { o.Product = "us-40" }, purchase.ErrNotSold},
		"unknown": {func(o *engine.Ordering) { o.Product = "none" }, purchase.ErrNotSold},
		"value":   {func(o *engine.Ordering) { o.Amount = 1 }, giftcard.ErrValue},
		"day":     {func(o *engine.Ordering) { o.On = "2026-01-30" }, purchase.ErrDate},
		"no day":  {func(o *engine.Ordering) { o.On = "soon" }, purchase.ErrDate},
		"zone":    {func(o *engine.Ordering) { o.Zone = "Mars/Base" }, engine.ErrZone},
		"ours":    {func(o *engine.Ordering) { o.Zone = "Local" }, engine.ErrZone},
	} {
		asked := ordering()
		test.change(&asked)
		if _, err := c.Engine.PlaceOrder(t.Context(), buyer, store.NewID(), asked); !errors.Is(err, test.want) {
			t.Errorf("%s: PlaceOrder = %v, want %v", name, err, test.want)
		}
	}
	link := c.place(ordering())
	for _, other := range []string{"", "x", link[1:], link[:len(link)-4] + "AAAA", strings.ToUpper(link)} {
		if _, err := c.Engine.Order(t.Context(), buyer, other); !errors.Is(err, engine.ErrNoOrder) {
			t.Errorf("Order of a link that is not ours = %v, want ErrNoOrder", err)
		}
	}
}
