package locale

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"scrip/calendar"
	"scrip/money"
)

// countName is the placeholder that N fills with its count.
const countName = "Count"

// A message has one form, or several of which the count chooses.
type message struct {
	other form
	forms map[string]form // by CLDR's names; nil if the message has one form
}

// A form is the text between placeholders, and the placeholders: text, placeholder, text, …, text.
type form struct {
	texts []string
	names []string
}

// T is the message of a key. The args are names and values in turn: "Amount", amount, "Until", date.
// Values are written as the language writes them (see Value). A key that does not exist, or a
// placeholder without a value, shows between « and ».
func (l *Language) T(key string, args ...any) string {
	found, known := l.messages[key]
	if !known {
		return missing(key)
	}
	return l.fill(found.other, args)
}

// N is the message of a key in the plural form that the language has for the count, which the
// message may show as {{.Count}}.
func (l *Language) N(key string, count int, args ...any) string {
	found, known := l.messages[key]
	if !known {
		return missing(key)
	}
	chosen, has := found.forms[l.plural.form(count)]
	if !has {
		chosen = found.other
	}
	return l.fill(chosen, append([]any{countName, count}, args...))
}

// Has reports whether there is a message of that key.
func (l *Language) Has(key string) bool {
	_, known := l.messages[key]
	return known
}

// Value writes a value as the language does: an amount, a date (in full), a rate (in percent), a whole
// number, a list of texts. A text and all else stay as they are.
func (l *Language) Value(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case money.Amount:
		return l.Money(value)
	case calendar.Date:
		return l.Date(value)
	case money.Rate:
		return l.Percent(value)
	case int:
		return l.Number(int64(value))
	case int64:
		return l.Number(value)
	case []string:
		return l.List(value)
	}
	return fmt.Sprint(value)
}

func (l *Language) fill(chosen form, args []any) string {
	if len(chosen.names) == 0 {
		return chosen.texts[0]
	}
	var text strings.Builder
	text.WriteString(chosen.texts[0])
	for at, name := range chosen.names {
		text.WriteString(l.argument(name, args))
		text.WriteString(chosen.texts[at+1])
	}
	return text.String()
}

// argument is the last value of a name, so that a caller of N may write the count in its own way.
func (l *Language) argument(name string, args []any) string {
	for at := len(args)/2*2 - 2; at >= 0; at -= 2 {
		if args[at] == name {
			return l.Value(args[at+1])
		}
	}
	return missing(name)
}

func missing(name string) string { return "«" + name + "»" }

func (l *Language) keys() []string { return slices.Sorted(maps.Keys(l.messages)) }

func (l *Language) readMessages(files fs.FS) error {
	file := "messages/" + l.tag + ".toml"
	text, err := fs.ReadFile(files, file)
	if err != nil {
		return err
	}
	read, err := i18n.ParseMessageFileBytes(text, file, map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
	if err != nil {
		return fileError(file, err)
	}
	if l.plural, err = newPluralRule(language.Make(l.tag)); err != nil {
		return fileError(file, err)
	}
	l.messages = make(map[string]message, len(read.Messages))
	for _, each := range read.Messages {
		if l.messages[each.ID], err = newMessage(each); err != nil {
			return fileError(file, fmt.Errorf("%s: %w", each.ID, err))
		}
	}
	return nil
}

func newMessage(read *i18n.Message) (message, error) {
	if read.Description != "" || read.Hash != "" || read.LeftDelim != "" || read.RightDelim != "" {
		return message{}, fmt.Errorf("description, hash, leftDelim and rightDelim cannot be part of a key")
	}
	texts := map[string]string{
		"zero": read.Zero, "one": read.One, "two": read.Two, "few": read.Few, "many": read.Many, "other": read.Other,
	}
	maps.DeleteFunc(texts, func(_, text string) bool { return text == "" })
	forms := make(map[string]form, len(texts))
	for name, text := range texts {
		parsed, err := parseForm(text)
		if err != nil {
			return message{}, err
		}
		forms[name] = parsed
	}
	if len(forms[pluralOther].texts) == 0 {
		return message{}, fmt.Errorf("the text, or the form %q of it, is missing", pluralOther)
	}
	if len(forms) == 1 {
		return message{other: forms[pluralOther]}, nil
	}
	return message{forms[pluralOther], forms}, nil
}

// parseForm reads a text with placeholders such as {{.Amount}}, which are all that it may hold of Go's
// template language: translators write sentences, not programs.
func parseForm(text string) (form, error) {
	trees, err := parse.Parse("message", text, "{{", "}}")
	if err != nil {
		return form{}, err
	}
	read := form{texts: []string{""}}
	for _, node := range trees["message"].Root.Nodes {
		if plain, is := node.(*parse.TextNode); is {
			read.texts[len(read.texts)-1] += string(plain.Text)
			continue
		}
		name, is := placeholder(node)
		if !is {
			return form{}, fmt.Errorf("%v is not a placeholder such as {{.Name}}", node)
		}
		read.names = append(read.names, name)
		read.texts = append(read.texts, "")
	}
	return read, nil
}

func placeholder(node parse.Node) (string, bool) {
	action, is := node.(*parse.ActionNode)
	if !is || len(action.Pipe.Decl) > 0 || len(action.Pipe.Cmds) != 1 || len(action.Pipe.Cmds[0].Args) != 1 {
		return "", false
	}
	field, is := action.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if !is || len(field.Ident) != 1 {
		return "", false
	}
	return field.Ident[0], true
}
