package facade_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// The tests of this package judge the facade by go-redis itself: the same call
// is made on both, the words that arrive are compared, the same reply goes back
// to both, and what the two results say is compared.

// twins are a go-redis client on a connection that a test answers, and a facade
// client on a session that the same test answers.
type twins struct {
	proto int
	reply resp.Reply

	mu           sync.Mutex
	theirs, ours [][]string

	real   *goredis.Client
	facade *runtime.Client
}

func newTwins(t *testing.T, proto int, reply resp.Reply) *twins {
	tw := &twins{proto: proto, reply: reply}
	tw.real = goredis.NewClient(&goredis.Options{
		Addr: "127.0.0.1:6379", Protocol: proto, MaxRetries: -1, DisableIdentity: true, PoolSize: 1,
		DialerRetries:            1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go tw.serve(far)
			return near, nil
		},
	})
	key := fmt.Sprintf("twin%p", tw)
	drivers.Store(key, tw)
	tw.facade = runtime.NewClient(&runtime.Options{Addr: "twin://" + key, Protocol: proto})
	return tw
}

func (tw *twins) close() {
	_ = tw.real.Close()
	_ = tw.facade.Close()
}

// serve answers one command of go-redis, after the greeting, and hangs up: who
// reads more than the reply gets EOF, who reads less meets no later reply.
func (tw *twins) serve(c net.Conn) {
	defer c.Close()
	rd := bufio.NewReader(c)
	for {
		words, err := readCommand(rd)
		if err != nil {
			return
		}
		if strings.EqualFold(words[0], "hello") {
			if _, err := io.WriteString(c, "%1\r\n$5\r\nproto\r\n:3\r\n"); err != nil {
				return
			}
			continue
		}
		tw.mu.Lock()
		tw.theirs = append(tw.theirs, words)
		tw.mu.Unlock()
		_, _ = c.Write(resp.AppendReply(nil, tw.proto, tw.reply))
		return
	}
}

func readCommand(rd *bufio.Reader) ([]string, error) {
	number := func(sign byte) (int, error) {
		line, err := rd.ReadString('\n')
		if err != nil {
			return 0, err
		}
		if line[0] != sign {
			return 0, fmt.Errorf("line %q", line)
		}
		return strconv.Atoi(strings.TrimSpace(line[1:]))
	}
	n, err := number('*')
	if err != nil {
		return nil, err
	}
	words := make([]string, n)
	for i := range words {
		size, err := number('$')
		if err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(rd, b); err != nil {
			return nil, err
		}
		words[i] = string(b[:size])
	}
	return words, nil
}

// drivers finds the twins by the host of their URL.
var drivers sync.Map

type twinDriver struct{}

func init() { store.Register("twin", twinDriver{}) }

func (twinDriver) Open(u *url.URL) (store.Backend, error) {
	tw, ok := drivers.Load(u.Host)
	if !ok {
		return nil, fmt.Errorf("no twins at %s", u)
	}
	return twinBackend{tw.(*twins)}, nil
}

type twinBackend struct{ *twins }

func (b twinBackend) NewSession(store.SessionOptions) (store.Session, error) {
	return twinSession(b), nil
}
func (twinBackend) URL() string  { return "twin://" }
func (twinBackend) Close() error { return nil }

type twinSession struct{ *twins }

func (s twinSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]resp.Reply, len(cmds))
	for i, c := range cmds {
		s.ours = append(s.ours, append([]string(nil), c...))
		out[i] = s.reply
	}
	return out, nil
}
func (twinSession) Close() error { return nil }

// values makes arguments. The values depend on the field names and on the seed
// only, so that go-redis's struct and ours get the same ones.
type values struct{ seed int }

var ctxType = reflect.TypeOf((*context.Context)(nil)).Elem()

type tagged struct {
	Name string        `redis:"name"`
	Wait time.Duration `redis:"wait"`
	Gone string        `redis:"gone,omitempty"`
	Skip int           `redis:"-"`
	When time.Time     `redis:"when"`
}

var when = time.Date(2026, 11, 23, 7, 0, 0, 123456789, time.UTC)

