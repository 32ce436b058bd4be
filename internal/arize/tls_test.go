package arize_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/arize-operator/arize-operator/internal/arize"
)

// tlsServer starts a server that always answers with a role. Its complaints about clients are not of interest.
func tlsServer(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(answer(200, nil, roleJSON))
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestTLS(t *testing.T) {
	good := tlsServer(t, nil)
	expired := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{selfSigned(t, time.Now().Add(-time.Hour), "127.0.0.1")}})
	another := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{selfSigned(t, time.Now().Add(time.Hour), "10.9.8.7")}})
	old := tlsServer(t, &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}) //nolint:gosec // to be refused
	withClientCertificate := tlsServer(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert})
	plain := httptest.NewServer(answer(200, nil, roleJSON))
	defer plain.Close()
	notHTTP := rawServer(t, "SSH-2.0-OpenSSH_9.9\r\n")

	for name, test := range map[string]struct {
		url    string
		bundle []byte
		want   string // "" means that it works
	}{
		"a CA of ours": {good.URL, certificatePEM(good), ""},
		"a CA of ours among others, with a comment": {
			good.URL, slices.Concat(certificatePEM(expired), []byte("# our CA\n"), certificatePEM(good)), "",
		},
		"a CA that we do not know": {
			good.URL, nil,
			"TLS certificate is not trusted: signed by an unknown authority; a private one belongs into the CA bundle",
		},
		"a CA bundle for something else": {
			good.URL, certificatePEM(expired),
			"TLS certificate is not trusted: signed by an unknown authority; a private one belongs into the CA bundle",
		},
		"another host":          {another.URL, certificatePEM(another), "TLS certificate is not trusted: it is not for host 127.0.0.1"},
		"expired":               {expired.URL, certificatePEM(expired), "TLS certificate is not trusted: it has expired or is not valid yet"},
		"too old a version":     {old.URL, certificatePEM(old), "TLS handshake refused: tls: protocol version not supported"},
		"a client certificate":  {withClientCertificate.URL, certificatePEM(withClientCertificate), "TLS handshake refused: tls: certificate required"},
		"https to an http port": {strings.Replace(plain.URL, "http:", "https:", 1), nil, "the server speaks plain http, not https"},
		"https to another port": {"https://" + notHTTP, nil, "the server does not speak TLS"},
		"http to an https port": {
			strings.Replace(good.URL, "https:", "http:", 1), nil,
			"answered with something that is not JSON (HTTP 400)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := mustNew(t, arize.Options{BaseURL: test.url, CABundle: test.bundle})
			_, err := client.Role(t.Context(), "r1")
			want := reading{arize.ClassUnavailable, false, test.want}
			if test.want == "" {
				want = reading{}
			}
			if diff := cmp.Diff(want, read(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestValidateCABundle(t *testing.T) {
	const (
		foreign    = "the CA bundle has a PEM block that is no certificate; paste the certificates of the CA only"
		incomplete = "the CA bundle has no complete PEM block; paste the certificates of the CA with their BEGIN and END lines"
	)
	certificate := string(certificatePEM(tlsServer(t, nil)))
	for name, test := range map[string]struct{ bundle, want string }{
		"nothing":                {"", ""},
		"a certificate":          {certificate, ""},
		"two, and a comment":     {"# ours\n" + certificate + "# and theirs\n" + certificate, ""},
		"no PEM":                 {"hello", incomplete},
		"white space":            {" \n", incomplete},
		"half a block":           {"-----BEGIN CERTIFICATE-----\nAAAA\n", incomplete},
		"nothing but keys":       {string(otherPEM()), foreign},
		"a key beside it":        {certificate + string(otherPEM()), foreign},
		"a block that is broken": {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", foreign},
	} {
		t.Run(name, func(t *testing.T) {
			_, inUse := arize.New(arize.Options{APIKey: mustKey(t, secret), CABundle: []byte(test.bundle)})
			for what, err := range map[string]error{"ValidateCABundle": arize.ValidateCABundle([]byte(test.bundle)), "New": inUse} {
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != test.want {
					t.Errorf("%s: got %q, want %q", what, got, test.want)
				}
			}
		})
	}
}

func otherPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{1, 2, 3}})
}

func selfSigned(t *testing.T, until time.Time, address string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: until.Add(-24 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.ParseIP(address)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
