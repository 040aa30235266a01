package store

import (
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// refusal is what a client gets where no server can be, as it would from the
// network. To the runtime it says as well that nothing was run.
type refusal struct{ *net.OpError }

// Unwrap is the error of the network.
func (r refusal) Unwrap() error { return r.OpError }

// Is says that nothing was run.
func (r refusal) Is(target error) bool { return target == ErrClosed }

// Refused is the error of connecting to an address where nobody listens.
func Refused(addr string) error {
	to, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return refused(nil, 0)
	}
	return refused(to.IP, to.Port)
}

func refused(ip net.IP, port int) error {
	op := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if ip != nil {
		op.Addr = &net.TCPAddr{IP: ip, Port: port}
	}
	return refusal{op}
}

// Unreachable is the error of connecting to an address at which there can be no
// server, nil for others: this machine's port 0 and port 1 (which programs take when
// they want to be refused), what is no port, and the names below .invalid, which
// RFC 6761 keeps from being any host's.
func Unreachable(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil // a path, a host without a port: not for us to say
	}
	if name := strings.TrimSuffix(strings.ToLower(host), "."); name == "invalid" || strings.HasSuffix(name, ".invalid") {
		return refusal{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}}
	}
	n, err := strconv.Atoi(port)
	switch {
	case err != nil:
		return nil // the usual one, or a service's name
	case n < 0 || n > 65535:
		return refusal{&net.OpError{Op: "dial", Net: "tcp", Err: &net.AddrError{Err: "invalid port", Addr: port}}}
	case n <= 1 && Loopback(host):
		ip := net.ParseIP(host)
		if ip == nil {
			ip = net.IPv4(127, 0, 0, 1)
		}
		return refused(ip, n)
	}
	return nil
}
