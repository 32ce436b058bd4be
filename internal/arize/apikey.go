package arize

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	redacted = "[redacted]"
	noKey    = "[no key]"

	// maxKeyBytes keeps a Secret that holds something else altogether out of a header; servers refuse headers beyond
	// about 8 KiB anyway.
	maxKeyBytes = 4096
)

// APIKey is the secret that Arize knows a caller by. It cannot be printed: every way of formatting, logging or
// marshalling it says that there is a key, never which. The zero value is no key.
type APIKey struct {
	// A function, because fmt and reflection walk into unexported strings, even behind pointers, without asking
	// String; they cannot look into a closure. It also makes == on keys a compile error: use Equal.
	reveal func() string
}

// NewAPIKey takes a key as people store it: surrounding white space (the trailing newline of a file, a byte order
// mark) is dropped. It refuses, without quoting it, what is empty, too long, or cannot be a bearer token in a header.
func NewAPIKey(secret string) (APIKey, error) {
	key := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(secret), "\ufeff"))
	switch {
	case key == "":
		return APIKey{}, errors.New("the API key is empty")
	case len(key) > maxKeyBytes:
		return APIKey{}, fmt.Errorf("the API key is longer than %d bytes", maxKeyBytes)
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return APIKey{}, errors.New("the API key contains white space or a character outside printable ASCII; " +
			"give the bare key, without \"Bearer\"")
	}
	return APIKey{reveal: func() string { return key }}, nil
}

// IsZero reports whether there is no key.
func (k APIKey) IsZero() bool { return k.reveal == nil }

// Equal compares in constant time (keys of different length apart).
func (k APIKey) Equal(o APIKey) bool {
	return subtle.ConstantTimeCompare([]byte(k.secret()), []byte(o.secret())) == 1
}

// Redact replaces the key wherever it occurs in s: plain, percent-encoded, or escaped as in a quoted string.
func (k APIKey) Redact(s string) string {
	secret := k.secret()
	if secret == "" || s == "" {
		return s
	}
	quoted := strconv.Quote(secret)
	spellings := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1]}
	// The longest first, else replacing one spelling could break up another and leave a piece of the key behind.
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	for _, spelling := range spellings {
		s = strings.ReplaceAll(s, spelling, redacted)
	}
	return s
}

// String says whether there is a key.
func (k APIKey) String() string {
	if k.IsZero() {
		return noKey
	}
	return redacted
}

// GoString is String, for %#v.
func (k APIKey) GoString() string { return k.String() }

// Format writes String, whatever the verb: without it %x and %d would look inside.
func (k APIKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText is String.
func (k APIKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// MarshalJSON is String as a JSON string.
func (k APIKey) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }

// LogValue is String, for log/slog.
func (k APIKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

func (k APIKey) secret() string {
	if k.reveal == nil {
		return ""
	}
	return k.reveal()
}
