package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// TokenVariable is the environment variable that holds the token, when the URL has none.
const TokenVariable = "CFSTORE_TOKEN"

// library is what the object's log calls this package.
const library = "redis2cf-go/1"

func init() {
	store.Register("http", driver{})
	store.Register("https", driver{})
}

type driver struct{}

var (
	_ store.Keyer      = driver{}
	_ store.Namespacer = driver{}
)

// address is what a URL says.
type address struct {
	base      *url.URL // scheme, host and path: no secrets, no settings
	namespace string   // below the token's: a name, or two with a slash between them
	token     string
	from      string // where the token stands, for messages
	http      bool   // transport=http
	sockets   bool   // transport=websocket: HTTP is no alternative
}

// parse reads a URL. Its errors do not repeat secrets.
func parse(u *url.URL) (*address, error) {
	if u.Host == "" || u.Opaque != "" {
		return nil, fmt.Errorf("write %s://HOST", u.Scheme)
	}
	a := &address{base: &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("the part behind the ? cannot be read")
	}
	for name, values := range query {
		if len(values) > 1 {
			return nil, fmt.Errorf("%s stands in the URL %d times", name, len(values))
		}
		switch value := values[0]; name {
		case "token":
			a.token, a.from = value, "the URL's token parameter"
		case "namespace":
			if err := checkNamespace(value); err != nil {
				return nil, err
			}
			a.namespace = value
		case "transport":
			switch value {
			case "http":
				a.http = true
			case "websocket":
				a.sockets = true
			default:
				return nil, fmt.Errorf("unknown transport %q: write http or websocket", value)
			}
		default:
			return nil, fmt.Errorf("unknown setting %q: there are token, namespace and transport", name)
		}
	}
	if u.User != nil {
		if name := u.User.Username(); name != "" {
			return nil, fmt.Errorf("the URL has a user's name; the token is the password: %s://:TOKEN@%s", u.Scheme, u.Host)
		}
		if password, ok := u.User.Password(); ok && password != "" {
			a.token, a.from = password, "the URL's password"
		}
	}
	if a.token == "" {
		if token := os.Getenv(TokenVariable); token != "" {
			a.token, a.from = token, "$"+TokenVariable
		}
	}
	if err := checkToken(a.token, a.from); err != nil {
		return nil, err
	}
	return a, nil
}

// checkToken says what is wrong with a token, without repeating it.
func checkToken(token, from string) error {
	if len(token) > 512 {
		return fmt.Errorf("%s is longer than any token", from)
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("%s has a character that no token has", from)
		}
	}
	return nil
}

// Key is what tells two stores apart: where it is, the namespace, and the token,
// which has a namespace of its own, as a digest.
func (driver) Key(u *url.URL) (string, error) {
	a, err := parse(u)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(a.token))
	return strings.ToLower(a.base.Host) + a.base.Path + "\x00" + a.namespace + "\x00" + hex.EncodeToString(digest[:]), nil
}

// checkNamespace says what is wrong with a name, or two with a slash between them.
func checkNamespace(path string) error {
	above, name, two := strings.Cut(path, "/")
	if err := store.CheckNamespace(above); err != nil || !two {
		return err
	}
	return store.CheckNamespace(name)
}

// client is the namespace's last name, which the plan may know.
func (a *address) client() string {
	return a.namespace[strings.LastIndexByte(a.namespace, '/')+1:]
}

// Namespace is the URL with ?namespace=NAME; below another one, with both names and a
// slash between them, which no name has: so other names never are the same two.
func (driver) Namespace(u *url.URL, name string) (*url.URL, error) {
	a, err := parse(u)
	if err != nil {
		return nil, err
	}
	if a.namespace != "" {
		name = a.namespace + "/" + name
		if err := checkNamespace(name); err != nil {
			return nil, fmt.Errorf("the URL's namespace has one below it already: %w", err)
		}
	}
	n := *u
	q := n.Query()
	q.Set("namespace", name)
	n.RawQuery = q.Encode()
	return &n, nil
}

// Open reads the URL. Nothing is connected before the first command, which has a
// context.
func (driver) Open(u *url.URL) (store.Backend, error) {
	a, err := parse(u)
	if err != nil {
		return nil, err
	}
	return newBackend(a), nil
}
