package billing

import (
	"scrip/calendar"
	"scrip/history"
	"scrip/prepaid"
)

// TakeBack takes what is left to spend of a card whose payment was charged back. What it has paid for is not touched:
// the period goes on to its end, and what an authorization keeps counts as used.
func TakeBack(a Account, on calendar.Date, card string) (Outcome, prepaid.Draw) {
	balance, taken := a.Balance.Take(card)
	o := Outcome{Account: a}
	if taken.Amount.IsPositive() {
		o.Account.Balance = balance
		o.tell(history.Event{On: on, Kind: history.TakenBack, Card: card, Amount: taken.Amount, Balance: balance.Total()})
	}
	return o, taken
}
