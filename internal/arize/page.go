package arize

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"net/url"
)

// MaxPages ends a list whose server keeps inventing cursors: a million roles are beyond any account.
const MaxPages = 10_000

// maxCursorBytes is what still fits into a URL that servers accept.
const maxCursorBytes = 4096

// page is one page of some list, as an answer.
type page[T any] interface {
	*T
	answer
	next() (cursor string, more bool)
}

// pages makes one request per step of the iteration, and none before the first or after the last.
func pages[T any, P page[T]](
	ctx context.Context, c *Client, op, path string, query url.Values, cursor string,
) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		query := maps.Clone(query) // an iterator may be ranged over more than once
		cursor := cursor
		seen := map[string]bool{cursor: true}
		for range MaxPages {
			if cursor != "" {
				query.Set("cursor", cursor)
			}
			one := P(new(T))
			err := c.do(ctx, request{op: op, method: http.MethodGet, path: path, query: query}, one)
			if err != nil {
				yield(nil, err)
				return
			}
			following, more := one.next()
			if reason := badCursor(following, more, seen); reason != "" {
				yield(nil, &Error{Op: op, StatusCode: http.StatusOK, Err: &failure{text: reason}})
				return
			}
			if !yield(one, nil) || !more {
				return
			}
			cursor = following
			seen[cursor] = true
		}
		yield(nil, &Error{Op: op, StatusCode: http.StatusOK, Err: &failure{text: "the list does not end"}})
	}
}

// badCursor says what is wrong with a promise of more, or nothing. Going on with such a cursor would never end;
// stopping quietly would pass a part of the list for all of it.
func badCursor(cursor string, more bool, seen map[string]bool) string {
	switch {
	case !more:
		return ""
	case cursor == "":
		return "the page promises more without a cursor"
	case len(cursor) > maxCursorBytes:
		return "the cursor of the next page is too long"
	case seen[cursor]:
		return "the cursor of the next page repeats an earlier one"
	}
	return ""
}
