package adapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/adapter"
	"github.com/redis2cf/redis2cf/runtime/cftest"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

var ctx = context.Background()

// each runs a test on every store of a process; later lets time pass, where it can.
func each(t *testing.T, test func(t *testing.T, a *adapter.Adapter, later func(time.Duration))) {
	t.Run("memory", func(t *testing.T) {
		s := cftest.RunT(t)
		a, err := adapter.Open(s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		test(t, a, s.FastForward)
	})
	t.Run("file", func(t *testing.T) {
		file := "file:" + filepath.Join(t.TempDir(), "store.db")
		a, err := adapter.Open(file, adapter.WithPrefix("app"))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		test(t, a, nil)
	})
}

func TestSessions(t *testing.T) {
	each(t, func(t *testing.T, a *adapter.Adapter, later func(time.Duration)) {
		s := &adapter.Session{ID: "1", User: "ann", Values: map[string]string{"cart": "a\x00b"}, TTL: time.Hour}
		if err := a.CreateSession(ctx, s); err != nil || s.Version != 1 || s.Created.IsZero() {
			t.Fatalf("%+v %v", s, err)
		}
		if err := a.CreateSession(ctx, &adapter.Session{ID: "1"}); !errors.Is(err, adapter.ErrExists) {
			t.Errorf("created twice: %v", err)
		}
		got, err := a.Session(ctx, "1")
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%+v %v, not %+v", got, err, s)
		}
		other := *got
		got.Values["cart"] = "c"
		if err := a.UpdateSession(ctx, got); err != nil || got.Version != 2 {
			t.Fatalf("%+v %v", got, err)
		}
		if err := a.UpdateSession(ctx, &other); !errors.Is(err, adapter.ErrConflict) || other.Version != 1 {
			t.Errorf("an old version: %v", err)
		}
		if n := a.Conflicts(); n != 1 {
			t.Errorf("%d conflicts are counted", n)
		}
		if err := a.UpdateSession(ctx, &adapter.Session{ID: "1"}); err == nil {
			t.Error("a session that was not read is stored")
		}
		if err := a.UpdateSession(ctx, &adapter.Session{ID: "2", Version: 1}); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("a session that is not there: %v", err)
		}
		if later != nil {
			later(59 * time.Minute)
			if err := a.UpdateSession(ctx, got); err != nil {
				t.Error(err)
			}
			later(59 * time.Minute) // the update has begun the hour anew
			if _, err := a.Session(ctx, "1"); err != nil {
				t.Error(err)
			}
			later(2 * time.Minute)
			if _, err := a.Session(ctx, "1"); !errors.Is(err, adapter.ErrNotFound) {
				t.Errorf("a session that is over: %v", err)
			}
		}
		if err := a.DeleteSession(ctx, "1"); err != nil {
			t.Error(err)
		}
		if _, err := a.Session(ctx, "1"); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("a session that was deleted: %v", err)
		}
		for _, s := range []*adapter.Session{{}, {ID: "x", TTL: -1}, {ID: "x", TTL: time.Microsecond}} {
			if err := a.CreateSession(ctx, s); err == nil {
				t.Errorf("%+v is stored", s)
			}
		}
	})
}

// Of many that update one session at a time one wins each version: none is lost.
func TestUpdatesAreNotLost(t *testing.T) {
	each(t, func(t *testing.T, a *adapter.Adapter, _ func(time.Duration)) {
		if err := a.CreateSession(ctx, &adapter.Session{ID: "n", Values: map[string]string{}}); err != nil {
			t.Fatal(err)
		}
		const goroutines, updates = 8, 20
		var wg sync.WaitGroup
		for g := 0; g < goroutines; g++ {
			g := g
			wg.Add(1)
			go func() {
				defer wg.Done()
				for i := 0; i < updates; {
					s, err := a.Session(ctx, "n")
					if err != nil {
						t.Error(err)
						return
					}
					s.Values[fmt.Sprint(g, "/", i)] = "1"
					if err = a.UpdateSession(ctx, s); err == nil {
						i++
					} else if !errors.Is(err, adapter.ErrConflict) {
						t.Error(err)
						return
					}
				}
			}()
		}
		wg.Wait()
		s, err := a.Session(ctx, "n")
		if err != nil || len(s.Values) != goroutines*updates || s.Version != goroutines*updates+1 {
			t.Errorf("%d values, version %d: %v", len(s.Values), s.Version, err)
		}
	})
}

func TestMessages(t *testing.T) {
	each(t, func(t *testing.T, a *adapter.Adapter, _ func(time.Duration)) {
		if list, err := a.Messages(ctx, "t", 10); err != nil || len(list) > 0 {
			t.Errorf("%v %v", list, err)
		}
		var all []adapter.Message
		for i := 1; i <= 25; i++ {
			m := adapter.Message{Number: 99, Role: "user", Text: fmt.Sprint("\"text\"\n", i), Meta: json.RawMessage(fmt.Sprintf(`{"i":%d}`, i))}
			m, err := a.AppendMessage(ctx, "t", m)
			if err != nil || m.Number != int64(i) || m.Time.IsZero() {
				t.Fatalf("%+v %v", m, err)
			}
			all = append(all, m)
		}
		for _, test := range []struct {
			before int64
			limit  int
			want   []adapter.Message
		}{{0, 10, all[15:]}, {0, 100, all}, {16, 10, all[5:15]}, {6, 10, all[:5]}, {1, 10, nil}} {
			var got []adapter.Message
			var err error
			if test.before == 0 {
				got, err = a.Messages(ctx, "t", test.limit)
			} else {
				got, err = a.MessagesBefore(ctx, "t", test.before, test.limit)
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("before %d, %d: %+v %v", test.before, test.limit, got, err)
			}
		}
		if _, err := a.Messages(ctx, "t", 0); err == nil {
			t.Error("a limit of 0")
		}
		if err := a.DeleteThread(ctx, "t"); err != nil {
			t.Error(err)
		}
		if list, err := a.Messages(ctx, "t", 10); err != nil || len(list) > 0 {
			t.Errorf("%v %v", list, err)
		}
	})
}

