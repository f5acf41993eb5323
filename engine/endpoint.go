package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"scrip/access"
	"scrip/feed"
	"scrip/giftcode"
	"scrip/store"
	"scrip/webhook"
)

var (
	// ErrNoEndpoint says that there is no such endpoint.
	ErrNoEndpoint = errors.New("there is no such endpoint")
	// ErrManyEndpoints says that there are as many endpoints as there may be.
	ErrManyEndpoints = errors.New("there are 100 endpoints already: delete one that is not needed")
	// ErrNoEvent says that there is no such event.
	ErrNoEvent = errors.New("there is no such event")
)

const (
	mostEndpoints = 100
	// MostOverlap is for how long an old secret may count beside a new one.
	MostOverlap = 7 * 24 * time.Hour
	// EndpointDeleted is told of an endpoint that is not there any more.
	EndpointDeleted store.EndpointState = "deleted"
)

// Webhook is what an operator asks of an endpoint: where it is, and which types of event it wants, none for all.
type Webhook struct {
	URL   string
	Types []feed.Type
}

// MadeEndpoint is what making an endpoint comes to. It is remembered as it is, and so it has no secret.
type MadeEndpoint struct {
	ID        string      `json:"id"`
	URL       string      `json:"url"`
	Types     []feed.Type `json:"types"`
	CreatedAt time.Time   `json:"created_at"`
	Secret    NamedSecret `json:"secret"`
}

// ChangedEndpoint is what a change of an endpoint comes to.
type ChangedEndpoint struct {
	ID    string              `json:"id"`
	State store.EndpointState `json:"state"`
}

// RenewedSecret is what a new secret of an endpoint comes to. It is remembered as it is, and so it does not have it.
type RenewedSecret struct {
	Endpoint string      `json:"endpoint"`
	Secret   NamedSecret `json:"secret"`
	OldUntil time.Time   `json:"old_until"` // messages are signed with the old secret too
}

// NamedSecret is a secret by its name. It is told again under the same key until an instant.
type NamedSecret struct {
	Name  string    `json:"name"`
	Until time.Time `json:"until"`
}

// secretToldFor is for how long an endpoint's secret is told again under the same key.
const secretToldFor = 24 * time.Hour

// CreateEndpoint has what is told from now on delivered to an address, and gives the secret that signs it: again under
// the same key for a day, and then never. It fails with access.ErrDenied, ErrKeyMissing, ErrKeyReused, webhook.ErrURL,
// webhook.ErrPrivate, feed.ErrType and ErrManyEndpoints.
func (e *Engine) CreateEndpoint(ctx context.Context, actor access.Actor, key string, asked Webhook) (made MadeEndpoint, secret webhook.Secret, replayed bool, err error) {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return made, secret, false, err
	}
	if err := e.checkWebhook(asked); err != nil {
		return made, secret, false, err
	}
	id := store.NewID()
	name := e.newSecret()
	d := deed{actor: actor, operation: "endpoint.create", key: key, input: asked}
	made, replayed, err = once(ctx, e, d, func(tx *store.Tx) (done[MadeEndpoint], error) {
		there, err := tx.Endpoints(ctx, "", mostEndpoints)
		if err == nil && len(there) == mostEndpoints {
			err = ErrManyEndpoints
		}
		if err != nil {
			return done[MadeEndpoint]{}, err
		}
		end, err := tx.FeedEnd(ctx)
		endpoint := store.Endpoint{ID: id, URL: asked.URL, Types: asked.Types, Secret: name, Cursor: feed.At(end)}
		reply := MadeEndpoint{id, asked.URL, asked.Types, tx.Now, NamedSecret{name, tx.Now.Add(secretToldFor)}}
		return done[MadeEndpoint]{Reply: reply, subject: id}, errors.Join(err, tx.AddEndpoint(ctx, endpoint))
	})
	if err != nil {
		return made, secret, replayed, err
	}
	secret, err = e.told(made.ID, made.Secret)
	return made, secret, replayed, err
}

func (e *Engine) checkWebhook(asked Webhook) error {
	if err := e.guard.CheckURL(asked.URL); err != nil {
		return err
	}
	for _, wanted := range asked.Types {
		if _, err := feed.ParseType(string(wanted)); err != nil {
			return err
		}
	}
	return nil
}

// Endpoints are the endpoints behind an id, in the order of their ids.
func (e *Engine) Endpoints(ctx context.Context, actor access.Actor, after string, most int) (endpoints []store.Endpoint, err error) {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		endpoints, err = tx.Endpoints(ctx, after, min(max(most, 1), mostEndpoints))
		return err
	})
	return endpoints, err
}

