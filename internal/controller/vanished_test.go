package controller

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/session"
)

func TestJudgeOfAList(t *testing.T) {
	since := metav1.NewTime(time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC))
	stopped := func(account *v1alpha1.ArizeAccount) { account.Status.VanishedSince = since }
	accepts := func(value string) func(*v1alpha1.ArizeAccount) {
		return func(account *v1alpha1.ArizeAccount) {
			stopped(account)
			account.Annotations = map[string]string{v1alpha1.AcceptVanishedAnnotation: value}
		}
	}
	going := func(v *accountPass) { v.users[0].DeletionTimestamp = &since }
	lastTwoGo := func(v *accountPass) { v.users[2].DeletionTimestamp, v.users[3].DeletionTimestamp = &since, &since }
	let := func(v *accountPass) { v.users[0].DeletionTimestamp, v.users[0].Finalizers = &since, nil }
	for name, row := range map[string]struct {
		managed, missing int
		account          func(*v1alpha1.ArizeAccount)
		users            func(*accountPass)
		stops            bool
	}{
		"none is managed":                                  {},
		"the only one is missing":                          {managed: 1, missing: 1},
		"one of two is missing":                            {managed: 2, missing: 1},
		"both are missing":                                 {managed: 2, missing: 2, stops: true},
		"half of four are missing":                         {managed: 4, missing: 2},
		"three of five are missing":                        {managed: 5, missing: 3, stops: true},
		"one of the missing is being deleted":              {managed: 2, missing: 2, users: going},
		"it was stopped, and one of two is missing":        {managed: 2, missing: 1, account: stopped},
		"it was stopped, and the last one is missing":      {managed: 1, missing: 1, account: stopped, stops: true},
		"it was stopped, and a missing one is deleted":     {managed: 2, missing: 2, account: stopped, users: going, stops: true},
		"two of four are missing, and the others go":       {managed: 4, missing: 2, users: lastTwoGo, stops: true},
		"it was stopped, and those that are there go":      {managed: 4, missing: 2, account: stopped, users: lastTwoGo, stops: true},
		"it was stopped, and the missing one was let go":   {managed: 1, missing: 1, account: stopped, users: let},
		"it was stopped, and a person accepts":             {managed: 2, missing: 2, account: accepts("2026-11-25T12:00:00Z")},
		"it was stopped, and a person accepted an old one": {managed: 2, missing: 2, account: accepts("2026-11-24T12:00:00Z"), stops: true},
	} {
		t.Run(name, func(t *testing.T) {
			pass := accountPass{account: &v1alpha1.ArizeAccount{}, users: make([]v1alpha1.ArizeRole, row.managed)}
			for i := range pass.users {
				pass.users[i].Finalizers = []string{v1alpha1.RoleFinalizer}
				pass.users[i].Status = v1alpha1.ArizeRoleStatus{RoleID: fmt.Sprint(i), Origin: v1alpha1.OriginCreated}
			}
			if row.account != nil {
				row.account(pass.account)
			}
			if row.users != nil {
				row.users(&pass)
			}
			missing := func(id string) bool { return id < fmt.Sprint(row.missing) }
			health := pass.judge(func(id string) bool { return !missing(id) })
			if stops := health.State == session.Failed; stops != row.stops {
				t.Errorf("got %+v, want it to stop: %v", health, row.stops)
			}
		})
	}
}
