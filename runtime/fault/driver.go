package fault

import (
	"errors"
	"log/slog"
	"net/url"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// Scheme is the scheme of the URLs that ask for this package; behind it stands the
// store's own URL.
const Scheme = "fault"

func init() { store.Register(Scheme, driver{}) }

type driver struct{}

// Open opens the store that the URL names.
func (driver) Open(u *url.URL) (store.Backend, error) {
	inner, settings, err := inside(u)
	if err != nil {
		return nil, err
	}
	opt, err := fromQuery(settings)
	if err != nil {
		return nil, err
	}
	opt.Log = slog.Default()
	b, err := store.Open(inner)
	if err != nil {
		return nil, err
	}
	return Wrap(b, opt), nil
}

// Namespace is the store's namespace, with the same settings.
func (driver) Namespace(u *url.URL, name string) (*url.URL, error) {
	inner, settings, err := inside(u)
	if err != nil {
		return nil, err
	}
	space, err := store.Namespace(inner, name)
	if err != nil {
		return nil, err
	}
	n, err := url.Parse(Scheme + ":" + space)
	if err != nil {
		return nil, errors.New("the store of the namespace has no URL that can be read")
	}
	q := n.Query()
	for k, v := range settings {
		q[k] = v
	}
	n.RawQuery = q.Encode()
	return n, nil
}

// inside takes the store's URL and the settings of this package apart.
func inside(u *url.URL) (inner string, settings url.Values, err error) {
	rest := *u
	settings = url.Values{}
	q := rest.Query()
	for k, v := range q {
		if strings.HasPrefix(k, Scheme+"-") {
			settings[k] = v
			q.Del(k)
		}
	}
	rest.RawQuery = q.Encode()
	inner = strings.TrimPrefix(rest.String(), Scheme+":")
	if !strings.Contains(inner, ":") {
		return "", nil, errors.New("behind fault: stands a store's URL: fault:https://HOST, fault:file:PATH")
	}
	return inner, settings, nil
}
