package api

import (
	"errors"
	"net/http"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/store"
)

// amount is money as the API writes it.
type amount struct {
	Amount   int64  `json:"amount" says:"In minor units: cents, or yen."`
	Currency string `json:"currency" says:"ISO 4217."`
}

func amountOf(a money.Amount) amount { return amount{a.Minor(), a.Currency().String()} }

// card is a card as who may read cards sees it.
type card struct {
	Serial     string         `json:"serial"`
	State      giftcard.State `json:"state"`
	Product    string         `json:"product"`
	Country    string         `json:"country" says:"Where it was sold."`
	Value      amount         `json:"value"`
	Batch      string         `json:"batch"`
	IssuedAt   time.Time      `json:"issued_at"`
	RedeemedAt *time.Time     `json:"redeemed_at,omitzero"`
	RedeemedBy string         `json:"redeemed_by,omitzero" says:"The account's id."`
}

func cardOf(c store.Card) card {
	shown := card{Serial: c.Card.Serial, State: c.Card.State, Product: string(c.Card.Product), Country: c.Country.String(),
		Value: amountOf(c.Card.Value), Batch: c.Batch, IssuedAt: c.IssuedAt, RedeemedBy: c.Card.RedeemedBy}
	if !c.RedeemedAt.IsZero() {
		shown.RedeemedAt = &c.RedeemedAt
	}
	return shown
}

// sight is what a code holds.
type sight struct {
	Serial     string         `json:"serial"`
	Product    string         `json:"product"`
	Country    string         `json:"country" says:"Where it was sold."`
	Value      amount         `json:"value"`
	Redeemable bool           `json:"redeemable" says:"By anyone, or, where an account was named, by that account."`
	Refusal    string         `json:"refusal,omitzero" says:"Why it is not redeemable: the name of a problem."`
	RedeemedOn *calendar.Date `json:"redeemed_on,omitzero" says:"Where the account that was named has redeemed it."`
}

// movedCard is what moving a card came to.
type movedCard struct {
	Serial string         `json:"serial"`
	State  giftcard.State `json:"state"`
}

// replacement is what replacing a card came to.
type replacement struct {
	Serial   string    `json:"serial" says:"Of the new card, which is active."`
	Replaces string    `json:"replaces" says:"The serial number of the old card, which is dead."`
	Code     string    `json:"code,omitzero" says:"The new card's secret code. It is told again under the same Idempotency-Key until code_until, and never after."`
	Until    time.Time `json:"code_until"`
}

// batch is cards that were issued together.
type batch struct {
	ID       string                 `json:"id"`
	Product  string                 `json:"product"`
	Cards    int                    `json:"cards" says:"How many were asked for."`
	IssuedAt time.Time              `json:"issued_at"`
	State    giftcard.BatchState    `json:"state" says:"made, printed, shipped or frozen."`
	Was      giftcard.BatchState    `json:"was,omitzero" says:"Of a frozen batch: what it is again once it is unfrozen."`
	Retailer string                 `json:"retailer,omitzero" says:"The retailer that it was shipped to."`
	MovedAt  *time.Time             `json:"moved_at,omitzero" says:"When its state last changed."`
	Whole    bool                   `json:"whole" says:"All of its cards are made."`
	States   map[giftcard.State]int `json:"states,omitzero" says:"How many are in which state."`
}

func batchOf(b store.Batch) batch {
	shown := batch{ID: b.ID, Product: string(b.Product), Cards: b.Cards, IssuedAt: b.IssuedAt, State: b.State, Was: b.Was,
		Retailer: string(b.Retailer), Whole: b.Whole}
	if !b.MovedAt.IsZero() {
		shown.MovedAt = &b.MovedAt
	}
	return shown
}

// movedBatch is what moving a batch came to.
type movedBatch struct {
	ID       string              `json:"id"`
	State    giftcard.BatchState `json:"state"`
	Retailer string              `json:"retailer,omitzero" says:"The retailer that it was shipped to."`
}

type serialInput struct {
	Serial giftcode.Serial `path:"serial" says:"The serial number that is printed on the card."`
}

