package arize_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize"
)

func TestNewAPIKey(t *testing.T) {
	for name, test := range map[string]struct {
		in      string
		refused bool
	}{
		"a key":                                {in: "ak-1234"},
		"a trailing newline is dropped":        {in: "ak-1234\n"},
		"white space all around is dropped":    {in: " \t\r\nak-1234\r\n"},
		"a byte order mark is dropped":         {in: "\ufeffak-1234\n"},
		"empty":                                {in: "", refused: true},
		"nothing but white space":              {in: " \n\t", refused: true},
		"a scheme before it":                   {in: "Bearer ak-1234", refused: true},
		"two lines":                            {in: "ak-1234\nak-5678", refused: true},
		"a header smuggled in":                 {in: "ak-1234\r\nX-Admin: 1", refused: true},
		"a control character":                  {in: "ak-\x001234", refused: true},
		"not ASCII":                            {in: "ak-ü234", refused: true},
		"invalid UTF-8":                        {in: "ak-\xff234", refused: true},
		"as long as a header can take":         {in: strings.Repeat("k", 4096)},
		"a whole file instead of a key":        {in: strings.Repeat("k", 4097), refused: true},
		"an invisible space in front of a key": {in: "\u200bak-1234", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := arize.NewAPIKey(test.in)
			if got := err != nil; got != test.refused {
				t.Fatalf("refused = %v, want %v: %v", got, test.refused, err)
			}
			if key.IsZero() != test.refused {
				t.Errorf("IsZero = %v with error %v", key.IsZero(), err)
			}
			if err != nil && strings.Contains(err.Error(), "1234") {
				t.Errorf("the error quotes the key: %v", err)
			}
		})
	}
	if got, want := mustKey(t, " ak-1\n"), mustKey(t, "ak-1"); !got.Equal(want) {
		t.Error("a key with white space around it differs from the bare key")
	}
}

func TestAPIKeyEqual(t *testing.T) {
	one, same, other := mustKey(t, "ak-1"), mustKey(t, "ak-1"), mustKey(t, "ak-2")
	for _, test := range []struct {
		name string
		a, b arize.APIKey
		want bool
	}{
		{"the same key", one, same, true},
		{"another key", one, other, false},
		{"a longer key", one, mustKey(t, "ak-11"), false},
		{"no key", one, arize.APIKey{}, false},
		{"no keys", arize.APIKey{}, arize.APIKey{}, true},
	} {
		if got := test.a.Equal(test.b); got != test.want {
			t.Errorf("%s: Equal = %v, want %v", test.name, got, test.want)
		}
	}
}

// TestKeyDoesNotPrint formats everything that holds a key in every way that anybody might.
func TestKeyDoesNotPrint(t *testing.T) {
	key := mustKey(t, secret)
	opts := arize.Options{APIKey: key, BaseURL: "https://example.com"}
	client := mustNew(t, opts)
	values := map[string]any{
		"key": key, "pointer to key": &key, "options": opts, "pointer to options": &opts, "client": client, "client value": *client,
		"slice": []arize.APIKey{key}, "map": map[string]arize.APIKey{"k": key}, "map key pointer": map[*arize.APIKey]bool{&key: true},
		"nested": struct{ inner any }{struct{ k *arize.APIKey }{&key}},
		"hidden": struct{ k arize.APIKey }{key},
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%10.2s"} {
			expectNoKey(t, name+" as "+verb, fmt.Sprintf(verb, value))
		}
		expectNoKey(t, name+" in an error", fmt.Errorf("wrapped: %v", value).Error())
		encoded, err := json.Marshal(value)
		expectNoKey(t, name+" as JSON", fmt.Sprint(string(encoded), err))

		var logged bytes.Buffer
		for _, handler := range []slog.Handler{
			slog.NewJSONHandler(&logged, nil), slog.NewTextHandler(&logged, nil),
		} {
			slog.New(handler).With("bound", value).Info(name, "value", value, slog.Group("group", "value", value))
		}
		expectNoKey(t, name+" in slog", logged.String())
	}
	if text, err := key.MarshalText(); err != nil || string(text) != "[redacted]" {
		t.Errorf("MarshalText = %q, %v", text, err)
	}
	if got := fmt.Sprint(key, arize.APIKey{}); got != "[redacted] [no key]" {
		t.Errorf("printed: %s", got)
	}
}

func expectNoKey(t *testing.T, where, text string) {
	t.Helper()
	inHex := fmt.Sprintf("%x", secret)
	for _, spelling := range []string{secret, secret[:8], inHex[:16], strings.ToUpper(inHex[:16])} {
		if strings.Contains(text, spelling) {
			t.Errorf("%s shows the key: %s", where, text)
		}
	}
}

func TestRedact(t *testing.T) {
	key := mustKey(t, secret)
	quoted := strconv.Quote(secret)
	for name, test := range map[string]struct{ in, want string }{
		"nothing":          {"", ""},
		"another text":     {"all is well", "all is well"},
		"the key":          {secret, "[redacted]"},
		"in a sentence":    {"bad key " + secret + ".", "bad key [redacted]."},
		"more than once":   {secret + secret, "[redacted][redacted]"},
		"quoted":           {"got " + quoted, `got "[redacted]"`},
		"in a query":       {"?k=" + url.QueryEscape(secret), "?k=[redacted]"},
		"in a path":        {"/" + url.PathEscape(secret), "/[redacted]"},
		"in another case":  {strings.ToUpper(secret), strings.ToUpper(secret)},
		"a part of a word": {"x" + secret + "y", "x[redacted]y"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := key.Redact(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if got := (arize.APIKey{}).Redact("all is well"); got != "all is well" {
		t.Errorf("no key redacts: %q", got)
	}
}
