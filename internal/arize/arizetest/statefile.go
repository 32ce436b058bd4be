package arizetest

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

const stateVersion = 1

// state is what a state file holds: accounts and hashes of keys, but no settings, no faults and no log.
type state struct {
	Version  int            `json:"version"`
	NextID   int64          `json:"next_id"`
	Accounts []accountState `json:"accounts"`
	Keys     []keyState     `json:"keys"`
}

type accountState struct {
	Name         string           `json:"name"`
	Roles        []*roleRecord    `json:"roles"`
	Bindings     []*bindingRecord `json:"bindings"`
	DeletedNames []string         `json:"deleted_names"`
}

type keyState struct {
	SHA256  string `json:"sha256"`
	Account string `json:"account"`
}

// Load makes a server that keeps its accounts in a file: what the file holds is there from the start, and every change
// is written at once, by renaming, so that a killed process leaves the old state or the new one.
func Load(file string, opts Options) (*Server, error) {
	s := NewServer(opts)
	data, err := os.ReadFile(file) //nolint:gosec // the caller's own file
	switch {
	case errors.Is(err, fs.ErrNotExist): // a new one
	case err != nil:
		return nil, err
	default:
		if err := s.restore(data); err != nil {
			return nil, fmt.Errorf("the state file %s can't be used: delete it, or move it away, to start anew: %w", file, err)
		}
	}
	if err := s.snapshot().writeTo(file); err != nil {
		return nil, fmt.Errorf("the state file %s can't be written: %w", file, err)
	}
	s.save = func(now state) error { return now.writeTo(file) }
	return s, nil
}

// changed keeps the state, if it is to be kept. The lock is held.
func (s *Server) changed() {
	if s.save == nil {
		return
	}
	if err := s.save(s.snapshot()); err != nil && s.opts.OnSaveError != nil {
		s.opts.OnSaveError(err)
	}
}

// snapshot collects the state, in an order that makes the file readable. The lock is held, or nobody else is there.
func (s *Server) snapshot() state {
	now := state{Version: stateVersion, NextID: s.nextID}
	for _, name := range slices.Sorted(maps.Keys(s.accounts)) {
		a := s.accounts[name]
		now.Accounts = append(now.Accounts, accountState{
			Name: name,
			Roles: slices.SortedFunc(maps.Values(a.roles), func(x, y *roleRecord) int {
				return cmp.Compare(x.N, y.N)
			}),
			Bindings: slices.SortedFunc(maps.Values(a.bindings), func(x, y *bindingRecord) int {
				return cmp.Compare(x.N, y.N)
			}),
			DeletedNames: slices.Sorted(maps.Keys(a.deleted)),
		})
	}
	for hash, account := range s.keys {
		now.Keys = append(now.Keys, keyState{hex.EncodeToString(hash[:]), account})
	}
	slices.SortFunc(now.Keys, func(x, y keyState) int { return cmp.Compare(x.SHA256, y.SHA256) })
	return now
}

// restore replaces the accounts, and adds the keys, of a server that nobody uses yet.
func (s *Server) restore(data []byte) error {
	var kept state
	if err := json.Unmarshal(data, &kept); err != nil {
		return err
	}
	if kept.Version != stateVersion {
		return fmt.Errorf("it has version %d, and this program knows version %d", kept.Version, stateVersion)
	}
	s.accounts = map[string]*Account{}
	s.nextID = 0
	for _, account := range kept.Accounts {
		if err := s.emptyAccount(account.Name).restore(account); err != nil {
			return err
		}
	}
	s.nextID = max(s.nextID, kept.NextID)
	*s.defaultAccount = *s.Account(DefaultAccount) // the pointer may be in use
	s.accounts[DefaultAccount] = s.defaultAccount
	for _, key := range kept.Keys {
		raw, err := hex.DecodeString(key.SHA256)
		if err != nil || len(raw) != len(keyHash{}) {
			return fmt.Errorf("%q is not the SHA-256 of a key", key.SHA256)
		}
		s.keys[keyHash(raw)] = key.Account
	}
	return nil
}

func (a *Account) restore(kept accountState) error {
	for _, role := range kept.Roles {
		if role == nil || role.ID == "" || role.Name == "" {
			return fmt.Errorf("account %q has a role without an id or a name", kept.Name)
		}
		role.Permissions = set(role.Permissions)
		a.roles[role.ID] = role
		a.srv.nextID = max(a.srv.nextID, role.N)
	}
	for _, binding := range kept.Bindings {
		if binding == nil || a.roles[binding.RoleID] == nil {
			return fmt.Errorf("account %q has a role binding without a role", kept.Name)
		}
		a.bindings[binding.ID] = binding
		a.srv.nextID = max(a.srv.nextID, binding.N)
	}
	for _, name := range kept.DeletedNames {
		a.deleted[name] = true
	}
	return nil
}

// writeTo replaces a file. There is no fsync: a machine that goes down may cost a demo its state.
func (now state) writeTo(file string) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	// Not indented: that would take most of the time of a write, and there is one per change.
	_, err = temporary.Write(encode(now))
	err = errors.Join(err, temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}
