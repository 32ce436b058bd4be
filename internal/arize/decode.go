package arize

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// Bounds on what a body may unfold into: eight megabytes of commas would otherwise become hundreds in memory.
const (
	maxItems       = 10_000 // on one page; Arize sends at most MaxPageSize
	maxPermissions = 10_000 // of one role; 145 are known
)

// unmarshal decodes JSON and forgives values of the wrong type: encoding/json leaves those out, goes on with the rest,
// and reports the first of them at the end.
func unmarshal(data []byte, into any) error {
	return forgiveTypes(json.Unmarshal(withoutBOM(data), into))
}

func forgiveTypes(err error) error {
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil
	}
	return err
}

// items is a JSON array of objects, decoded one by one so that only those with an id take up memory.
type items[T interface{ id() string }] struct {
	list  []T
	found bool // there was an array
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *items[T]) UnmarshalJSON(data []byte) error {
	if data[0] != '[' {
		return nil
	}
	l.found = true
	elements := json.NewDecoder(bytes.NewReader(data))
	if _, err := elements.Token(); err != nil {
		return err
	}
	for elements.More() {
		var item T
		if err := forgiveTypes(elements.Decode(&item)); err != nil {
			return err
		}
		if item.id() == "" {
			continue
		}
		if len(l.list) == maxItems {
			return errTooMany
		}
		l.list = append(l.list, item)
	}
	return nil
}

// pagination is how Arize ends a page.
type pagination struct {
	HasMore    json.RawMessage `json:"has_more"` // raw, to tell false from what is missing or of another type
	NextCursor string          `json:"next_cursor"`
}

// check refuses a page that would let a part of a list pass for all of it.
func (p pagination) check(foundList bool) error {
	switch {
	case !foundList:
		return errNoList
	case !p.more() && string(p.HasMore) != "false":
		return errNoHasMore
	}
	return nil
}

func (p pagination) more() bool { return string(p.HasMore) == "true" }

// cursor is empty on the last page, whatever the server says.
func (p pagination) cursor() string {
	if !p.more() {
		return ""
	}
	return p.NextCursor
}

// permissions is a JSON array of strings, sorted and unique. What is not a string is left out.
type permissions []string

// UnmarshalJSON implements json.Unmarshaler.
func (p *permissions) UnmarshalJSON(data []byte) error {
	if bytes.Count(data, []byte(",")) > maxPermissions {
		return errTooMany
	}
	var list []string
	if err := unmarshal(data, &list); err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	slices.Sort(list)
	*p = nil
	list = slices.Compact(list)
	for i, name := range list {
		list[i] = Intern(name)
	}
	if len(list) > 0 {
		*p = slices.Clip(list)
	}
	return nil
}

// timestamp is zero for what is not RFC 3339.
func timestamp(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
