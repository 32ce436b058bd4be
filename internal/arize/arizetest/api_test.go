package arizetest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// api is a bare client of the simulator: it shares no code with the real one, hence none of its mistakes.
type api struct {
	t      testing.TB
	client *http.Client
	key    string
}

func newAPI(t testing.TB, client *http.Client, key string) *api { return &api{t, client, key} }

// exchange is what came back.
type exchange struct {
	Status int
	Header http.Header
	Body   string
}

func escape(id string) string { return url.PathEscape(id) }

// send makes one request. A body that is no string goes out as JSON.
func (a *api) send(method, path string, body any) (exchange, error) {
	a.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = bytes.NewBufferString(body)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(a.t.Context(), method, arizetest.URL+path, reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.key != "" {
		request.Header.Set("Authorization", "Bearer "+a.key)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := a.client.Do(request)
	if err != nil {
		return exchange{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return exchange{response.StatusCode, response.Header, string(data)}, err
}

// must makes one request, which must get the status, and decodes its body into out.
func (a *api) must(status int, method, path string, body, out any) exchange {
	a.t.Helper()
	got, err := a.send(method, path, body)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	if got.Status != status {
		a.t.Fatalf("%s %s: got %d, want %d: %s", method, path, got.Status, status, got.Body)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(got.Body), out); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, got.Body)
		}
	}
	return got
}
