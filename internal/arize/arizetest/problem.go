package arizetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
)

// answer is what a request gets, as a value, so that it can be logged and bent before it is sent.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	problem *problem // the body, until the request's id is known
	mutated bool     // the state changed
	// lost: nothing, or not all of it, reaches the client.
	lost bool
	// send, if set, writes the answer in a special way.
	send func(context.Context, http.ResponseWriter, answer) error
}

// problem is an RFC 9457 body, with the two members that Arize adds.
type problem struct {
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	ErrorCode string `json:"error_code,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// refusal is a problem on its way up from a check: nil means that all is well.
type refusal = *problem

func newProblem(status int, code, format string, args ...any) refusal {
	return &problem{
		Title: http.StatusText(status), Status: status, ErrorCode: code, Detail: fmt.Sprintf(format, args...),
	}
}

// refuse returns a problem as an answer.
func refuse(status int, code, format string, args ...any) answer {
	return newProblem(status, code, format, args...).answer()
}

func (p *problem) answer() answer {
	return answer{
		status: p.Status, problem: p, header: http.Header{"Content-Type": {"application/problem+json"}},
	}
}

// unreadable is a 400: the request can't be understood as the operation's.
func unreadable(format string, args ...any) refusal {
	return newProblem(http.StatusBadRequest, "invalid_request", format, args...)
}

// invalid is a 422: the request was understood, and a field of it breaks a rule.
func invalid(field, format string, args ...any) refusal {
	return newProblem(http.StatusUnprocessableEntity, "validation_failed", "%s: %s", field, fmt.Sprintf(format, args...))
}

func conflict(format string, args ...any) refusal {
	return newProblem(http.StatusConflict, "conflict", format, args...)
}

// reply returns a success with a JSON body.
func reply(status int, body any) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: encode(body)}
}

func encode(value any) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // only our own types come here
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}

// seal turns a problem into bytes, now that the request has an id.
func (a answer) seal(requestID string) answer {
	if a.problem == nil {
		return a
	}
	body := *a.problem
	body.RequestID = requestID
	a.body, a.problem = encode(body), nil
	return a
}

// write sends the answer. Its error means that the client did not get all of it.
func (a answer) write(ctx context.Context, w http.ResponseWriter) error {
	if a.send != nil {
		return a.send(ctx, w, a)
	}
	a.writeHead(w, len(a.body))
	_, err := w.Write(a.body)
	if a.status == http.StatusNoContent {
		return nil
	}
	return err
}

// writeHead sends status and headers; a negative length leaves the length open.
func (a answer) writeHead(w http.ResponseWriter, length int) {
	maps.Copy(w.Header(), a.header)
	if length >= 0 && a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(a.status)
}
