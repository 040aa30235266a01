package store

import (
	"net"
	"path/filepath"
	"strings"
)

// ServerName gives the address of a Redis server the spelling that all its
// spellings have in common: host:port in lower case, localhost for the names of
// this machine, unix:PATH for a socket. Plans and namespaces tell servers apart by it.
func ServerName(network, addr string) string {
	if network == "unix" || strings.HasPrefix(addr, "/") {
		return "unix:" + filepath.ToSlash(filepath.Clean(addr))
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		host, port = addr, ""
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if Loopback(host) {
		host = "localhost"
	}
	if port == "" {
		port = "6379"
	}
	return net.JoinHostPort(host, port)
}

// Loopback tells whether a host is this machine; no host is.
func Loopback(host string) bool {
	if host == "" || strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
