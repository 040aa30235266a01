package transfer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory" // makes payloads
	"github.com/redis2cf/redis2cf/runtime/value"
)

// A writer puts keys into an end, where there are none.
type writer interface {
	// create makes the keys that are not there, and says of each what came of it.
	create(ctx context.Context, list []value.Key) ([]outcome, error)
	Close() error
}

// An outcome is what came of creating a key.
type outcome struct {
	there   bool   // it was there before
	refused string // the end does not take it, in the end's words
	alone   bool   // it does not, because the key is in KV alone
}

func newWriter(e End) (writer, error) {
	if _, ok := e.(*redisEnd); ok {
		return &redisWriter{end: e}, nil
	}
	b, err := store.Open("memory://redis2cf-copy-payloads-" + strconv.FormatInt(payloads.Add(1), 10))
	if err != nil {
		return nil, err
	}
	s, err := b.NewSession(store.SessionOptions{Protocol: 2})
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return &storeWriter{end: e, backend: b, engine: s}, nil
}

// redisWriter creates keys by a script: whether there is a key and what makes it have
// to be one step, and Redis's own RESTORE takes its own payloads only.
type redisWriter struct{ end End }

// createScript runs the commands that ARGV has, each behind the number of its words,
// where the key is not there.
const createScript = `if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local i = 2
while i <= #ARGV do
  local n = tonumber(ARGV[i])
  local cmd = {}
  for j = 1, n do cmd[j] = ARGV[i + j] end
  redis.call(unpack(cmd))
  i = i + n + 1
end
if ARGV[1] ~= '-1' then redis.call('PEXPIREAT', KEYS[1], ARGV[1]) end
return 1`

func (w *redisWriter) create(ctx context.Context, list []value.Key) ([]outcome, error) {
	cmds := make([]resp.Command, len(list))
	for i := range list {
		k := &list[i]
		if k.Type == value.TypeString {
			cmds[i] = setIfAbsent(k)
			continue
		}
		eval := resp.Command{"EVAL", createScript, "1", k.Key, strconv.FormatInt(k.Expire, 10)}
		for _, c := range value.Commands(k.Key, k.Type, k.Piece, true) {
			eval = append(append(eval, strconv.Itoa(len(c))), c...)
		}
		cmds[i] = eval
	}
	replies, err := w.end.Do(ctx, cmds)
	if err != nil {
		return nil, err
	}
	return outcomes(w.end, list, replies, func(r resp.Reply) bool { return r.Kind == resp.Int && r.Int == 0 })
}

func (w *redisWriter) Close() error { return nil }

// setIfAbsent is the command that makes a string with its expiry in one step.
func setIfAbsent(k *value.Key) resp.Command {
	cmd := resp.Command{"SET", k.Key, text(k), "NX"}
	if k.Expire != value.NoExpiry {
		cmd = append(cmd, "PXAT", strconv.FormatInt(k.Expire, 10))
	}
	return cmd
}

// outcomes reads the replies; there says which ones mean a key that was there, beside nil.
// An error about the key alone is an outcome; one that the next key would have too, such
// as a token without rights or a full disk, is an error.
func outcomes(e End, list []value.Key, replies []resp.Reply, there func(resp.Reply) bool) ([]outcome, error) {
	out := make([]outcome, len(list))
	for i, r := range replies {
		switch {
		case r.IsNil(), there(r):
			out[i].there = true
		case r.Kind != resp.Error:
		case strings.HasPrefix(r.Str, "ERR "):
			out[i].refused = strings.TrimPrefix(r.Str, "ERR ")
			out[i].alone = value.InKVAlone(r)
		default:
			return nil, &KeyError{End: e.Name(), Key: list[i].Key, Type: list[i].Type, Text: plain(r.Str)}
		}
	}
	return out, nil
}

// A KeyError says that an end does not take a key.
type KeyError struct {
	End, Key, Type string
	Text           string
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("%s does not take the %s %s: %s", e.End, e.Type, value.Show(e.Key), e.Text)
}

// storeWriter creates keys by RESTORE, which is one command for any value. An engine of
// its own makes the payloads, so that they are exactly what the store's engine reads.
type storeWriter struct {
	end     End
	backend store.Backend
	engine  store.Session
}

func (w *storeWriter) create(ctx context.Context, list []value.Key) ([]outcome, error) {
	var build []resp.Command
	dumps := make([]int, len(list))
	for i := range list {
		if k := &list[i]; k.Type != value.TypeString {
			build = append(build, value.Commands("k", k.Type, k.Piece, true)...)
			dumps[i] = len(build)
			build = append(build, resp.Command{"DUMP", "k"}, resp.Command{"DEL", "k"})
		}
	}
	var built []resp.Reply
	if len(build) > 0 {
		var err error
		if built, err = w.engine.Execute(ctx, build); err != nil {
			return nil, err
		}
	}
	cmds := make([]resp.Command, len(list))
	all := make([]resp.Reply, len(list))
	at := 0
	for i := range list {
		k := &list[i]
		if k.Type == value.TypeString {
			cmds[i] = setIfAbsent(k)
			continue
		}
		all[i] = resp.OK
		for ; at < dumps[i]; at++ {
			if built[at].Kind == resp.Error && all[i].Kind != resp.Error {
				all[i] = built[at]
			}
		}
		at = dumps[i] + 2
		if all[i].Kind == resp.Error || built[dumps[i]].IsNil() {
			continue // refused; or all of its fields have expired, and there is no such key any more
		}
		expire := "0"
		if k.Expire != value.NoExpiry {
			expire = strconv.FormatInt(k.Expire, 10)
		}
		cmds[i] = resp.Command{"RESTORE", k.Key, expire, built[dumps[i]].Str, "ABSTTL"}
	}
	replies, err := w.end.Do(ctx, without(cmds))
	if err != nil {
		return nil, err
	}
	for i, n := 0, 0; i < len(cmds); i++ {
		if cmds[i] != nil {
			all[i] = replies[n]
			n++
		}
	}
	return outcomes(w.end, list, all, func(r resp.Reply) bool { return strings.HasPrefix(r.Str, "BUSYKEY") })
}

func without(cmds []resp.Command) []resp.Command {
	out := make([]resp.Command, 0, len(cmds))
	for _, c := range cmds {
		if c != nil {
			out = append(out, c)
		}
	}
	return out
}

func (w *storeWriter) Close() error { return errors.Join(w.engine.Close(), w.backend.Close()) }

// payloads numbers the engines that make payloads: two copies of a process have two.
var payloads atomic.Int64
