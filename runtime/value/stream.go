package value

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// pendingRows is how many pending entries of a group are asked for at once.
const pendingRows = 1000

// streamPieces reads a stream's entries, then what it has beside them.
func (r *Reader) streamPieces(ctx context.Context, h Head, each func(Piece) error) error {
	n, err := r.rowsAtOnce(ctx, h)
	if err != nil {
		return err
	}
	for from := "-"; ; {
		v, err := One(ctx, r.end, "XRANGE", h.Key, from, "+", "COUNT", strconv.FormatInt(n, 10))
		if err != nil {
			return err
		}
		p := make(Piece, 0, len(v.Elems))
		for _, e := range v.Elems {
			if len(e.Elems) == 2 {
				p = append(p, append(Row{Text(e.Elems[0])}, Texts(e.Elems[1])...))
			}
		}
		if len(p) > 0 {
			if err := each(p); err != nil {
				return err
			}
			from = after(p[len(p)-1][0])
		}
		if int64(len(p)) < n || from == "" {
			break
		}
	}
	p, err := r.streamTail(ctx, h.Key)
	if err != nil {
		var refused *ReplyError
		if errors.As(err, &refused) && strings.HasPrefix(refused.Text, "ERR no such key") {
			return nil // it went meanwhile: who reads it finds out
		}
		return err
	}
	return each(p)
}

// after is the least id behind another; "" behind the greatest. XRANGE has had an
// exclusive form since 6.2 only.
func after(id string) string {
	ms, seq, _ := strings.Cut(id, "-")
	s, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return ""
	}
	if s+1 != 0 {
		return ms + "-" + strconv.FormatUint(s+1, 10)
	}
	m, err := strconv.ParseUint(ms, 10, 64)
	if err != nil || m+1 == 0 {
		return ""
	}
	return strconv.FormatUint(m+1, 10) + "-0"
}

// streamTail reads what a stream has beside its entries.
func (r *Reader) streamTail(ctx context.Context, key string) (Piece, error) {
	info, err := r.info(ctx, "XINFO", "STREAM", key)
	if err != nil {
		return nil, err
	}
	p := Piece{{"", rowLast, info["last-generated-id"], info["entries-added"], info["max-deleted-entry-id"]}}
	groups, err := One(ctx, r.end, "XINFO", "GROUPS", key)
	if err != nil {
		return nil, err
	}
	for _, g := range groups.Elems {
		group := fieldsOf(g)
		name := group["name"]
		p = append(p, Row{"", rowGroup, name, group["last-delivered-id"], group["entries-read"]})
		consumers, err := One(ctx, r.end, "XINFO", "CONSUMERS", key, name)
		if err != nil {
			return nil, err
		}
		for _, c := range consumers.Elems {
			p = append(p, Row{"", rowConsumer, name, fieldsOf(c)["name"]})
		}
		pending, err := r.pending(ctx, key, name)
		if err != nil {
			return nil, err
		}
		p = append(p, pending...)
	}
	return p, nil
}

// pending reads which entries a group has given to whom.
func (r *Reader) pending(ctx context.Context, key, group string) (Piece, error) {
	var out Piece
	for from := "-"; from != ""; {
		replies, err := r.end.Do(ctx, []resp.Command{{"TIME"}, {"XPENDING", key, group, from, "+", strconv.Itoa(pendingRows)}})
		if err != nil {
			return nil, err
		}
		for i, name := range []string{"TIME", "XPENDING"} {
			if replies[i].Kind == resp.Error {
				return nil, &ReplyError{name, replies[i].Str}
			}
		}
		now := int64(0)
		if t := replies[0].Elems; len(t) == 2 {
			s, _ := strconv.ParseInt(Text(t[0]), 10, 64)
			us, _ := strconv.ParseInt(Text(t[1]), 10, 64)
			now = s*1000 + us/1000
		}
		list := replies[1].Elems
		from = ""
		for _, e := range list {
			if len(e.Elems) == 4 {
				id := Text(e.Elems[0])
				out = append(out, Row{"", rowPending, group, Text(e.Elems[1]), id, strconv.FormatInt(now-e.Elems[2].Int, 10), Text(e.Elems[3])})
				if len(list) == pendingRows {
					from = after(id)
				}
			}
		}
	}
	return out, nil
}

// info is a reply of names and values in turn.
func (r *Reader) info(ctx context.Context, cmd ...string) (map[string]string, error) {
	v, err := One(ctx, r.end, cmd...)
	if err != nil {
		return nil, err
	}
	return fieldsOf(v), nil
}

// fieldsOf are the scalars of a reply of names and values in turn; a null is "".
func fieldsOf(r resp.Reply) map[string]string {
	out := map[string]string{}
	for i := 0; i+1 < len(r.Elems); i += 2 {
		if v := r.Elems[i+1]; v.Elems == nil {
			out[Text(r.Elems[i])] = Text(v)
		}
	}
	return out
}
