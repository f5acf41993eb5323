package press_test

import (
	"crypto/rand"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/money"
	"scrip/press"
	"scrip/store"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func run(parts ...store.Part) engine.Run {
	usd := money.MustCurrency("USD")
	return engine.Run{Batch: "b1", Cards: 4, Parts: parts, Product: catalog.Product{ID: "us", Value: money.New(1000, usd), Most: money.New(5050, usd)}}
}

func drawn(t *testing.T, count int) []engine.Printed {
	t.Helper()
	cards := make([]engine.Printed, count)
	for at := range cards {
		var err error
		cards[at].Code, err = giftcode.New(rand.Reader)
		must(t, err)
		cards[at].Serial, err = giftcode.NewSerial(rand.Reader)
		must(t, err)
	}
	return cards
}

func printer(t *testing.T) *age.X25519Identity {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	must(t, err)
	return identity
}

func names(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestParseKeys(t *testing.T) {
	identity := printer(t)
	for _, test := range []struct {
		text string
		want error
	}{
		{identity.Recipient().String(), nil}, {"", press.ErrKey}, {"age1short", press.ErrKey}, {"ssh-ed25519 AAAA", press.ErrKey},
		{identity.String(), press.ErrSecretKey}, {strings.ToLower(identity.String()), press.ErrSecretKey},
		{"# secret\n" + identity.String(), press.ErrSecretKey},
	} {
		keys, err := press.ParseKeys([]string{identity.Recipient().String(), test.text})
		if !errors.Is(err, test.want) || err == nil && len(keys) != 2 {
			t.Errorf("ParseKeys = %d keys, %v, want %v", len(keys), err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET-KEY-1") {
			t.Error("the error repeats the key")
		}
	}
}

// TestAPart is opened by the printer's key alone, and holds each card in a line; in the clear, it is the same.
func TestAPart(t *testing.T) {
	identity, cards := printer(t), drawn(t, 2)
	want := [][]string{{"serial", "code", "product", "value", "currency", "batch"}}
	for _, card := range cards {
		want = append(want, []string{card.Serial.String(), card.Code.Reveal(), "us", "10.00-50.50", "USD", "b1"})
	}
	for name, keys := range map[string][]age.Recipient{"b1-0001.csv.age": {identity.Recipient()}, "b1-0001.csv": nil} {
		folder := t.TempDir()
		p, err := press.Open(folder, run(), keys)
		must(t, err)
		sum, err := p.Print(1, cards)
		must(t, err)
		must(t, p.Close())
		if got := names(t, folder); !slices.Equal(got, []string{name}) || len(sum) != 64 {
			t.Fatalf("files: %v, sum %q", got, sum)
		}
		file, err := os.Open(filepath.Join(folder, name))
		must(t, err)
		about, err := file.Stat()
		must(t, err)
		if about.Mode().Perm() != 0o600 {
			t.Errorf("%s: everybody may read it: %v", name, about.Mode())
		}
		rows, err := csv.NewReader(file).ReadAll()
		if keys != nil {
			must(t, func() error { _, err := file.Seek(0, 0); return err }())
			if _, err := age.Decrypt(file, printer(t)); err == nil {
				t.Error("another key opens it")
			}
			must(t, func() error { _, err := file.Seek(0, 0); return err }())
			plain, failed := age.Decrypt(file, identity)
			must(t, failed)
			rows, err = csv.NewReader(plain).ReadAll()
		}
		if err != nil || !slices.EqualFunc(rows, want, slices.Equal[[]string]) {
			t.Errorf("%s has %d rows that are not as they were printed, %v", name, len(rows), err)
		}
		must(t, file.Close())
	}
}

// TestReady leaves nothing in a folder that can be written into.
func TestReady(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "folder")
	must(t, press.Ready(folder))
	if got := names(t, folder); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
	file := filepath.Join(folder, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for _, name := range []string{"", file, "/proc/folder"} {
		if press.Ready(name) == nil {
			t.Errorf("%q is ready", name)
		}
	}
}

// TestAFolderIsNoPattern: what is left of a run goes from a folder of any name, and from no other.
func TestAFolderIsNoPattern(t *testing.T) {
	above := t.TempDir()
	for _, name := range []string{"g[1]", "p*", "bad[", "p-backup", "g1"} {
		must(t, os.Mkdir(filepath.Join(above, name), 0o700))
		must(t, os.WriteFile(filepath.Join(above, name, "b1-0001.csv"), nil, 0o600))
	}
	for _, name := range []string{"g[1]", "p*", "bad["} {
		p, err := press.Open(filepath.Join(above, name), run(), nil)
		must(t, err)
		must(t, p.Close())
		if got := names(t, filepath.Join(above, name)); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, name := range []string{"p-backup", "g1"} {
		if got := names(t, filepath.Join(above, name)); len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestARunGoesOn: parts that are in the database stay, and what else there is of the batch goes.
func TestARunGoesOn(t *testing.T) {
	folder, keys := t.TempDir(), []age.Recipient{printer(t).Recipient()}
	p, err := press.Open(folder, run(), keys)
	must(t, err)
	sum, err := p.Print(1, drawn(t, 2))
	must(t, err)
	_, err = p.Print(2, drawn(t, 2))
	must(t, err)
	if _, err := press.Open(folder, run(), keys); !errors.Is(err, press.ErrBusy) {
		t.Errorf("a second run at once: %v", err)
	}
	must(t, p.Close())
	must(t, os.WriteFile(filepath.Join(folder, "another-0001.csv.age"), nil, 0o600))

	first := store.Part{Number: 1, Cards: 2, Sum: sum}
	p, err = press.Open(folder, run(first), nil) // it may go on in another form
	must(t, err)
	_, err = p.Print(2, drawn(t, 2))
	must(t, err)
	must(t, p.Close())
	if got := names(t, folder); !slices.Equal(got, []string{"another-0001.csv.age", "b1-0001.csv.age", "b1-0002.csv"}) {
		t.Errorf("files: %v", got)
	}
	must(t, os.WriteFile(filepath.Join(folder, "b1-0001.csv.age"), []byte("other"), 0o600))
	for name, parts := range map[string][]store.Part{"changed": {first}, "never there": {first, {Number: 3, Cards: 2, Sum: sum}}} {
		if _, err := press.Open(folder, run(parts...), keys); !errors.Is(err, press.ErrMissing) {
			t.Errorf("a part that is %s: %v", name, err)
		}
	}
	if got := names(t, folder); !slices.Equal(got, []string{"another-0001.csv.age", "b1-0001.csv.age", "b1-0002.csv", "b1.lock"}) {
		t.Errorf("what is missing had files removed: %v", got)
	}
}
