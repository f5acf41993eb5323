package timeline_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/forecast"
	"scrip/giftcard"
	"scrip/history"
	"scrip/ledger"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
	"scrip/timeline"
)

const owner = "member"

// life plays a story through the rules, keeps books beside it, and looks after every step whether all
// that must hold still does.
type life struct {
	story
	terms    billing.Terms
	state    timeline.State
	used     map[string]bool
	told     []string
	chance   chance // for which steps to look ahead from
	answer   func(billing.Method) billing.Answer
	eager    bool // the answer is given along with the question
	fresh    bool // the cached estimate is compared with a fresh one
	books    map[ledger.Account]int64
	kept     keptBooks
	redeemed int64
	drawn    int64
	fates    map[string]prepaid.Fate // of authorizations
	place    int64
	end      calendar.Date // of the last paid period, as moved
	gap      bool          // since then, days may have gone by unpaid
	reminded map[calendar.Date]bool
}

// newLife answers as the account's payment method is taken to.
func newLife(s story, c chance) (*life, error) {
	terms, err := s.terms()
	if err != nil {
		return nil, err
	}
	country, err := catalog.ParseCountry(s.Account.Country)
	account := billing.Account{Country: country, Currency: money.MustCurrency(s.Account.Currency), Method: billing.Method(s.Account.Method)}
	return &life{story: s, terms: terms, state: timeline.New(account, s.Events[0].On.date()), used: map[string]bool{},
		chance: c, answer: billing.Method.Answer, fresh: true, gap: true,
		books: map[ledger.Account]int64{}, reminded: map[calendar.Date]bool{}, fates: map[string]prepaid.Fate{}}, err
}

// leap lives from event to event in as few steps as the rules allow; every question is put first, and
// answered afterwards.
func (l *life) leap() error {
	for _, event := range l.Events {
		if err := l.until(timeline.Moment{On: event.On.date(), Phase: timeline.Dawn}); err != nil {
			return err
		}
		if err := l.do(event); err != nil {
			return err
		}
	}
	if err := l.until(timeline.Moment{On: l.Until.date(), Phase: timeline.Dusk}); err != nil {
		return err
	}
	return l.prove()
}

