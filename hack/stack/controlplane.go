package stack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const loopback = "127.0.0.1"

// startControlPlane starts etcd, the apiserver and perhaps the controller manager. It is not envtest's, for three
// things: the processes die with us, each can be killed and started again where it was, and what the manager asks of the
// apiserver is recorded.
func (s *Stack) startControlPlane(ctx context.Context) error {
	s.options.Say("starting etcd and kube-apiserver")
	if err := s.writeCredentials(); err != nil {
		return err
	}
	etcdURL, err := s.startEtcd(ctx)
	if err != nil {
		return err
	}
	if err := s.startAPIServer(ctx, etcdURL); err != nil {
		return err
	}
	if !s.options.ControllerManager {
		return nil
	}
	s.options.Say("starting kube-controller-manager")
	return s.startControllerManager(ctx)
}

func (s *Stack) startEtcd(ctx context.Context) (url string, err error) {
	ports, err := freePorts(2)
	if err != nil {
		return "", err
	}
	url = "http://" + ports[0]
	s.Etcd = s.process("etcd", filepath.Join(s.assets, "etcd"), httpReady(url+"/readyz"),
		"--data-dir="+s.path("etcd"), "--listen-client-urls="+url, "--advertise-client-urls="+url,
		"--listen-peer-urls=http://"+ports[1],
		// What is lost when the machine itself goes down is no loss here.
		"--unsafe-no-fsync", "--log-level=warn")
	return url, s.Etcd.Start(ctx)
}

func (s *Stack) startAPIServer(ctx context.Context, etcdURL string) error {
	address, port, err := freePort()
	if err != nil {
		return err
	}
	s.Audit = &AuditLog{path: s.path("audit.log")}
	if err := os.WriteFile(s.path("audit-policy.yaml"), []byte(auditPolicy), 0o600); err != nil {
		return err
	}
	url := "https://" + address
	s.APIServer = s.process("kube-apiserver", filepath.Join(s.assets, "kube-apiserver"), httpReady(url+"/readyz"),
		"--etcd-servers="+etcdURL, "--bind-address="+loopback, "--secure-port="+port, "--cert-dir="+s.path("apiserver"),
		// Without these two it looks for a network of the machine, which a laptop on a train does not have.
		"--advertise-address="+loopback, "--endpoint-reconciler-type=none",
		"--authorization-mode=RBAC", "--token-auth-file="+s.path(tokenFile),
		"--service-account-issuer="+url, "--service-account-key-file="+s.path(signingKeyFile),
		"--service-account-signing-key-file="+s.path(signingKeyFile), "--service-cluster-ip-range=10.0.0.0/24",
		"--disable-admission-plugins=ServiceAccount", // nobody makes the default service accounts
		"--audit-policy-file="+s.path("audit-policy.yaml"), "--audit-log-path="+s.Audit.path, "--audit-log-maxsize=4096")
	if err := s.APIServer.Start(ctx); err != nil {
		return err
	}
	// The certificate that the apiserver made for itself is what its clients trust.
	authority, err := os.ReadFile(s.path("apiserver", "apiserver.crt"))
	if err != nil {
		return err
	}
	s.users.url, s.users.authority = url, authority
	s.Config = s.users.config(admin)
	s.Kubeconfig, err = s.writeKubeconfig(admin)
	return err
}

func (s *Stack) startControllerManager(ctx context.Context) error {
	address, port, err := freePort()
	if err != nil {
		return err
	}
	s.ControllerManager = s.process("kube-controller-manager", filepath.Join(s.assets, "kube-controller-manager"),
		httpReady("https://"+address+"/healthz"),
		"--kubeconfig="+s.Kubeconfig, "--controllers=namespace-controller,garbage-collector-controller", "--leader-elect=false",
		"--bind-address="+loopback, "--secure-port="+port, "--cert-dir="+s.path("controller-manager"))
	return s.ControllerManager.Start(ctx)
}

// process makes a process that ends when the stack is closed. It is killed, for nothing that it could still save is kept,
// and an apiserver that is asked to stop waits a minute for whoever still watches.
func (s *Stack) process(name, path string, ready func(context.Context) error, args ...string) *Process {
	p := &Process{Name: name, Log: s.path(name + ".log"), path: path, args: args, ready: ready}
	s.onClose(p.Kill)
	return p
}

// httpReady asks a health endpoint of a process on loopback, whose certificate nobody else signed.
func httpReady(url string) func(context.Context) error {
	client := &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,                                  // a process that was killed must not be asked over a connection of its former life
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // nothing is said, nothing is believed but 200
		},
	}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}

// freePort finds an address on loopback that nobody listens on, and says its port alone, too.
func freePort() (address, port string, err error) {
	addresses, err := freePorts(1)
	if err != nil {
		return "", "", err
	}
	_, port, err = net.SplitHostPort(addresses[0])
	return addresses[0], port, err
}

// freePorts finds n different addresses on loopback that nobody listens on. They are known before a process starts, so
// that it can be started again in the same place.
func freePorts(n int) (addresses []string, err error) {
	var listeners []net.Listener
	for range n {
		listener, failure := net.Listen("tcp", net.JoinHostPort(loopback, "0")) //nolint:noctx // is over at once
		if failure != nil {
			err = failure
			break
		}
		listeners = append(listeners, listener)
		addresses = append(addresses, listener.Addr().String())
	}
	for _, listener := range listeners { // not before all are found: a port that is free again may be found twice
		err = errors.Join(err, listener.Close())
	}
	return addresses, err
}
