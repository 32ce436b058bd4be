package arize_test

import (
	"strings"
	"testing"
	"time"

	"github.com/arize-operator/arize-operator/internal/arize"
)

func TestNew(t *testing.T) {
	key := mustKey(t, secret)
	for name, test := range map[string]struct {
		opts    arize.Options
		url     string // "" means refused
		timeout time.Duration
	}{
		"a key alone":            {arize.Options{APIKey: key}, "https://api.arize.com", 30 * time.Second},
		"a region":               {arize.Options{APIKey: key, BaseURL: arize.RegionURL("eu-west-1a")}, "https://api.eu-west-1a.arize.com", 30 * time.Second},
		"a URL is normalised":    {arize.Options{APIKey: key, BaseURL: "HTTPS://Arize.Corp:443/x/"}, "https://arize.corp/x", 30 * time.Second},
		"a timeout":              {arize.Options{APIKey: key, Timeout: time.Second}, "https://api.arize.com", time.Second},
		"no key":                 {arize.Options{}, "", 0},
		"a URL that is none":     {arize.Options{APIKey: key, BaseURL: "https://user:" + secret + "@x"}, "", 0},
		"a negative timeout":     {arize.Options{APIKey: key, Timeout: -1}, "", 0},
		"a bundle without a CA":  {arize.Options{APIKey: key, CABundle: []byte("x")}, "", 0},
		"even beside transports": {arize.Options{APIKey: key, CABundle: []byte("x"), Transport: roundTripper(nil)}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := arize.New(test.opts)
			if (err != nil) != (test.url == "") {
				t.Fatalf("error %v, want %q", err, test.url)
			}
			if err != nil {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows a secret: %v", err)
				}
				return
			}
			if client.BaseURL() != test.url || client.Timeout() != test.timeout {
				t.Errorf("got %s, %v, want %s, %v", client.BaseURL(), client.Timeout(), test.url, test.timeout)
			}
		})
	}
}

// TestCloseIdleConnections: it reaches the transport, if that can do it.
func TestCloseIdleConnections(t *testing.T) {
	transport := &closable{}
	mustNew(t, arize.Options{Transport: transport}).CloseIdleConnections()
	if !transport.closed {
		t.Error("the transport was not asked")
	}
	mustNew(t, arize.Options{Transport: roundTripper(nil)}).CloseIdleConnections()
}

type closable struct {
	roundTripper
	closed bool
}

func (c *closable) CloseIdleConnections() { c.closed = true }
