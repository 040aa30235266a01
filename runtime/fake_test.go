package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// fake is a store that a test scripts: it writes down the frames and answers
// with what answer says.
type fake struct {
	mu       sync.Mutex
	frames   []string
	sessions int
	open     int
	answer   func(frame []resp.Command) ([]resp.Reply, error)
	push     func(resp.Reply)
	opts     []store.SessionOptions
}

var fakes sync.Map

type fakeDriver struct{}

func init() { store.Register("fake", fakeDriver{}) }

func (fakeDriver) Open(u *url.URL) (store.Backend, error) {
	f, ok := fakes.Load(u.Host)
	if !ok {
		return nil, fmt.Errorf("no such fake: %s", u.Host)
	}
	return f.(*fake), nil
}

func (f *fake) NewSession(opt store.SessionOptions) (store.Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions++
	f.open++
	f.opts = append(f.opts, opt)
	if opt.Push != nil {
		f.push = opt.Push
	}
	return &fakeSession{fake: f}, nil
}
func (f *fake) URL() string  { return "fake://" }
func (f *fake) Close() error { return nil }

type fakeSession struct {
	*fake
	closed bool
}

var errLost = errors.New("fake: the session is gone")

func (s *fakeSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errLost
	}
	var words []string
	for _, c := range cmds {
		words = append(words, strings.Join(c, " "))
	}
	s.frames = append(s.frames, strings.Join(words, "; "))
	if s.answer != nil {
		return s.answer(cmds)
	}
	out := make([]resp.Reply, len(cmds))
	for i := range out {
		out[i] = resp.OK
	}
	return out, nil
}

func (s *fakeSession) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.open--
	}
	return nil
}

func (f *fake) sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.frames...)
}

func (f *fake) openSessions() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}

// newFake returns a store and the options of a client on it.
func newFake(t *testing.T) (*fake, *runtime.Options) {
	f := &fake{}
	host := strings.ToLower(strings.NewReplacer("/", "-", "_", "-", "#", "-").Replace(t.Name()))
	fakes.Store(host, f)
	t.Cleanup(func() {
		if n := f.openSessions(); n != 0 {
			t.Errorf("%d sessions are still open", n)
		}
	})
	return f, &runtime.Options{Addr: "fake://" + host}
}

func client(t *testing.T, opt *runtime.Options) *runtime.Client {
	c := runtime.NewClient(opt)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// replies answers one frame after another.
func replies(list ...[]resp.Reply) func([]resp.Command) ([]resp.Reply, error) {
	return func([]resp.Command) ([]resp.Reply, error) {
		r := list[0]
		list = list[1:]
		return r, nil
	}
}