// Endpoint is one endpoint, and how many events were delivered to it lately, wait, or were given up. It fails with
// access.ErrDenied and ErrNoEndpoint.
func (e *Engine) Endpoint(ctx context.Context, actor access.Actor, id string) (endpoint store.Endpoint, counts map[store.DeliveryState]int64, err error) {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return endpoint, nil, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		if endpoint, err = tx.Endpoint(ctx, id); err != nil {
			return noEndpoint(err)
		}
		counts, err = tx.CountDeliveries(ctx, id)
		return err
	})
	return endpoint, counts, err
}

// ChangeEndpoint has events delivered elsewhere, or others: those that are queued already go to the new address, and
// those of other types stay queued. It fails as CreateEndpoint does, and with ErrNoEndpoint.
func (e *Engine) ChangeEndpoint(ctx context.Context, actor access.Actor, key, id string, asked Webhook) (ChangedEndpoint, bool, error) {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return ChangedEndpoint{}, false, err
	}
	if err := e.checkWebhook(asked); err != nil {
		return ChangedEndpoint{}, false, err
	}
	return e.change(ctx, deed{actor: actor, operation: "endpoint.change", key: key, input: asked}, id, func(tx *store.Tx, endpoint *store.Endpoint) error {
		endpoint.URL, endpoint.Types = asked.URL, asked.Types
		return tx.SaveEndpoint(ctx, *endpoint)
	})
}

// EnableEndpoint has events delivered again to an endpoint that was disabled, or was gone: from where it stopped on. Like
// every change of one that is there, it fails with access.ErrDenied, ErrKeyMissing, ErrKeyReused and ErrNoEndpoint.
func (e *Engine) EnableEndpoint(ctx context.Context, actor access.Actor, key, id string) (ChangedEndpoint, bool, error) {
	return e.change(ctx, deed{actor: actor, operation: "endpoint.enable", key: key}, id, func(tx *store.Tx, endpoint *store.Endpoint) error {
		endpoint.State, endpoint.Failures, endpoint.RestsUntil = store.EndpointEnabled, 0, time.Time{}
		return tx.SaveEndpoint(ctx, *endpoint)
	})
}

// DisableEndpoint has nothing delivered to an endpoint until it is enabled.
func (e *Engine) DisableEndpoint(ctx context.Context, actor access.Actor, key, id string) (ChangedEndpoint, bool, error) {
	return e.change(ctx, deed{actor: actor, operation: "endpoint.disable", key: key}, id, func(tx *store.Tx, endpoint *store.Endpoint) error {
		endpoint.State = store.EndpointDisabled
		return tx.SaveEndpoint(ctx, *endpoint)
	})
}

// DeleteEndpoint forgets an endpoint, and all that was queued for it.
func (e *Engine) DeleteEndpoint(ctx context.Context, actor access.Actor, key, id string) (ChangedEndpoint, bool, error) {
	return e.change(ctx, deed{actor: actor, operation: "endpoint.delete", key: key}, id, func(tx *store.Tx, endpoint *store.Endpoint) error {
		endpoint.State = EndpointDeleted
		return tx.DeleteEndpoint(ctx, id)
	})
}

// RotateSecret gives an endpoint a new secret, shown as CreateEndpoint shows it. For a while, at most MostOverlap,
// messages are signed with the old one too.
func (e *Engine) RotateSecret(ctx context.Context, actor access.Actor, key, id string, overlap time.Duration) (renewed RenewedSecret, secret webhook.Secret, replayed bool, err error) {
	d := deed{actor: actor, operation: "endpoint.rotate", key: key, input: overlap}
	name := e.newSecret()
	renewed, replayed, err = changing(ctx, e, d, id, func(tx *store.Tx, endpoint *store.Endpoint) (RenewedSecret, error) {
		endpoint.OldSecret, endpoint.OldUntil = endpoint.Secret, tx.Now.Add(min(max(overlap, 0), MostOverlap))
		endpoint.Secret = name
		return RenewedSecret{id, NamedSecret{name, tx.Now.Add(secretToldFor)}, endpoint.OldUntil}, tx.SaveEndpoint(ctx, *endpoint)
	})
	if err != nil {
		return renewed, secret, replayed, err
	}
	secret, err = e.told(id, renewed.Secret)
	return renewed, secret, replayed, err
}

