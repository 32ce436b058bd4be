package controller

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/plan"
)

// memory is what the process remembers of single ArizeRoles, by uid. It holds
// nothing of a role that is in sync, and losing it breaks no promise but that to
// those that slipped away.
type memory struct {
	mu        sync.Mutex
	histories map[types.UID]plan.History
	written   map[types.UID]string   // resourceVersion after our last write, until the cache has it
	ends      map[types.UID]end      // whether our finalizer is off, whatever the cache says
	byPerson  map[types.UID]struct{} // whose deletion began while the CRD stayed

	slipped    map[types.UID]*v1alpha1.ArizeRole      // that went in spite of our finalizer
	late       map[types.UID]v1alpha1.ArizeRoleStatus // that were to be written when the ArizeRole was gone
	complaints map[types.UID]string                   // what was last told about those that slipped away
}

func newMemory() *memory {
	return &memory{
		histories: map[types.UID]plan.History{}, written: map[types.UID]string{},
		ends: map[types.UID]end{}, byPerson: map[types.UID]struct{}{},
		slipped: map[types.UID]*v1alpha1.ArizeRole{}, late: map[types.UID]v1alpha1.ArizeRoleStatus{}, complaints: map[types.UID]string{},
	}
}

func (m *memory) history(uid types.UID) plan.History {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.histories[uid]
}

func (m *memory) remember(uid types.UID, history plan.History) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if history.IsZero() {
		delete(m.histories, uid)
		return
	}
	m.histories[uid] = history
}

// wrote notes the resourceVersion that a write of ours ended in.
func (m *memory) wrote(uid types.UID, resourceVersion string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written[uid] = resourceVersion
}

// behind says whether an object from the cache is older than our own last write.
func (m *memory) behind(uid types.UID, resourceVersion string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	written, waiting := m.written[uid]
	if !waiting {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(resourceVersion, written)
	return err == nil && order < 0
}

// caughtUp forgets our last write of an object, for the cache has it. Only the pass over the object itself may say so: one
// that took it from the cache earlier may not have asked yet.
func (m *memory) caughtUp(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.written, uid)
}

// end is what is known of the removal of our finalizer.
type end int

const (
	notEnded  end = iota
	ended         // it is off, or is being taken off
	unsureEnd     // taking it off failed, or only the answer was lost
)

// end notes what became of our finalizer. It has to be called before it is taken off,
// so that it comes before the cache says that the object is gone.
func (m *memory) end(uid types.UID, is end) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ends[uid] = is
}

func (m *memory) endOf(uid types.UID) end {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ends[uid]
}

// deletedByPerson notes that an ArizeRole does not go because of an uninstall.
func (m *memory) deletedByPerson(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byPerson[uid] = struct{}{}
}

func (m *memory) isDeletedByPerson(uid types.UID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, is := m.byPerson[uid]
	return is
}

// departs notes an ArizeRole that is gone, with a deletion that has yet to be done.
func (m *memory) departs(role *v1alpha1.ArizeRole) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slipped[role.UID] = role
}

// unwritten notes a status that could not be written any more.
func (m *memory) unwritten(uid types.UID, status v1alpha1.ArizeRoleStatus) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.late[uid] = status
}

// departed are those that had this name, each with the last that is known of it.
func (m *memory) departed(key types.NamespacedName) []*v1alpha1.ArizeRole {
	m.mu.Lock()
	defer m.mu.Unlock()
	var roles []*v1alpha1.ArizeRole
	for uid, role := range m.slipped {
		if client.ObjectKeyFromObject(role) != key {
			continue
		}
		role = role.DeepCopy()
		if status, ok := m.late[uid]; ok {
			role.Status = status
		}
		roles = append(roles, role)
	}
	return roles
}

// complains notes why a deletion is not done yet, and says whether it is news.
func (m *memory) complains(uid types.UID, why string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	news := m.complaints[uid] != why
	m.complaints[uid] = why
	return news
}

// departedOf are the departed of an account.
func (m *memory) departedOf(account types.NamespacedName) []types.NamespacedName {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []types.NamespacedName
	for _, role := range m.slipped {
		if role.Account() == account {
			keys = append(keys, client.ObjectKeyFromObject(role))
		}
	}
	return keys
}

func (m *memory) drop(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.histories, uid)
	delete(m.written, uid)
	delete(m.ends, uid)
	delete(m.byPerson, uid)
	delete(m.slipped, uid)
	delete(m.late, uid)
	delete(m.complaints, uid)
}
