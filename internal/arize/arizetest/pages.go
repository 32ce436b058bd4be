package arizetest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
)

const (
	defaultLimit = 50
	maxLimit     = 100
)

// pagination is the end of every page. NextCursor is there only when there is more.
type pagination struct {
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// position is what a cursor means: the list it belongs to, and the last item that was given.
type position struct {
	List  string `json:"l"`
	Last  int64  `json:"n"`
	Empty bool   `json:"e,omitempty"` // the empty page before the next items was given
}

// cursorPrefix is "++//" in base64: whoever puts a cursor into a query without escaping it finds out at once.
var cursorPrefix = []byte{0xfb, 0xef, 0xff}

// page cuts one page out of items, newest first, which is as good an order as any. What is deleted between two pages
// does not shift the others, and what is created meanwhile is not seen: the page after an item is that of older ones.
// The lock is held.
func page[T any](s *Server, c *call, list string, items []T, number func(T) int64) ([]T, pagination, refusal) {
	limit, problem := readLimit(c.query.Get("limit"))
	if problem != nil {
		return nil, pagination{}, problem
	}
	given := c.query.Get("cursor")
	at, problem := readCursor(given, list)
	if problem != nil {
		return nil, pagination{}, problem
	}
	if s.settings.EmptyPages && !at.Empty {
		at.Empty = true
		return nil, pagination{true, makeCursor(at)}, nil
	}
	if s.settings.PageCap > 0 {
		limit = min(limit, s.settings.PageCap)
	}
	slices.SortFunc(items, func(x, y T) int { return cmp.Compare(number(y), number(x)) })
	items = slices.DeleteFunc(items, func(item T) bool { return at.Last != 0 && number(item) >= at.Last })
	info := pagination{}
	if len(items) > limit {
		items = items[:limit]
		info = pagination{true, makeCursor(position{List: list, Last: number(items[limit-1])})}
	}
	if s.settings.RepeatCursor && given != "" {
		info = pagination{true, given}
	}
	return items, info, nil
}

func readLimit(text string) (int, refusal) {
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, unreadable("limit must be a number from 1 to %d", maxLimit)
	}
	return limit, nil
}

// makeCursor makes an opaque text of a position; the sum keeps clients from making their own.
func makeCursor(at position) string {
	payload := encode(at)
	return base64.StdEncoding.EncodeToString(slices.Concat(cursorPrefix, sum(payload), payload))
}

func readCursor(text, list string) (position, refusal) {
	if text == "" {
		return position{List: list}, nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	payload, ok := bytes.CutPrefix(raw, cursorPrefix)
	if err != nil || !ok || len(payload) < 8 || !bytes.Equal(payload[:8], sum(payload[8:])) {
		return position{}, unreadable("the cursor is not one of ours: it must be sent as it was given, percent-encoded")
	}
	var at position
	if json.Unmarshal(payload[8:], &at) != nil || at.List != list {
		return position{}, unreadable("the cursor belongs to another list, or to another filter")
	}
	return at, nil
}

// sum does not depend on the server: a cursor survives a restart with a state file.
func sum(payload []byte) []byte {
	whole := sha256.Sum256(slices.Concat([]byte("cursor"), payload))
	return whole[:8]
}
