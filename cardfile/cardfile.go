// Package cardfile reads the file of cards that another system issued, one row a card, whatever a spreadsheet has done to
// it: what loses nothing is read, what has lost something is named. Its law: what it says of a row is its line, a reason
// and a remedy, and never what the file holds, for any of that may be a code.
package cardfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
)

// Mapping says what a file's columns are called, and what its words mean. Whether letters are capitals is all one.
type Mapping struct {
	Code, Value, State, Currency string
	// All is the state of all cards of a file that has no column for it.
	All giftcard.State
	// Words are that system's words for states, beside our own.
	Words map[string]giftcard.State
}

// Row is a card as the file has it. A value of nothing is the product's own.
type Row struct {
	Line  int
	Code  giftcode.Code
	State giftcard.State
	Value money.Amount
}

// What is wrong with a whole file.
var (
	// ErrNoFormat says that a product's codes are ours.
	ErrNoFormat = errors.New(`the catalogue does not say in which format this product's codes are: add "codes" to it, as in {"format": "numeric", "length": [16, 16]}`)
	// ErrEmpty says that a file has no header.
	ErrEmpty = errors.New("the file is empty: its first line names the columns, and each line after it is a card")
	// ErrNoState says that a file does not tell what its cards are.
	ErrNoState = errors.New("the file has no column for the cards' state: name it with --state, or say with --all what all of them are")
	// ErrNoValue says that a file does not tell what its cards hold, and the product does not either.
	ErrNoValue = errors.New("the file has no column for the cards' value, and this product's cards do not all hold the same: name it with --value")
	// ErrRounded says that codes have lost their last digits.
	ErrRounded = errors.New("most of the long codes end in zeros from the sixteenth digit on: Excel keeps fifteen digits of a number, and the others are lost. Nothing was imported; " + asText)
)

// Reader reads one file.
type Reader struct {
	lines     *lines
	separator byte
	mapping   Mapping
	product   catalog.Product
	columns   int
	at        places

	long, rounded int // numbers of more than fifteen digits, and those that end in zeros from there on
}

// places are where the columns stand that are read; -1 is none.
type places struct{ code, value, state, currency int }

