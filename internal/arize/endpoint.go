package arize

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// DefaultBaseURL is where Arize itself serves accounts that are in no particular region (Arize API reference).
const DefaultBaseURL = "https://api.arize.com"

// RegionURL is where Arize serves the accounts of a region, such as eu-west-1a (Arize API reference). What is not a
// region gives a URL that ValidateBaseURL refuses, or one below arize.com: the key can go nowhere else.
func RegionURL(region string) string {
	return "https://api." + url.QueryEscape(region) + ".arize.com"
}

var (
	hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)
	urlPath  = regexp.MustCompile(`^[A-Za-z0-9._~!$&'()*+,;=:@/-]*$`)
	// service.namespace.svc, with more labels in front for the pods of a headless service.
	inCluster = regexp.MustCompile(`^([^.]+\.){2,}svc(\.cluster\.local)?$`)
)

// ValidateBaseURL returns raw normalised, so that two spellings of one endpoint are equal strings: scheme and host in
// lower case, no default port, no trailing slash or dot. It refuses what is more than scheme, host, port and path,
// and plain http to anything but this machine or a Service of the cluster, because the key would travel in the clear.
// Errors never quote raw, which may hold a password.
func ValidateBaseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// url.Parse quotes what it was given.
		return "", errors.New("the base URL is not a valid URL; write it like " + DefaultBaseURL)
	}
	if err := checkParts(u, raw); err != nil {
		return "", err
	}
	host, err := normalHost(u.Hostname())
	if err != nil {
		return "", err
	}
	if u.Scheme == "http" && !staysLocal(host) {
		return "", errors.New("the base URL must use https: plain http is only for loopback addresses and in-cluster .svc names")
	}
	port, err := normalPort(u)
	if err != nil {
		return "", err
	}
	path, err := normalPath(u)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + host + port + path, nil
}

func checkParts(u *url.URL, raw string) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("the base URL must begin with https://")
	case u.Opaque != "" || u.Hostname() == "":
		return errors.New("the base URL must name a host, like " + DefaultBaseURL)
	case u.User != nil:
		return errors.New("the base URL must not contain a user name or password")
	case u.RawQuery != "" || u.ForceQuery:
		return errors.New("the base URL must not contain a query (?)")
	case strings.Contains(raw, "#"):
		return errors.New("the base URL must not contain a fragment (#)")
	}
	return nil
}

func normalHost(host string) (string, error) {
	host = strings.ToLower(host)
	if addr, err := netip.ParseAddr(host); err == nil && addr.Zone() == "" {
		if addr = addr.Unmap(); addr.Is6() {
			return "[" + addr.String() + "]", nil
		}
		return addr.String(), nil
	}
	host = strings.TrimSuffix(host, ".")
	if len(host) > 253 || !hostName.MatchString(host) {
		return "", errors.New("the base URL must name a host by an IP address or an ASCII host name")
	}
	return host, nil
}

func normalPort(u *url.URL) (string, error) {
	if u.Port() == "" {
		return "", nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return "", errors.New("the port of the base URL must be between 1 and 65535")
	}
	if u.Scheme == "https" && port == 443 || u.Scheme == "http" && port == 80 {
		return "", nil
	}
	return fmt.Sprintf(":%d", port), nil
}

func normalPath(u *url.URL) (string, error) {
	path := strings.TrimRight(u.EscapedPath(), "/")
	if path == "" {
		return "", nil
	}
	if !urlPath.MatchString(path) {
		return "", errors.New("the path of the base URL must not contain percent-encoding or characters that need it")
	}
	segments := strings.Split(path[1:], "/")
	if slices.ContainsFunc(segments, func(s string) bool { return s == "" || s == "." || s == ".." }) {
		return "", errors.New("the path of the base URL must not contain empty, . or .. segments")
	}
	if segments[len(segments)-1] == "v2" {
		return "", errors.New("the base URL must not end in /v2: the version of the API is added to it")
	}
	return path, nil
}

// staysLocal takes a normalised host.
func staysLocal(host string) bool {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || inCluster.MatchString(host)
}
