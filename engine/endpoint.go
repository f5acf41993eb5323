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
)

// Webhook is what an operator asks of an endpoint: where it is, and which types of event it wants, none for all.
type Webhook struct {
	URL   string
	Types []feed.Type
}

// CreateEndpoint has what is told from now on delivered to an address, and gives the secret that signs it: the only
// time at which it is shown. It fails with access.ErrDenied, webhook.ErrURL, webhook.ErrPrivate, feed.ErrType and
// ErrManyEndpoints.
func (e *Engine) CreateEndpoint(ctx context.Context, actor access.Actor, asked Webhook) (endpoint store.Endpoint, secret webhook.Secret, err error) {
	if err := errors.Join(actor.May(access.ManageEndpoints, ""), e.checkWebhook(asked)); err != nil {
		return endpoint, secret, err
	}
	id := store.NewID()
	name, secret := e.newSecret(id)
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		there, err := tx.Endpoints(ctx, "", mostEndpoints)
		if err == nil && len(there) == mostEndpoints {
			err = ErrManyEndpoints
		}
		if err != nil {
			return err
		}
		end, err := tx.FeedEnd(ctx)
		endpoint = store.Endpoint{ID: id, URL: asked.URL, Types: asked.Types, Secret: name, State: store.EndpointEnabled,
			Cursor: feed.At(end), CreatedAt: tx.Now}
		return errors.Join(err, tx.AddEndpoint(ctx, endpoint))
	})
	return endpoint, secret, err
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
func (e *Engine) ChangeEndpoint(ctx context.Context, actor access.Actor, id string, asked Webhook) error {
	if err := e.checkWebhook(asked); err != nil {
		return err
	}
	return e.change(ctx, actor, id, func(_ *store.Tx, endpoint *store.Endpoint) error {
		endpoint.URL, endpoint.Types = asked.URL, asked.Types
		return nil
	})
}

// EnableEndpoint has events delivered again to an endpoint that was disabled, or was gone: from where it stopped on.
func (e *Engine) EnableEndpoint(ctx context.Context, actor access.Actor, id string) error {
	return e.change(ctx, actor, id, func(_ *store.Tx, endpoint *store.Endpoint) error {
		endpoint.State, endpoint.Failures, endpoint.RestsUntil = store.EndpointEnabled, 0, time.Time{}
		return nil
	})
}

// DisableEndpoint has nothing delivered to an endpoint until it is enabled.
func (e *Engine) DisableEndpoint(ctx context.Context, actor access.Actor, id string) error {
	return e.change(ctx, actor, id, func(_ *store.Tx, endpoint *store.Endpoint) error {
		endpoint.State = store.EndpointDisabled
		return nil
	})
}

// RotateSecret gives an endpoint a new secret, shown only now. For a while, at most MostOverlap, messages are signed
// with the old one too.
func (e *Engine) RotateSecret(ctx context.Context, actor access.Actor, id string, overlap time.Duration) (webhook.Secret, error) {
	name, secret := e.newSecret(id)
	err := e.change(ctx, actor, id, func(tx *store.Tx, endpoint *store.Endpoint) error {
		endpoint.OldSecret, endpoint.OldUntil = endpoint.Secret, tx.Now.Add(min(max(overlap, 0), MostOverlap))
		endpoint.Secret = name
		return nil
	})
	return secret, err
}

// Replay delivers once more to an endpoint what was told since an instant, in the same order and under the same ids. It
// fails with access.ErrDenied and ErrNoEndpoint.
func (e *Engine) Replay(ctx context.Context, actor access.Actor, id string, since time.Time) error {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return err
	}
	var from feed.Cursor
	err := e.db.Read(ctx, func(tx *store.Tx) (err error) {
		from, err = tx.FeedSince(ctx, since)
		return err
	})
	if err != nil {
		return err
	}
	return e.change(ctx, actor, id, func(_ *store.Tx, endpoint *store.Endpoint) error {
		if from.Position < endpoint.Cursor.Position {
			endpoint.Cursor = from
		}
		return nil
	})
}

// DeleteEndpoint forgets an endpoint, and all that was queued for it.
func (e *Engine) DeleteEndpoint(ctx context.Context, actor access.Actor, id string) error {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockEndpoint(ctx, id); err != nil {
			return noEndpoint(err)
		}
		return tx.DeleteEndpoint(ctx, id)
	})
}

func (e *Engine) change(ctx context.Context, actor access.Actor, id string, do func(*store.Tx, *store.Endpoint) error) error {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		endpoint, err := tx.LockEndpoint(ctx, id)
		if err != nil {
			return noEndpoint(err)
		}
		return errors.Join(do(tx, &endpoint), tx.SaveEndpoint(ctx, endpoint))
	})
}

func noEndpoint(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoEndpoint
	}
	return err
}

// newSecret draws a secret for an endpoint, and the name under which it is kept. The secret follows from the name under a
// key that is not in the database.
func (e *Engine) newSecret(endpoint string) (name string, secret webhook.Secret) {
	key := e.secrets[0]
	name = key.ID + ":" + store.NewID()
	return name, webhook.NewSecret(key.Sum(endpoint + " " + name))
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