// walk lives each day by itself, phase by phase.
func (l *life) walk() error {
	events := l.Events
	for today := events[0].On; today <= l.Until; today++ {
		on := today.date()
		if err := l.until(timeline.Moment{On: on, Phase: timeline.Dawn}); err != nil {
			return err
		}
		for ; len(events) > 0 && events[0].On == today; events = events[1:] {
			if err := l.do(events[0]); err != nil {
				return err
			}
		}
		for _, phase := range []timeline.Phase{timeline.Reminding, timeline.Dusk} {
			if err := l.until(timeline.Moment{On: on, Phase: phase}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *life) until(moment timeline.Moment) error {
	for {
		given := billing.Unasked
		if l.eager {
			given = l.answer(l.state.Method)
		}
		next, due := l.state.Next(l.terms.Policy)
		if !due || moment.Before(next) {
			return nil
		}
		stop := moment
		if l.eager {
			stop = next
		}
		before := l.snapshot()
		o, err := timeline.Live(l.state, l.terms, stop, given)
		if err != nil {
			return err
		}
		if err := l.take(before, o); err != nil {
			return err
		}
		if o.Asked.IsPositive() {
			if err := l.answered(o, timeline.Command{}); err != nil {
				return err
			}
		}
	}
}

func (l *life) answered(asked timeline.Outcome, command timeline.Command) error {
	if l.eager && asked.Question != billing.OfRelease {
		return fmt.Errorf("%s was asked for %v although the answer was given", asked.Question, asked.Asked)
	}
	before := l.snapshot()
	o, err := timeline.Answered(l.state, l.terms, asked.On, asked.Question, command, l.answer(l.state.Method))
	if err != nil {
		return err
	}
	if asked.Question == billing.OfRetry || asked.Question == billing.OfRenewal {
		if next, due := o.State.Next(l.terms.Policy); due && !next.On.After(asked.On) && next.Phase == timeline.Dawn {
			return fmt.Errorf("%s of %v is still due after its answer", asked.Question, asked.On)
		}
	}
	return l.take(before, o)
}

func (l *life) do(e storyEvent) error {
	command := timeline.Command{Kind: timeline.Kind(e.Do), Account: owner, Plan: catalog.PlanID(e.Plan),
		Payer: catalog.Payer(e.Payer), Method: billing.Method(e.Method)}
	if e.Do == "redeem" {
		command.Card = giftcard.Card{Serial: e.Card, State: giftcard.Active, Value: money.New(e.Amount, money.MustCurrency(e.Currency))}
		if l.used[e.Card] {
			command.Card.State = giftcard.Redeemed
		}
	}
	command.Lot, command.Place = e.Card, l.place+1
	if e.Authorization != "" {
		amount := money.New(e.Amount, money.MustCurrency(e.Currency))
		command.Request = billing.Request{ID: e.Authorization, Amount: amount, Reference: "for " + e.Authorization, Days: e.Days, Partial: e.Partial}
		command.Capture = billing.Capture{ID: e.Authorization, Amount: amount, Fate: l.fates[e.Authorization]}
	}
	given := billing.Unasked
	if l.eager {
		given = l.answer(l.state.Method)
	}
	before := l.snapshot()
	o, err := timeline.Do(l.state, l.terms, e.On.date(), command, given)
	if err != nil {
		return err
	}
	if o.Redemption.Card.State == giftcard.Redeemed {
		l.used[e.Card] = true
		l.place++
		l.redeemed += o.Redemption.Lot.Rest.Minor()
		l.post(o.Redemption.Transfers[:])
		l.kept.redeem(o.Redemption)
	}
	if err := l.take(before, o); err != nil {
		return err
	}
	if o.Asked.IsPositive() {
		return l.answered(o, command)
	}
	return nil
}

// snapshot shares no memory with the state.
func (l *life) snapshot() timeline.State {
	copied := l.state
	copied.Balance, copied.Reminded = slices.Clone(l.state.Balance), slices.Clone(l.state.Reminded)
	copied.Authorizations = slices.Clone(l.state.Authorizations)
	for at := range copied.Authorizations {
		copied.Authorizations[at].Draws = slices.Clone(copied.Authorizations[at].Draws)
	}
	return copied
}

func (l *life) post(transfers []ledger.Transfer) {
	for _, transfer := range transfers {
		l.books[transfer.Debit] += transfer.Amount.Minor()
		l.books[transfer.Credit] -= transfer.Amount.Minor()
	}
}

// take makes an outcome the present state and checks it against the one before.
func (l *life) take(before timeline.State, o timeline.Outcome) error {
	if !reflect.DeepEqual(before, l.snapshot()) {
		return errors.New("a rule wrote into the state that it was given")
	}
	if o.Refusal != nil && !reflect.DeepEqual(before, o.State) {
		return fmt.Errorf("a refusal (%w) changed the account", o.Refusal)
	}
	l.state = o.State
	for _, event := range o.Events {
		text, err := json.Marshal(event)
		if err != nil {
			return err
		}
		l.told = append(l.told, string(text))
		if err := l.follow(event); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	for _, charge := range o.Charges {
		if err := l.charge(charge); err != nil {
			return fmt.Errorf("charge from %v: %w", charge.Start, err)
		}
	}
	for _, made := range o.Authorized {
		l.kept.authorize(made)
	}
	for _, ended := range o.Ended {
		if err := l.ended(ended); err != nil {
			return fmt.Errorf("%s: %w", ended.Authorization.ID, err)
		}
	}
	return errors.Join(l.checkBalance(), l.checkPeriod(), l.checkEstimate())
}

// ended checks one authorization's end and writes its charge into the books.
func (l *life) ended(e billing.Ending) error {
	charged, returned := prepaid.Total(e.Charged), prepaid.Total(e.Returned)
	if charged.Add(returned).Minor() != e.Authorization.Total().Minor() || charged.IsPositive() != (e.Fate == prepaid.Captured) {
		return fmt.Errorf("%s with %v charged and %v returned of %v", e.Fate, charged, returned, e.Authorization.Total())
	}
	if l.fates[e.Authorization.ID] != "" {
		return fmt.Errorf("it was %s before", l.fates[e.Authorization.ID])
	}
	l.fates[e.Authorization.ID] = e.Fate
	l.drawn += charged.Minor()
	l.post(e.Transfers(owner))
	l.kept.end(e)
	return nil
}

// follow checks an event's dates against those before: no day is charged twice, and as long as nothing
// is told of a hold or an end, none is lost.
func (l *life) follow(e history.Event) error {
	switch e.Kind {
	case history.Started, history.HoldRemoved:
		l.gap = true
	case history.Held, history.Closed:
		l.gap = true
	case history.Charged:
		if e.Start != e.On || !e.Start.Before(e.End) || e.Start.Before(l.end) || !l.gap && e.Start != l.end {
			return fmt.Errorf("the period before it ends on %v", l.end)
		}
		l.end, l.gap = e.End, false
	case history.PlanChanged:
		if !e.PaidUntil.IsZero() && (e.PaidUntil.After(l.end) || !e.PaidUntil.After(e.On)) {
			return fmt.Errorf("the end moved from %v", l.end)
		}
		if !e.PaidUntil.IsZero() {
			l.end = e.PaidUntil
			l.kept.moved(e.PaidUntil)
		}
	case history.Reminder:
		if l.reminded[e.RunsOut] || e.On.Until(e.RunsOut) > l.Policy.Reminder || !e.On.Before(e.RunsOut) {
			return errors.New("a reminder twice, or on the wrong day")
		}
		l.reminded[e.RunsOut] = true
	}
	return nil
}

// charge checks one charge by itself and writes it into the books.
func (l *life) charge(c billing.Charge) error {
	sum := c.Other.Minor()
	for _, draw := range c.Draws {
		if draw.Amount.Minor() <= 0 {
			return fmt.Errorf("drew %v", draw.Amount)
		}
		sum += draw.Amount.Minor()
		l.drawn += draw.Amount.Minor()
	}
	if sum != c.Total.Minor() || c.Tax.Minor() < 0 || c.Total.Less(c.Tax) || !c.Total.IsPositive() || c.Other.Minor() < 0 {
		return fmt.Errorf("lines of %d, total %v, tax %v", sum, c.Total, c.Tax)
	}
	explained, err := billing.Explain(c, l.terms.Catalog, l.state.Country)
	if err != nil || !explained.Agrees {
		return fmt.Errorf("explained as %+v, %w", explained, err)
	}
	l.post(c.Transfers(owner))
	l.kept.charge(c)
	if rest := l.books[ledger.For(ledger.Charges, owner)]; rest != 0 {
		return fmt.Errorf("%d stays in charges", rest)
	}
	return nil
}

// checkBalance: what was redeemed is what rests, what is authorized and what was drawn, in the lots as in
// the books, and the lots stand in the order redeemed.
func (l *life) checkBalance() error {
	rest := l.state.Authorized().Minor()
	for at, lot := range l.state.Balance {
		if lot.Rest.Minor() < 0 || at > 0 && lot.Place <= l.state.Balance[at-1].Place {
			return fmt.Errorf("lot %s holds %v in place %d", lot.Source, lot.Rest, lot.Place)
		}
		rest += lot.Rest.Minor()
	}
	if rest+l.drawn != l.redeemed {
		return fmt.Errorf("redeemed %d, drew %d, but %d rests", l.redeemed, l.drawn, rest)
	}
	if owed := -l.books[ledger.For(ledger.GiftBalance, owner)]; owed != rest || l.books[ledger.Of(ledger.InTransit)] != 0 {
		return fmt.Errorf("the books owe %d, the lots hold %d", owed, rest)
	}
	return nil
}

func (l *life) checkPeriod() error {
	m := l.state.Membership
	if m.Status == membership.Active && m.Period.End != l.end {
		return fmt.Errorf("paid until %v, but told %v", m.Period.End, l.end)
	}
	if m.Status != membership.Active && m.Pending != "" {
		return errors.New("a change of plan is pending without a paid period")
	}
	return nil
}

// checkEstimate: the cached date is the one that a fresh reckoning gives.
func (l *life) checkEstimate() error {
	if !l.fresh {
		return nil
	}
	fresh, err := forecast.Of(l.state.Account, l.terms, l.state.Estimate.Made)
	if err != nil {
		return err
	}
	if cached := l.state.Estimate.RunsOut; !cached.IsZero() && cached != fresh.RunsOut {
		return fmt.Errorf("the estimate is %v, reckoned anew %v", cached, fresh.RunsOut)
	}
	if !fresh.RunsOut.IsZero() && l.chance.IntN(8) == 0 {
		return l.checkForeseen(fresh.RunsOut)
	}
	return nil
}

// checkForeseen lives on without any event: up to the date the balance alone pays, then not. What is
// authorized is taken to be captured.
func (l *life) checkForeseen(runsOut calendar.Date) error {
	before, state, given := l.snapshot(), l.state, billing.Unasked
	state.Authorizations = nil
	for {
		o, err := timeline.Live(state, l.terms, timeline.Moment{On: runsOut, Phase: timeline.Dusk}, given)
		if err != nil {
			return err
		}
		for _, charge := range o.Charges {
			if alone := charge.PaidBy == membership.ByBalance; alone != charge.Start.Before(runsOut) {
				return fmt.Errorf("foreseen to run out on %v, but %s paid on %v", runsOut, charge.PaidBy, charge.Start)
			}
		}
		if state, given = o.State, state.Method.Answer(); !o.Asked.IsPositive() {
			break
		}
	}
	if state.Membership.Status == membership.Active && !state.Membership.Period.End.After(runsOut) {
		return fmt.Errorf("foreseen to run out on %v, but nothing was due", runsOut)
	}
	if !reflect.DeepEqual(before, l.snapshot()) {
		return errors.New("looking ahead wrote into the state")
	}
	return nil
}

// ends is the account's end in the simpler model's words.
func (l *life) ends() (string, error) {
	m := l.state.Membership
	if m.Status != membership.Active {
		return fmt.Sprint(m.Status, " ", l.state.Balance.Total().Minor()), nil
	}
	estimate, err := forecast.Of(l.state.Account, l.terms, l.Until.date())
	runsOut := "null"
	if !estimate.RunsOut.IsZero() {
		runsOut = `"` + estimate.RunsOut.String() + `"`
	}
	return fmt.Sprint(m.Status, " ", l.state.Balance.Total().Minor(), " ", m.Period.End, " ", runsOut), err
}

// difference is the first line in which two histories differ.
func difference(one, other []string) string {
	for i := range max(len(one), len(other)) {
		a, b := "nothing", "nothing"
		if i < len(one) {
			a = one[i]
		}
		if i < len(other) {
			b = other[i]
		}
		if a != b {
			return strings.Join([]string{"\n  ", a, "\n  ", b}, "")
		}
	}
	return ""
}
