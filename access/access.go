// Package access says who asks and what they may do. Every use case takes an Actor; one gate decides.
package access

import (
	"errors"
	"slices"
)

// ErrDenied says that an actor may not do what was asked. It never says whether the thing exists.
var ErrDenied = errors.New("not allowed")

// Role is what an actor is.
type Role string

// The roles.
const (
	Anonymous Role = "anonymous"
	Member    Role = "member"
	Key       Role = "key" // a program with an API key
	Staff     Role = "staff"
	System    Role = "system"
)

// Actor is who asks.
type Actor struct {
	Role    Role
	Account string  // of a member: the account that is signed in
	Epoch   int64   // of a member in a session: the epoch that it was made in, without which it counts no more; else 0
	Key     string  // of a key: its id
	Grants  []Grant // of a key: what it was made for
	// Retailer is of a till's key: whose cards alone it may sell.
	Retailer string
	Person   Person // of staff: who; nobody by name is the operator
	Duty     Duty   // of staff: what they are there for
	Reason   string // of staff: why they ask, in their own words
	From     string // the network address that the request came from, where there is one
	Request  string // the id of the request, where there is one
}

// Visitor is somebody who is not signed in.
func Visitor(from string) Actor { return Actor{Role: Anonymous, From: from} }

// MemberOf is somebody who is signed in to an account.
func MemberOf(account, from string) Actor { return Actor{Role: Member, Account: account, From: from} }

// InSession is somebody who is signed in to an account, in a session of an epoch.
func InSession(account string, epoch int64, from string) Actor {
	return Actor{Role: Member, Account: account, Epoch: epoch, From: from}
}

// Loop is the program itself, doing what is due.
func Loop() Actor { return Actor{Role: System} }

// Operator is who runs the program on the machine itself.
func Operator() Actor { return Actor{Role: Staff, Duty: operating} }

// Who is the name under which it is recorded what an actor did: a key's id, or a person of the staff.
func (a Actor) Who() string {
	if a.Role == Staff {
		return string(a.Person)
	}
	return a.Key
}

// Recorded is who did something, as Who told it when it was recorded. It may do nothing.
func Recorded(role Role, who string, how Actor) Actor {
	how.Role = role
	if role == Staff {
		how.Person = Person(who)
	} else {
		how.Key = who
	}
	return how
}

// Scope is what an actor wants to do.
type Scope string

// The scopes.
const (
	CheckCards      Scope = "check_cards"      // see what a code holds
	RedeemCards     Scope = "redeem_cards"     // redeem a code into one account
	OpenAccount     Scope = "open_account"     // sign up, sign in
	ReadAccounts    Scope = "read_accounts"    // see one account
	OwnAccount      Scope = "own_account"      // change one account
	ReadCards       Scope = "read_cards"       // find cards by their serial numbers, and list them
	ReadCatalog     Scope = "read_catalog"     // see what is sold
	SellCards       Scope = "sell_cards"       // activate a card that is sold
	BuyCards        Scope = "buy_cards"        // order a card online, and see to one's own order
	FreezeCards     Scope = "freeze_cards"     // freeze, unfreeze
	ReplaceCards    Scope = "replace_cards"    // give a card's value to a new one
	ManageCards     Scope = "manage_cards"     // issue, void
	ManageCatalog   Scope = "manage_catalog"   // what is sold, at which price
	ReadAudit       Scope = "read_audit"       // see who changed what
	ManageKeys      Scope = "manage_keys"      // make and revoke API keys
	ManageStaff     Scope = "manage_staff"     // who may sign in as staff with a passkey
	ReadEvents      Scope = "read_events"      // of all accounts and cards
	ManageEndpoints Scope = "manage_endpoints" // where events are delivered
	ChargeBalance   Scope = "charge_balance"   // authorize and charge amounts of one account's balance, for the service's own biller
	ReadSettlements Scope = "read_settlements" // see what shops owe, and where their files differ
	Settle          Scope = "settle"           // take in shops' files and payments, and decide breaks
	MoveClocks      Scope = "move_clocks"      // in a sandbox: make and move test clocks
	LiveDue         Scope = "live_due"         // renew, remind, send
)

// May is the gate: it returns ErrDenied unless the actor may do what the scope names, to the account
// named (which is empty where none is concerned).
func (a Actor) May(scope Scope, account string) error {
	if a.allowed(scope, account) {
		return nil
	}
	return ErrDenied
}

func (a Actor) allowed(scope Scope, account string) bool {
	switch a.Role {
	case System:
		return true
	case Staff:
		return a.Duty.allows(scope)
	case Key:
		if a.Retailer != "" && scope == ReadCards { // of everybody
			return false
		}
		return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.allows(scope) })
	case Member:
		own := scope == OwnAccount || scope == ReadAccounts || scope == RedeemCards
		return scope == CheckCards || scope == OpenAccount || scope == BuyCards || own && account == a.Account && account != ""
	case Anonymous:
		return scope == CheckCards || scope == OpenAccount || scope == BuyCards
	}
	return false
}
