package stack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Namespace is where the manifests put the operator.
const Namespace = "arize-system"

const (
	tokenFile      = "tokens.csv"
	signingKeyFile = "service-accounts.key"
)

// user is one who may talk to the apiserver.
type user string

const (
	admin user = "admin"
	// operator is the service account in the manifests: the manager may do here what it may do in a cluster.
	operator user = "system:serviceaccount:" + Namespace + ":arize-operator-controller-manager"
)

var groups = map[user][]string{
	admin:    {"system:masters"},
	operator: {"system:serviceaccounts", "system:serviceaccounts:" + Namespace},
}

// credentials are what clients of the apiserver need.
type credentials struct {
	url       string
	authority []byte
	tokens    map[user]string
}

// writeCredentials writes the files from which the apiserver knows its users, and signs for service accounts.
func (s *Stack) writeCredentials() error {
	s.users.tokens = map[user]string{}
	var lines strings.Builder
	for name, memberOf := range groups {
		secret := make([]byte, 16)
		if _, err := rand.Read(secret); err != nil {
			return err
		}
		token := hex.EncodeToString(secret)
		s.users.tokens[name] = token
		fmt.Fprintf(&lines, "%s,%s,%s,%q\n", token, name, name, strings.Join(memberOf, ","))
	}
	if err := os.WriteFile(s.path(tokenFile), []byte(lines.String()), 0o600); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	return os.WriteFile(s.path(signingKeyFile), block, 0o600)
}

func (c credentials) config(name user) *rest.Config {
	return &rest.Config{
		Host: c.url, BearerToken: c.tokens[name],
		TLSClientConfig: rest.TLSClientConfig{CAData: c.authority},
		QPS:             -1, // no limit
	}
}

// Operator is how the manager gets in: for what stands between it and the apiserver, see ManagerOptions.Through.
func (s *Stack) Operator() *rest.Config { return s.users.config(operator) }

// writeKubeconfig writes the file that lets a program in as name.
func (s *Stack) writeKubeconfig(name user) (file string, err error) {
	file = s.path("kubeconfig")
	if name != admin {
		file = s.path("kubeconfig-manager")
	}
	cluster := &clientcmdapi.Cluster{Server: s.users.url, CertificateAuthorityData: s.users.authority}
	return file, writeKubeconfig(file, cluster, &clientcmdapi.AuthInfo{Token: s.users.tokens[name]})
}

// writeKubeconfigThrough writes the file that leads a program to what stands before the apiserver, which lets it in.
func (s *Stack) writeKubeconfigThrough(url string) (file string, err error) {
	file = s.path("kubeconfig-through")
	return file, writeKubeconfig(file, &clientcmdapi.Cluster{Server: url}, &clientcmdapi.AuthInfo{})
}

func writeKubeconfig(file string, cluster *clientcmdapi.Cluster, as *clientcmdapi.AuthInfo) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["stack"] = cluster
	config.AuthInfos["user"] = as
	config.Contexts["stack"] = &clientcmdapi.Context{Cluster: "stack", AuthInfo: "user"}
	config.CurrentContext = "stack"
	return clientcmd.WriteToFile(*config, file)
}
