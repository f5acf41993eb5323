package locale

import (
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

const (
	pluralKey   = "plural"
	pluralOther = "other"
)

// sampled is how many counts from 0 have their form kept, and show which forms a language has.
const sampled = 200

// A pluralRule says which plural form a language has for a count. The rules are go-i18n's, and so
// CLDR's: they are asked through a message whose forms are their own names.
type pluralRule struct {
	localizer *i18n.Localizer
	known     [sampled]string
}

func newPluralRule(tag language.Tag) (pluralRule, error) {
	bundle := i18n.NewBundle(tag)
	err := bundle.AddMessages(tag, &i18n.Message{
		ID: pluralKey, Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: pluralOther,
	})
	rule := pluralRule{localizer: i18n.NewLocalizer(bundle, tag.String())}
	for count := range rule.known {
		rule.known[count] = rule.ask(count)
	}
	return rule, err
}

func (r *pluralRule) form(count int) string {
	if count >= 0 && count < len(r.known) {
		return r.known[count]
	}
	return r.ask(count)
}

func (r *pluralRule) ask(count int) string {
	name, err := r.localizer.Localize(&i18n.LocalizeConfig{
		MessageID: pluralKey, PluralCount: count, TemplateParser: template.IdentityParser{},
	})
	if err != nil {
		return pluralOther
	}
	return name
}
