package arizetest

import "fmt"

// SeedRoles adds n custom roles that nobody asked for, such as a real account has, and returns them. Seeding again adds
// only what is missing.
func (a *Account) SeedRoles(n int) []Role {
	known := Permissions()
	var roles []Role
	for i := 1; i <= n; i++ {
		name := fmt.Sprintf("Seeded Role %04d", i)
		if _, there := a.RoleByName(name); there {
			continue
		}
		role := Role{Name: name}
		for j := range 1 + i%12 {
			role.Permissions = append(role.Permissions, known[(i*7+j*11)%len(known)])
		}
		if i%3 > 0 {
			role.Description = fmt.Sprintf("Made by the simulator, number %d.", i)
		}
		roles = append(roles, a.AddRole(role))
	}
	return roles
}