// Replay delivers once more to an endpoint what was told since an instant, in the same order and under the same ids.
func (e *Engine) Replay(ctx context.Context, actor access.Actor, key, id string, since time.Time) (ChangedEndpoint, bool, error) {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return ChangedEndpoint{}, false, err
	}
	var from feed.Cursor
	err := e.db.Read(ctx, func(tx *store.Tx) (err error) {
		from, err = tx.FeedSince(ctx, since)
		return err
	})
	if err != nil {
		return ChangedEndpoint{}, false, err
	}
	return e.change(ctx, deed{actor: actor, operation: "endpoint.replay", key: key, input: since}, id, func(tx *store.Tx, endpoint *store.Endpoint) error {
		if from.Position < endpoint.Cursor.Position {
			endpoint.Cursor = from
		}
		return tx.SaveEndpoint(ctx, *endpoint)
	})
}

// Redeliver sends one event to an endpoint now, whatever became of it before and whether or not the endpoint wants its
// type, in no order with others. It fails with ErrNoEvent besides.
func (e *Engine) Redeliver(ctx context.Context, actor access.Actor, key, id string, event feed.ID) (ChangedEndpoint, bool, error) {
	return e.change(ctx, deed{actor: actor, operation: "endpoint.redeliver", key: key, input: event}, id, func(tx *store.Tx, endpoint *store.Endpoint) error {
		key, err := keyOf(ctx, tx, event)
		if err != nil {
			return err
		}
		told, err := eventOf(ctx, tx, key)
		if err != nil {
			return err
		}
		endpoint.RestsUntil = time.Time{}
		again := store.Delivery{DeliveryKey: key, Endpoint: id, Type: told.Type}
		return errors.Join(tx.SaveEndpoint(ctx, *endpoint), tx.SendAgain(ctx, again))
	})
}

// change changes an endpoint that is there, once.
func (e *Engine) change(ctx context.Context, d deed, id string, do func(*store.Tx, *store.Endpoint) error) (ChangedEndpoint, bool, error) {
	return changing(ctx, e, d, id, func(tx *store.Tx, endpoint *store.Endpoint) (ChangedEndpoint, error) {
		err := do(tx, endpoint)
		return ChangedEndpoint{id, endpoint.State}, err
	})
}

func changing[T any](ctx context.Context, e *Engine, d deed, id string, do func(*store.Tx, *store.Endpoint) (T, error)) (reply T, replayed bool, err error) {
	if err := d.actor.May(access.ManageEndpoints, ""); err != nil {
		return reply, false, err
	}
	d.input = []any{id, d.input}
	change := func(tx *store.Tx) (done[T], error) {
		endpoint, err := tx.LockEndpoint(ctx, id)
		if err != nil {
			return done[T]{}, noEndpoint(err)
		}
		reply, err := do(tx, &endpoint)
		return done[T]{Reply: reply, subject: id}, err
	}
	reply, replayed, err = once(ctx, e, d, change)
	if errors.Is(err, ErrNoEndpoint) { // a twin may have deleted it while this one waited for the lock: then its answer is there
		return once(ctx, e, d, change)
	}
	return reply, replayed, err
}

func noEndpoint(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoEndpoint
	}
	return err
}

// newSecret draws a new secret's name, under which it is kept. The secret follows from it and from the endpoint, under a
// key that is not in the database.
func (e *Engine) newSecret() string { return e.secrets[0].ID + ":" + store.NewID() }

// told is a secret that is shown, or none where it is too late.
func (e *Engine) told(endpoint string, named NamedSecret) (webhook.Secret, error) {
	if !e.Now().Before(named.Until) {
		return webhook.Secret{}, nil
	}
	secret, err := e.secretOf(endpoint, named.Name)
	if errors.Is(err, errKeyGone) {
		err = nil
	}
	return secret, err
}

// errKeyGone says that the code key from which an endpoint's secret follows is not in the ring any more.
var errKeyGone = errors.New("the code key that the endpoint's secret follows from is not among the keys: rotate the secret")

// secretOf is the secret of a name.
func (e *Engine) secretOf(endpoint, name string) (webhook.Secret, error) {
	id, _, _ := strings.Cut(name, ":")
	at := slices.IndexFunc(e.secrets, func(key giftcode.Derived) bool { return key.ID == id })
	if at < 0 {
		return webhook.Secret{}, errKeyGone
	}
	return webhook.NewSecret(e.secrets[at].Sum(endpoint + " " + name)), nil
}

// secretsOf are the secrets that an endpoint's messages are signed with now.
func (e *Engine) secretsOf(endpoint store.Endpoint) ([]webhook.Secret, error) {
	now, err := e.secretOf(endpoint.ID, endpoint.Secret)
	if err != nil {
		return nil, err
	}
	secrets := []webhook.Secret{now}
	if e.Now().Before(endpoint.OldUntil) {
		// Where the old key is gone, the new secret alone signs.
		if old, err := e.secretOf(endpoint.ID, endpoint.OldSecret); err == nil {
			secrets = append(secrets, old)
		}
	}
	return secrets, nil
}
