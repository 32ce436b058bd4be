package arizetest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// UnknownRoleID is a role id that is well formed and belongs to no role.
const UnknownRoleID = "Um9sZTowOm5vbmU=" // Role:0:none

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// number counts objects, over all accounts. The lock is held.
func (s *Server) number() int64 {
	s.nextID++
	return s.nextID
}

// newID makes the padded base64 of "Role:<n>:<suffix>". Every id ends in "=", and of three in a row one contains "/"
// and one "+" and "/", so that a client that does not escape ids fails soon. The lock is held.
func (s *Server) newID(kind string, n int64) string {
	raw := []byte(fmt.Sprintf("%s:%d:", kind, n))
	prefix := len(raw)
	for len(raw) < prefix+7 || len(raw)%3 == 0 { // a multiple of three would need no padding
		raw = append(raw, letters[s.random.IntN(len(letters))])
	}
	third := prefix + (5-prefix%3)%3 // the first byte of the suffix that is the third of its group
	switch n % 3 {
	case 1:
		raw[third] = '?' // ends a group in "/"
	case 2:
		raw[third], raw[third+3] = '>', '?' // "+", "/"
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// wellFormed says whether id could be the id of such an object.
func wellFormed(kind, id string) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(id)
	parts := strings.SplitN(string(raw), ":", 3)
	return err == nil && len(parts) == 3 && parts[0] == kind && parts[1] != "" && strings.Trim(parts[1], "0123456789") == ""
}

// timestamp is the present as the simulated Arize sees it, in the precision that it keeps. The lock is held.
func (s *Server) timestamp() time.Time {
	return s.opts.Now().UTC().Add(s.settings.ClockOffset).Truncate(time.Microsecond)
}

// later is a timestamp that differs from the one before, even when the clock stood still.
func (s *Server) later(before time.Time) time.Time {
	if now := s.timestamp(); now.After(before) {
		return now
	}
	return before.Add(time.Microsecond)
}
