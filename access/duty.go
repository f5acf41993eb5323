package access

import (
	"errors"
	"slices"
	"strings"
)

// ErrDuty says that a text names nothing that a person of the staff may be there for.
var ErrDuty = errors.New("staff are there as agent, manager or auditor")

// Duty is what a person of the staff is there for. Outside the program it is called the person's role.
type Duty string

// The duties.
const (
	Agent   Duty = "agent"   // support: sees accounts and cards, stops and replaces cards
	Manager Duty = "manager" // all that staff do on the pages
	Auditor Duty = "auditor" // sees everything, who changed what included, and changes nothing

	operating Duty = "operating" // the program itself on the machine, which nobody signs in to
)

// Duties are what a person may be there for, the one with the most rights first.
var Duties = []Duty{Manager, Agent, Auditor}

// ParseDuty reads a duty.
func ParseDuty(text string) (Duty, error) {
	if duty := Duty(text); slices.Contains(Duties, duty) {
		return duty, nil
	}
	return "", ErrDuty
}

// ErrPerson says that a text is no name to record what somebody did under.
var ErrPerson = errors.New("a person's name has 1 to 320 characters, and no control characters")

// longestPerson is room for an e-mail address and an id.
const longestPerson = 320

// Person is the name under which it is recorded what somebody of the staff did.
type Person string

// ParsePerson reads a name.
func ParsePerson(text string) (Person, error) {
	text = strings.TrimSpace(text)
	control := func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }
	if text == "" || len(text) > longestPerson || strings.ContainsFunc(text, control) {
		return "", ErrPerson
	}
	return Person(text), nil
}

// StaffMember is a person of the staff who is signed in.
func StaffMember(person Person, duty Duty, from string) Actor {
	return Actor{Role: Staff, Person: person, Duty: duty, From: from}
}

// allows reports whether a duty is enough for what a scope names. What is not listed, none is enough for.
func (d Duty) allows(scope Scope) bool {
	switch d {
	case operating:
		return scope != LiveDue
	case Manager:
		return Auditor.allows(scope) || Agent.allows(scope) || scope == ManageCards || scope == ManageCatalog || scope == Settle
	case Agent:
		return slices.Contains([]Scope{ReadAccounts, ReadCards, ReadCatalog, FreezeCards, ReplaceCards}, scope)
	case Auditor:
		return slices.Contains([]Scope{ReadAccounts, ReadCards, ReadCatalog, ReadAudit, ReadSettlements}, scope)
	}
	return false
}
