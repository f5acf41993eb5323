package locale

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check holds the law of the package: every language has English's messages and placeholders.
func (b *Bundle) check() error {
	if len(b.languages) == 0 || b.languages[0].tag != english {
		return errors.New("locale/messages/en.toml: missing")
	}
	var faults []error
	for _, each := range b.languages {
		if err := each.check(b.languages[0]); err != nil {
			faults = append(faults, fileError("messages/"+each.tag+".toml", err))
		}
	}
	return errors.Join(faults...)
}

func (l *Language) check(original *Language) error {
	for _, key := range l.keys() {
		if !original.Has(key) {
			return fmt.Errorf("%s: English has no such message", key)
		}
	}
	for _, key := range original.keys() {
		translated, has := l.messages[key]
		if !has {
			return fmt.Errorf("%s: missing", key)
		}
		if err := l.checkForms(original.messages[key], translated); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// checkForms asks a plural message for a form for every count, and for English's placeholders in each
// form. The count itself may be left out ("the last day") and put in ("1 day").
func (l *Language) checkForms(original, translated message) error {
	if original.forms == nil {
		if translated.forms != nil {
			return errors.New("has plural forms, and English has none")
		}
		return checkNames(original.other, translated.other, pluralOther)
	}
	for _, name := range l.plural.known {
		if _, has := translated.forms[name]; !has && name != pluralOther {
			return fmt.Errorf("the form %q is missing", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(translated.forms)) {
		if err := checkNames(original.other, translated.forms[name], name); err != nil {
			return err
		}
	}
	return checkNames(original.other, translated.other, pluralOther)
}

func checkNames(original, translated form, name string) error {
	want, got := original.placeholders(), translated.placeholders()
	if !slices.Equal(want, got) {
		return fmt.Errorf("the form %q has the placeholders [%s], English has [%s]",
			name, strings.Join(got, " "), strings.Join(want, " "))
	}
	return nil
}

// placeholders are the names that a caller of T or N has to give.
func (f form) placeholders() []string {
	names := slices.DeleteFunc(slices.Clone(f.names), func(name string) bool { return name == countName })
	slices.Sort(names)
	return slices.Compact(names)
}
