package locale

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Named is a country and its name in a language.
type Named struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// cldrFile is a file that cldr/generate.mjs has written. Patterns are CLDR's own.
type cldrFile struct {
	CLDR      string
	Tag       string
	Numbers   numbersFile
	Dates     datesFile
	List      listFile
	Countries []Named
}

type listFile struct{ Two, Start, Middle, End string }

func (l *Language) readCLDR(files fs.FS) error {
	file := "cldr/" + l.tag + ".json"
	text, err := fs.ReadFile(files, file)
	if err != nil {
		return err
	}
	var read cldrFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		return fileError(file, err)
	}
	if err := l.compile(read); err != nil {
		return fileError(file, err)
	}
	return nil
}

func (l *Language) compile(read cldrFile) error {
	if read.Tag != l.tag {
		return fmt.Errorf("is of the language %q", read.Tag)
	}
	var err error
	if l.numbers, err = newNumbers(read.Numbers); err != nil {
		return err
	}
	if l.dates, err = newDates(read.Dates); err != nil {
		return err
	}
	if l.list, err = newListPattern(read.List); err != nil {
		return err
	}
	l.countries = read.Countries
	l.names = make(map[string]string, len(read.Countries))
	for _, country := range read.Countries {
		l.names[country.Code] = country.Name
	}
	return nil
}

// Country is the name of a country of ISO 3166, such as "FR", or its code if there is none.
func (l *Language) Country(code string) string {
	if name, known := l.names[code]; known {
		return name
	}
	return code
}

// Countries are all countries of ISO 3166, in the order of their names in the language.
func (l *Language) Countries() []Named { return slices.Clone(l.countries) }

// A listPattern joins texts; CLDR's four patterns each have something between {0} and {1} only.
type listPattern struct{ two, start, middle, end string }

func newListPattern(read listFile) (listPattern, error) {
	var joints [4]string
	for at, pattern := range []string{read.Two, read.Start, read.Middle, read.End} {
		before, last := strings.CutPrefix(pattern, "{0}")
		between, first := strings.CutSuffix(before, "{1}")
		if !first || !last {
			return listPattern{}, fmt.Errorf("list pattern %q is not {0}…{1}", pattern)
		}
		joints[at] = between
	}
	return listPattern{joints[0], joints[1], joints[2], joints[3]}, nil
}

// List joins texts, as in "A, B, and C".
func (l *Language) List(items []string) string {
	last := len(items) - 1
	switch {
	case last < 1:
		return strings.Join(items, "")
	case last == 1:
		return items[0] + l.list.two + items[1]
	}
	return items[0] + l.list.start + strings.Join(items[1:last], l.list.middle) + l.list.end + items[last]
}
