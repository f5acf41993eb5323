// Package access says who asks and what they may do. Every use case takes an Actor; one gate decides.
package access

import "errors"

// ErrDenied says that an actor may not do what was asked. It never says whether the thing exists.
var ErrDenied = errors.New("not allowed")

// Role is what an actor is.
type Role string

// The roles.
const (
	Anonymous Role = "anonymous"
	Member    Role = "member"
	Staff     Role = "staff"
	System    Role = "system"
)

// Actor is who asks.
type Actor struct {
	Role    Role
	Account string // of a member: the account that is signed in
	From    string // the network address that the request came from, where there is one
}

// Visitor is somebody who is not signed in.
func Visitor(from string) Actor { return Actor{Role: Anonymous, From: from} }

// MemberOf is somebody who is signed in to an account.
func MemberOf(account, from string) Actor { return Actor{Role: Member, Account: account, From: from} }

// Loop is the program itself, doing what is due.
func Loop() Actor { return Actor{Role: System} }

// Operator is who runs the program on the machine itself.
func Operator() Actor { return Actor{Role: Staff} }

// Scope is what an actor wants to do.
type Scope string

// The scopes.
const (
	CheckCards  Scope = "check_cards"  // see what a code holds
	OpenAccount Scope = "open_account" // sign up, sign in
	OwnAccount  Scope = "own_account"  // see and change one account
	ManageCards Scope = "manage_cards" // issue, activate, freeze, void
	ReadEvents  Scope = "read_events"  // of all accounts and cards

	ManageEndpoints Scope = "manage_endpoints" // where events are delivered

	LiveDue Scope = "live_due" // renew, remind, send

	ChargeBalance Scope = "charge_balance" // authorize and charge amounts of one account's balance, for the service's own biller
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
		return scope != LiveDue
	case Member:
		return scope == CheckCards || scope == OpenAccount || scope == OwnAccount && account == a.Account && account != ""
	case Anonymous:
		return scope == CheckCards || scope == OpenAccount
	}
	return false
}
