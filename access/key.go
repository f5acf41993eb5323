package access

import (
	"errors"
	"slices"
	"strings"
)

// ErrGrant says that a text names nothing that an API key may be made for.
var ErrGrant = errors.New("a key is made for read, redeem, manage, retail or admin")

// Grant is one of the things that an API key was made for. Outside the program it is called the key's scope.
type Grant string

// The grants.
const (
	Read   Grant = "read"   // see accounts, cards and the catalogue: a player, a report
	Redeem Grant = "redeem" // see what a code holds, and redeem it into an account: a page of one's own
	Manage Grant = "manage" // all that support and the service's own biller do: accounts, memberships, charges, cards
	Retail Grant = "retail" // sell cards and take them back: a till
	Admin  Grant = "admin"  // everything that a key may do
)

// Grants are all grants, from the least to the most.
var Grants = []Grant{Read, Redeem, Manage, Retail, Admin}

// ParseGrants reads grants with commas between them, each once, in the order of Grants.
func ParseGrants(text string) ([]Grant, error) {
	named := strings.Split(text, ",")
	for _, name := range named {
		if !slices.Contains(Grants, Grant(name)) {
			return nil, ErrGrant
		}
	}
	return slices.DeleteFunc(slices.Clone(Grants), func(g Grant) bool { return !slices.Contains(named, string(g)) }), nil
}

// JoinGrants writes grants as ParseGrants reads them.
func JoinGrants(grants []Grant) string {
	names := make([]string, len(grants))
	for at, grant := range grants {
		names[at] = string(grant)
	}
	return strings.Join(names, ",")
}

// KeyHolder is a program that asks with an API key.
func KeyHolder(key string, grants []Grant, from, request string) Actor {
	return Actor{Role: Key, Key: key, Grants: grants, From: from, Request: request}
}

// allows reports whether a grant is enough for what a scope names. What is not listed, none is enough for.
func (g Grant) allows(scope Scope) bool {
	switch g {
	case Admin:
		return scope != LiveDue && scope != ManageKeys && scope != ManageStaff
	case Manage:
		return slices.Contains([]Scope{ReadAccounts, ReadCards, ReadCatalog, ReadEvents, CheckCards, RedeemCards, OpenAccount, OwnAccount,
			SellCards, FreezeCards, ReplaceCards, ManageCards, ChargeBalance, ReadSettlements, Settle, MoveClocks}, scope)
	case Read:
		return slices.Contains([]Scope{ReadAccounts, ReadCards, ReadCatalog, ReadEvents, ReadSettlements}, scope)
	case Redeem:
		return slices.Contains([]Scope{CheckCards, RedeemCards, ReadCatalog}, scope)
	case Retail:
		return slices.Contains([]Scope{ReadCards, SellCards, ReadCatalog}, scope)
	}
	return false
}
