package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"scrip/access"
	"scrip/cardfile"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/progress"
)

type importCommand struct {
	database
	File     string            `arg:"" help:"CSV file; its first line names the columns."`
	Product  catalog.ProductID `required:"" help:"The product's id in the catalogue, which says in which format the codes are."`
	DryRun   bool              `help:"Tell what would become of each row, and change nothing."`
	Rejects  string            `placeholder:"FILE" help:"Write the rows that are not taken in to this CSV file: line, reason and remedy, never a code. Only such a file is written over."`
	Part     int               `default:"25000" help:"How many rows are taken in together; others wait meanwhile, so take fewer beside a busy server on SQLite (${default})."`
	Code     string            `default:"code" placeholder:"COLUMN" help:"The column of the codes (${default})."`
	Value    string            `default:"value" placeholder:"COLUMN" help:"The column of what is left on each card (${default}). Without one, it is the product's value."`
	State    string            `default:"state" placeholder:"COLUMN" help:"The column of the cards' states (${default})."`
	Currency string            `default:"currency" placeholder:"COLUMN" help:"The column of the currency (${default}). Without one, it is the product's."`
	All      string            `placeholder:"STATE" help:"What all cards are, where no column says: issued, active, frozen or voided."`
	Means    map[string]string `placeholder:"WORD=STATE" help:"What a word of that system means: issued, active, frozen, voided or redeemed. More than once for several."`
}

// shownRejects is how many rows are told on the terminal that are not taken in.
const shownRejects = 10

// Validate is asked before anything is opened.
func (c *importCommand) Validate() error {
	_, err := c.mapping()
	return err
}

// Run imports cards, or tells what would become of it.
func (c *importCommand) Run(ctx context.Context, w world) error {
	mapping, err := c.mapping()
	if err != nil {
		return err
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		product, err := productOf(e, c.Product)
		if err != nil {
			return err
		}
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(mostMemory))
		of := &intake{command: c, engine: e, product: product, mapping: mapping}
		if err := of.survey(w); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		if err := of.run(ctx, w); err != nil {
			return fmt.Errorf("%s: %w; whatever was imported stays, and the same command goes on", c.File, err)
		}
		return of.summary(w)
	})
}

func (c *importCommand) mapping() (mapping cardfile.Mapping, err error) {
	if c.Part < 1 || c.Part > engine.CardsOfImport {
		return mapping, fmt.Errorf("--part is %d: write a number from 1 to %d", c.Part, engine.CardsOfImport)
	}
	mapping = cardfile.Mapping{Code: c.Code, Value: c.Value, State: c.State, Currency: c.Currency, Words: map[string]giftcard.State{}}
	for word, text := range c.Means {
		state, known := cardfile.ParseState(text)
		if !known {
			return mapping, fmt.Errorf("--means %s=%s: write issued, active, frozen, voided or redeemed behind the word", word, text)
		}
		mapping.Words[word] = state
	}
	if c.All == "" {
		return mapping, nil
	}
	state, known := cardfile.ParseState(c.All)
	if !known {
		return mapping, fmt.Errorf("--all is %q: write issued, active, frozen or voided", c.All)
	}
	mapping.All = state
	return mapping, nil
}

// intake is a file on its way into the database. It is read twice: before anything is written, it is known to be whole,
// and by which sum it is known when it comes again.
type intake struct {
	command *importCommand
	engine  *engine.Engine
	product catalog.Product
	mapping cardfile.Mapping

	about       os.FileInfo // the file when it was first opened
	sum         []byte
	rows, cards int
	bits        int // of the code that is guessed soonest
	notes       []string

	batch                    string
	rejects                  *rejects
	added, here, rejectedAll int
}

// errChanged says that the second reading has not found what the first has.
var errChanged = errors.New("the file was changed while it was read: import it once nobody writes to it any more")

// reading is one reading of the file.
type reading struct {
	*cardfile.Reader
	file *os.File
	sum  hash.Hash // of what is read so far, and of how it is understood
}

// open begins to read the file.
func (i *intake) open() (r reading, err error) {
	file, err := os.Open(filepath.Clean(i.command.File))
	if err != nil {
		return r, err
	}
	about, err := file.Stat()
	if err != nil || !about.Mode().IsRegular() {
		return r, errors.Join(err, errors.New("it is read twice: name a file, and no pipe"), file.Close())
	}
	if i.about == nil {
		i.about = about
	}
	r = reading{file: file, sum: sha256.New()}
	fmt.Fprintf(r.sum, "%+v\n", i.mapping)
	if r.Reader, err = cardfile.NewReader(io.TeeReader(file, r.sum), i.product, i.mapping); err != nil {
		return r, errors.Join(err, file.Close())
	}
	return r, nil
}

// same fails with errChanged where the file is not the one that was surveyed: by its size and time, and, once it is read
// to its end, by its sum, for a time can be set.
func (i *intake) same(r reading, ended bool) error {
	about, err := r.file.Stat()
	if err != nil {
		return err
	}
	if about.Size() != i.about.Size() || !about.ModTime().Equal(i.about.ModTime()) || ended && !bytes.Equal(r.sum.Sum(nil), i.sum) {
		return errChanged
	}
	return nil
}

