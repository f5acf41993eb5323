package settlement

import (
	"errors"
	"strings"

	"scrip/ledger"
	"scrip/money"
	"scrip/retail"
)

// The refusals of resolutions. A refused one changes nothing.
var (
	ErrClosed         = errors.New("the break is closed")
	ErrNotProposed    = errors.New("no resolution of the break is proposed")
	ErrSamePerson     = errors.New("whoever proposed a resolution cannot confirm it")
	ErrOtherProposal  = errors.New("another resolution is proposed")
	ErrNothingToGive  = errors.New("there is nothing to write off: the shop says that it owes no less than we do")
	ErrNotActivatable = errors.New("only a sale that the shop has and we have not can be made good by activating the card")
)

// Resolution is how a break is ended.
type Resolution string

// The resolutions.
const (
	AcceptOurs   Resolution = "ours"        // the shop owes what we say
	AcceptTheirs Resolution = "theirs"      // it owes what it says, and the books follow
	Activate     Resolution = "activate"    // it has sold the card, which is activated now
	WriteOff     Resolution = "written_off" // it owes what we say, and what it does not pay of it is given up
)

// Resolutions are all resolutions.
var Resolutions = []Resolution{AcceptOurs, AcceptTheirs, Activate, WriteOff}

// Settling is what follows from a resolution: what is agreed that the transaction adds to what the shop owes, and the
// transfer by which the books follow, which has no amount where they need not.
type Settling struct {
	Agreed   money.Amount
	Transfer ledger.Transfer
}

// Resolve is what follows from a resolution of the break. What follows from activating the card is the card's own.
func (b Break) Resolve(as Resolution) (Settling, error) {
	owesLess := b.Theirs.Less(b.Ours)
	switch {
	case as == AcceptOurs:
		return Settling{Agreed: b.Ours}, nil
	case as == AcceptTheirs:
		return Settling{b.Theirs, follow(b.Ours, b.Theirs, ledger.RetailerReceivable, ledger.SettlementDifferences)}, nil
	case as == WriteOff && owesLess:
		return Settling{b.Theirs, follow(b.Ours, b.Theirs, ledger.RetailerReceivable, ledger.SettlementWriteOffs)}, nil
	case as == WriteOff:
		return Settling{}, ErrNothingToGive
	case as == Activate && b.Transaction.Operation == retail.Activate && b.Ours.IsZero() && b.Theirs.IsPositive() && b.Kind != Duplicate:
		return Settling{Agreed: b.Theirs}, nil
	}
	return Settling{}, ErrNotActivatable
}

// Commission is what a shop keeps of what is agreed that it sold on a day: the day's sum times the rate, half up to the
// minor unit; of a day on which more was taken back than sold, what it gives back.
func Commission(agreed money.Amount, rate money.Rate) money.Amount {
	size := agreed
	if agreed.Minor() < 0 {
		size = agreed.Zero().Sub(agreed)
	}
	kept := money.New(rate.TaxDivision(size).HalfUp(), agreed.Currency())
	if agreed.Minor() < 0 {
		kept = kept.Zero().Sub(kept)
	}
	return kept
}

// Keep is the transfer by which a shop keeps another commission than before. It has no amount where that is the same.
func Keep(before, after money.Amount) ledger.Transfer {
	return follow(before, after, ledger.CommissionExpense, ledger.RetailerReceivable)
}

// Pay is the transfer of a shop's payment.
func Pay(amount money.Amount) ledger.Transfer {
	return ledger.Transfer{Debit: ledger.Of(ledger.RetailerPayments), Credit: ledger.Of(ledger.RetailerReceivable), Amount: amount}
}

// follow is the transfer that takes an account's debit balance from one figure to another, against a second account.
func follow(before, after money.Amount, account, against ledger.Name) ledger.Transfer {
	t := ledger.Transfer{Debit: ledger.Of(account), Credit: ledger.Of(against), Amount: after.Sub(before)}
	if t.Amount.Minor() < 0 {
		t = ledger.Transfer{Debit: t.Credit, Credit: t.Debit, Amount: t.Amount.Zero().Sub(t.Amount)}
	}
	return t
}

// Case is a break's own life.
type Case struct {
	Break
	State      CaseState
	Resolution Resolution // that is or was proposed
	Proposer   string     // who did, by a name that nobody else has
}

// CaseState is where a break is in its life.
type CaseState string

// The states.
const (
	Undecided  CaseState = "open"
	Proposed   CaseState = "proposed"
	Resolved   CaseState = "resolved"
	Arrived    CaseState = "arrived"    // a later day's file has the transaction
	Superseded CaseState = "superseded" // another file took the place of that one
)

// CaseStates are all states.
var CaseStates = []CaseState{Undecided, Proposed, Resolved, Arrived, Superseded}

// Pending reports whether somebody is still to decide.
func (s CaseState) Pending() bool { return s == Undecided || s == Proposed }

// Propose puts a resolution before a second person. It takes the place of one that was proposed before.
func (c Case) Propose(as Resolution, by string) (Case, error) {
	if !c.State.Pending() {
		return c, ErrClosed
	}
	if _, err := c.Resolve(as); err != nil {
		return c, err
	}
	c.State, c.Resolution, c.Proposer = Proposed, as, by
	return c, nil
}

// Confirm ends the break by the resolution that another person has proposed.
func (c Case) Confirm(as Resolution, by string) (Case, Settling, error) {
	switch {
	case !c.State.Pending():
		return c, Settling{}, ErrClosed
	case c.State != Proposed:
		return c, Settling{}, ErrNotProposed
	case c.Resolution != as:
		return c, Settling{}, ErrOtherProposal
	case strings.EqualFold(c.Proposer, by): // a name in capitals is no second person
		return c, Settling{}, ErrSamePerson
	}
	settling, err := c.Resolve(as)
	c.State = Resolved
	return c, settling, err
}

// Owed is what a shop still owes of what is agreed: less than nothing is a credit of the shop's.
func Owed(agreed, commission, paid money.Amount) money.Amount {
	return agreed.Sub(commission).Sub(paid)
}
