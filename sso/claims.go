package sso

import (
	"slices"
	"strings"

	"scrip/access"
)

// claims are what a token says of a person.
type claims map[string]any

func (c claims) text(name string) string {
	text, _ := c[name].(string) // what is no text says nothing
	return text
}

// person is the name under which it is recorded what somebody does: what people call them, and the provider's own id,
// which alone stays the same and is nobody else's.
func (c claims) person(subject string) (access.Person, error) {
	for _, name := range []string{"email", "preferred_username"} {
		if called := c.text(name); called != "" {
			return access.ParsePerson(called + " (" + subject + ")")
		}
	}
	return access.ParsePerson(subject)
}

// groups are the values of a claim: one text or a list of them, at the top or within others.
func (c claims) groups(claim string) []string {
	value, has := c[claim]
	if outer, inner, within := strings.Cut(claim, "."); !has && within {
		deeper, _ := c[outer].(map[string]any) // a nil map holds nothing
		return claims(deeper).groups(inner)
	}
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, each := range value {
			if text, is := each.(string); is {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// duty is what a person of these groups is there for: of several the one with the most rights.
func (p *Provider) duty(groups []string) access.Duty {
	for _, duty := range access.Duties {
		if slices.ContainsFunc(p.Groups[duty], func(group string) bool { return slices.Contains(groups, group) }) {
			return duty
		}
	}
	return ""
}
