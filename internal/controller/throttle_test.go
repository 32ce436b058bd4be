package controller_test

import (
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

var _ = Describe("A burst of creations", func() {
	It("is as fast as the limit of the account, and never too fast for a server that has the same", func(ctx SpecContext) {
		const roles, rate, burst = 200, 50, 10
		w := newWorld(ctx, func(account *v1alpha1.ArizeAccount) {
			account.Spec.RateLimit = v1alpha1.RateLimit{RequestsPerSecond: rate, Burst: burst}
		})
		w.arize.ChangeSettings(func(s *arizetest.Settings) {
			s.RequestsPerSecond, s.Burst, s.LatencyJitter = rate, burst, 100*time.Millisecond
		})
		for i := range roles {
			w.newRole(ctx, fmt.Sprintf("role-%d", i))
		}
		Eventually(w.names).WithTimeout(time.Minute).Should(HaveLen(roles))
		for _, request := range w.arize.Requests() {
			Expect(request.Status).NotTo(Equal(http.StatusTooManyRequests), request.Route)
		}
		Expect(w.arize.Count(createRole)).To(Equal(roles))
	})
})
