package session

import (
	"errors"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// State says whether an account can be worked with.
type State int

// The states of an account.
const (
	// Starting: no complete sweep yet.
	Starting State = iota
	// Healthy: swept, and answering.
	Healthy
	// Failed: nothing is sent but the account's own probes.
	Failed
)

// Health is the breaker: while it is not Healthy the roles send nothing.
type Health struct {
	State   State
	Reason  string // of the ArizeAccount's Ready condition, when Failed
	Message string
	// DeleteOnly: the last good key may still be used to delete what is ours.
	DeleteOnly bool
}

// tolerance is how many requests in a row may end without an answer, or sweeps in a
// row fail for whatever reason, before the account counts as down. One lost answer
// says nothing about the account.
const tolerance = 3

// Reasons for which an account fails on what Arize answers, or does not.
const (
	Unauthorized = "Unauthorized"
	Forbidden    = "Forbidden"
	RateLimited  = "RateLimited"
	Unavailable  = "Unavailable"
)

// strikes count what speaks against the account, until it trips the breaker.
type strikes struct {
	failures int // requests in a row that got no answer
	sweeps   int // in a row that failed, other than for the rate
	refusals int // in a row of one page, for the rate
}

// observe learns from the end of a request, and says whether the account has to
// be doubted: its key was refused, or it did not answer several times in a row.
func (k *strikes) observe(err error) (trip bool) {
	switch arize.ClassOf(err) {
	case arize.ClassCanceled, arize.ClassRateLimited:
		return false
	case arize.ClassUnauthorized:
		return true
	case arize.ClassUnavailable:
		k.failures++
		return k.failures >= tolerance
	default:
		k.failures = 0
		return false
	}
}

// fail learns from the end of a sweep that failed, and says whether that is to be
// told. Of a healthy account one failure says nothing, unless roles may not be
// listed; a limit of the rate never does, for the sweep goes on.
func (k *strikes) fail(class arize.Class, state State) (tell bool) {
	if class == arize.ClassRateLimited {
		k.refusals++
		return state != Healthy
	}
	k.sweeps++
	return state != Healthy || class == arize.ClassForbidden || k.sweeps >= tolerance
}

// failed is the health of an account after an error that speaks of the account.
func failed(err error) Health {
	health := Health{State: Failed, Message: messageOf(err)}
	switch arize.ClassOf(err) {
	case arize.ClassUnauthorized:
		health.Reason = Unauthorized
	case arize.ClassForbidden:
		health.Reason = Forbidden
	case arize.ClassRateLimited:
		health.Reason = RateLimited
	default:
		health.Reason = Unavailable
	}
	return health
}

// messageOf is the error in words that stay the same while it does.
func messageOf(err error) string {
	if answer, ok := errors.AsType[*arize.Error](err); ok {
		return answer.Message()
	}
	return err.Error()
}
