package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"

	"scrip/access"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/purchase"
	"scrip/retail"
	"scrip/settlement"
	"scrip/store"
	"scrip/timeline"
)

// deed is a change beside those of timeline, done once: the same caller with the same key gets the same answer for
// good.
type deed struct {
	actor     access.Actor
	operation string
	key       string
	input     any      // all that tells one deed from another
	cards     []string // digests of cards that it reads
}

// done is what a deed came to. Of a refusal only the subject is set.
type done[T any] struct {
	Reply   T
	subject string // an account's id, or a card's serial number
	refusal error
}

// deedRefusals are the refusals of deeds that timeline does not have, by the names under which they are remembered.
var deedRefusals = map[string]error{
	"not_issued": giftcard.ErrNotIssued, "not_active": giftcard.ErrNotActive, "not_frozen": giftcard.ErrNotFrozen,
	"card_value": giftcard.ErrValue, "sold_online": giftcard.ErrSoldOnline, "charged_back": purchase.ErrChargedBack,
	"product_closed": giftcard.ErrClosed, "batch_frozen": giftcard.ErrBatchFrozen, "batch_not_frozen": giftcard.ErrBatchNotFrozen,
	"batch_unfinished": giftcard.ErrBatchUnfinished, "batch_not_made": giftcard.ErrBatchNotMade, "batch_not_printed": giftcard.ErrBatchNotPrinted,
	"not_sold_there": giftcard.ErrNotSoldThere, "no_retailer": ErrNoRetailer,
	"not_shipped": retail.ErrNotShipped, "not_sold": retail.ErrNotSold, "wrong_day": retail.ErrWrongDay, "card_limit": retail.ErrCardLimit,
	"day_limit": retail.ErrDayLimit, "business_time": retail.ErrTime, "reversed": retail.ErrReversed,
	"day_not_over": ErrDayNotOver, "other_file": ErrOtherFile, "breaks_resolved": ErrBreaksResolved, "payment_reused": ErrPaymentReused,
	"break_closed": settlement.ErrClosed, "not_proposed": settlement.ErrNotProposed, "same_person": settlement.ErrSamePerson,
	"other_proposal": settlement.ErrOtherProposal, "nothing_to_write_off": settlement.ErrNothingToGive, "not_activatable": settlement.ErrNotActivatable,
	"address_taken": ErrAddressTaken, "external_id_taken": ErrExternalIDTaken,
}

// Reason is a refusal's name, or nothing for an error that is no refusal.
func Reason(err error) string {
	if reason := timeline.Reason(err); reason != "" {
		return reason
	}
	for reason, refusal := range deedRefusals {
		if errors.Is(err, refusal) {
			return reason
		}
	}
	return ""
}

// Refusals are all refusals with their names.
func Refusals() map[string]error {
	all := timeline.Refusals()
	maps.Copy(all, deedRefusals)
	return all
}

// refused is what a deed came to that a rule refused, or the error where none did.
func refused[T any](subject string, err error) (done[T], error) {
	if Reason(err) == "" {
		return done[T]{}, err
	}
	return done[T]{subject: subject, refusal: Refusals()[Reason(err)]}, nil
}

// deedAnswer is a deed's answer as it is remembered. It holds no code.
type deedAnswer[T any] struct {
	Refusal string `json:"refusal,omitempty"`
	Reply   T      `json:"reply,omitzero"` // none where it was refused
}

// once does a deed, or gives the answer that it had. It records who did it, refused or not, in the transaction of
// the deed. A refusal is an error; do writes nothing where it refuses.
func once[T any](ctx context.Context, e *Engine, d deed, do func(*store.Tx) (done[T], error)) (reply T, replayed bool, err error) {
	if d.key == "" || len(d.key) > longestKey {
		return reply, false, ErrKeyMissing
	}
	input, err := json.Marshal(d.input)
	if err != nil {
		return reply, false, err
	}
	key := store.AnswerKey{AccountID: string(d.actor.Role), Operation: d.operation, Key: ofCaller(d.actor, d.key)}
	end, err := e.underWay.begin(ctx, key)
	if err != nil {
		return reply, false, err
	}
	defer end()
	o := onceOf[T]{e, d, key, input, do}
	reply, replayed, stood, err := o.attempt(ctx)
	if stood {
		// What stands in the way may be what a twin at another server has done just now: then its answer is there.
		reply, replayed, _, err = o.attempt(ctx)
	}
	return reply, replayed, err
}

