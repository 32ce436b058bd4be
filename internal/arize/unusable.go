package arize

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
)

// The bodies that nothing can be made of, in the words of a message.
var (
	errNoID      = &failure{text: "the answer has no usable id"}
	errNoList    = &failure{text: "the answer has no list of items"}
	errNoHasMore = &failure{text: "the answer does not say whether there are more pages"}
	errTooMany   = &failure{text: "the answer lists more than anybody could use"}
	errTooLarge  = &failure{text: "the answer is too large"}
	errCutShort  = &failure{text: "the answer is cut short"}
	errEmpty     = &failure{text: "answered with an empty body"}
	errHTML      = &failure{text: "answered with HTML instead of JSON"}
	errNotJSON   = &failure{text: "answered with something that is not JSON"}
	errNoProblem = &failure{text: "answered with JSON that is not a problem document"}
	errStranger  = &failure{text: "answered with JSON that is not from Arize; check the base URL"}
)

// unusable says what is wrong with a body that could not be decoded because of err.
func unusable(resp *http.Response, body []byte, err error) error {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return err
	}
	body = withoutBOM(body)
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return errEmpty
	case isHTML(resp, body):
		return errHTML
	case bytes.ContainsAny(body[:1], "{[") && syntax.Offset >= int64(len(body)):
		return errCutShort
	}
	return errNotJSON
}

// tooLarge says what is too large; body is how it begins.
func tooLarge(resp *http.Response, body []byte) error {
	if isHTML(resp, withoutBOM(body)) {
		return errHTML // how large somebody's error page is helps nobody
	}
	return errTooLarge
}

func isHTML(resp *http.Response, body []byte) bool {
	return mediaType(resp) == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// withoutBOM skips a byte order mark, as RFC 8259 allows.
func withoutBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\ufeff")) }

func mediaType(resp *http.Response) string {
	parsed, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return parsed
}

// redirect refuses to follow, because the key would go to wherever the answer says. It names scheme and host alone: the
// rest of a Location may hold secrets.
func (c *Client) redirect(resp *http.Response) error {
	location, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || location.Host == "" {
		return &failure{text: "redirects to another path; check the base URL"}
	}
	target := url.URL{Scheme: location.Scheme, Host: location.Host}
	return &failure{text: "redirects to " + c.text(target.String(), maxHostBytes) + "; check the base URL"}
}
