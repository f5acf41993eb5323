package store

import (
	"context"
	"time"

	"scrip/store/query"
)

// Clock is a test clock of a sandbox: the accounts that are bound to it live by what it shows.
type Clock struct {
	ID, Name  string
	At        time.Time
	Target    time.Time // to which it is being moved; else At
	CreatedAt time.Time
	Deleted   bool
}

// Moving reports whether the clock is on its way.
func (c Clock) Moving() bool { return c.At.Before(c.Target) }

// In is the transaction at another instant than now: that of an account whose time is a test clock's.
func (tx *Tx) In(at time.Time) *Tx {
	moved := *tx
	moved.Now = at
	return &moved
}

// Sandbox reports whether the database is a sandbox's, and whether it has ever had an account.
func (tx *Tx) Sandbox(ctx context.Context) (is, used bool, err error) {
	marks, err := tx.q.Sandbox(ctx)
	if err != nil {
		return false, false, err
	}
	accounts, err := tx.q.AnyAccount(ctx)
	return len(marks) > 0, len(accounts) > 0, err
}

// MarkSandbox makes the database a sandbox's for good.
func (tx *Tx) MarkSandbox(ctx context.Context) error {
	return tx.q.InsertSandbox(ctx, tx.Now.UnixMicro())
}

// AddClock adds a clock that stands still.
func (tx *Tx) AddClock(ctx context.Context, c Clock) error {
	return tx.q.InsertTestClock(ctx, query.InsertTestClockParams{ClockID: c.ID, Name: c.Name, At: c.At.UnixMicro(), CreatedAt: tx.Now.UnixMicro()})
}

// Clock reads a clock, a deleted one too, or ErrNotFound.
func (tx *Tx) Clock(ctx context.Context, id string) (Clock, error) {
	row, err := tx.q.ClockByID(ctx, id)
	return clockOf(row), found(err)
}

// Clocks are clocks that were not deleted, the newest first.
func (tx *Tx) Clocks(ctx context.Context, before string, most int) ([]Clock, error) {
	rows, err := tx.q.ClocksPage(ctx, query.ClocksPageParams{ClockID: orLast(before), Limit: int32(most)})
	clocks := make([]Clock, len(rows))
	for at, row := range rows {
		clocks[at] = clockOf(row)
	}
	return clocks, err
}

func clockOf(row query.TestClock) Clock {
	return Clock{row.ClockID, row.Name, instant(row.At), instant(row.Target), instant(row.CreatedAt), row.DeletedAt != nil}
}

// AimClock says where a clock that stands still is to be moved. ErrConflict says that it is on its way, shows a later
// time, or was deleted.
func (tx *Tx) AimClock(ctx context.Context, id string, target time.Time) error {
	return one(tx.q.AimTestClock(ctx, query.AimTestClockParams{ClockID: id, Target: target.UnixMicro()}))
}

// LeaseClock takes a clock that is on its way, to move it a step, and reports whether nobody else has it.
func (tx *Tx) LeaseClock(ctx context.Context, id string, until time.Time) (bool, error) {
	return mine(tx.q.LeaseTestClock(ctx, query.LeaseTestClockParams{ClockID: id, LeasedUntil: until.UnixMicro(), Now: tx.Now.UnixMicro()}))
}

// MoveClock makes a clock that was taken show an instant, and gives it back. ErrConflict says that the lease has ended.
func (tx *Tx) MoveClock(ctx context.Context, id string, to, lease time.Time) error {
	return one(tx.q.MoveTestClock(ctx, query.MoveTestClockParams{ClockID: id, At: to.UnixMicro(), Lease: lease.UnixMicro()}))
}

// DeleteClock stops a clock for good. ErrConflict says that there is none.
func (tx *Tx) DeleteClock(ctx context.Context, id string) error {
	return one(tx.q.DeleteTestClock(ctx, query.DeleteTestClockParams{ClockID: id, DeletedAt: new(tx.Now.UnixMicro())}))
}

// DueClocks are clocks that are on their way and that nobody moves.
func (tx *Tx) DueClocks(ctx context.Context, most int) ([]string, error) {
	return tx.q.DueTestClocks(ctx, query.DueTestClocksParams{LeasedUntil: tx.Now.UnixMicro(), Limit: int32(most)})
}

// DueOf are the accounts and the questions of a clock that are due at the time that it shows.
func (tx *Tx) DueOf(ctx context.Context, c Clock, most int) (accounts []string, questions []QuestionKey, err error) {
	at := new(c.At.UnixMicro())
	accounts, err = tx.q.DueOfTestClock(ctx, query.DueOfTestClockParams{TestClock: c.ID, DueAt: at, Limit: int32(most)})
	if err != nil {
		return nil, nil, err
	}
	rows, err := tx.q.QuestionsOfTestClock(ctx, query.QuestionsOfTestClockParams{TestClock: c.ID, DueAt: at, Limit: int32(most)})
	for _, row := range rows {
		questions = append(questions, QuestionKey{row.AccountID, row.QuestionID})
	}
	return accounts, questions, err
}

// NextOf is when something is due next on a clock's accounts, or the clock's target, whichever comes first.
func (tx *Tx) NextOf(ctx context.Context, c Clock) (time.Time, error) {
	account, err := tx.q.NextOfTestClock(ctx, c.ID)
	if err != nil {
		return time.Time{}, err
	}
	question, err := tx.q.NextQuestionOfTestClock(ctx, c.ID)
	next := c.Target
	for _, micros := range []int64{account, question} {
		if at := instant(micros); micros > 0 && at.Before(next) {
			next = at
		}
	}
	return next, err
}
