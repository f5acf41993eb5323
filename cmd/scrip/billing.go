package main

import (
	"context"
	"fmt"

	"scrip/access"
	"scrip/engine"
	"scrip/progress"
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
		bar := progress.New(w.stderr, due, "billing run")
		done, failed := 0, 0
		for {
			pass, err := e.LiveSomeDue(ctx, access.Loop())
			done += pass.Done
			failed += len(pass.Failed)
			for account, reason := range pass.Failed {
				fmt.Fprintf(w.stderr, "scrip: account %s rests for an hour: %v\n", account, reason)
			}
			bar.Add(pass.Done + len(pass.Failed))
			if ctx.Err() != nil {
				bar.End()
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
		bar.End()
		if _, err := fmt.Fprintf(w.stdout, "%d accounts done, %d failed\n", done, failed); err != nil || failed == 0 {
			return err
		}
		return exit(exitFailed)
	})
}
