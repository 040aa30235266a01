package cftest

import (
	"crypto/tls"
	"fmt"
	"net"
)

// RunTLS is Run with TLS.
func RunTLS(cfg *tls.Config) (*Miniredis, error) {
	m := NewMiniRedis()
	return m, m.StartTLS(cfg)
}

// StartTLS is Start with TLS.
func (m *Miniredis) StartTLS(cfg *tls.Config) error { return m.StartAddrTLS("127.0.0.1:0", cfg) }

// StartAddrTLS is StartAddr with TLS, for clients that come over the network.
// Clients of the runtime in this process reach the server as ever, whatever
// certificates they have.
func (m *Miniredis) StartAddrTLS(addr string, cfg *tls.Config) error {
	return m.start(addr, func(ln net.Listener) (net.Listener, error) {
		if cfg == nil || len(cfg.Certificates) == 0 && cfg.GetCertificate == nil && cfg.GetConfigForClient == nil {
			return nil, fmt.Errorf("cftest: the TLS configuration has no certificate; set Certificates")
		}
		return tls.NewListener(ln, cfg), nil
	})
}
