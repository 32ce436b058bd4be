package arize

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"regexp"
	"syscall"
)

// maxForeignBytes bounds the text of an error that we have no words of our own for.
const maxForeignBytes = 256

// anyURL finds URLs, whose queries and user names are nobody's business.
var anyURL = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://\S+`)

// describe says in words of ours, the same every time, what err is. It is for people: nothing branches on it. The key is
// taken out of what it has to quote.
func describe(err error, key APIKey) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.text
	}
	if u, ok := errors.AsType[*unsentError](err); ok {
		return u.text
	}
	if p, ok := errors.AsType[*proxyError](err); ok {
		return p.Error()
	}
	text := describeTLS(err)
	if text == "" {
		text = describeNetwork(err)
	}
	if text == "" {
		text = anyURL.ReplaceAllString(key.Redact(oneLine(err.Error())), ellipsis)
		text = shorten(stable(text, ""), maxForeignBytes)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		text = "proxy: " + text
	}
	return text
}

func describeTLS(err error) string {
	const untrusted = "TLS certificate is not trusted"
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return untrusted + ": signed by an unknown authority; a private one belongs into the CA bundle"
	}
	if h, ok := errors.AsType[x509.HostnameError](err); ok {
		return untrusted + ": it is not for host " + oneLine(h.Host)
	}
	if i, ok := errors.AsType[x509.CertificateInvalidError](err); ok && i.Reason == x509.Expired {
		return untrusted + ": it has expired or is not valid yet" // its own text holds the current time
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return untrusted
	}
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		if string(record.RecordHeader[:]) == "HTTP/" {
			return "the server speaks plain http, not https"
		}
		return "the server does not speak TLS"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" { // how crypto/tls labels an alert
		return "TLS handshake refused: " + op.Err.Error()
	}
	return ""
}

func describeNetwork(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		// Its own text names the resolver that was asked.
		return "cannot find the address of host " + oneLine(dns.Name)
	}
	for _, known := range []struct {
		err  error
		text string
	}{
		{syscall.ECONNREFUSED, "connection refused"},
		{syscall.ECONNRESET, "connection reset"},
		{syscall.EPIPE, "connection reset"},
		{syscall.EHOSTUNREACH, "no route to host"},
		{syscall.ENETUNREACH, "network is unreachable"},
		{io.EOF, "connection closed without an answer"},
		{io.ErrUnexpectedEOF, "connection closed without an answer"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return "no connection within " + readable(dialTimeout)
	}
	return ""
}
