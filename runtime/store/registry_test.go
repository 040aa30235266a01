package store_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// fake counts what the registry does with it.
type fake struct {
	mu     sync.Mutex
	opened int
	closed int
	fail   error
}

type fakeBackend struct{ f *fake }

func (f *fake) Key(u *url.URL) (string, error) {
	if u.Host == "bad" {
		return "", errors.New("bad name")
	}
	return strings.ToLower(u.Host), nil
}

func (f *fake) Open(u *url.URL) (store.Backend, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	f.opened++
	return fakeBackend{f}, nil
}

func (b fakeBackend) NewSession(store.SessionOptions) (store.Session, error) { return nil, nil }
func (b fakeBackend) URL() string                                            { return "fake://" }
func (b fakeBackend) Close() error {
	b.f.mu.Lock()
	defer b.f.mu.Unlock()
	b.f.closed++
	return nil
}

var driver = &fake{}

func init() { store.Register("fake", driver) }

func TestSameStoreIsOpenOnce(t *testing.T) {
	*driver = fake{}
	a, err := store.Open("fake://Name")
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Open("fake://name")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open("fake://name?x=1"); err == nil || !strings.Contains(err.Error(), "already open") {
		t.Errorf("other settings: %v", err)
	}
	other, err := store.Open("fake://other")
	if err != nil {
		t.Fatal(err)
	}
	if driver.opened != 2 {
		t.Errorf("opened %d stores, want 2", driver.opened)
	}
	a.Close()
	a.Close() // counts once
	if driver.closed != 0 {
		t.Error("closed while it is used")
	}
	b.Close()
	if driver.closed != 1 {
		t.Errorf("closed %d, want 1", driver.closed)
	}
	other.Close()
	if c, err := store.Open("fake://name?x=1"); err != nil {
		t.Errorf("after the last Close: %v", err)
	} else {
		c.Close()
	}
}

func TestOpenAndCloseFromManyGoroutines(t *testing.T) {
	*driver = fake{}
	var wg sync.WaitGroup
	for i := 0; i < 16; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 200; j++ {
				b, err := store.Open("fake://busy")
				if err != nil {
					t.Error(err)
					return
				}
				b.Close()
			}
		}()
	}
	wg.Wait()
	if driver.opened == 0 || driver.opened != driver.closed {
		t.Errorf("opened %d, closed %d", driver.opened, driver.closed)
	}
}

func TestFailedOpenLeavesNothing(t *testing.T) {
	*driver = fake{fail: errors.New("no such thing")}
	if _, err := store.Open("fake://x"); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("got %v", err)
	}
	driver.fail = nil
	b, err := store.Open("fake://x")
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}

func TestUnknownURLsSayWhatToDo(t *testing.T) {
	for rawURL, wants := range map[string][]string{
		"file:x.db":            {"no driver for file URLs", "linked are fake", `import _ "github.com/redis2cf/redis2cf/runtime/store/sqlite"`},
		"redis://u:pw@h:1":     {"redis URLs name no store", "memory://NAME"},
		"localhost:6379":       {"localhost URLs name no store"},
		"just-a-name":          {"has no scheme"},
		"fake://bad":           {"bad name"},
		"https://u:pw@h/%zz?q": {"is not a URL"},
	} {
		_, err := store.Open(rawURL)
		if err == nil {
			t.Errorf("%s was opened", rawURL)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", rawURL, err, want)
			}
		}
		if strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: %q tells the password", rawURL, err)
		}
	}
}

func TestRedactHidesSecrets(t *testing.T) {
	for rawURL, want := range map[string]string{
		"https://token@gateway.example/x":       "https://xxxxx@gateway.example/x",
		"https://u:secret@h?token=t&shard=2":    "https://xxxxx@h?shard=2&token=xxxxx",
		"file:path/x.db?durability=behind":      "file:path/x.db?durability=behind",
		"memory://name":                         "memory://name",
		"https://u:%zz@host/path?password=open": "https://xxxxx@host/path",
	} {
		if got := store.Redact(rawURL); got != want {
			t.Errorf("Redact(%q) = %q, want %q", rawURL, got, want)
		}
	}
}

func TestLocalServersAreFoundByAddress(t *testing.T) {
	b := fakeBackend{driver}
	forget := store.RegisterLocal("127.0.0.1:1", b)
	got, ok := store.Local("127.0.0.1:1")
	if !ok {
		t.Fatal("not found")
	}
	closed := driver.closed
	got.Close()
	if driver.closed != closed {
		t.Error("closing a borrowed backend closed the server")
	}
	forget()
	if _, ok := store.Local("127.0.0.1:1"); ok {
		t.Error("still there")
	}
}
