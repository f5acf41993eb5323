package access

import (
	"slices"
	"strings"
	"testing"
)

// scopes are all scopes; the first row of the table says in which order.
var scopes = []Scope{CheckCards, RedeemCards, OpenAccount, ReadAccounts, OwnAccount, ReadCards, ReadCatalog, SellCards, FreezeCards, ReplaceCards,
	ManageCards, ManageCatalog, ReadAudit, ManageKeys, ManageStaff, ReadEvents, ManageEndpoints, ChargeBalance, LiveDue, MoveClocks, ReadSettlements, Settle}

func TestWhoMayDoWhat(t *testing.T) {
	key := func(grants ...Grant) Actor { return KeyHolder("k", grants, "", "") }
	for _, row := range []struct {
		name    string
		actor   Actor
		account string
		may     string // one letter a scope
	}{
		{"a visitor", Visitor(""), "a", "y.y..................."},
		{"a member, their own account", MemberOf("a", ""), "a", "yyyyy................."},
		{"a member, another's account", MemberOf("a", ""), "b", "y.y..................."},
		{"a member, no account", MemberOf("a", ""), "", "y.y..................."},
		{"a member of no account", MemberOf("", ""), "", "y.y..................."},
		{"read", key(Read), "a", "...y.yy........y....y."},
		{"redeem", key(Redeem), "a", "yy....y..............."},
		{"manage", key(Manage), "a", "yyyyyyyyyyy....y.y.yyy"},
		{"retail", key(Retail), "a", ".....yyy.............."},
		{"retail of one retailer", Actor{Role: Key, Grants: []Grant{Retail}, Retailer: "shop"}, "a", "......yy.............."},
		{"admin", key(Admin), "a", "yyyyyyyyyyyyy..yyy.yyy"},
		{"read and redeem", key(Read, Redeem), "a", "yy.y.yy........y....y."},
		{"a key for nothing", key(), "a", "......................"},
		{"a key for something unknown", key("root"), "a", "......................"},
		{"the operator", Operator(), "a", "yyyyyyyyyyyyyyyyyy.yyy"},
		{"an agent", StaffMember("ada", Agent, ""), "a", "...y.yy.yy............"},
		{"a manager", StaffMember("ada", Manager, ""), "a", "...y.yy.yyyyy.......yy"},
		{"an auditor", StaffMember("ada", Auditor, ""), "a", "...y.yy.....y.......y."},
		{"staff without a duty", StaffMember("ada", "", ""), "a", "......................"},
		{"staff of an unknown duty", StaffMember("ada", "owner", ""), "a", "......................"},
		{"somebody recorded", Recorded(Staff, "", Actor{}), "a", "......................"},
		{"the program", Loop(), "a", "yyyyyyyyyyyyyyyyyyyyyy"},
		{"nobody", Actor{}, "a", "......................"},
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

func TestParseDuty(t *testing.T) {
	for _, duty := range Duties {
		if got, err := ParseDuty(string(duty)); got != duty || err != nil {
			t.Errorf("ParseDuty(%q) = %q, %v", duty, got, err)
		}
	}
	for _, text := range []string{"", "Agent", "operating", "owner"} {
		if got, err := ParseDuty(text); err == nil {
			t.Errorf("ParseDuty(%q) = %q, want an error", text, got)
		}
	}
}

func TestParsePerson(t *testing.T) {
	if got, err := ParsePerson(" Ada Lovelace "); got != "Ada Lovelace" || err != nil {
		t.Errorf("ParsePerson = %q, %v", got, err)
	}
	for _, text := range []string{"", " ", "a\nb", "a\x7fb", "a\xff", strings.Repeat("a", longestPerson+1)} {
		if got, err := ParsePerson(text); err == nil {
			t.Errorf("ParsePerson(%q) = %q, want an error", text, got)
		}
	}
}

func TestWho(t *testing.T) {
	for want, actor := range map[string]Actor{"ada": StaffMember("ada", Agent, ""), "": Operator(), "k": KeyHolder("k", nil, "", "")} {
		if got := actor.Who(); got != want {
			t.Errorf("Who = %q, want %q", got, want)
		}
		if again := Recorded(actor.Role, actor.Who(), Actor{}); again.Who() != want {
			t.Errorf("Recorded(%q).Who = %q", want, again.Who())
		}
	}
}
