package store_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// spaced is a driver with namespaces.
type spaced struct{ fake }

func (*spaced) Namespace(u *url.URL, name string) (*url.URL, error) {
	n := *u
	n.Host += "." + name
	return &n, nil
}

func init() { store.Register("spaced", &spaced{}) }

func TestNamespaceHasAURLOfItsOwn(t *testing.T) {
	for _, test := range []struct{ url, name, want string }{
		{"spaced://a?x=1", "queue", "spaced://a.queue?x=1"},
		{"spaced://a", "", "spaced://a"},
		{"not linked:", "", "not linked:"},
		{"spaced://a", "Queue", "error: names no namespace"},
		{"spaced://a", "6380", "error: names no namespace"},
		{"spaced://a", "a/b", "error: names no namespace"},
		{"spaced://a", strings.Repeat("a", 41), "error: names no namespace"},
		{"fake://a", "queue", "error: fake URLs have no namespaces"},
		{"fake://u:pw@a", "queue", "error: fake://xxxxx@a"},
		{"https://gw.example", "queue", "error: no driver for https URLs"},
		{"spaced://%zz", "queue", "error: is not a URL"},
	} {
		got, err := store.Namespace(test.url, test.name)
		if want, fails := strings.CutPrefix(test.want, "error: "); fails {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw@") {
				t.Errorf("%s in %s: %q, %v", test.name, test.url, got, err)
			}
			continue
		}
		if got != test.want || err != nil {
			t.Errorf("%s in %s: %q, %v, want %q", test.name, test.url, got, err, test.want)
		}
	}
}
