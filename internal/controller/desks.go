package controller

// desks bound how many passes work at once, however many workers there are. Who waits for Arize leaves its desk to others
// meanwhile: so an account that does not answer costs no more than a sleeping worker, and a thousand roles that change at
// once no more memory than a few.
type desks chan struct{}

func newDesks(n int) desks { return make(desks, n) }

func (d desks) enter() { d <- struct{}{} }

func (d desks) leave() { <-d }

// away does something that takes long. It is called at a desk, and comes back to one.
func (d desks) away(wait func()) {
	d.leave()
	defer d.enter()
	wait()
}