func TestSlots(t *testing.T) {
	each(t, func(t *testing.T, a *adapter.Adapter, _ func(time.Duration)) {
		if err := a.SetSlots(ctx, "c", map[string]any{"city": "Bern", "people": 3, "dates": []int{1, 2}}); err != nil {
			t.Fatal(err)
		}
		if err := a.SetSlots(ctx, "c", map[string]any{"city": nil, "people": 4}); err != nil {
			t.Fatal(err)
		}
		got, err := a.Slots(ctx, "c")
		if want := map[string]json.RawMessage{"people": json.RawMessage("4"), "dates": json.RawMessage("[1,2]")}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s %v", got, err)
		}
		if err := a.SetSlots(ctx, "c", nil); err != nil {
			t.Error(err)
		}
		if err := a.SetSlots(ctx, "c", map[string]any{"f": func() {}}); err == nil {
			t.Error("a function is stored")
		}
		if err := a.DeleteSlots(ctx, "c"); err != nil {
			t.Error(err)
		}
		if got, err := a.Slots(ctx, "c"); err != nil || len(got) > 0 {
			t.Errorf("%v %v", got, err)
		}
	})
}

func TestCache(t *testing.T) {
	each(t, func(t *testing.T, a *adapter.Adapter, later func(time.Duration)) {
		type page struct {
			Title string
			Hits  int
		}
		if _, found, err := adapter.Cached[page](ctx, a, "k"); err != nil || found {
			t.Errorf("%v %v", found, err)
		}
		if err := a.Cache(ctx, "k", page{"t", 3}, time.Minute); err != nil {
			t.Fatal(err)
		}
		if p, found, err := adapter.Cached[page](ctx, a, "k"); err != nil || !found || p != (page{"t", 3}) {
			t.Errorf("%+v %v %v", p, found, err)
		}
		if n, found, err := adapter.Cached[int](ctx, a, "k"); err == nil || found || n != 0 || !strings.Contains(err.Error(), "int") {
			t.Errorf("of another type: %v %v %v", n, found, err)
		}
		if later != nil {
			later(2 * time.Minute)
			if _, found, err := adapter.Cached[page](ctx, a, "k"); err != nil || found {
				t.Errorf("after its time: %v %v", found, err)
			}
		}
		made := 0
		for i := 0; i < 3; i++ {
			p, err := adapter.CachedOr(ctx, a, "made", 0, func(context.Context) (page, error) { made++; return page{Hits: 7}, nil })
			if err != nil || p.Hits != 7 || made != 1 {
				t.Errorf("%+v %v, made %d times", p, err, made)
			}
		}
		broken := errors.New("broken")
		if _, err := adapter.CachedOr(ctx, a, "other", 0, func(context.Context) (int, error) { return 0, broken }); !errors.Is(err, broken) {
			t.Error(err)
		}
		if err := a.Uncache(ctx, "made"); err != nil {
			t.Error(err)
		}
		if text, err := a.CachedJSON(ctx, "made"); err != nil || text != nil {
			t.Errorf("%s %v", text, err)
		}
	})
}

func TestOpenOfWhatIsNoStore(t *testing.T) {
	if _, err := adapter.Open("file:" + filepath.Join(t.TempDir(), "no", "such", "directory", "x.db")); err == nil {
		t.Error("it opens")
	}
}

// Tenants of one client do not see each other, and the client stays its owner's.
func TestTenantsOfAClient(t *testing.T) {
	s := cftest.RunT(t)
	client := runtime.NewClient(&runtime.Options{Addr: s.Addr()})
	defer client.Close()
	a, b := adapter.New(client, adapter.WithPrefix("a")), adapter.New(client, adapter.WithPrefix("b"))
	if err := a.CreateSession(ctx, &adapter.Session{ID: "1", User: "ann"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Session(ctx, "1"); !errors.Is(err, adapter.ErrNotFound) {
		t.Errorf("the other tenant's session: %v", err)
	}
	if n := client.Exists(ctx, "a:session:1").Val(); n != 1 {
		t.Error("the key has another name than the documentation says")
	}
	if err := errors.Join(a.Close(), b.Close(), client.Ping(ctx).Err()); err != nil {
		t.Errorf("the client behind Close: %v", err)
	}
}

// A session that is updated without a TTL lives for ever, and a time that is none is refused.
func TestTimesToLive(t *testing.T) {
	each(t, func(t *testing.T, a *adapter.Adapter, later func(time.Duration)) {
		s := &adapter.Session{ID: "1", TTL: time.Hour}
		if err := a.CreateSession(ctx, s); err != nil {
			t.Fatal(err)
		}
		s.TTL = 0
		if err := a.UpdateSession(ctx, s); err != nil {
			t.Fatal(err)
		}
		if later != nil {
			later(2 * time.Hour)
		}
		if _, err := a.Session(ctx, "1"); err != nil {
			t.Error(err)
		}
		if err := a.Cache(ctx, "k", 1, -time.Second); err == nil || !strings.Contains(err.Error(), "a TTL of -1s") {
			t.Errorf("a TTL below 0: %v", err)
		}
	})
}
