package proof

import (
	"image/color"
	"strconv"
	"strings"
)

// colour reads a colour as in #5b3df5; black is what cannot be read.
func colour(text string) (red, green, blue int) {
	all, err := strconv.ParseUint(strings.TrimPrefix(text, "#"), 16, 24)
	if err != nil {
		return 0, 0, 0
	}
	return int(all >> 16), int(all >> 8 & 0xff), int(all & 0xff)
}

// isBar reports whether a point of a bar code is dark.
func isBar(at color.Color) bool {
	red, _, _, _ := at.RGBA()
	return red == 0
}
