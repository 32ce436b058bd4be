package arize

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
)

// ValidateCABundle says what keeps a CA bundle in PEM from being used; an empty one is as good as none. It refuses every
// block that is no certificate, so that who pastes a key along with them hears of it.
func ValidateCABundle(bundle []byte) error {
	_, err := certificatesIn(bundle)
	return err
}

// rootsWith is the system's roots plus those in bundle; nil when there is no bundle.
func rootsWith(bundle []byte) (*x509.CertPool, error) {
	certificates, err := certificatesIn(bundle)
	if err != nil || len(certificates) == 0 {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a container without any: the bundle is all there is
	}
	for _, certificate := range certificates {
		roots.AddCert(certificate)
	}
	return roots, nil
}

func certificatesIn(bundle []byte) ([]*x509.Certificate, error) {
	var certificates []*x509.Certificate
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			return nil, errors.New("the CA bundle has a PEM block that is no certificate; paste the certificates of the CA only")
		}
		certificates = append(certificates, certificate)
	}
	if len(bundle) > 0 && len(certificates) == 0 {
		return nil, errors.New("the CA bundle has no complete PEM block; " +
			"paste the certificates of the CA with their BEGIN and END lines")
	}
	return certificates, nil
}
