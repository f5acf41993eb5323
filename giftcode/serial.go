package giftcode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A serial number is twelve random digits and one check digit.
const (
	serialLength = 13
	serialGroup  = 4
	serialCount  = 1_000_000_000_000

	// maxDraws bounds how often a draw that would favour some numbers is thrown away. That happens to
	// one in eleven, so that a sound source never comes near.
	maxDraws = 64
)

var errStuck = errors.New("the random source keeps giving numbers that are too large")

// Serial is the number by which a card is told to support. It is printed in the open, leads nowhere
// without a right to look cards up, and has nothing to do with the card's code. Its zero value is no
// serial number.
type Serial struct {
	digits string
}

// NewSerial draws a serial number from random, which is crypto/rand.Reader but in tests. It fails only
// as random does.
func NewSerial(random io.Reader) (Serial, error) {
	number, err := drawNumber(random)
	if err != nil {
		return Serial{}, fmt.Errorf("draw a serial number: %w", err)
	}
	var values [serialLength]byte
	for i := serialLength - 2; i >= 0; i-- {
		values[i] = byte(number % 10)
		number /= 10
	}
	values[serialLength-1] = damm(values[:serialLength-1])
	return serialOf(&values), nil
}

// ParseSerial reads a serial number as people enter it, as forgivingly as [Parse] reads a code, and
// fails in the same ways.
func ParseSerial(text string) (Serial, error) {
	var values [serialLength]byte
	if err := scan(text, values[:], 10); err != nil {
		return Serial{}, err
	}
	if damm(values[:]) != 0 {
		return Serial{}, ErrCheck
	}
	return serialOf(&values), nil
}

// String is the serial number as it is printed, NNNN-NNNN-NNNN-N. The zero Serial is "".
func (s Serial) String() string {
	if s.IsZero() {
		return ""
	}
	const a, b, c = serialGroup, 2 * serialGroup, 3 * serialGroup
	return s.digits[:a] + "-" + s.digits[a:b] + "-" + s.digits[b:c] + "-" + s.digits[c:]
}

// MarshalText is the serial number as it is printed.
func (s Serial) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// IsZero reports whether this is no serial number at all.
func (s Serial) IsZero() bool { return s == Serial{} }

// drawNumber is a number below serialCount, each as likely as any other: of 40 bits, whatever lies
// above is drawn again.
func drawNumber(random io.Reader) (uint64, error) {
	for range maxDraws {
		var drawn [8]byte
		if _, err := io.ReadFull(random, drawn[3:]); err != nil {
			return 0, err
		}
		if number := binary.BigEndian.Uint64(drawn[:]); number < serialCount {
			return number, nil
		}
	}
	return 0, errStuck
}

func serialOf(values *[serialLength]byte) Serial {
	var digits [serialLength]byte
	for i, value := range values {
		digits[i] = '0' + value
	}
	return Serial{string(digits[:])}
}

// damm is the check digit of the digits, and zero where they end in their own. It sees every single
// wrong digit, and every swap of two neighbours.
func damm(digits []byte) byte {
	var interim byte
	for _, digit := range digits {
		interim = quasigroup[interim][digit]
	}
	return interim
}

// quasigroup is totally anti-symmetric, with a diagonal of zeros. Source: H. Michael Damm, "Total
// anti-symmetrische Quasigruppen", dissertation, Philipps-Universität Marburg, 2004, p. 111,
// http://archiv.ub.uni-marburg.de/diss/z2004/0516/pdf/dhmd.pdf, with rows and entries renamed as in
// https://en.wikipedia.org/wiki/Damm_algorithm.
var quasigroup = [10][10]byte{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
	{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
	{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
	{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}