// survey reads the file to its end, and says what must be known of it.
func (i *intake) survey(w world) error {
	r, err := i.open()
	if err != nil {
		return err
	}
	err = i.count(r.Reader)
	if err := errors.Join(err, r.file.Close()); err != nil {
		return err
	}
	i.sum, i.notes = r.sum.Sum(nil), r.Notes()
	return i.warn(w)
}

func (i *intake) count(reader *cardfile.Reader) error {
	for {
		row, mistake, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return reader.Rounded()
		case err != nil:
			return err
		case mistake == nil:
			i.cards++
			if i.bits == 0 || row.Code.Bits() < i.bits {
				i.bits = row.Code.Bits()
			}
		}
		i.rows++
	}
}

// warn tells how soon the file's codes are guessed.
func (i *intake) warn(w world) error {
	if len(i.notes) > 0 {
		if _, err := fmt.Fprintf(w.stdout, "Read as: %s.\n", strings.Join(i.notes, ", ")); err != nil {
			return err
		}
	}
	every := engine.FoundEvery(i.bits, i.cards)
	if i.cards == 0 || !engine.SoonGuessed(i.bits) && every > year {
		return nil
	}
	_, err := fmt.Fprintf(w.stderr, "WARNING: the shortest of these codes can be guessed. With %d such cards active, whoever uses up the limit of %d wrong codes in ten minutes finds one in about %s. "+
		"Replace them by our own codes, which cannot be guessed, as soon as you can; see docs/security.md, \"Codes of another system\".\n", i.cards, engine.Guesses(i.bits), roughly(every))
	return err
}

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// roughly is a time as people say it.
func roughly(span time.Duration) string {
	switch {
	case span < time.Hour:
		return fmt.Sprintf("%d minutes", max(1, span/time.Minute))
	case span < 2*day:
		return fmt.Sprintf("%d hours", span/time.Hour)
	case span < 2*year:
		return fmt.Sprintf("%d days", span/day)
	}
	return fmt.Sprintf("%d years", span/year)
}

// run imports the file.
func (i *intake) run(ctx context.Context, w world) (err error) {
	importing, err := i.engine.NewImport(access.Operator(), i.product.ID, i.sum, i.cards, i.command.DryRun)
	if err != nil {
		return err
	}
	i.batch = importing.Batch
	r, err := i.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.file.Close()) }()
	if i.rejects, err = newRejects(i.command.Rejects, r.file, w.stderr); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.rejects.close()) }()
	bar := progress.New(w.stderr, i.rows, "importing")
	defer bar.End()
	for {
		some, mistakes, err := take(r.Reader, i.command.Part)
		rows := len(some) + len(mistakes)
		if err := cmp.Or(i.same(r, err == nil && rows < i.command.Part), err); err != nil || rows == 0 {
			return err
		}
		if err := i.land(ctx, importing, some, mistakes); err != nil {
			return err
		}
		bar.Add(rows)
	}
}

// take reads rows up to a number, those that are wrong apart. Fewer are the last.
func take(reader *cardfile.Reader, most int) (rows []cardfile.Row, mistakes []cardfile.Mistake, err error) {
	for len(rows)+len(mistakes) < most {
		row, mistake, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return rows, mistakes, nil
		case err != nil:
			return nil, nil, err
		case mistake != nil:
			mistakes = append(mistakes, *mistake)
		default:
			rows = append(rows, row)
		}
	}
	return rows, mistakes, nil
}

// land imports some rows, and tells which were not taken in.
func (i *intake) land(ctx context.Context, importing *engine.Import, rows []cardfile.Row, mistakes []cardfile.Mistake) error {
	cards := make([]engine.Foreign, len(rows))
	for at, row := range rows {
		cards[at] = engine.Foreign{Code: row.Code, State: row.State, Value: row.Value}
	}
	landed, err := i.engine.ImportCards(ctx, access.Operator(), importing, cards)
	if err != nil {
		return err
	}
	for at, landing := range landed {
		switch {
		case landing.Error != nil:
			mistakes = append(mistakes, refused(rows[at].Line, landing.Error))
		case landing.Here:
			i.here++
		default:
			i.added++
		}
	}
	slices.SortFunc(mistakes, func(a, b cardfile.Mistake) int { return cmp.Compare(a.Line, b.Line) })
	i.rejectedAll += len(mistakes)
	return i.rejects.write(mistakes)
}

// remedies are what to do where the rules refuse a card.
var remedies = map[error]string{
	giftcard.ErrValue:         "import the card into a product whose cards can hold what is left on it",
	giftcard.ErrUsedElsewhere: "leave it out",
	giftcard.ErrOtherCard:     "correct the line, or take it out; a state is changed with scrip cards activate, freeze or void",
}

func refused(line int, why error) cardfile.Mistake {
	return cardfile.Mistake{Line: line, Reason: why.Error(), Remedy: remedies[why]}
}

func (i *intake) summary(w world) error {
	says := "Imported: %d. Here already: %d. Rejected: %d.\n"
	if i.command.DryRun {
		says = "Nothing was changed. Would be imported: %d. Here already: %d. Would be rejected: %d.\n"
	}
	if _, err := fmt.Fprintf(w.stdout, says, i.added, i.here, i.rejectedAll); err != nil {
		return err
	}
	if i.added > 0 && !i.command.DryRun {
		if _, err := fmt.Fprintf(w.stdout, "The cards are batch %s.\n", i.batch); err != nil {
			return err
		}
	}
	if i.rejectedAll > 0 {
		return exit(exitFailed)
	}
	return nil
}
