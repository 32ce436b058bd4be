package arize

import (
	"strings"
	"sync"
)

// maxInterned bounds what is shared. Arize knows some hundred permissions; a server that makes them up must not fill the
// memory.
const maxInterned = 4096

var interned = struct {
	sync.RWMutex

	names map[string]string
}{names: map[string]string{}}

// Intern returns the one copy of a permission's name that everybody shares. Ten thousand roles have twenty of the same
// hundred names each: kept for each role, they would be most of what an inventory and a cache hold.
func Intern(permission string) string {
	interned.RLock()
	shared, known := interned.names[permission]
	full := len(interned.names) >= maxInterned
	interned.RUnlock()
	switch {
	case known:
		return shared
	case full:
		return permission
	}
	interned.Lock()
	defer interned.Unlock()
	if shared, known := interned.names[permission]; known {
		return shared
	}
	shared = strings.Clone(permission) // not the page that it was cut from
	interned.names[shared] = shared
	return shared
}
