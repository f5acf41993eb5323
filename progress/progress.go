// Package progress shows on a terminal how far something long has come, and nothing anywhere else.
package progress

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// redrawn is how often a bar is drawn at most.
const redrawn = 100 * time.Millisecond

// Bar is a progress bar. What cannot be drawn stops nothing. It may be used by many at once.
type Bar struct{ drawn *progressbar.ProgressBar }

// New is a bar of a total on a writer, if that is a terminal.
func New(to io.Writer, total int, what string) Bar {
	file, is := to.(*os.File)
	if !is {
		return Bar{}
	}
	if about, err := file.Stat(); err != nil || about.Mode()&os.ModeCharDevice == 0 {
		return Bar{}
	}
	return Bar{progressbar.NewOptions(total, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(redrawn), progressbar.OptionClearOnFinish())}
}

// Add goes on by some.
func (b Bar) Add(count int) {
	if b.drawn != nil {
		_ = b.drawn.Add(count)
	}
}

// End takes the bar away.
func (b Bar) End() {
	if b.drawn != nil {
		_ = errors.Join(b.drawn.Finish(), b.drawn.Exit())
	}
}
