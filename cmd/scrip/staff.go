package main

import (
	"context"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2/table"

	"scrip/access"
	"scrip/engine"
)

type staffCommand struct {
	Add    addStaffCommand    `cmd:"" help:"Let somebody make a passkey, by a link that is shown once and counts once, for a day. Of somebody who is there already, it sets the role and ends the sessions."`
	List   listStaffCommand   `cmd:"" help:"List who signs in with a passkey."`
	Remove removeStaffCommand `cmd:"" help:"End somebody's passkeys and sessions, at once."`
}

type addStaffCommand struct {
	database
	Name string `arg:"" help:"By which it is recorded what the person does, 1 to 320 characters."`
	Role string `required:"" help:"What the person is there for: agent, manager or auditor."`
}

// Run adds a person.
func (c *addStaffCommand) Run(ctx context.Context, w world) error {
	person, err := access.ParsePerson(c.Name)
	if err != nil {
		return err
	}
	duty, err := access.ParseDuty(c.Role)
	if err != nil {
		return fmt.Errorf("--role is %q: %w", c.Role, err)
	}
	settings, err := c.settings(w)
	if err != nil {
		return err
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		enrolment, err := e.AddStaff(ctx, access.Operator(), person, duty)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w.stdout, strings.TrimRight(settings.BaseURL, "/")+"/staff/enrol/"+enrolment)
		return err
	})
}

type listStaffCommand struct{ database }

// Run lists persons.
func (c *listStaffCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		staff, err := e.Staff(ctx, access.Operator())
		if err != nil {
			return err
		}
		shown := table.New().Headers("name", "role", "added", "removed")
		for _, person := range staff {
			shown.Row(person.Name, person.Duty, minute(person.CreatedAt), minute(person.EndedAt))
		}
		_, err = fmt.Fprintln(w.stdout, shown)
		return err
	})
}

type removeStaffCommand struct {
	database
	Name string `arg:"" help:"The person's name, as list shows it."`
}

// Run removes a person.
func (c *removeStaffCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		if err := e.EndStaff(ctx, access.Operator(), access.Person(c.Name)); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w.stdout, "%s: removed\n", c.Name)
		return err
	})
}
