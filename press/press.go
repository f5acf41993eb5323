// Package press writes the codes of a batch of cards for the printer: a folder of CSV files, one a part, each encrypted
// to the printer's key. Its law: a part is whole and on the disk before its cards are in the database, and what never
// came into the database is removed before a run goes on.
package press

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/gofrs/flock"

	"scrip/engine"
	"scrip/store"
)

var (
	// ErrKey says that a text is not a public key of age.
	ErrKey = errors.New("a printer's key is an age public key: age1…, which age-keygen prints")
	// ErrSecretKey says that a key is the one that decrypts, which nobody but the printer may have.
	ErrSecretKey = errors.New("this is a secret key: take the public key, age1…, and have the printer make a new pair, for this one was shown")
	// ErrBusy says that somebody else writes the same batch into the same folder.
	ErrBusy = errors.New("another run writes this batch into this folder")
	// ErrMissing says that a part whose cards are in the database is not in the folder as it was written.
	ErrMissing = errors.New("it is in the database and not in the folder as it was written: name the folder into which the batch was begun")
)

const (
	clearEnding = ".csv"
	ageEnding   = ".csv.age"
	lockEnding  = ".lock"
)

// ParseKeys reads age public keys, each of which alone opens the files. Nothing of what was entered is repeated.
func ParseKeys(texts []string) ([]age.Recipient, error) {
	var keys []age.Recipient
	for _, text := range texts {
		if strings.Contains(strings.ToUpper(text), "AGE-SECRET-KEY") {
			return nil, ErrSecretKey
		}
		some, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, ErrKey
		}
		keys = append(keys, some...)
	}
	return keys, nil
}

// Press writes one run of a batch.
type Press struct {
	folder string
	run    engine.Run
	keys   []age.Recipient
	lock   *flock.Flock
}

// Ready makes a folder where there is none, and fails where nothing can be written into it: so a batch is not begun that
// has nowhere to go.
func Ready(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".*"+lockEnding)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// Open takes a folder for a run, and makes it where there is none. Without keys, the files are in the clear. It checks
// that the parts that the run has already are there, removes what else there is of the batch, and fails with ErrBusy or
// ErrMissing.
func Open(folder string, run engine.Run, keys []age.Recipient) (*Press, error) {
	if err := Ready(folder); err != nil {
		return nil, err
	}
	p := &Press{folder, run, keys, flock.New(filepath.Join(folder, run.Batch+lockEnding))}
	held, err := p.lock.TryLock()
	switch {
	case err != nil:
		return nil, err
	case !held:
		return nil, ErrBusy
	}
	if err := p.clean(); err != nil {
		return nil, errors.Join(err, p.lock.Unlock())
	}
	return p, nil
}

// Close leaves the folder to others.
func (p *Press) Close() error {
	return errors.Join(os.Remove(p.lock.Path()), p.lock.Unlock())
}

// clean removes the files of parts that never came into the database, once those that did are known to be there.
func (p *Press) clean() error {
	keep := map[string]bool{}
	for _, part := range p.run.Parts {
		name, err := p.find(part)
		if err != nil {
			return fmt.Errorf("part %d of batch %s: %w", part.Number, p.run.Batch, err)
		}
		keep[filepath.Base(name)] = true
	}
	files, err := os.ReadDir(p.folder) // and no pattern, for a folder's name may be one
	if err != nil {
		return err
	}
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), p.run.Batch+"-") || keep[file.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(p.folder, file.Name())); err != nil {
			return err
		}
	}
	return syncFolder(p.folder)
}

// find is the file of a part, in whichever form it was written.
func (p *Press) find(part store.Part) (string, error) {
	for _, ending := range []string{ageEnding, clearEnding} {
		name := p.name(part.Number, ending)
		sum, err := sumOf(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil || sum == part.Sum {
			return name, err
		}
	}
	return "", ErrMissing
}

func (p *Press) name(part int, ending string) string {
	return filepath.Join(p.folder, fmt.Sprintf("%s-%04d%s", p.run.Batch, part, ending))
}

// Print writes a part, and returns once it is on the disk, and its name too. Its sum is the file's SHA-256.
func (p *Press) Print(part int, cards []engine.Printed) (sum string, err error) {
	ending := ageEnding
	if len(p.keys) == 0 {
		ending = clearEnding
	}
	file, err := os.OpenFile(p.name(part, ending), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(file, digest), 1<<16)
	err = p.encrypt(buffered, cards)
	for _, finish := range []func() error{buffered.Flush, file.Sync} {
		if err == nil {
			err = finish()
		}
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), syncFolder(p.folder)
}

func (p *Press) encrypt(to io.Writer, cards []engine.Printed) error {
	if len(p.keys) == 0 {
		return p.write(to, cards)
	}
	sealed, err := age.Encrypt(to, p.keys...)
	if err != nil {
		return err
	}
	if err := p.write(sealed, cards); err != nil {
		return err
	}
	return sealed.Close()
}

func (p *Press) write(to io.Writer, cards []engine.Printed) error {
	product := p.run.Product
	value := product.Value.Decimal()
	if !product.Most.IsZero() {
		value += "-" + product.Most.Decimal()
	}
	buffered := bufio.NewWriter(to)
	table := csv.NewWriter(buffered)
	if err := table.Write([]string{"serial", "code", "product", "value", "currency", "batch"}); err != nil {
		return err
	}
	for _, card := range cards {
		row := []string{card.Serial.String(), card.Code.Reveal(), string(product.ID), value, product.Value.Currency().String(), p.run.Batch}
		if err := table.Write(row); err != nil {
			return err
		}
	}
	table.Flush()
	return errors.Join(table.Error(), buffered.Flush())
}

func sumOf(name string) (sum string, err error) {
	file, err := os.Open(filepath.Clean(name))
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	_, err = io.Copy(digest, file)
	return hex.EncodeToString(digest.Sum(nil)), errors.Join(err, file.Close())
}

// syncFolder has the names in a folder be on the disk.
func syncFolder(name string) error {
	folder, err := os.Open(filepath.Clean(name))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
