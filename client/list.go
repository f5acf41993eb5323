package client

import (
	"context"
	"iter"
	"maps"
	"net/url"
)

// page is a page of a list.
type page[T any] struct {
	Data []T    `json:"data"`
	Next string `json:"next"`
}

// list is all of a list, a page after the other. It ends with the first error.
func list[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		asked := url.Values{"limit": {"200"}}
		maps.Copy(asked, query)
		for {
			read, err := get[page[T]](ctx, c, path, asked)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, one := range read.Data {
				if !yield(one, nil) {
					return
				}
			}
			if read.Next == "" {
				return
			}
			asked.Set("cursor", read.Next)
		}
	}
}

// given are those of some parameters that have a value: names and values by turns.
func given(pairs ...string) url.Values {
	query := url.Values{}
	for at := 0; at < len(pairs); at += 2 {
		if pairs[at+1] != "" {
			query.Set(pairs[at], pairs[at+1])
		}
	}
	return query
}
