// Package ledger keeps the books by construction: a transfer moves one positive amount from one account
// to another, rows are only inserted, and a correction is a reversal. An account's balance is the sum
// of its transfers; a stored balance is a copy that audit checks.
package ledger

import "scrip/money"

// Name is an account's place in the chart.
type Name string

// The chart of accounts. The first group exists once for the service, the second once for each member.
const (
	// RetailerReceivable is what shops owe for cards that they activated.
	RetailerReceivable Name = "retailer_receivable"
	// RetailerPayments is what shops have paid of what they owe, on its way to the bank.
	RetailerPayments Name = "retailer_payments"
	// CommissionExpense is what shops keep of what they sold.
	CommissionExpense Name = "commission_expense"
	// SettlementDifferences is what was agreed with shops otherwise than their tills had told.
	SettlementDifferences Name = "settlement_differences"
	// SettlementWriteOffs is what shops owed and was given up.
	SettlementWriteOffs Name = "settlement_write_offs"
	// CardsOutstanding is what is owed to the holders of active cards that were not redeemed.
	CardsOutstanding Name = "cards_outstanding"
	// InTransit is value on its way between a card, a member's balance and an order. It is nothing at every commit.
	InTransit Name = "in_transit"
	// ImportedCards is what the books of another system owed to the holders of cards that were imported.
	ImportedCards Name = "imported_cards"
	// PromotionExpense pays for credit that was given, not bought.
	PromotionExpense Name = "promotion_expense"
	// MethodClearing is what a payment gateway collected and has not yet paid out.
	MethodClearing Name = "payment_method_clearing"
	// PartnerReceivable, AppleReceivable and PackageReceivable are what those billers owe for periods.
	PartnerReceivable Name = "partner_receivable"
	AppleReceivable   Name = "apple_receivable"
	PackageReceivable Name = "package_receivable"
	// Revenue is what was charged for periods, without tax.
	Revenue Name = "revenue"
	// BillerRevenue is what the service's own biller charged to balances, tax and all: that biller's books
	// part the two.
	BillerRevenue Name = "biller_revenue"
	// TaxPayable is the tax in what was charged.
	TaxPayable Name = "tax_payable"
	// Refundable is what a gateway collected after it was no longer wanted, until it is given back.
	Refundable Name = "refundable"
	// CustomerDeposits is what buyers have paid online for cards that are not active yet.
	CustomerDeposits Name = "customer_deposits"
	// ChargeBacks is what payers' banks have taken back of cards that may still be taken out of use.
	ChargeBacks Name = "charge_backs"
	// ChargeBackLosses is what was taken back of value that is used up.
	ChargeBackLosses Name = "charge_back_losses"

	// GiftBalance is a member's bought value, which never expires.
	GiftBalance Name = "gift_balance"
	// PromotionalBalance is a member's given value.
	PromotionalBalance Name = "promotional_balance"
	// Charges is where a charge's lines meet its revenue and tax. It is nothing at every commit.
	Charges Name = "charges"
)

// System reports whether the account exists once for the service.
func (n Name) System() bool {
	switch n {
	case GiftBalance, PromotionalBalance, Charges:
		return false
	}
	return true
}

// Account is one account of the books: a member's, or with no owner the service's.
type Account struct {
	Name  Name
	Owner string
}

// Transfer moves an amount, which is more than nothing, from the debit to the credit account.
type Transfer struct {
	Debit, Credit Account
	Amount        money.Amount
}

// Reverse is the transfer that undoes t.
func (t Transfer) Reverse() Transfer {
	return Transfer{Debit: t.Credit, Credit: t.Debit, Amount: t.Amount}
}

// Of is the service's account of a name.
func Of(name Name) Account { return Account{Name: name} }

// For is a member's account of a name.
func For(name Name, owner string) Account { return Account{name, owner} }
