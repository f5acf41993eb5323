package access

import (
	"slices"
	"testing"
)

// scopes are all scopes; the first row of the table says in which order.
var scopes = []Scope{CheckCards, RedeemCards, OpenAccount, ReadAccounts, OwnAccount, ReadCards, ReadCatalog, SellCards, ManageCards, ReadAudit, ManageKeys, ReadEvents, ManageEndpoints, ChargeBalance, LiveDue}

func TestWhoMayDoWhat(t *testing.T) {
	key := func(grants ...Grant) Actor { return KeyHolder("k", grants, "", "") }
	for _, row := range []struct {
		name    string
		actor   Actor
		account string
		may     string // one letter a scope
	}{
		{"a visitor", Visitor(""), "a", "y.y............"},
		{"a member, their own account", MemberOf("a", ""), "a", "yyyyy.........."},
		{"a member, another's account", MemberOf("a", ""), "b", "y.y............"},
		{"a member, no account", MemberOf("a", ""), "", "y.y............"},
		{"a member of no account", MemberOf("", ""), "", "y.y............"},
		{"read", key(Read), "a", "...y.yy....y..."},
		{"redeem", key(Redeem), "a", "yy....y........"},
		{"manage", key(Manage), "a", "yyyyyyyyy..y.y."},
		{"retail", key(Retail), "a", ".....yyy......."},
		{"admin", key(Admin), "a", "yyyyyyyyyy.yyy."},
		{"read and redeem", key(Read, Redeem), "a", "yy.y.yy....y..."},
		{"a key for nothing", key(), "a", "..............."},
		{"a key for something unknown", key("root"), "a", "..............."},
		{"staff", Operator(), "a", "yyyyyyyyyyyyyy."},
		{"the program", Loop(), "a", "yyyyyyyyyyyyyyy"},
		{"nobody", Actor{}, "a", "..............."},
	} {
		for at, scope := range scopes {
			if may := row.actor.May(scope, row.account) == nil; may != (row.may[at] == 'y') {
				t.Errorf("%s: May(%s) = %v", row.name, scope, may)
			}
		}
	}
}

func TestParseGrants(t *testing.T) {
	for text, want := range map[string][]Grant{"read": {Read}, "redeem,read": {Read, Redeem}, "admin,admin": {Admin},
		"read,redeem,manage,retail,admin": Grants} {
		got, err := ParseGrants(text)
		if !slices.Equal(got, want) || err != nil {
			t.Errorf("ParseGrants(%q) = %v, %v", text, got, err)
		}
		if again, err := ParseGrants(JoinGrants(got)); !slices.Equal(again, got) || err != nil {
			t.Errorf("ParseGrants(JoinGrants(%v)) = %v, %v", got, again, err)
		}
	}
	for _, text := range []string{"", "Read", "read, redeem", "read,", "root"} {
		if got, err := ParseGrants(text); err == nil {
			t.Errorf("ParseGrants(%q) = %v, want an error", text, got)
		}
	}
}
