package payment

import "errors"

var (
	// ErrNoAnswer says that the provider did not answer, and that nobody knows what it did: ask again by
	// the same key. Silence is not a decline.
	ErrNoAnswer = errors.New("the payment provider did not answer")
	// ErrOtherInput says that the key was used with another token or amount, or that the charge could not
	// be one of any key. Asking again won't help.
	ErrOtherInput = errors.New("the key was used for another charge")
	// ErrNothingTaken says that no charge was approved under the key, so that there is nothing to give back.
	ErrNothingTaken = errors.New("nothing was taken under this key")
	// ErrSettled says that a charge has its answer already, or was never asked for.
	ErrSettled = errors.New("no charge of this key waits for an answer")
)
