// Package locale holds the languages in which pages and mails are written. A language is a file:
// messages/xx.toml has its sentences, cldr/xx.json has how it writes money, numbers, dates, lists and
// countries. Every language has exactly the messages of English, with the same placeholders, or the
// program does not start. No number passes through floating point, and nothing here panics in a page:
// what is missing shows between « and ».
//
// To add a language, run node cldr/generate.mjs with its tag, and write its messages.
package locale

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

//go:embed messages/*.toml cldr/*.json
var files embed.FS

// english is the language of which all others are translations, and the one for everybody else.
const english = "en"

// acceptMost is the longest Accept-Language header that is read, in bytes.
const acceptMost = 1000

// Bundle holds all languages. It does not change after Load.
type Bundle struct {
	languages []*Language // English first, then by tag
	matcher   language.Matcher
}

// Language is one language: its sentences, and how it writes values.
type Language struct {
	tag       string
	messages  map[string]message
	plural    pluralRule
	numbers   numbers
	dates     dates
	list      listPattern
	names     map[string]string
	countries []Named
}

// Load reads all languages that the program carries. An error names the file and the message.
func Load() (*Bundle, error) { return load(files) }

func load(files fs.FS) (*Bundle, error) {
	paths, err := fs.Glob(files, "messages/*.toml")
	if err != nil {
		return nil, err
	}
	bundle := &Bundle{}
	for _, file := range paths {
		read, err := readLanguage(files, strings.TrimSuffix(path.Base(file), ".toml"))
		if err != nil {
			return nil, err
		}
		bundle.add(read)
	}
	if err := bundle.check(); err != nil {
		return nil, err
	}
	bundle.matcher = language.NewMatcher(bundle.tags())
	return bundle, nil
}

func readLanguage(files fs.FS, tag string) (*Language, error) {
	read := &Language{tag: tag}
	if err := read.readCLDR(files); err != nil {
		return nil, err
	}
	return read, read.readMessages(files)
}

func (b *Bundle) add(read *Language) {
	if read.tag == english {
		b.languages = slices.Insert(b.languages, 0, read)
		return
	}
	b.languages = append(b.languages, read)
}

func (b *Bundle) tags() []language.Tag {
	tags := make([]language.Tag, len(b.languages))
	for at, each := range b.languages {
		tags[at] = language.Make(each.tag)
	}
	return tags
}

// Languages are all languages, English first.
func (b *Bundle) Languages() []*Language { return slices.Clone(b.languages) }

// Language is the language that a tag such as "fr" names.
func (b *Bundle) Language(tag string) (*Language, bool) {
	for _, each := range b.languages {
		if each.tag == tag {
			return each, true
		}
	}
	return nil, false
}

// English is the language that every other translates.
func (b *Bundle) English() *Language { return b.languages[0] }

// Match is the language to use with a person whose browser sends an Accept-Language header. The
// preferred tags, such as the account's own and that of the link, go before it in their order; those
// that are empty or no language are passed over. English is for everybody else.
func (b *Bundle) Match(acceptLanguage string, preferred ...string) *Language {
	var wanted []language.Tag
	for _, tag := range preferred {
		if parsed, err := language.Parse(tag); err == nil {
			wanted = append(wanted, parsed)
		}
	}
	if len(acceptLanguage) <= acceptMost {
		accepted, _, err := language.ParseAcceptLanguage(acceptLanguage)
		if err == nil {
			wanted = append(wanted, accepted...)
		}
	}
	_, at, confidence := b.matcher.Match(wanted...)
	if confidence == language.No {
		return b.English()
	}
	return b.languages[at]
}

// Keys are the keys of all messages, sorted: for the test that looks for each in the program's text.
func (b *Bundle) Keys() []string { return b.English().keys() }

// Tag is the language's tag, as in <html lang="fr">.
func (l *Language) Tag() string { return l.tag }

// Name is the language's name in itself, as in "Français".
func (l *Language) Name() string { return l.T("language.name") }

// String is the tag.
func (l *Language) String() string { return l.tag }

// fileError says which file is wrong, and of what language.
func fileError(file string, err error) error { return fmt.Errorf("locale/%s: %w", file, err) }
