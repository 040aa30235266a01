package facade_test

import (
	"context"
	"fmt"
	"net"
	"reflect"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// dump writes the exported fields that both option types have and that are no
// pointers or functions.
func dump(v interface{}) string {
	val := reflect.ValueOf(v)
	if val.IsNil() {
		return "nil"
	}
	val = val.Elem()
	var out []string
	for i := 0; i < val.NumField(); i++ {
		f := val.Type().Field(i)
		switch f.Type.Kind() {
		case reflect.Func, reflect.Interface:
			continue
		case reflect.Pointer:
			if f.Name == "TLSConfig" {
				out = append(out, fmt.Sprintf("TLS %v", !val.Field(i).IsNil()))
			}
			continue
		}
		if f.IsExported() {
			out = append(out, fmt.Sprintf("%s=%v", f.Name, val.Field(i).Interface()))
		}
	}
	return strings.Join(out, " ")
}

var urls = []string{
	"redis://localhost", "redis://", "redis://user:secret@example.com:7000/3", "rediss://example.com", "redis://[::1]:6380/1",
	"redis://:pw@host/2?db=4&protocol=2&client_name=me", "redis://host?max_retries=5&min_retry_backoff=250ms&max_retry_backoff=0",
	"redis://host?dial_timeout=5&read_timeout=-1&write_timeout=3s&pool_fifo=true&pool_size=7&pool_timeout=9",
	"redis://host?min_idle_conns=1&max_idle_conns=2&max_active_conns=3&conn_max_idle_time=1m&conn_max_lifetime=2m&conn_max_lifetime_jitter=5m",
	"redis://host?idle_timeout=10&max_conn_age=20&max_concurrent_dials=3", "redis://host/x", "redis://host/1/2", "redis://host?nope=1&also=2",
	"redis://host?read_timeout=abc", "redis://host?pool_fifo=maybe", "redis://host?max_retries=many", "redis://host?db=x",
	"unix:///tmp/redis.sock", "unix://user:pw@/tmp/redis.sock?db=2", "unix://", "http2://x", "://", "rediss://host?skip_verify=true",
	"redis://host?addr=a:1&addr=b:2&max_redirects=3&read_only=1&route_by_latency=true&dialer_retries=4",
	"redis://host?addr=broken", "redis://s:p@host:26379/2?master_name=m&addr=b:26380&replica_only=true&username=u&password=w&disableIdentity=true",
	"redis://host?failing_timeout_seconds=3&conn_max_lifetime=4",
}

func TestURLsAreReadAsGoRedisReadsThem(t *testing.T) {
	compare := func(u, kind string, theirs, ours interface{}, theirErr, ourErr error) {
		if (theirErr == nil) != (ourErr == nil) {
			t.Errorf("%s %s: error of go-redis %v, of the facade %v", kind, u, theirErr, ourErr)
			return
		}
		if theirErr != nil {
			if theirErr.Error() != ourErr.Error() {
				t.Errorf("%s %s: error of go-redis %v, of the facade %v", kind, u, theirErr, ourErr)
			}
			return
		}
		if a, b := dump(theirs), dump(ours); a != b {
			t.Errorf("%s %s:\ngo-redis %s\nfacade   %s", kind, u, a, b)
		}
	}
	for _, u := range urls {
		a, aErr := goredis.ParseURL(u)
		b, bErr := runtime.ParseURL(u)
		compare(u, "ParseURL", a, b, aErr, bErr)
		c, cErr := goredis.ParseClusterURL(u)
		d, dErr := runtime.ParseClusterURL(u)
		compare(u, "ParseClusterURL", c, d, cErr, dErr)
		e, eErr := goredis.ParseFailoverURL(u)
		f, fErr := runtime.ParseFailoverURL(u)
		compare(u, "ParseFailoverURL", e, f, eErr, fErr)
	}
}

func TestErrorHelpersAgreeWithGoRedis(t *testing.T) {
	texts := []string{
		"ERR x", "LOADING Redis is loading", "READONLY You can't write", "MOVED 3999 127.0.0.1:6381", "ASK 1 10.0.0.1:7", "CLUSTERDOWN x",
		"TRYAGAIN x", "MASTERDOWN x", "ERR max number of clients reached", "NOAUTH x", "WRONGPASS x", "NOPERM x", "EXECABORT x", "OOM x",
		"NOREPLICAS x", "NOSCRIPT No matching script. Please use EVAL.", "WRONGTYPE x", "ERR BUSYGROUP x",
	}
	theirs := []func(error) bool{goredis.IsLoadingError, goredis.IsReadOnlyError, goredis.IsClusterDownError, goredis.IsTryAgainError,
		goredis.IsMasterDownError, goredis.IsMaxClientsError, goredis.IsAuthError, goredis.IsPermissionError, goredis.IsExecAbortError,
		goredis.IsOOMError, goredis.IsNoReplicasError}
	ours := []func(error) bool{runtime.IsLoadingError, runtime.IsReadOnlyError, runtime.IsClusterDownError, runtime.IsTryAgainError,
		runtime.IsMasterDownError, runtime.IsMaxClientsError, runtime.IsAuthError, runtime.IsPermissionError, runtime.IsExecAbortError,
		runtime.IsOOMError, runtime.IsNoReplicasError}
	for _, text := range texts {
		tw := newTwins(t, 3, resp.NewError(text))
		a, b := tw.real.Get(context.Background(), "k").Err(), tw.facade.Get(context.Background(), "k").Err()
		tw.close()
		for _, wrap := range []func(error) error{
			func(e error) error { return e }, func(e error) error { return fmt.Errorf("wrapped: %w", e) },
		} {
			x, y := wrap(a), wrap(b)
			for i := range theirs {
				if theirs[i](x) != ours[i](y) {
					t.Errorf("%q: helper %d says %v, the facade's %v", text, i, theirs[i](x), ours[i](y))
				}
			}
			for _, prefix := range []string{"BUSYGROUP", "ERR", "NOSCRIPT", "WRONGTYPE"} {
				if goredis.HasErrorPrefix(x, prefix) != runtime.HasErrorPrefix(y, prefix) {
					t.Errorf("%q: HasErrorPrefix %s differs", text, prefix)
				}
			}
			a1, ok1 := goredis.IsMovedError(x)
			a2, ok2 := runtime.IsMovedError(y)
			b1, ok3 := goredis.IsAskError(x)
			b2, ok4 := runtime.IsAskError(y)
			if a1 != a2 || ok1 != ok2 || b1 != b2 || ok3 != ok4 {
				t.Errorf("%q: redirects %q %q and %q %q", text, a1, a2, b1, b2)
			}
		}
	}
	for _, pair := range [][2]error{{goredis.Nil, runtime.Nil}, {goredis.TxFailedErr, runtime.TxFailedErr}, {goredis.ErrClosed, runtime.ErrClosed},
		{goredis.ErrNoScript, runtime.ErrNoScript}, {goredis.ErrCrossSlot, runtime.ErrCrossSlot}, {goredis.ErrPoolTimeout, runtime.ErrPoolTimeout},
		{goredis.ErrPoolExhausted, runtime.ErrPoolExhausted}} {
		if pair[0].Error() != pair[1].Error() {
			t.Errorf("%q is %q on the facade", pair[0], pair[1])
		}
	}
}

// recorder writes down what reaches a hook, on either side.
type recorder struct {
	name string
	log  *[]string
}

func (r recorder) say(format string, args ...interface{}) {
	*r.log = append(*r.log, r.name+" "+fmt.Sprintf(format, args...))
}

type theirHook struct{ recorder }

func (h theirHook) DialHook(next goredis.DialHook) goredis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}
func (h theirHook) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		if cmd.Name() == "hello" { // go-redis greets through the hooks
			return next(ctx, cmd)
		}
		h.say("before %v", cmd)
		cmd.Args()[1] = "p:" + cmd.Args()[1].(string)
		err := next(ctx, cmd)
		h.say("after %v %v", cmd, err)
		return err
	}
}
func (h theirHook) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return next
}