func cardOperations() []operation {
	moves := func(id string, move engine.Move, scope access.Scope, says string) operation {
		return route(operation{ID: id, Method: http.MethodPost, Path: "/v1/cards/{serial}/" + string(move), Tag: "cards", Scope: scope,
			Change: true, Says: says}, func(c *call, in serialInput) (movedCard, error) {
			moved, again, err := c.site.Engine.MoveCardOnce(c.Context(), c.actor, c.key, in.Serial, move)
			c.replayed(again)
			return movedCard(moved), err
		})
	}
	batchMoves := func(id string, move engine.BatchMove, says string) operation {
		return route(operation{ID: id, Method: http.MethodPost, Path: "/v1/batches/{batch}/" + string(move), Tag: "cards",
			Scope: access.ManageCards, Change: true, Says: says}, func(c *call, in batchInput) (movedBatch, error) {
			return moveBatch(c, in.Batch, engine.BatchOrder{Move: move})
		})
	}
	return []operation{
		route(operation{ID: "checkCard", Method: http.MethodPost, Path: "/v1/cards/check", Tag: "cards", Scope: access.CheckCards,
			Says: "Tells what a code holds, without using it."}, checkCard),
		route(operation{ID: "listCards", Method: http.MethodGet, Path: "/v1/cards", Tag: "cards", Scope: access.ReadCards,
			Says: "Lists cards, by batch, state or product."}, listCards),
		route(operation{ID: "getCard", Method: http.MethodGet, Path: "/v1/cards/{serial}", Tag: "cards", Scope: access.ReadCards,
			Says: "Looks a card up by its serial number."}, getCard),
		moves("activateCard", engine.Activate, access.SellCards, "Activates a card that was sold."),
		moves("freezeCard", engine.Freeze, access.FreezeCards, "Stops an active card until it is unfrozen."),
		moves("unfreezeCard", engine.Unfreeze, access.FreezeCards, "Makes a frozen card active again."),
		moves("voidCard", engine.Void, access.ManageCards, "Takes a card that was returned out of use for good."),
		route(operation{ID: "replaceCard", Method: http.MethodPost, Path: "/v1/cards/{serial}/replace", Tag: "cards",
			Scope: access.ReplaceCards, Change: true, Status: http.StatusCreated,
			Says: "Replaces a damaged card by a new one with its whole value. The old code is dead."}, replaceCard),
		route(operation{ID: "listBatches", Method: http.MethodGet, Path: "/v1/batches", Tag: "cards", Scope: access.ReadCards,
			Says: "Lists batches of cards, the newest first."}, listBatches),
		route(operation{ID: "getBatch", Method: http.MethodGet, Path: "/v1/batches/{batch}", Tag: "cards", Scope: access.ReadCards,
			Says: "Tells how many cards of a batch are in which state."}, getBatch),
		batchMoves("printBatch", engine.PrintBatch, "Tells that all cards of a batch are printed."),
		route(operation{ID: "shipBatch", Method: http.MethodPost, Path: "/v1/batches/{batch}/ship", Tag: "cards", Scope: access.ManageCards,
			Change: true, Says: "Ships a printed batch to a retailer that sells its product."}, func(c *call, in shipInput) (movedBatch, error) {
			return moveBatch(c, in.Batch, engine.BatchOrder{Move: engine.ShipBatch, Retailer: in.Retailer})
		}),
		batchMoves("freezeBatch", engine.FreezeBatch, "Stops the sale of all cards of a batch, as when a pallet is stolen. Cards that were sold stay good."),
		batchMoves("unfreezeBatch", engine.UnfreezeBatch, "Makes a frozen batch what it was."),
	}
}

type checkInput struct {
	Code    giftcode.Entered `json:"code" says:"The card's secret code."`
	Account accountRef       `json:"account,omitzero" says:"An account that would redeem it."`
}

// errUnproved says that nothing is told of a code in another system's format without an account.
var errUnproved = errors.New("an account is needed")

func checkCard(c *call, in checkInput) (sight, error) {
	asker := c.actor
	if in.Account != (accountRef{}) {
		account, err := c.account(in.Account)
		if err != nil {
			return sight{}, err
		}
		asker.Account = account
	}
	seen, handle, err := c.site.Engine.CheckCard(c.Context(), asker, in.Code)
	switch {
	case err == nil && seen.Unproved:
		err = errUnproved
	case err == nil && handle == "":
		err = seen.Refusal
	}
	if err != nil {
		return sight{}, err
	}
	shown := sight{Serial: seen.Serial, Product: string(seen.Product), Country: seen.Country.String(), Value: amountOf(seen.Value),
		Redeemable: seen.Refusal == nil, Refusal: engine.Reason(seen.Refusal)}
	if seen.RedeemedByYou {
		shown.RedeemedOn = &seen.RedeemedOn
	}
	return shown, nil
}

type cardsInput struct {
	State   giftcard.State    `query:"state"`
	Batch   batchID           `query:"batch"`
	Product catalog.ProductID `query:"product"`
	page
}

func listCards(c *call, in cardsInput) (list[card], error) {
	filter := store.CardFilter{State: in.State, Batch: string(in.Batch), Product: in.Product}
	cards, _, err := c.site.Engine.Cards(c.Context(), c.actor, filter, in.page.of())
	return listed(cards, in.most(), cardOf, func(one store.Card) string {
		if filter.Batch != "" {
			return one.Card.Serial
		}
		return one.Digest
	}), err
}

func getCard(c *call, in serialInput) (card, error) {
	found, err := c.site.Engine.Card(c.Context(), c.actor, in.Serial)
	return cardOf(found), err
}

func replaceCard(c *call, in serialInput) (replacement, error) {
	replaced, code, again, err := c.site.Engine.ReplaceCard(c.Context(), c.actor, c.key, in.Serial)
	c.replayed(again)
	return replacement{replaced.New, replaced.Old, code.Reveal(), replaced.Until}, err
}

func listBatches(c *call, in struct{ page }) (list[batch], error) {
	batches, err := c.site.Engine.Batches(c.Context(), c.actor, in.page.of())
	return listed(batches, in.most(), batchOf, func(b store.Batch) string { return b.ID }), err
}

type batchInput struct {
	Batch batchID `path:"batch"`
}

type shipInput struct {
	Batch    batchID            `path:"batch"`
	Retailer catalog.RetailerID `json:"retailer" says:"The retailer's id in the catalogue."`
}

func moveBatch(c *call, id batchID, order engine.BatchOrder) (movedBatch, error) {
	moved, again, err := c.site.Engine.MoveBatchOnce(c.Context(), c.actor, c.key, string(id), order)
	c.replayed(again)
	return movedBatch(moved), err
}

func getBatch(c *call, in batchInput) (batch, error) {
	found, states, err := c.site.Engine.Batch(c.Context(), c.actor, string(in.Batch))
	shown := batchOf(found)
	shown.States = states
	return shown, err
}
