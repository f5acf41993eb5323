package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"scrip/access"
	"scrip/engine"
	"scrip/feed"
	"scrip/store"
	"scrip/webhook"
)

// eventList is a page of the list of events. It has a next page always, for there will be more.
type eventList struct {
	Data []feed.Event `json:"data"`
	Next string       `json:"next,omitzero" says:"Cursor of what stands behind: keep it beside what you have handled. There is none while there was no event at all."`
	More bool         `json:"more" says:"There may be more already."`
}

// toldEvent is one event, and where it was delivered.
type toldEvent struct {
	Event      feed.Event `json:"event"`
	Deliveries []delivery `json:"deliveries" says:"To whichever endpoint; one that was delivered is known for seven days."`
}

// delivery is how the delivery of an event to an endpoint stands.
type delivery struct {
	Endpoint  string              `json:"endpoint"`
	State     store.DeliveryState `json:"state" enum:"queued,delivered,dead"`
	Attempts  int                 `json:"attempts"`
	Answered  int                 `json:"answered,omitzero" says:"The status of the last answer."`
	Problem   string              `json:"problem,omitzero" says:"What was wrong at last."`
	CreatedAt time.Time           `json:"created_at"`
	DueAt     *time.Time          `json:"due_at,omitzero" says:"Of one whose turn it is: the next attempt."`
	SettledAt *time.Time          `json:"settled_at,omitzero" says:"When it was taken, or given up."`
}

// deadLetter is an event that an endpoint did not take.
type deadLetter struct {
	Event    feed.Event `json:"event"`
	Delivery delivery   `json:"delivery"`
}

// endpoint is where events are delivered.
type endpoint struct {
	ID        string              `json:"id"`
	URL       string              `json:"url"`
	Types     []feed.Type         `json:"types" says:"That it wants; none for all."`
	State     store.EndpointState `json:"state" enum:"enabled,disabled,gone" says:"gone: it answered 410."`
	CreatedAt time.Time           `json:"created_at"`
	OldUntil  *time.Time          `json:"old_secret_until,omitzero" says:"Until then messages are signed with the secret before, too."`
	RestsTill *time.Time          `json:"rests_until,omitzero" says:"It took nothing at last."`
}

// countedEndpoint is an endpoint with what became of its events.
type countedEndpoint struct {
	Endpoint   endpoint                      `json:"endpoint"`
	Deliveries map[store.DeliveryState]int64 `json:"deliveries" says:"How many are in which state."`
}

// madeEndpoint is a new endpoint with its secret.
type madeEndpoint struct {
	ID        string      `json:"id"`
	URL       string      `json:"url"`
	Types     []feed.Type `json:"types"`
	CreatedAt time.Time   `json:"created_at"`
	signing
}

// signing is a secret that is shown.
type signing struct {
	Secret string    `json:"secret,omitzero" says:"What signs its messages. It is told again under the same Idempotency-Key until secret_until, and never after."`
	Until  time.Time `json:"secret_until"`
}

// renewedSecret is an endpoint's new secret.
type renewedSecret struct {
	Endpoint string    `json:"endpoint"`
	OldUntil time.Time `json:"old_secret_until" says:"Until then messages are signed with the secret before, too."`
	signing
}

// changedEndpoint is what a change of an endpoint came to.
type changedEndpoint struct {
	ID    string              `json:"id"`
	State store.EndpointState `json:"state" enum:"enabled,disabled,gone,deleted"`
}

func eventOperations() []operation {
	get := func(id, path, says string) operation {
		return operation{ID: id, Method: http.MethodGet, Path: path, Tag: "events", Scope: access.ReadEvents, Says: says}
	}
	of := get("listAccountEvents", "/v1/accounts/{account}/events", "The events of one account, in the order of their numbers.")
	of.Scope = access.ReadAccounts
	return []operation{
		route(get("listEvents", "/v1/events", "All events, in one order that never changes. Going on from next misses nothing, and gets nothing twice."), listEvents),
		route(get("getEvent", "/v1/events/{event}", "One event, and where it was delivered."), getEvent),
		route(of, listAccountEvents),
	}
}

