package web

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Brand is how the service shows itself. Colours are written #rrggbb.
type Brand struct {
	Name         string
	Accent       string
	AccentText   string // on the accent; empty: black or white, whichever reads better
	SupportEmail string
	WatchURL     string // where one watches; empty: the membership page
}

var errColour = errors.New("web: a brand's colour is written #rrggbb")

// readable is the contrast that WCAG asks of text, level AA.
const readable = 4.5

// The ink that stands on colours, and the backgrounds in light and dark that a link must be read on.
var (
	white     = colour{255, 255, 255}
	black     = colour{20, 18, 26}
	lightPage = colour{246, 244, 240}
	darkCard  = colour{35, 33, 43}
)

// complete fills in what was left out.
func (b Brand) complete() (Brand, error) {
	b.Name = cmp.Or(b.Name, "Scrip")
	b.Accent = cmp.Or(b.Accent, "#5b2be0")
	b.WatchURL = cmp.Or(b.WatchURL, "/account")
	accent, err := parseColour(b.Accent)
	if err != nil {
		return b, err
	}
	if b.AccentText == "" {
		b.AccentText = white.String()
		if accent.contrast(white) < accent.contrast(black) {
			b.AccentText = black.String()
		}
	}
	_, err = parseColour(b.AccentText)
	return b, err
}

// css gives the style sheet the brand's colours; as a text's colour, the accent is made readable.
func (b Brand) css() string {
	accent, _ := parseColour(b.Accent)
	return fmt.Sprintf(":root{--accent:%s;--accent-text:%s;--link:%s}\n@media (prefers-color-scheme:dark){:root{--link:%s}}\n",
		b.Accent, b.AccentText, accent.toward(black, lightPage), accent.toward(white, darkCard))
}

type colour struct{ red, green, blue uint8 }

func parseColour(text string) (colour, error) {
	if len(text) != 7 || text[0] != '#' {
		return colour{}, errColour
	}
	number, err := strconv.ParseUint(text[1:], 16, 24)
	if err != nil {
		return colour{}, errColour
	}
	return colour{uint8(number >> 16), uint8(number >> 8), uint8(number)}, nil
}

func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.red, c.green, c.blue) }

// toward mixes c with another colour until it can be read on a background.
func (c colour) toward(other, background colour) colour {
	const steps = 20
	mix := func(from, to uint8, step int) uint8 {
		return uint8((int(from)*(steps-step) + int(to)*step) / steps)
	}
	for step := range steps {
		mixed := colour{mix(c.red, other.red, step), mix(c.green, other.green, step), mix(c.blue, other.blue, step)}
		if mixed.contrast(background) >= readable {
			return mixed
		}
	}
	return other
}

// contrast is WCAG 2's ratio of two colours, 1 to 21.
func (c colour) contrast(other colour) float64 {
	a, b := c.luminance(), other.luminance()
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

func (c colour) luminance() float64 {
	linear := func(channel uint8) float64 {
		value := float64(channel) / 255
		if value <= 0.04045 {
			return value / 12.92
		}
		return math.Pow((value+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.red) + 0.7152*linear(c.green) + 0.0722*linear(c.blue)
}
