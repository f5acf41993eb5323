package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"

	"scrip/access"
	"scrip/engine"
)

type billingCommand struct {
	Run billingRunCommand `cmd:"" help:"Do all that is due on accounts now, and show how far it is. It may be stopped and begun again at any point, and runs beside servers."`
}

type billingRunCommand struct{ database }

// Run lives all accounts on which something is due. Status 1 says that some could not be, or that it was
// stopped before the end.
func (b *billingRunCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, b.database, func(e *engine.Engine) error {
		due, err := e.CountDue(ctx)
		if err != nil {
			return err
		}
		bar := progress(w, due, "billing run")
		done, failed := 0, 0
		for {
			pass, err := e.LiveSomeDue(ctx, access.Loop())
			done += pass.Done
			failed += len(pass.Failed)
			for account, reason := range pass.Failed {
				fmt.Fprintf(w.stderr, "scrip: account %s rests for an hour: %v\n", account, reason)
			}
			bar.set(done + failed)
			if ctx.Err() != nil {
				bar.end()
				fmt.Fprintf(w.stdout, "stopped: %d accounts done; begin it again to go on\n", done)
				return exit(exitFailed)
			}
			if err != nil {
				return err
			}
			if pass.Done+len(pass.Failed) == 0 {
				break
			}
		}
		bar.end()
		if _, err := fmt.Fprintf(w.stdout, "%d accounts done, %d failed\n", done, failed); err != nil || failed == 0 {
			return err
		}
		return exit(exitFailed)
	})
}

// bar is a progress bar on a terminal, and nothing elsewhere.
type bar struct{ *progressbar.ProgressBar }

func progress(w world, total int, what string) bar {
	file, is := w.stderr.(*os.File)
	if !is {
		return bar{}
	}
	if about, err := file.Stat(); err != nil || about.Mode()&os.ModeCharDevice == 0 {
		return bar{}
	}
	return bar{progressbar.NewOptions(total, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish())}
}

func (b bar) set(done int) {
	if b.ProgressBar != nil {
		// What cannot be drawn is no reason to stop a billing run.
		_ = b.Set(done)
	}
}

func (b bar) end() {
	if b.ProgressBar != nil {
		_ = errors.Join(b.Finish(), b.Exit())
	}
}