func endpointOperations() []operation {
	get := func(id, path, says string) operation {
		return operation{ID: id, Method: http.MethodGet, Path: "/v1/endpoints" + path, Tag: "endpoints", Scope: access.ManageEndpoints, Says: says}
	}
	does := func(id, path, says string) operation {
		return operation{ID: id, Method: http.MethodPost, Path: "/v1/endpoints" + path, Tag: "endpoints", Scope: access.ManageEndpoints, Change: true, Says: says}
	}
	makes := does("createEndpoint", "", "Has what is told from now on delivered to an address, signed as Standard Webhooks describes.")
	makes.Status = http.StatusCreated
	return []operation{
		route(makes, createEndpoint),
		route(get("listEndpoints", "", "Where events are delivered."), listEndpoints),
		route(get("getEndpoint", "/{endpoint}", "An endpoint, and how many events were delivered to it lately, wait, or were given up."), getEndpoint),
		route(does("changeEndpoint", "/{endpoint}", "Has events delivered elsewhere, or others. What is queued goes to the new address."), changeEndpoint),
		route(does("enableEndpoint", "/{endpoint}/enable", "Delivers again to an endpoint that was disabled, or was gone, from where it stopped on."), turning((*engine.Engine).EnableEndpoint)),
		route(does("disableEndpoint", "/{endpoint}/disable", "Delivers nothing to the endpoint until it is enabled."), turning((*engine.Engine).DisableEndpoint)),
		route(does("deleteEndpoint", "/{endpoint}/delete", "Forgets the endpoint, and all that was queued for it."), turning((*engine.Engine).DeleteEndpoint)),
		route(does("rotateSecret", "/{endpoint}/rotate", "Gives the endpoint a new secret. For a while messages are signed with the old one, too."), rotateSecret),
		route(get("listDeadLetters", "/{endpoint}/dead-letters", "The events that the endpoint did not take, and that were given up."), listDeadLetters),
		route(does("redeliverEvent", "/{endpoint}/redeliver", "Sends one event to the endpoint now, whatever became of it before."), redeliverEvent),
		route(does("replayEvents", "/{endpoint}/replay", "Delivers again everything that was told since an instant, in order and under the same ids."), replayEvents),
	}
}

type eventPage struct {
	Cursor feed.Cursor `query:"cursor" says:"Where the list goes on: next of the page before."`
	Limit  limit       `query:"limit" says:"How many at most; 50 where it is left out."`
}

func (p eventPage) most() int { return int(cmp.Or(p.Limit, usualPage)) }

func listEvents(c *call, in eventPage) (eventList, error) {
	return eventsOf(c.site.Engine.Events(c.Context(), c.actor, in.Cursor, in.most()))
}

func listAccountEvents(c *call, in struct {
	accountInput
	eventPage
}) (eventList, error) {
	id, err := c.account(in.Account)
	if err != nil {
		return eventList{}, err
	}
	return eventsOf(c.site.Engine.EventsOf(c.Context(), c.actor, id, in.Cursor, in.most()))
}

func eventsOf(page engine.Events, err error) (eventList, error) {
	if errors.Is(err, feed.ErrCursor) {
		return eventList{}, &inputError{In: "query", Field: "cursor", Says: cursorRemedy}
	}
	return eventList{append([]feed.Event{}, page.Events...), page.Next.String(), page.More}, err
}

func getEvent(c *call, in struct {
	Event feed.ID `path:"event" says:"The event's id."`
}) (toldEvent, error) {
	event, deliveries, err := c.site.Engine.Event(c.Context(), c.actor, in.Event)
	return toldEvent{event, each(deliveries, deliveryOf)}, err
}

func deliveryOf(d store.Delivery) delivery {
	return delivery{d.Endpoint, d.State, d.Attempts, d.Answered, d.Problem, d.CreatedAt, at(d.DueAt), at(d.SettledAt)}
}

// at is an instant, or nothing where there is none.
func at(instant time.Time) *time.Time {
	if instant.IsZero() {
		return nil
	}
	return &instant
}

type endpointInput struct {
	Endpoint endpointID `path:"endpoint" says:"The endpoint's id."`
}

// receiverInput is where events go, and which.
type receiverInput struct {
	URL   endpointURL `json:"url" says:"An https address that is public, or on a network that the operator allows."`
	Types []feed.Type `json:"types,omitzero" says:"Those that it wants; all where none are named."`
}

func (in receiverInput) webhook() engine.Webhook {
	return engine.Webhook{URL: string(in.URL), Types: in.Types}
}

