package gateway

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Large values of strings do not travel in frames: they are brought to R2 first, and
// the command goes with a reference to them; an answer that is a reference is fetched
// before anybody sees it. A Worker without a bucket takes what fits into a row.
const (
	// blobOfR2 is from how many bytes on a value goes to R2 whose family has
	// store: r2. Below, an upload costs more than the row.
	blobOfR2 = 64 << 10
	// blobOfAll is that for all other families but those that KV or D1 follow: these
	// need the bytes in the row.
	blobOfAll = 1 << 20
	// largestRow is how many bytes a value may have that is in a row.
	largestRow = 1_900_000
	// largestCommand is how many bytes a command may have in a frame.
	largestCommand = frame.MaxMessage - 64<<10
	// largestValue is how many bytes a value may have at all: Redis's proto-max-bulk-len.
	largestValue = 512 << 20
)

// blobFrom is from how many bytes on a key's value goes to R2.
func (r *router) blobFrom(key string) int {
	f, ok := r.families.Of(key)
	if !ok {
		return blobOfAll
	}
	for i := range r.in.Families {
		if r.in.Families[i].Pattern != f.Pattern {
			continue
		}
		switch r.in.Families[i].Store {
		case "r2":
			return blobOfR2
		case "kv", "d1":
			return largestRow
		}
		break
	}
	return blobOfAll
}

// A valuePlace is where a value stands that goes to R2.
type valuePlace struct{ cmd, word int }

// upload brings the large values of commands to R2, for an object. What it returns is
// to be sent instead. After an error nothing was run.
func (s *Session) upload(ctx context.Context, o *object, cmds []resp.Command) ([]resp.Command, error) {
	var large []valuePlace
	for i, cmd := range cmds {
		size := frame.Size(cmd)
		if size <= blobOfR2 {
			continue
		}
		left := size
		r := s.sp.routes.Load()
		for _, at := range engine.RefPlaces(cmd) {
			key := cmd[1]
			if isNamed(cmd, "mset") || isNamed(cmd, "msetnx") {
				key = cmd[at-1]
			}
			if len(cmd[at]) > largestValue {
				return nil, &notRun{fmt.Errorf("a value of %s has %d bytes and may have %d", clip(strings.ToUpper(cmd[0])), len(cmd[at]), largestValue)}
			}
			if r != nil && r.in.Blobs && len(cmd[at]) > r.blobFrom(key) {
				large = append(large, valuePlace{i, at})
				left -= len(cmd[at])
			}
		}
		if left > largestCommand {
			return nil, s.sp.tooLarge(cmd, r)
		}
	}
	if len(large) == 0 {
		return cmds, nil
	}
	refs := make([]engine.Ref, len(large))
	err := several(len(large), func(i int) (err error) {
		value := cmds[large[i].cmd][large[i].word]
		refs[i], err = s.sp.putBlob(ctx, o, value)
		return err
	})
	if err != nil {
		return nil, &notRun{fmt.Errorf("a large value could not be brought to R2: %w", err)}
	}
	out := append([]resp.Command(nil), cmds...)
	for i := 0; i < len(large); {
		at := large[i].cmd
		of := map[int]engine.Ref{}
		for ; i < len(large) && large[i].cmd == at; i++ {
			of[large[i].word] = refs[i]
		}
		out[at] = engine.WithRefs(cmds[at], of)
	}
	return out, nil
}

// tooLarge is the error of a command that no message takes.
func (sp *space) tooLarge(cmd resp.Command, r *router) error {
	name := clip(strings.ToUpper(cmd[0]))
	const head = "%s has %d bytes and a command may have %d"
	if r != nil && !r.in.Blobs && len(engine.RefPlaces(cmd)) > 0 {
		return &notRun{fmt.Errorf(head+`: larger values of strings are kept in R2, and the plan of %s has no bucket; write "store: r2" for the family in redis2cf.yaml, run redis2cf worker -o and deploy again`,
			name, frame.Size(cmd), largestCommand, sp.b.url)}
	}
	return &notRun{fmt.Errorf(head+": only the values of strings (SET, SETEX, MSET …) are kept in R2; keep it in smaller parts", name, frame.Size(cmd), largestCommand)}
}

// hide takes the name of the command that carries references away from a caller who
// sent it himself.
func hide(cmds []resp.Command) []resp.Command {
	out := append([]resp.Command(nil), cmds...)
	for i, cmd := range out {
		if len(cmd) > 0 && cmd[0] == engine.BlobCommand {
			out[i] = append(resp.Command{strings.ToUpper(cmd[0])}, cmd[1:]...)
		}
	}
	return out
}

// hasBlob reports whether a reply has a reference in it.
func hasBlob(replies []resp.Reply) bool {
	for i := range replies {
		if replies[i].Kind == resp.Blob || len(replies[i].Elems) > 0 && hasBlob(replies[i].Elems) {
			return true
		}
	}
	return false
}

// fetch puts the bytes into replies that have references. Where they are gone, because
// the key got another value or was deleted meanwhile, a command that only reads is
// run once more.
func (s *Session) fetch(ctx context.Context, o *object, cmds []resp.Command, replies []resp.Reply) error {
	if !hasBlob(replies) {
		return nil
	}
	if err := s.sp.fill(ctx, o, replies); err != nil {
		return err
	}
	for i := range replies {
		if i >= len(cmds) || !gone(&replies[i]) || !rereads(cmds[i]) {
			continue
		}
		again, err := s.again(ctx, o, cmds[i])
		if err != nil {
			return err
		}
		replies[i] = again
	}
	return nil
}

// again runs a command that reads once more.
func (s *Session) again(ctx context.Context, o *object, cmd resp.Command) (resp.Reply, error) {
	c, err := s.client(o.lanes[0])
	if err != nil {
		return resp.Reply{}, err
	}
	got, err := s.run(ctx, c, nil, []resp.Command{cmd})
	if err != nil {
		return resp.Reply{}, err
	}
	if got[0].Kind == resp.Status { // queued: a transaction was opened on the session meanwhile
		return resp.NewError(errGone), nil
	}
	return got[0], s.sp.fill(ctx, o, got)
}

// errGone is the reply in place of a value that is gone.
const errGone = "ERR the value is not in R2 any more: its key got another value or was deleted while the answer was on its way"

func gone(r *resp.Reply) bool {
	if r.Kind == resp.Error {
		return r.Str == errGone
	}
	for i := range r.Elems {
		if gone(&r.Elems[i]) {
			return true
		}
	}
	return false
}

func rereads(cmd resp.Command) bool {
	return isNamed(cmd, "get") || isNamed(cmd, "mget") || isNamed(cmd, "getrange") || isNamed(cmd, "substr")
}

// fill fetches all references in replies, some at a time. What cannot be fetched is an
// error in its place, because the commands were run; the error of fill is ctx's.
func (sp *space) fill(ctx context.Context, o *object, replies []resp.Reply) error {
	var all []*resp.Reply
	var find func([]resp.Reply)
	find = func(rs []resp.Reply) {
		for i := range rs {
			if rs[i].Kind == resp.Blob {
				all = append(all, &rs[i])
			} else if len(rs[i].Elems) > 0 {
				find(rs[i].Elems)
			}
		}
	}
	find(replies)
	return several(len(all), func(i int) error {
		value, found, err := sp.getBlob(ctx, o, all[i])
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			*all[i] = resp.NewError("ERR the value is in R2 and could not be fetched: " + err.Error())
		case !found:
			*all[i] = resp.NewError(errGone)
		default:
			*all[i] = resp.NewBulk(value)
		}
		return nil
	})
}
