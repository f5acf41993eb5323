package web

import (
	"context"
	"encoding/json"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/engine"
	"scrip/feed"
	"scrip/giftcode"
	"scrip/store"
	"scrip/timeline"
)

// Engine is what the pages need of *engine.Engine.
type Engine interface {
	Cards
	Accounts
	Addresses
	Stock
	Records
	Passkeys
	Orders
	Terms() billing.Terms
	Now() time.Time
}

// Cards shows what a card holds before it is used. The handle stands for the code, which is forgotten.
type Cards interface {
	CheckCard(ctx context.Context, actor access.Actor, entered giftcode.Entered) (sight engine.CardSight, handle string, err error)
	Prove(ctx context.Context, actor access.Actor, holder, handle string) (proved string, err error)
	Sight(ctx context.Context, actor access.Actor, handle string) (engine.CardSight, error)
}

// Orders sells cards online. An order is known by the link of its page.
type Orders interface {
	SellsOnline() bool
	PlaceOrder(ctx context.Context, actor access.Actor, key string, asked engine.Ordering) (link string, err error)
	Order(ctx context.Context, actor access.Actor, link string) (engine.OrderView, error)
	PayOrder(ctx context.Context, actor access.Actor, link, says string) (page string, err error)
	ReturnToOrder(ctx context.Context, actor access.Actor, link string) error
	ResendOrder(ctx context.Context, actor access.Actor, link, key string, to access.Email) error
	HearOfOrder(ctx context.Context, order string) error
}

// Stock shows and changes cards by their serial numbers, for staff.
type Stock interface {
	Card(ctx context.Context, actor access.Actor, serial giftcode.Serial) (store.Card, error)
	CardEvents(ctx context.Context, actor access.Actor, serial giftcode.Serial) ([]feed.Event, error)
	MoveCardOnce(ctx context.Context, actor access.Actor, key string, serial giftcode.Serial, move engine.Move) (engine.Moved, bool, error)
	ReplaceCard(ctx context.Context, actor access.Actor, key string, serial giftcode.Serial) (engine.Replaced, giftcode.Code, bool, error)
}

// Records finds accounts and tells what happened, for staff.
type Records interface {
	SignInStaff(ctx context.Context, actor access.Actor) error
	AccountOfEmail(ctx context.Context, actor access.Actor, email access.Email) (string, error)
	Timeline(ctx context.Context, actor access.Actor, account string) ([]json.RawMessage, error)
	Entries(ctx context.Context, actor access.Actor, filter store.EntryFilter, page engine.Page) ([]store.Entry, error)
}

// Passkeys keeps those of staff.
type Passkeys interface {
	Enrolment(ctx context.Context, enrolment string) (store.Staff, error)
	Enrol(ctx context.Context, from, enrolment string, key store.Passkey) error
	PasskeyOf(ctx context.Context, id string) (store.Staff, store.Passkey, error)
	UsePasskey(ctx context.Context, was store.Passkey, credential string) error
	StaffSignedIn(ctx context.Context, person access.Person, epoch int64) (bool, error)
}

// Accounts shows and changes one account.
type Accounts interface {
	Do(ctx context.Context, actor access.Actor, account, key string, c engine.Command) (engine.Reply, error)
	View(ctx context.Context, actor access.Actor, account string) (engine.View, error)
	Offers(ctx context.Context, actor access.Actor, account string) ([]engine.PlanOffer, error)
	Preview(ctx context.Context, actor access.Actor, account string, c engine.Command) (timeline.Outcome, error)
	SetLanguage(ctx context.Context, actor access.Actor, account, tag string) error
}

// Addresses proves who owns an e-mail address, and opens accounts. A session lives as long as its
// account's epoch.
type Addresses interface {
	TellWhenActive(ctx context.Context, actor access.Actor, handle string, email access.Email, language string) error
	AskSignIn(ctx context.Context, actor access.Actor, email access.Email, browser, language string) (id string, err error)
	ProveSignIn(ctx context.Context, actor access.Actor, id, browser, digits string) (engine.Proof, error)
	OpenAccount(ctx context.Context, actor access.Actor, opening engine.Opening) (account string, epoch int64, err error)
	SignedIn(ctx context.Context, account string, epoch int64) (bool, error)
	EndSessions(ctx context.Context, actor access.Actor, account string) error
}
