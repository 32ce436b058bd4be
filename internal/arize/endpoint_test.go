package arize_test

import (
	"strings"
	"testing"

	"github.com/arize-operator/arize-operator/internal/arize"
)

func TestValidateBaseURL(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want string // "" means refused
	}{
		"the default":                      {"https://api.arize.com", "https://api.arize.com"},
		"capitals":                         {"HTTPS://API.Arize.COM", "https://api.arize.com"},
		"a trailing slash":                 {"https://api.arize.com/", "https://api.arize.com"},
		"many trailing slashes":            {"https://api.arize.com/x///", "https://api.arize.com/x"},
		"a trailing dot":                   {"https://api.arize.com.", "https://api.arize.com"},
		"the default port":                 {"https://api.arize.com:443/", "https://api.arize.com"},
		"the default port with zeros":      {"https://api.arize.com:0443", "https://api.arize.com"},
		"no port after a colon":            {"https://api.arize.com:", "https://api.arize.com"},
		"a port":                           {"https://arize.corp:8443", "https://arize.corp:8443"},
		"https on the port of http":        {"https://arize.corp:80", "https://arize.corp:80"},
		"a path keeps its case":            {"https://arize.corp/Gate/way", "https://arize.corp/Gate/way"},
		"an underscore in a host":          {"https://my_arize.corp", "https://my_arize.corp"},
		"an IPv4 address":                  {"https://10.1.2.3:8443", "https://10.1.2.3:8443"},
		"an IPv6 address":                  {"https://[2001:DB8:0:0::1]:8443", "https://[2001:db8::1]:8443"},
		"http on loopback":                 {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		"http on another loopback":         {"http://127.8.8.8", "http://127.8.8.8"},
		"http on IPv6 loopback":            {"http://[::1]:80/x", "http://[::1]/x"},
		"http on mapped loopback":          {"http://[::ffff:127.0.0.1]", "http://127.0.0.1"},
		"http on localhost":                {"http://LocalHost:80", "http://localhost"},
		"http to a Service":                {"http://arize.tools.svc:8080/x/", "http://arize.tools.svc:8080/x"},
		"http to a Service, full name":     {"http://arize.tools.svc.cluster.local", "http://arize.tools.svc.cluster.local"},
		"http to a pod behind a Service":   {"http://pod-0.arize.tools.svc", "http://pod-0.arize.tools.svc"},
		"a path that looks like a version": {"https://arize.corp/v2/proxy", "https://arize.corp/v2/proxy"},

		"empty":                          {"", ""},
		"no scheme":                      {"api.arize.com", ""},
		"a host with a port alone":       {"api.arize.com:443", ""},
		"another scheme":                 {"ftp://api.arize.com", ""},
		"a file":                         {"file:///etc/passwd", ""},
		"no host":                        {"https://", ""},
		"no host but a port":             {"https://:8443", ""},
		"opaque":                         {"https:api.arize.com", ""},
		"white space in front":           {" https://api.arize.com", ""},
		"white space behind":             {"https://api.arize.com ", ""},
		"a newline":                      {"https://api.arize.com\n", ""},
		"a user":                         {"https://user@api.arize.com", ""},
		"a user and a password":          {"https://user:hunter2@api.arize.com", ""},
		"a query":                        {"https://api.arize.com?token=hunter2", ""},
		"an empty query":                 {"https://api.arize.com?", ""},
		"a fragment":                     {"https://api.arize.com#hunter2", ""},
		"an empty fragment":              {"https://api.arize.com/#", ""},
		"the version in it":              {"https://api.arize.com/v2", ""},
		"the version and a slash":        {"https://api.arize.com/v2/", ""},
		"percent-encoding in the path":   {"https://api.arize.com/a%2Fb", ""},
		"percent-encoding in the host":   {"https://api%2earize.com", ""},
		"dots in the path":               {"https://api.arize.com/a/../b", ""},
		"an empty segment":               {"https://api.arize.com/a//b", ""},
		"a backslash":                    {`https://api.arize.com\@evil.com`, ""},
		"not ASCII in the host":          {"https://ärize.com", ""},
		"not ASCII in the path":          {"https://api.arize.com/ä", ""},
		"port zero":                      {"https://api.arize.com:0", ""},
		"a port that is too large":       {"https://api.arize.com:65536", ""},
		"a port that is no number":       {"https://api.arize.com:https", ""},
		"an empty label":                 {"https://api..arize.com", ""},
		"a zone":                         {"https://[fe80::1%25eth0]", ""},
		"a host that is too long":        {"https://" + strings.Repeat("a.", 127) + "com", ""},
		"http to Arize":                  {"http://api.arize.com", ""},
		"http to a private address":      {"http://10.1.2.3", ""},
		"http to what ends like one":     {"http://127.0.0.1.nip.io", ""},
		"http below localhost":           {"http://x.localhost", ""},
		"http to a namespace alone":      {"http://tools.svc", ""},
		"http to what begins like a svc": {"http://arize.tools.svc.evil.com", ""},
		"http to a cluster's other name": {"http://arize.tools.svc.cluster.local.evil.com", ""},
		"http to the unspecified":        {"http://0.0.0.0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := arize.ValidateBaseURL(test.in)
			if got != test.want || (err != nil) != (test.want == "") {
				t.Fatalf("got %q, %v, want %q", got, err, test.want)
			}
			if err != nil {
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("the error quotes the URL: %v", err)
				}
				return
			}
			if again, err := arize.ValidateBaseURL(got); again != got || err != nil {
				t.Errorf("normalising once more gives %q, %v, want %q", again, err, got)
			}
		})
	}
}

func TestRegionURL(t *testing.T) {
	for _, region := range []string{"us-central-1a", "us-east-1b", "eu-west-1a", "ca-central-1a"} {
		want := "https://api." + region + ".arize.com"
		if got, err := arize.ValidateBaseURL(arize.RegionURL(region)); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", region, got, err, want)
		}
	}
	for _, region := range []string{"evil.com/", "evil.com#", "evil.com?", "x@evil.com", "evil.com:443", `evil.com\`, " ", "", "a b", "%2F", "x\n"} {
		got, err := arize.ValidateBaseURL(arize.RegionURL(region))
		if err == nil {
			t.Errorf("region %q leads to %s", region, got)
		}
	}
}

// FuzzValidateBaseURL: what is accepted stays the same when normalised again, and never carries more than an endpoint.
func FuzzValidateBaseURL(f *testing.F) {
	for _, seed := range []string{
		arize.DefaultBaseURL, "http://[::1]:80/x/", "https://user:pw@host/?q#f", "https://h:0443/a/../b", "http://a.b.svc", "https://%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := arize.ValidateBaseURL(raw)
		if err != nil {
			return
		}
		if again, err := arize.ValidateBaseURL(got); again != got || err != nil {
			t.Errorf("%q becomes %q, then %q, %v", raw, got, again, err)
		}
		if strings.ContainsAny(got, "?#\\ %") || strings.HasSuffix(got, "/") {
			t.Errorf("%q becomes %q", raw, got)
		}
	})
}
