package store

import (
	"context"
	"fmt"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/money"
	"scrip/store/query"
)

// Answer is what a command was answered, remembered for good under its account, operation and key.
type Answer struct {
	AnswerKey
	Fingerprint string // a keyed digest of the input
	Body        string // JSON
}

// Answer reads what a key was answered, or ErrNotFound.
func (tx *Tx) Answer(ctx context.Context, key AnswerKey) (Answer, error) {
	if tx.unit != nil {
		return tx.unit.answer(ctx, key)
	}
	row, err := tx.q.Answer(ctx, query.AnswerParams(key))
	return Answer{key, row.Fingerprint, row.Body}, found(err)
}

// AddAnswer remembers an answer.
func (tx *Tx) AddAnswer(a Answer) {
	set(tx.unit, tx.unit.answers, a.AnswerKey, &a)
	tx.unit.rows.answers = append(tx.unit.rows.answers, query.Answer{AccountID: a.AccountID, Operation: a.Operation, Key: a.Key,
		Fingerprint: a.Fingerprint, Body: a.Body, At: tx.Now.UnixMicro()})
}

// QuestionState is where a question to a payment method stands.
type QuestionState string

// The states of a question. A silent one was given up; an approval that comes later is refunded.
const (
	QuestionOpen      QuestionState = "open"
	QuestionApproved  QuestionState = "approved"
	QuestionDeclined  QuestionState = "declined"
	QuestionSilent    QuestionState = "silent"
	QuestionRefunding QuestionState = "refunding"
	QuestionRefunded  QuestionState = "refunded"
)

// Question is what a payment method is asked: one amount under one key, which is the question's id.
type Question struct {
	Account, ID string
	Question    billing.Question
	On          calendar.Date
	Amount      money.Amount
	Token       string
	Command     string // JSON of the start that waits for it
	State       QuestionState
	Attempts    int
	OpenedAt    time.Time
}

// AddQuestion adds an open question, which is due at once.
func (tx *Tx) AddQuestion(q Question) {
	tx.unit.rows.questions = append(tx.unit.rows.questions, query.Question{AccountID: q.Account, QuestionID: q.ID,
		Question: string(q.Question), PutOn: q.On.String(), Amount: q.Amount.Minor(), Currency: q.Amount.Currency().String(),
		MethodToken: q.Token, Command: q.Command, OpenedAt: tx.Now.UnixMicro(), DueAt: new(tx.Now.UnixMicro())})
}

// Question reads a question, or ErrNotFound.
func (tx *Tx) Question(ctx context.Context, account, id string) (Question, error) {
	row, err := tx.q.Question(ctx, query.QuestionParams{AccountID: account, QuestionID: id})
	if err != nil {
		return Question{}, found(err)
	}
	on, err := calendar.Parse(row.PutOn)
	if err != nil {
		return Question{}, fmt.Errorf("question %s: %w", id, err)
	}
	currency, err := money.ParseCurrency(row.Currency)
	if err != nil {
		return Question{}, fmt.Errorf("question %s: %w", id, err)
	}
	return Question{account, id, billing.Question(row.Question), on, money.New(row.Amount, currency), row.MethodToken,
		row.Command, QuestionState(row.State), int(row.Attempts), instant(row.OpenedAt)}, nil
}

// SettleQuestion moves a question to a state in which it is due again at an instant, or, at no instant,
// never. ErrConflict says that somebody else was quicker.
func (tx *Tx) SettleQuestion(ctx context.Context, q Question, state QuestionState, due time.Time) error {
	settled := query.SettleQuestionParams{AccountID: q.Account, QuestionID: q.ID, State: string(state), Was: string(q.State),
		AnsweredAt: new(tx.Now.UnixMicro())}
	if !due.IsZero() {
		settled.DueAt = new(due.UnixMicro())
	}
	return one(tx.q.SettleQuestion(ctx, settled))
}

// LeaseQuestion takes a question that is due for one attempt, and makes it due again later. ErrConflict
// says that it is not due: it is settled, or somebody else has it.
func (tx *Tx) LeaseQuestion(ctx context.Context, account, id string, until time.Time) error {
	return one(tx.q.LeaseQuestion(ctx, query.LeaseQuestionParams{AccountID: account, QuestionID: id,
		DueAt: new(until.UnixMicro()), Now: new(tx.Now.UnixMicro())}))
}

// QuestionKey names a question.
type QuestionKey struct{ Account, ID string }

// DueQuestions are the questions to put at an instant.
func (tx *Tx) DueQuestions(ctx context.Context, at time.Time, most int) ([]QuestionKey, error) {
	rows, err := tx.q.DueQuestions(ctx, query.DueQuestionsParams{DueAt: new(at.UnixMicro()), Limit: int32(most)})
	keys := make([]QuestionKey, len(rows))
	for i, row := range rows {
		keys[i] = QuestionKey{row.AccountID, row.QuestionID}
	}
	return keys, err
}

// Waiting is a command that waits until the account's open question is answered.
type Waiting struct {
	Position   int64
	Command    string // JSON
	ReceivedAt time.Time
}

// AddWaiting puts a command behind those that wait already.
func (tx *Tx) AddWaiting(ctx context.Context, account, command string) error {
	return tx.q.InsertWaiting(ctx, query.InsertWaitingParams{AccountID: account, Command: command, ReceivedAt: tx.Now.UnixMicro()})
}

// Waiting are an account's waiting commands in order.
func (tx *Tx) Waiting(ctx context.Context, account string) ([]Waiting, error) {
	rows, err := tx.q.Waiting(ctx, account)
	waiting := make([]Waiting, len(rows))
	for i, row := range rows {
		waiting[i] = Waiting{row.Position, row.Command, instant(row.ReceivedAt)}
	}
	return waiting, err
}

// DropWaiting takes a command out of the queue.
func (tx *Tx) DropWaiting(ctx context.Context, account string, position int64) error {
	return tx.q.DeleteWaiting(ctx, query.DeleteWaitingParams{AccountID: account, Position: position})
}