// NewReader reads a file's header. Errors: ErrNoFormat, ErrEmpty, ErrNoState, ErrNoValue, and one for a column that is
// not there.
func NewReader(source io.Reader, product catalog.Product, mapping Mapping) (*Reader, error) {
	if product.Codes.IsZero() {
		return nil, ErrNoFormat
	}
	lines, err := decoded(source)
	if err != nil {
		return nil, err
	}
	r := &Reader{lines: lines, mapping: mapping, product: product}
	if err := r.readHeader(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) readHeader() error {
	header, err := r.lines.next()
	if err == nil && strings.HasPrefix(header.text, "sep=") && len(header.text) > len("sep=") {
		r.separator = header.text[len("sep=")]
		header, err = r.lines.next()
	}
	if errors.Is(err, io.EOF) {
		return ErrEmpty
	}
	if err != nil {
		return err
	}
	if r.separator == 0 {
		r.separator = separatorOf(header.text)
	}
	cells, _ := split(header.text, r.separator)
	for at, cell := range cells {
		cells[at] = strings.ToLower(tidied(cell))
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	r.columns = len(cells)
	return r.find(cells)
}

// find finds the columns. It does not repeat the first line: where the header is missing, that is a card.
func (r *Reader) find(names []string) error {
	place := func(name string) int { return slices.Index(names, strings.ToLower(name)) }
	r.at = places{place(r.mapping.Code), place(r.mapping.Value), place(r.mapping.State), place(r.mapping.Currency)}
	for at, name := range names {
		if name != "" && slices.Contains(names[at+1:], name) && slices.Contains([]int{r.at.code, r.at.value, r.at.state, r.at.currency}, at) {
			return errors.New("two columns that are to be read have the same name: rename one")
		}
	}
	switch {
	case r.at.code < 0:
		return fmt.Errorf("no column is called %q: the first line names the columns; say with --code what the codes' column is called", r.mapping.Code)
	case r.at.state < 0 && r.mapping.All == "":
		return ErrNoState
	case r.at.value < 0 && !r.product.Most.IsZero():
		return ErrNoValue
	}
	return nil
}

// Notes are what was found of how the file is written.
func (r *Reader) Notes() []string {
	notes := slices.Clone(r.lines.notes)
	if name := map[byte]string{';': "semicolons", '\t': "tabs", '|': "bars"}[r.separator]; name != "" {
		notes = append(notes, name+" between the columns")
	}
	return notes
}

// Rounded is ErrRounded where most of the codes read so far have lost their last digits. Of some few, it may be chance.
func (r *Reader) Rounded() error {
	const some = 20
	if r.long >= some && 2*r.rounded > r.long {
		return ErrRounded
	}
	return nil
}

// Next is the next row, or what is wrong with it. It fails with io.EOF at the end, and as the source does.
func (r *Reader) Next() (Row, *Mistake, error) {
	cells, line, mistake, err := r.lines.row(r.separator)
	if err != nil || mistake != nil {
		return Row{Line: line}, mistake, err
	}
	row, mistake := r.read(cells)
	row.Line = line
	if mistake != nil {
		mistake = mistake.at(line)
	}
	return row, mistake, nil
}

func (r *Reader) read(cells []string) (row Row, mistake *Mistake) {
	switch {
	case len(cells) > r.columns && !blank(cells[r.columns:]):
		return row, &tooMany
	case len(cells) <= max(r.at.code, r.at.value, r.at.state, r.at.currency):
		return row, &tooFew
	}
	if row.Code, mistake = codeOf(cells[r.at.code], r.product.Codes); mistake != nil {
		return row, mistake
	}
	r.count(row.Code)
	if row.State, mistake = r.state(cells); mistake != nil {
		return row, mistake
	}
	row.Value, mistake = r.value(cells, row.State)
	return row, mistake
}

// count counts what Rounded tells of.
func (r *Reader) count(code giftcode.Code) {
	if r.product.Codes.Alphabet() != giftcode.Numeric {
		return
	}
	long, rounded := code.Rounded()
	if long {
		r.long++
	}
	if rounded {
		r.rounded++
	}
}

var (
	stateMissing  = Mistake{Reason: "the state is missing", Remedy: "write issued, active, frozen or voided"}
	stateUnknown  = Mistake{Reason: "the state is no word that is known", Remedy: "write issued, active, frozen or voided, or say what that system's word means, as in --means sold=active"}
	currencyOther = Mistake{Reason: "the currency is not the product's", Remedy: "import the card into a product of its currency"}
	valueMissing  = Mistake{Reason: "the value is missing", Remedy: "write what is left on the card"}
	valueNothing  = Mistake{Reason: "nothing is left on the card", Remedy: "leave it out"}
)

// states are our own words.
var states = []giftcard.State{giftcard.Issued, giftcard.Active, giftcard.Redeemed, giftcard.Frozen, giftcard.Voided, giftcard.Replaced}

// ParseState reads one of our own words for a state.
func ParseState(word string) (giftcard.State, bool) {
	state := giftcard.State(strings.ToLower(word))
	return state, slices.Contains(states, state)
}

func (r *Reader) state(cells []string) (giftcard.State, *Mistake) {
	if r.at.state < 0 {
		return r.mapping.All, nil
	}
	word := tidied(cells[r.at.state])
	for theirs, state := range r.mapping.Words {
		if strings.EqualFold(theirs, word) {
			return state, nil
		}
	}
	if word == "" {
		return "", &stateMissing
	}
	state, known := ParseState(word)
	if !known {
		return "", &stateUnknown
	}
	return state, nil
}

// value is what a card holds. One that was not sold holds nothing yet in some systems.
func (r *Reader) value(cells []string, state giftcard.State) (money.Amount, *Mistake) {
	currency := r.product.Value.Currency()
	if r.at.currency >= 0 && !strings.EqualFold(tidied(cells[r.at.currency]), currency.String()) {
		return money.Amount{}, &currencyOther
	}
	if r.at.value < 0 {
		return money.Amount{}, nil
	}
	cell := tidied(cells[r.at.value])
	if cell == "" {
		if state == giftcard.Issued {
			return money.Amount{}, nil
		}
		return money.Amount{}, &valueMissing
	}
	amount, mistake := amountOf(cell, currency)
	if mistake == nil && amount.IsZero() && (state == giftcard.Active || state == giftcard.Frozen) {
		mistake = &valueNothing
	}
	return amount, mistake
}
