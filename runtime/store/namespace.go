package store

import (
	"fmt"
	"net/url"
	"regexp"
)

// A Namespacer is a Driver whose stores can stand for several servers: a
// namespace is a set of databases of its own, with its own scripts and channels,
// that is named after a store.
type Namespacer interface {
	// Namespace is the URL of the namespace of a store. What tells two names
	// apart tells the URLs apart, and settings are kept.
	Namespace(u *url.URL, name string) (*url.URL, error)
}

// namespaceName is what can stand in a file name, in a host name and in the name
// of a Durable Object alike. It begins with a letter: what begins with a digit
// names the port of a server of this machine.
var namespaceName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// CheckNamespace says what is wrong with the name of a namespace; nil is nothing.
func CheckNamespace(name string) error {
	if !namespaceName.MatchString(name) {
		return fmt.Errorf("store: %q names no namespace: allowed are 1 to 40 of a-z, 0-9, - and _, a letter first", name)
	}
	return nil
}

// Namespace returns the URL under which a store keeps a namespace. The namespace
// "" is the store itself.
func Namespace(rawURL, name string) (string, error) {
	if name == "" {
		return rawURL, nil
	}
	if err := CheckNamespace(name); err != nil {
		return "", err
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", badURL(rawURL)
	}
	registry.Lock()
	d := registry.drivers[u.Scheme]
	linked := schemes()
	registry.Unlock()
	if d == nil {
		return "", unknownScheme(rawURL, u.Scheme, linked)
	}
	n, ok := d.(Namespacer)
	if !ok {
		return "", fmt.Errorf("store: %s URLs have no namespaces, so %s cannot hold %q", u.Scheme, Redact(rawURL), name)
	}
	if u, err = n.Namespace(u, name); err != nil {
		return "", fmt.Errorf("store: namespace %q of %s: %w", name, Redact(rawURL), err)
	}
	return u.String(), nil
}
