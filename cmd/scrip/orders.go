package main

import (
	"context"
	"errors"
	"fmt"

	"scrip/access"
	"scrip/engine"
)

type ordersCommand struct {
	Refund refundCommand `cmd:"" help:"Have the money of orders that were placed online go back, of which nobody has had anything: their cards are dead from then on. A running server sends the money back."`
}

type refundCommand struct {
	database
	Orders []string `arg:"" name:"order" help:"Ids of orders, as their receipts tell them."`
}

// Run refunds orders.
func (c *refundCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		var failed []error
		for _, order := range c.Orders {
			err := e.RefundOrder(ctx, access.Operator(), order)
			if err != nil {
				failed = append(failed, fmt.Errorf("order %s: %w", order, err))
				continue
			}
			_, err = fmt.Fprintf(w.stdout, "%s: the money goes back.\n", order)
			failed = append(failed, err)
		}
		return errors.Join(failed...)
	})
}
