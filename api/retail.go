package api

import (
	"net/http"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/retail"
)

// sale is what a till's transaction came to.
type sale struct {
	Serial string         `json:"serial"`
	State  giftcard.State `json:"state" says:"Of the card, right after the transaction."`
	Value  amount         `json:"value" says:"What the card was sold for."`
	On     calendar.Date  `json:"business_date" says:"Where the shop is."`
}

// reversal is what a reversal came to.
type reversal struct {
	Serial string        `json:"serial"`
	On     calendar.Date `json:"business_date" says:"Where the shop is."`
	Undone bool          `json:"undone" says:"There was a sale, and it is undone. Else there was none; and from now on there will be none."`
}

// shopCard is a card as the shop sees it that has it.
type shopCard struct {
	Serial  string         `json:"serial"`
	State   giftcard.State `json:"state"`
	Product string         `json:"product"`
	Value   amount         `json:"value" says:"Of a card that waits for its value: the least that it may hold."`
	Most    *amount        `json:"most,omitzero" says:"Of a card whose value is set when it is activated: the most that it may hold."`
}

// tillInput is what a till says of a transaction. A reversal says the same as its original.
type tillInput struct {
	Retailer    catalog.RetailerID `json:"retailer,omitzero" says:"The retailer's id in the catalogue; a key that is for one retailer may leave it out."`
	Store       tillID             `json:"store" says:"The shop's own id of the store."`
	Terminal    tillID             `json:"terminal" says:"The shop's own id of the till."`
	Transaction tillID             `json:"transaction" says:"The till's own id of what it does, which may begin anew each business day."`
	At          time.Time          `json:"at" says:"When it happened, by the till's clock. Where the shop is, this is on the business date."`
	Serial      giftcode.Serial    `json:"serial" says:"The card's serial number, as printed or as its bar code is scanned."`
	Amount      minor              `json:"amount,omitzero" says:"In minor units: what a card is to hold whose buyer chooses. Else it may be left out."`
	Currency    money.Currency     `json:"currency,omitzero" says:"Of the amount."`
}

func retailOperations() []operation {
	till := func(id, does, says string) operation {
		return operation{ID: id, Method: http.MethodPost, Path: "/v1/retail/" + does, Tag: "tills", Scope: access.SellCards, Sale: true, Says: says}
	}
	return []operation{
		route(till("retailActivate", "activate", "Sells a card: from now on it can be redeemed."), atTill(retail.Activate)),
		route(till("retailVoid", "void", "Undoes a card's sale on the same business day. It can be sold again."), atTill(retail.Void)),
		route(till("retailReturn", "return", "Takes a card back that was not redeemed. It is out of use for good."), atTill(retail.Return)),
		route(till("retailReverse", "reverse", "Undoes an activation that got no answer, by the activation's own transaction. It may have come before, come later or never: afterwards it does nothing."), reverseSale),
		route(operation{ID: "retailBalance", Method: http.MethodGet, Path: "/v1/retail/cards/{serial}", Tag: "tills", Scope: access.SellCards,
			Says: "Tells the state and value of a card that was shipped to the retailer."}, getShopCard),
	}
}

// asked is the input in the engine's words.
func (in tillInput) asked() (engine.AtTill, error) {
	asked := engine.AtTill{Retailer: in.Retailer, Store: string(in.Store), Terminal: string(in.Terminal), Transaction: string(in.Transaction),
		At: in.At, Serial: in.Serial}
	if (in.Amount == 0) != in.Currency.IsZero() {
		return asked, &inputError{In: "body", Field: "currency", Says: "write both amount and currency, or neither"}
	}
	if in.Amount != 0 {
		asked.Amount = money.New(int64(in.Amount), in.Currency)
	}
	return asked, nil
}

// atTill answers an operation of tills.
func atTill(does retail.Operation) func(*call, tillInput) (sale, error) {
	return func(c *call, in tillInput) (sale, error) {
		asked, err := in.asked()
		if err != nil {
			return sale{}, err
		}
		sold, again, err := c.site.Engine.Till(c.Context(), c.actor, does, asked)
		c.replayed(again)
		return sale{sold.Serial, sold.State, amountOf(sold.Value), sold.On}, err
	}
}

func reverseSale(c *call, in tillInput) (reversal, error) {
	asked, err := in.asked()
	if err != nil {
		return reversal{}, err
	}
	reversed, again, err := c.site.Engine.ReverseSale(c.Context(), c.actor, asked)
	c.replayed(again)
	return reversal(reversed), err
}

func getShopCard(c *call, in struct {
	serialInput
	Retailer catalog.RetailerID `query:"retailer" says:"Whose card it is to be; a key that is for one retailer may leave it out."`
}) (shopCard, error) {
	found, err := c.site.Engine.ShopCard(c.Context(), c.actor, in.Retailer, in.Serial)
	if err != nil {
		return shopCard{}, err
	}
	shown := shopCard{Serial: found.Card.Serial, State: found.Card.State, Product: string(found.Card.Product), Value: amountOf(found.Card.Value)}
	if !found.Card.Most.IsZero() {
		shown.Most = new(amountOf(found.Card.Most))
	}
	return shown, nil
}
