package arizetest

import "testing"

func TestALimitedLogForgets(t *testing.T) {
	log := newRequestLog(3)
	for range 100 {
		entry := log.add(Request{Route: "GET /v2/roles"})
		log.answered(entry, 200, false)
		if len(log.entries) > 2*log.limit {
			t.Fatalf("it keeps %d requests", len(log.entries))
		}
	}
	if newest := log.newest(); len(newest) != 3 || newest[0].Seq != 98 {
		t.Errorf("the newest are %d, from %d", len(newest), newest[0].Seq)
	}
}
