package web

import (
	"strings"
	"testing"

	"scrip/giftcard"
	"scrip/money"
)

// TestAnImportedCardIsRedeemed: nothing is told of it before the address is proved, to a new member; and to one who is
// signed in, at once.
func TestAnImportedCardIsRedeemed(t *testing.T) {
	w := newWorld(t, nil)
	w.Apply(w.WithOld(lumen(t), country(t, "US"), usd))
	const code, second, wrong = "40000001", "40000002", "40000003"
	w.TakeOver(w.OldCard(code, giftcard.Active, money.New(1234, usd)), w.OldCard(second, giftcard.Active, money.New(500, usd)))
	b := w.browser("en")
	asked := b.get("/redeem")
	b.wants(asked, 200, "/redeem", "18 letters and digits, or as many as stand on the card")
	nothing := b.submit(asked, "/redeem", "code", wrong)
	card := b.submit(b.get("/redeem"), "/redeem", "code", "4000 0001")
	for _, page := range []*shown{nothing, card} {
		b.wants(page, 200, "/redeem/card", "Whose card is it?", "Nothing is used before you say so")
		for _, told := range []string{"12.34", "Serial number", "has not been used"} {
			if strings.Contains(page.body, told) {
				t.Errorf("%q is told of a card before the address is proved", told)
			}
		}
	}
	verify := b.submit(card, "/redeem/card", "email", "ada@example.com")
	opened := b.submit(verify, "/redeem/verify", "digits", w.digits())
	b.wants(opened, 200, "/redeem/new", "in USD, the currency of your card")
	confirm := b.submit(opened, "/redeem/new")
	b.wants(confirm, 200, "/redeem/confirm", "Add $12.34")
	done := b.submit(confirm, "/redeem/confirm")
	b.wants(done, 200, "/redeem/done", "$12.34 added")
	again := b.submit(b.get("/redeem"), "/redeem", "code", second)
	b.wants(again, 200, "/redeem/card", "Your card holds $5.00")
	b.wants(b.submit(b.get("/redeem"), "/redeem", "code", wrong), 404, "/redeem", "No card has this code")
	b.wants(b.submit(b.get("/redeem"), "/redeem", "code", "400000031"), 422, "/redeem", "You entered 9 characters")
	for _, secret := range []string{code, second, wrong} {
		b.keepsSecret(secret, asked, nothing, card, verify, opened, confirm, done, again)
	}
	w.Verify()
}

// TestAnImportedCardThatIsNone is told as such once the address is proved, and then its code must be entered again.
func TestAnImportedCardThatIsNone(t *testing.T) {
	w := newWorld(t, nil)
	w.Apply(w.WithOld(lumen(t), country(t, "US"), usd))
	w.Account("ada@example.com", country(t, "US"), usd)
	b := w.browser("en")
	card := b.submit(b.get("/redeem"), "/redeem", "code", "40000003")
	verify := b.submit(card, "/redeem/card", "email", "ada@example.com")
	refused := b.submit(verify, "/redeem/verify", "digits", w.digits())
	b.wants(refused, 404, "/redeem/confirm", "No card")
	b.wants(b.get("/redeem/confirm"), 200, "/redeem", "Redeem a gift card")
	b.keepsSecret("40000003", card, verify, refused)
}
