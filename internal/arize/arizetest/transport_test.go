package arizetest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

func TestTheTransportBehavesAsASocket(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Seen", r.Method+" "+r.Host+" "+r.RequestURI+" "+r.URL.Scheme+" "+string(body))
		switch r.URL.Path {
		case "/silent":
		case "/large":
			for range 1 << 10 {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					t.Error(err)
				}
			}
		case "/cut":
			_, _ = w.Write([]byte("half"))
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	})
	client := &http.Client{Transport: arizetest.NewTransport(handler)}
	for path, want := range map[string]struct {
		status, size int
		err          error
	}{
		"/silent?a=b%20c": {http.StatusOK, 0, nil},
		"/large":          {http.StatusOK, 1 << 20, nil},
		"/cut":            {http.StatusOK, 4, io.ErrUnexpectedEOF},
		"/a%2Fb":          {http.StatusTeapot, 0, nil},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, arizetest.URL+path, strings.NewReader("sent"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(response.Body)
		if response.StatusCode != want.status || len(data) != want.size || !errors.Is(err, want.err) {
			t.Errorf("%s: got %d, %d bytes, %v", path, response.StatusCode, len(data), err)
		}
		if seen := response.Header.Get("X-Seen"); seen != "POST arize.test "+path+"  sent" {
			t.Errorf("%s: the handler saw %q", path, seen)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheTransportGivesUpWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/body" {
				_, _ = w.Write([]byte("some"))
			}
			<-r.Context().Done()
			_, err := w.Write(bytes.Repeat([]byte("x"), 1<<20))
			ended <- err
		})
		client := &http.Client{Transport: arizetest.NewTransport(handler), Timeout: time.Second}
		for _, path := range []string{"/head", "/body"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, arizetest.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(request)
			if err == nil {
				_, err = io.ReadAll(response.Body)
				err = errors.Join(err, response.Body.Close())
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %v", path, err)
			}
			if err := <-ended; err == nil {
				t.Errorf("%s: the handler could write to nobody", path)
			}
		}
	})
}
