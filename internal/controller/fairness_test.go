package controller_test

import (
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
	"github.com/arize-operator/arize-operator/internal/controller"
)

var _ = Describe("Accounts do not wait for each other", func() {
	const atOnce = controller.DefaultConcurrency

	// busy is an account to which more requests are to be sent than may be under way at once.
	busy := func(ctx SpecContext, fault arizetest.Fault) *world {
		w := newWorld(ctx)
		fault.Method = http.MethodPost
		w.arize.AddFault(fault)
		for i := range atOnce + 4 {
			w.newRole(ctx, fmt.Sprintf("waits-%d", i))
		}
		return w
	}

	It("while some do not answer: each holds its share of the workers, and uses it when it answers again", func(ctx SpecContext) {
		silent := []*world{}
		for range 3 {
			silent = append(silent, busy(ctx, arizetest.Fault{Kind: arizetest.FaultPause}))
		}
		held := func(g Gomega) {
			for _, w := range silent {
				g.Expect(w.arize.Paused()).To(HaveLen(atOnce))
				g.Expect(w.arize.Count(createRole)).To(Equal(atOnce))
			}
		}
		Eventually(held).Should(Succeed())
		Consistently(held).Should(Succeed())

		other := newWorld(ctx)
		role := other.settledRole(ctx, "created")
		edit(ctx, role, func(role *v1alpha1.ArizeRole) { role.Spec.Description = "edited" })
		settle(ctx, role, v1alpha1.ReasonInSync)
		Expect(k8s.Delete(ctx, role)).To(Succeed())
		gone(ctx, role)
		held(Default)

		for _, w := range silent {
			w.arize.ClearFaults()
			w.arize.ReleaseAll()
			Eventually(w.names).Should(HaveLen(atOnce + 4))
			Expect(w.arize.Count(createRole)).To(Equal(atOnce + 4))
		}
	})

	It("while one is out of order or throttled", func(ctx SpecContext) {
		down := busy(ctx, arizetest.Fault{Kind: arizetest.FaultStatus, Status: http.StatusServiceUnavailable})
		throttled := busy(ctx, arizetest.Fault{Kind: arizetest.FaultStatus, Status: http.StatusTooManyRequests, RetryAfter: "3600"})
		Eventually(func() int { return down.arize.Count(createRole) }).Should(BeNumerically(">=", atOnce))
		Eventually(func() int { return throttled.arize.Count(createRole) }).Should(BeNumerically(">=", 1))

		newWorld(ctx).settledRole(ctx, "role")
		Expect(throttled.arize.Count(createRole)).To(BeNumerically("<=", atOnce))
		Expect(append(down.names(), throttled.names()...)).To(BeEmpty())
	})
})
