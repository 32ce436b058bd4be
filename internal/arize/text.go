package arize

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxTextBytes  = 1024 // of a title or a detail
	maxTokenBytes = 128  // of an error code or a request id
	maxHostBytes  = 300  // of a scheme and a host; DNS allows 253 for a name
	ellipsis      = "…"
)

// text makes something from outside fit to print: one line, printable, without the key, at most max bytes. The key goes
// before the end does: cutting first could leave most of it.
func (c *Client) text(s string, limit int) string {
	return shorten(c.key.Redact(oneLine(s)), limit)
}

// oneLine turns every run of white space and of what does not print (control characters, changes of direction,
// zero widths) into one space. It replaces rather than deletes, so that it never joins what was apart.
func oneLine(s string) string {
	spaced := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(spaced), " ")
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimRight(s[:end], " ") + ellipsis
}

// volatile is what differs between two tellings of the same failure: UUIDs, times, pointers, network addresses.
var volatile = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`,
	`\b\d{4}-\d\d-\d\d[t ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(z|utc|[+-]\d\d:?\d\d))?\b`,
	`\b0x[0-9a-f]{4,}\b`,
	`\b\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?\b`,
	`\[[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*(%\w+)?\](:\d{1,5})?`,
}, "|"))

// stable takes out of s what would make it differ the next time.
func stable(s, requestID string) string {
	if len(requestID) >= 4 { // shorter ones would hit ordinary words
		s = strings.ReplaceAll(s, requestID, ellipsis)
	}
	return volatile.ReplaceAllString(s, ellipsis)
}