func createEndpoint(c *call, in receiverInput) (madeEndpoint, error) {
	made, secret, again, err := c.site.Engine.CreateEndpoint(c.Context(), c.actor, c.key, in.webhook())
	c.replayed(again)
	if err == nil {
		c.w.Header().Set("Location", "/v1/endpoints/"+made.ID)
	}
	return madeEndpoint{made.ID, made.URL, append([]feed.Type{}, made.Types...), made.CreatedAt, shown(secret, made.Secret)}, err
}

// shown is a secret as it is told, or what is told where it is told no more.
func shown(secret webhook.Secret, named engine.NamedSecret) signing {
	if secret == (webhook.Secret{}) {
		return signing{Until: named.Until}
	}
	return signing{secret.Reveal(), named.Until}
}

func rotateSecret(c *call, in struct {
	endpointInput
	Overlap hours `json:"overlap_hours" says:"For how long messages are signed with the old secret, too."`
}) (renewedSecret, error) {
	overlap := time.Duration(in.Overlap) * time.Hour
	renewed, secret, again, err := c.site.Engine.RotateSecret(c.Context(), c.actor, c.key, string(in.Endpoint), overlap)
	c.replayed(again)
	return renewedSecret{renewed.Endpoint, renewed.OldUntil, shown(secret, renewed.Secret)}, err
}

func endpointOf(e store.Endpoint) endpoint {
	return endpoint{e.ID, e.URL, append([]feed.Type{}, e.Types...), e.State, e.CreatedAt, at(e.OldUntil), at(e.RestsUntil)}
}

func listEndpoints(c *call, in struct{ page }) (list[endpoint], error) {
	all, err := c.site.Engine.Endpoints(c.Context(), c.actor, string(in.Cursor), in.most())
	return listed(all, in.most(), endpointOf, func(e store.Endpoint) string { return e.ID }), err
}

func getEndpoint(c *call, in endpointInput) (countedEndpoint, error) {
	found, counts, err := c.site.Engine.Endpoint(c.Context(), c.actor, string(in.Endpoint))
	return countedEndpoint{endpointOf(found), counts}, err
}

// changed is what a change of an endpoint came to.
func (c *call) changed(e engine.ChangedEndpoint, again bool, err error) (changedEndpoint, error) {
	c.replayed(again)
	return changedEndpoint(e), err
}

func changeEndpoint(c *call, in struct {
	endpointInput
	receiverInput
}) (changedEndpoint, error) {
	return c.changed(c.site.Engine.ChangeEndpoint(c.Context(), c.actor, c.key, string(in.Endpoint), in.webhook()))
}

// turning is a change of an endpoint that takes nothing but its id.
func turning(turn func(*engine.Engine, context.Context, access.Actor, string, string) (engine.ChangedEndpoint, bool, error)) func(*call, endpointInput) (changedEndpoint, error) {
	return func(c *call, in endpointInput) (changedEndpoint, error) {
		return c.changed(turn(c.site.Engine, c.Context(), c.actor, c.key, string(in.Endpoint)))
	}
}

// listDeadLetters lists pages that may end in an empty one.
func listDeadLetters(c *call, in struct {
	endpointInput
	eventPage
}) (list[deadLetter], error) {
	dead, next, err := c.site.Engine.DeadLetters(c.Context(), c.actor, string(in.Endpoint), in.Cursor, in.most())
	shown := list[deadLetter]{Data: each(dead, func(d engine.DeadLetter) deadLetter { return deadLetter{d.Event, deliveryOf(d.Delivery)} })}
	if len(dead) == in.most() {
		shown.Next = next.String()
	}
	return shown, err
}

func redeliverEvent(c *call, in struct {
	endpointInput
	Event feed.ID `json:"event" says:"The event's id."`
}) (changedEndpoint, error) {
	return c.changed(c.site.Engine.Redeliver(c.Context(), c.actor, c.key, string(in.Endpoint), in.Event))
}

func replayEvents(c *call, in struct {
	endpointInput
	Since time.Time `json:"since" says:"What was told from then on is delivered again."`
}) (changedEndpoint, error) {
	return c.changed(c.site.Engine.Replay(c.Context(), c.actor, c.key, string(in.Endpoint), in.Since))
}