type ourHook struct{ recorder }

func (h ourHook) DialHook(next runtime.DialHook) runtime.DialHook { return next }
func (h ourHook) ProcessHook(next runtime.ProcessHook) runtime.ProcessHook {
	return func(ctx context.Context, cmd runtime.Cmder) error {
		h.say("before %v", cmd)
		cmd.Args()[1] = "p:" + cmd.Args()[1].(string)
		err := next(ctx, cmd)
		h.say("after %v %v", cmd, err)
		return err
	}
}
func (h ourHook) ProcessPipelineHook(next runtime.ProcessPipelineHook) runtime.ProcessPipelineHook {
	return func(ctx context.Context, cmds []runtime.Cmder) error {
		h.say("before %v", cmds)
		err := next(ctx, cmds)
		h.say("after %v", err)
		return err
	}
}

func TestHooksRunInGoRedisOrder(t *testing.T) {
	ctx := context.Background()
	tw := newTwins(t, 3, resp.NewBulk("value"))
	defer tw.close()
	var a, b []string
	for _, name := range []string{"first", "second"} {
		tw.real.AddHook(theirHook{recorder{name, &a}})
		tw.facade.AddHook(ourHook{recorder{name, &b}})
	}
	x, y := tw.real.Get(ctx, "key"), tw.facade.Get(ctx, "key")
	if x.String() != y.String() || !reflect.DeepEqual(a, b) || !reflect.DeepEqual(tw.theirs, tw.ours) || len(a) != 4 {
		t.Errorf("go-redis: %s %q %q\nfacade: %s %q %q", x, a, tw.theirs, y, b, tw.ours)
	}
	b = b[:0]
	_, _ = tw.facade.TxPipelined(ctx, func(p runtime.Pipeliner) error { p.Get(ctx, "k"); return nil })
	if want := "first before [multi:  get k:  exec: []]"; len(b) != 4 || b[0] != want {
		t.Errorf("hooks of a transaction saw %q, want %q first", b, want)
	}
}
