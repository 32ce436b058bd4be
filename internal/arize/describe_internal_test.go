package arize

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDescribe: failures of the network, in words that stay the same.
func TestDescribe(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 443}, Err: err}
	}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"refused":            {dial(syscall.ECONNREFUSED), "connection refused"},
		"reset":              {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "connection reset"},
		"broken pipe":        {&net.OpError{Op: "write", Err: syscall.EPIPE}, "connection reset"},
		"no route":           {dial(syscall.EHOSTUNREACH), "no route to host"},
		"no network":         {dial(syscall.ENETUNREACH), "network is unreachable"},
		"end":                {io.EOF, "connection closed without an answer"},
		"no such host":       {dial(&net.DNSError{Err: "no such host", Name: "arize.corp", Server: "10.0.0.10:53", IsNotFound: true}), "cannot find the address of host arize.corp"},
		"no time to connect": {dial(&net.DNSError{Err: "i/o timeout", Name: "arize.corp", IsTimeout: true}), "cannot find the address of host arize.corp"},
		"a slow connection":  {dial(timeoutError{}), "no connection within 10s"},
		"through a proxy":    {&net.OpError{Op: "proxyconnect", Err: dial(syscall.ECONNREFUSED)}, "proxy: connection refused"},
		"something else":     {errors.New("read tcp 10.1.2.3:55555->[fd00::1]:443:\n strange\x00"), "read tcp …->…: strange"},
		"a URL":              {errors.New("cannot reach https://user:pw@host/path?token=1 today"), "cannot reach … today"},
		"a long story":       {errors.New(strings.Repeat("x", 1000)), strings.Repeat("x", 253) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			client := &Client{timeout: time.Second}
			err := client.lost(t.Context(), t.Context(), &url.Error{Op: "Get", URL: "https://host/?token=1", Err: test.err}, false)
			if got := err.Error(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if inner, ok := errors.AsType[*url.Error](err); ok {
				t.Errorf("the URL is still there: %v", inner)
			}
			if got, want := (&Error{Err: test.err}).Message(), test.want; got != want {
				t.Errorf("Message() = %q, want %q", got, want)
			}
		})
	}
}

// TestLostKeepsTheCause: callers may ask errors.Is for what happened, unless it would show the key.
func TestLostKeepsTheCause(t *testing.T) {
	key, err := NewAPIKey("ak-secret")
	if err != nil {
		t.Fatal(err)
	}
	client := &Client{key: key}
	if err := client.lost(t.Context(), t.Context(), syscall.ECONNREFUSED, false); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v is not ECONNREFUSED", err)
	}
	leaky := fmt.Errorf("header %q: %w", "Bearer ak-secret", syscall.ECONNREFUSED)
	for e := client.lost(t.Context(), t.Context(), leaky, false); e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "ak-secret") {
			t.Errorf("the key shows: %v", e)
		}
	}
}

func TestReadable(t *testing.T) {
	for duration, want := range map[time.Duration]string{
		30 * time.Second: "30s", time.Minute: "1m", 90 * time.Second: "1m30s", 10 * time.Minute: "10m", 50 * time.Millisecond: "50ms",
	} {
		if got := readable(duration); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestOwnTimeoutIsTheCause guards what lost relies on: the cause is ours only when our time ended first.
func TestOwnTimeoutIsTheCause(t *testing.T) {
	caller, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	timed, cancelTimed := context.WithTimeoutCause(caller, time.Hour, errOwnTimeout)
	defer cancelTimed()
	<-timed.Done()
	if errors.Is(context.Cause(timed), errOwnTimeout) {
		t.Error("the caller's deadline passes for ours")
	}
}

type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
