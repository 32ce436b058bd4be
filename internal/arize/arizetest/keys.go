package arizetest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// keyHash stands for a key everywhere but in the request itself, so that no key can be printed or saved.
type keyHash [sha256.Size]byte

// fingerprint is enough of the hash to tell keys apart, and to name one to the control API.
func (h keyHash) fingerprint() string { return hex.EncodeToString(h[:6]) }

// AddKey makes key a key of the account, which is created if need be. Several keys may reach one account; a key that
// is added again moves.
func (s *Server) AddKey(key, account string) {
	s.Account(account)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[sha256.Sum256([]byte(key))] = account
	s.changed()
}

// RevokeKey makes the server answer 401 to key.
func (s *Server) RevokeKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, sha256.Sum256([]byte(key)))
	s.changed()
}

// revokeFingerprint revokes the key with that fingerprint, and says whether there was one.
func (s *Server) revokeFingerprint(fingerprint string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash := range s.keys {
		if hash.fingerprint() == fingerprint {
			delete(s.keys, hash)
			s.changed()
			return true
		}
	}
	return false
}

// keyInfo is what the control API tells about a key.
type keyInfo struct {
	Fingerprint string `json:"fingerprint"`
	Account     string `json:"account"`
}

func (s *Server) keyInfos() []keyInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	infos := []keyInfo{}
	for hash, account := range s.keys {
		infos = append(infos, keyInfo{hash.fingerprint(), account})
	}
	slices.SortFunc(infos, func(a, b keyInfo) int {
		return strings.Compare(a.Account+a.Fingerprint, b.Account+b.Fingerprint)
	})
	return infos
}

// accountOf finds the account that a request's key belongs to. The lock is held.
func (s *Server) accountOf(header http.Header) (*Account, bool) {
	scheme, key, _ := strings.Cut(header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, false
	}
	account, known := s.accounts[s.keys[sha256.Sum256([]byte(key))]]
	return account, known
}