func (v values) of(typ reflect.Type, name string) reflect.Value {
	if typ == ctxType {
		return reflect.ValueOf(context.Background())
	}
	out := reflect.New(typ).Elem()
	n := v.seed
	switch {
	case typ == reflect.TypeOf(time.Duration(0)):
		out.SetInt(int64([]time.Duration{0, 5 * time.Second, 1500 * time.Millisecond, 200 * time.Microsecond, -1, 3 * time.Hour, -2, 1}[n%8]))
	case typ == reflect.TypeOf(time.Time{}):
		if n%3 != 0 {
			out.Set(reflect.ValueOf(when.Add(time.Duration(n) * time.Hour)))
		}
	case typ.Kind() == reflect.String:
		out.SetString(v.text(name))
	case typ.Kind() == reflect.Bool:
		out.SetBool((n+len(name))%2 == 0)
	case out.CanInt():
		out.SetInt([]int64{0, 1, -1, 42, 7, 1 << 20, -5, 3}[(n+len(name))%8] % (1 << 7))
	case out.CanUint():
		out.SetUint(uint64((n + len(name)) % 5))
	case out.CanFloat():
		out.SetFloat([]float64{0, 1.5, -2.25, 1e21, 1e-7, 3, 0.1, 100}[(n+len(name))%8])
	case typ.Kind() == reflect.Pointer:
		if n != 5 || typ.Elem().Name() != "BitCount" && typ.Elem().Name() != "FilterBy" {
			out.Set(v.of(typ.Elem(), name).Addr())
		}
	case typ.Kind() == reflect.Struct:
		for i := 0; i < typ.NumField(); i++ {
			if f := typ.Field(i); f.IsExported() {
				out.Field(i).Set(v.of(f.Type, f.Name))
			}
		}
	case typ == reflect.TypeOf([]byte(nil)):
		out.SetBytes([]byte("buffer of some bytes"))
	case typ.Kind() == reflect.Slice:
		size := []int{2, 1, 3, 0, 2, 1, 4, 2}[n%8]
		for i := 0; i < size; i++ {
			out = reflect.Append(out, values{n + i*3}.of(typ.Elem(), name))
		}
	case typ.Kind() == reflect.Interface:
		if a := v.any(); a != nil {
			out.Set(reflect.ValueOf(a))
		}
	default:
		panic("no sample for " + typ.String())
	}
	return out
}

func (v values) text(name string) string {
	switch {
	case name == "Mode" || name == "mode":
		return []string{"", "NX", "xx", "ifeq", "IFDEQ", "", "IFNE", "ifdne"}[v.seed%8]
	case name == "Unit":
		return []string{"", "BYTE", "BIT", "wrong"}[v.seed%4]
	case name == "order" || name == "direction":
		return []string{"MIN", "max", "Left", "RIGHT"}[v.seed%4]
	case name == "Order" || name == "By" || name == "match" || name == "Aggregate" || name == "Module" || name == "ACLCat" || name == "Pattern":
		return []string{"", "a{b}*", "x", ""}[v.seed%4]
	}
	return []string{"k", "a b", "", "\x00\xff", "{tag}x", "5"}[v.seed%6]
}

func (v values) any() interface{} {
	text, number, yes := "pointed", 7, true
	all := []interface{}{
		"s", 12, int64(-3), 4.5, []byte("bytes"), true, when, 3 * time.Second, uint8(9), float32(0.25),
		&text, &number, &yes, net.IPv4(1, 2, 3, 4), nil, when.UTC().Month().String(), uint64(1 << 63), (*string)(nil),
	}
	return all[v.seed%len(all)]
}

// single are sole variadic arguments, which go-redis may take apart.
var single = []interface{}{
	[]string{"f1", "v1", "f2", "v2"}, []interface{}{"f", 1, "g", nil, 2.5}, map[string]interface{}{"k": 3 * time.Second},
	map[string]string{"k": "v"}, tagged{Name: "n", Wait: time.Second, When: when}, &tagged{Name: "p", Gone: "there"},
	nil, when, time.Minute, net.IPv4(9, 8, 7, 6), "alone", []byte("alone"), 5, (*tagged)(nil), []int{1, 2}, struct{ A int }{1},
}
