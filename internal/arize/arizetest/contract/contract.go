// Package contract holds HTTP traffic against the OpenAPI document of package arizetest. It is apart from that
// package, so that only tests link a validator.
package contract

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// document is the validator of arizetest.OpenAPI, made once.
var document = sync.OnceValues(func() (validator.Validator, error) {
	parsed, err := libopenapi.NewDocument(arizetest.OpenAPI)
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(parsed, config.WithFormatAssertions())
	return v, errors.Join(errs...)
})

// CheckDocument holds arizetest.OpenAPI against the OpenAPI specification.
func CheckDocument() error {
	v, err := document()
	if err != nil {
		return err
	}
	_, broken := v.ValidateDocument()
	return errors.Join(asErrors(broken)...)
}

// Handler wraps a server of the API and fails the test when the server's answer breaks the document, or when the
// server accepted (2xx) a request that does. Answers that never arrive (http.ErrAbortHandler) are not judged. Wrap
// only servers that are meant to be sane: most injected faults break the document on purpose.
func Handler(t testing.TB, h http.Handler) http.Handler {
	t.Helper()
	v, err := document()
	if err != nil {
		t.Fatalf("the OpenAPI document can't be used: %v", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		request := r.Clone(r.Context())
		request.Body = io.NopCloser(bytes.NewReader(body))
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, request)
		response := recorder.Result()
		for _, broken := range check(v, r, body, response) {
			t.Errorf("%s %s -> %d breaks the OpenAPI document: %v", r.Method, r.URL.EscapedPath(), response.StatusCode, broken)
		}
		replay(w, recorder)
	})
}

// replay sends what was recorded.
func replay(w http.ResponseWriter, recorder *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), recorder.Header())
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(recorder.Body.Bytes()) // a client that went away is not the contract's business
}

// check returns what is wrong with one exchange.
func check(v validator.Validator, r *http.Request, body []byte, response *http.Response) []error {
	var found []error
	request := asDocumented(r, body)
	if response.StatusCode < 300 {
		_, broken := v.ValidateHttpRequestSync(request)
		found = append(found, asErrors(broken)...)
		request = asDocumented(r, body)
	}
	if response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusMethodNotAllowed {
		// There may be no such operation in the document, so judge it as an operation that may answer 404.
		request.Method = http.MethodGet
		request.URL = &url.URL{Path: "/v2/roles/some-role"}
		response.StatusCode = http.StatusNotFound
	}
	_, broken := v.ValidateHttpResponse(request, response)
	return append(found, asErrors(broken)...)
}

// asDocumented is the request for the validator, at the root of the API.
func asDocumented(r *http.Request, body []byte) *http.Request {
	request := r.Clone(r.Context())
	request.Body = io.NopCloser(bytes.NewReader(body))
	return request
}

func asErrors(broken []*validation.ValidationError) []error {
	var found []error
	for _, b := range broken {
		details := []string{b.Message, b.Reason}
		for _, schema := range b.SchemaValidationErrors {
			details = append(details, schema.FieldPath+": "+schema.Reason)
		}
		found = append(found, errors.New(strings.Join(details, "; ")))
	}
	return found
}
