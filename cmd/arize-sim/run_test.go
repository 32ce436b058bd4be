package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize/arizetest"
)

// program is arize-sim while it runs.
type program struct {
	t    *testing.T
	url  string
	out  chan string  // its lines
	stop func() error // returns what run returned
}

// start runs the program on a free port and waits until it says where.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"--listen", "127.0.0.1:0"}, args...), writer)
		ended <- errors.Join(err, writer.Close())
	}()
	p := &program{t: t, out: make(chan string, 100)} // more than any test lets it say
	go func() {
		for lines := bufio.NewScanner(reader); lines.Scan(); {
			p.out <- lines.Text()
		}
		close(p.out)
	}()
	p.stop = func() error {
		cancel()
		return <-ended
	}
	t.Cleanup(cancel)
	url, said := strings.CutPrefix(<-p.out, "arize-sim listens on ")
	if !said {
		t.Fatalf("got %q: %v", url, p.stop())
	}
	p.url = url
	return p
}

// ask makes a request and returns its status and body.
func (p *program) ask(method, path, key, body string) (status int, answer string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	data, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

func TestItServesTheAPIAndTheControlAPI(t *testing.T) {
	t.Setenv("ARIZE_API_KEY", "")
	portFile := filepath.Join(t.TempDir(), "port")
	p := start(t, "--port-file", portFile, "--seed-roles", "7", "--seed", "1", "--log")
	if line := <-p.out; line != "API key: "+arizetest.DefaultKey {
		t.Errorf("got %q", line)
	}
	port, err := os.ReadFile(portFile) //nolint:gosec // of this test
	if err != nil || !strings.HasSuffix(p.url, ":"+strings.TrimSpace(string(port))) {
		t.Errorf("the port file says %q, %v; the program %s", port, err, p.url)
	}
	status, body := p.ask(http.MethodGet, "/v2/roles?is_predefined=false", arizetest.DefaultKey, "")
	if status != http.StatusOK || strings.Count(body, "Seeded Role") != 7 {
		t.Errorf("got %d %s", status, body)
	}
	if line := <-p.out; !strings.HasSuffix(line, " #1 GET /v2/roles?is_predefined=false -> 200") {
		t.Errorf("logged %q", line)
	}
	if status, body := p.ask(http.MethodGet, "/_sim/health", "", ""); status != http.StatusOK {
		t.Errorf("got %d %s", status, body)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

func TestKeys(t *testing.T) {
	for name, test := range map[string]struct {
		env  string
		args []string
		good []string
		bad  []string
		says string
	}{
		"by default":  {"", nil, []string{arizetest.DefaultKey}, []string{"a"}, "API key: " + arizetest.DefaultKey},
		"environment": {"env", nil, []string{"env"}, []string{arizetest.DefaultKey}, "API keys: 1, as given"},
		"flags":       {"env", []string{"--api-key", "a", "--api-key=b"}, []string{"a", "b"}, []string{"env", arizetest.DefaultKey}, "API keys: 2, as given"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("ARIZE_API_KEY", test.env)
			p := start(t, test.args...)
			if line := <-p.out; line != test.says {
				t.Errorf("got %q, want %q", line, test.says)
			}
			for _, key := range test.good {
				if status, body := p.ask(http.MethodGet, "/v2/roles", key, ""); status != http.StatusOK {
					t.Errorf("%s: got %d %s", key, status, body)
				}
			}
			for _, key := range test.bad {
				if status, body := p.ask(http.MethodGet, "/v2/roles", key, ""); status != http.StatusUnauthorized {
					t.Errorf("%s: got %d %s", key, status, body)
				}
			}
			if err := p.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStateSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	p := start(t, "--state", file, "--api-key", "k", "--seed-roles", "2")
	if status, body := p.ask(http.MethodPost, "/v2/roles", "k", `{"name":"AI Engineer","permissions":["PROJECT_READ"]}`); status != http.StatusCreated {
		t.Fatalf("got %d %s", status, body)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	p = start(t, "--state", file, "--api-key", "k", "--seed-roles", "2")
	status, body := p.ask(http.MethodGet, "/v2/roles?is_predefined=false", "k", "")
	if status != http.StatusOK || strings.Count(body, `"name"`) != 3 || !strings.Contains(body, "AI Engineer") {
		t.Errorf("got %d %s", status, body)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

func TestAHangingRequestDoesNotHoldTheProgram(t *testing.T) {
	p := start(t, "--api-key", "k")
	<-p.out
	p.ask(http.MethodPost, "/_sim/faults", "", `{"kind":"pause"}`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/v2/roles", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer k")
	lost := make(chan error, 1)
	go func() {
		response, err := (&http.Client{Transport: &http.Transport{}}).Do(request)
		if err == nil {
			err = response.Body.Close()
		}
		lost <- err
	}()
	if _, body := p.ask(http.MethodGet, "/_sim/paused?wait=10s", "", ""); !strings.Contains(body, `"kind"`) && !strings.Contains(body, `"pause"`) {
		t.Errorf("got %s", body)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if err := <-lost; err == nil {
		t.Errorf("the request was answered")
	}
}

func TestMistakesAreExplained(t *testing.T) {
	directory := t.TempDir()
	broken := filepath.Join(directory, "broken.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":        {[]string{"--colour"}, "not defined: -colour"},
		"argument":            {[]string{"serve"}, `unexpected argument "serve"`},
		"empty key":           {[]string{"--api-key", ""}, "can't be empty"},
		"no address":          {[]string{"--listen", "nowhere"}, "nowhere"},
		"broken state":        {[]string{"--state", broken}, "delete it, or move it away"},
		"unwritable port":     {[]string{"--listen", "127.0.0.1:0", "--port-file", filepath.Join(directory, "x", "y")}, "no such file"},
		"latency of no unit":  {[]string{"--latency", "5"}, "invalid value"},
		"the help is no less": {[]string{"--help"}, flag.ErrHelp.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := run(t.Context(), test.args, &out)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want one about %q; it said %s", err, test.want, out.String())
			}
		})
	}
}

func TestALineOfTheLog(t *testing.T) {
	got := line(arizetest.Request{
		Seq: 3, Method: "POST", Path: "/v2/roles", Status: 201, Lost: true, Mutated: true, Faults: []arizetest.FaultKind{arizetest.FaultClose},
	})
	if want := "00:00:00.000 #3 POST /v2/roles -> 201 changed lost fault:close"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSettingsFromFlags(t *testing.T) {
	c, err := parse([]string{"--latency", "50ms", "--latency-jitter", "5ms", "--requests-per-second", "2.5", "--burst", "3"}, io.Discard)
	got := c.options.Settings
	if err != nil || got.Latency.String() != "50ms" || got.LatencyJitter.String() != "5ms" || got.RequestsPerSecond != 2.5 || got.Burst != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
	if c.listen != "127.0.0.1:9090" || c.options.Seed == 0 {
		t.Errorf("by default it listens on %s, with the seed %d", c.listen, c.options.Seed)
	}
}