// onceOf is a deed with how it is done.
type onceOf[T any] struct {
	e     *Engine
	deed  deed
	key   store.AnswerKey
	input []byte
	do    func(*store.Tx) (done[T], error)
}

// attempt does the deed, or gives the answer that it had, and tells whether something stood in the way that is not
// remembered.
func (o onceOf[T]) attempt(ctx context.Context) (reply T, replayed, stood bool, err error) {
	var refusal error
	needs := store.Needs{Cards: o.deed.cards, Told: o.deed.cards, Answers: []store.AnswerKey{o.key}}
	err = o.e.retried(ctx, needs, func(tx *store.Tx) error {
		stood = false
		kept, err := tx.Answer(ctx, o.key)
		if replayed = err == nil; replayed {
			reply, refusal, err = recall[T](o.e, kept, o.input)
			return err
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		outcome, err := o.do(tx)
		if stood = err != nil; stood {
			return err
		}
		reply, refusal = outcome.Reply, outcome.refusal
		return o.remember(tx, outcome)
	})
	if err == nil {
		err = refusal
	}
	return reply, replayed, stood, err
}

// remember keeps the answer, and records who asked.
func (o onceOf[T]) remember(tx *store.Tx, outcome done[T]) error {
	body, err := json.Marshal(deedAnswer[T]{Reason(outcome.refusal), outcome.Reply})
	tx.AddAnswer(store.Answer{AnswerKey: o.key, Fingerprint: fingerprint(o.e.fingerprints[0], o.input), Body: string(body)})
	tx.AddEntry(store.Entry{Subject: outcome.subject, Actor: o.deed.actor, Operation: o.deed.operation, Outcome: outcomeOf(outcome.refusal)})
	return err
}

// recall reads an answer that was remembered. It fails with ErrKeyReused where the input was another.
func recall[T any](e *Engine, kept store.Answer, input []byte) (reply T, refusal, err error) {
	if !e.isOf(kept.Fingerprint, input) {
		return reply, nil, ErrKeyReused
	}
	var answer deedAnswer[T]
	err = json.Unmarshal([]byte(kept.Body), &answer)
	return answer.Reply, Refusals()[answer.Refusal], err
}

// retried writes what may meet a twin that was quicker: the second time it finds what the twin has left.
func (e *Engine) retried(ctx context.Context, needs store.Needs, do func(*store.Tx) error) error {
	for tried := 1; ; tried++ {
		if err := e.db.Together(ctx, needs, do); !errors.Is(err, store.ErrConflict) || tried == mostDraws {
			return err
		}
	}
}

// ofCaller is a key in the words of its caller: two programs, or persons, never meet in one.
func ofCaller(actor access.Actor, key string) string {
	if who := actor.Who(); who != "" {
		return who + "/" + key
	}
	return key
}

// fingerprint is a keyed digest of an input, which may hold what nobody is to read in the database.
func fingerprint(key giftcode.Derived, input []byte) string {
	return key.ID + ":" + base64.RawURLEncoding.EncodeToString(key.Sum(string(input)))
}

// isOf reports whether a fingerprint is that of an input, under whichever key it was made.
func (e *Engine) isOf(kept string, input []byte) bool {
	for _, key := range e.fingerprints {
		if kept == fingerprint(key, input) {
			return true
		}
	}
	return false
}

// recordReply records who gave a command, in its transaction. What a member does on their own account is in its
// history already.
func recordReply(tx *store.Tx, actor access.Actor, account string, kind timeline.Kind, reply Reply) {
	if actor.Role != access.Key && actor.Role != access.Staff {
		return
	}
	outcome := outcomeOf(reply.Refusal)
	if reply.Pending {
		outcome = "pending"
	}
	tx.AddEntry(store.Entry{Subject: account, Actor: actor, Operation: string(kind), Outcome: outcome})
}

func outcomeOf(refusal error) string {
	if reason := Reason(refusal); reason != "" {
		return reason
	}
	return "done"
}
