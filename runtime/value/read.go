package value

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// PieceBytes is about how much of a value is read and written at once. What a store
// takes in one message is a megabyte; a piece has to fit with what is around it.
const PieceBytes = 512 << 10

// pieceRows bounds the elements of a piece.
const pieceRows = 2000

// wholeRows is up to how many elements a collection is read at once where the end does
// not say how large it is in bytes.
const wholeRows = 256

// A reader reads keys of an end.
type Reader struct {
	end      End
	absolute bool // PEXPIRETIME (Redis 7)
	usage    bool // MEMORY USAGE
	fields   bool // HPEXPIRETIME (Redis 7.4, and every store)
}

// newReader finds out what the end can be asked.
func NewReader(ctx context.Context, e End) (*Reader, error) {
	const probe = "redis2cf:no such key"
	r, err := e.Do(ctx, []resp.Command{
		{"TYPE", probe}, {"PEXPIRETIME", probe}, {"MEMORY", "USAGE", probe}, {"HPEXPIRETIME", probe, "FIELDS", "1", "f"},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Name(), err)
	}
	if r[0].Kind == resp.Error {
		return nil, fmt.Errorf("%s does not let its keys be read: %s", e.Name(), r[0].Str)
	}
	return &Reader{end: e, absolute: r[1].Kind != resp.Error, usage: r[2].Kind != resp.Error, fields: r[3].Kind != resp.Error}, nil
}

// frozen answers TTL and time of one moment where there is no PEXPIRETIME: in a script
// the clock stands still.
const frozen = `local t = redis.call('PTTL', KEYS[1]); if t < 0 then return t end
local now = redis.call('TIME'); return now[1] * 1000 + math.floor(now[2] / 1000) + t`

func (r *Reader) expireTime(key string) resp.Command {
	if r.absolute {
		return resp.Command{"PEXPIRETIME", key}
	}
	return resp.Command{"EVAL", frozen, "1", key}
}

// heads reads types, expiries and sizes.
func (r *Reader) Heads(ctx context.Context, keys []string) ([]Head, error) {
	per := 2
	if r.usage {
		per = 3
	}
	cmds := make([]resp.Command, 0, per*len(keys))
	for _, k := range keys {
		cmds = append(cmds, resp.Command{"TYPE", k}, r.expireTime(k))
		if r.usage {
			cmds = append(cmds, resp.Command{"MEMORY", "USAGE", k})
		}
	}
	replies, err := r.end.Do(ctx, cmds)
	if err != nil {
		return nil, err
	}
	out := make([]Head, len(keys))
	var alone []int
	for i, k := range keys {
		at := replies[i*per:]
		if InKVAlone(at[0]) {
			out[i] = Head{Key: k, Type: TypeString, Expire: NoExpiry, Alone: true}
			alone = append(alone, i)
			continue
		}
		for j, what := range []string{"TYPE", "PEXPIRETIME"} {
			if at[j].Kind == resp.Error {
				return nil, fmt.Errorf("%s: key %s: %w", r.end.Name(), Show(k), &ReplyError{what, at[j].Str})
			}
		}
		out[i] = Head{Key: k, Type: at[0].Str, Expire: at[1].Int}
		if at[1].Int == -2 {
			out[i].Type = TypeNone
		}
		if r.usage {
			out[i].Bytes = at[2].Int
		}
	}
	return out, r.aloneHeads(ctx, out, alone)
}

// InKVAlone tells whether a reply refuses a command because its key is of a family in KV
// alone, which has GET, MGET, SET, SETEX and DEL.
func InKVAlone(r resp.Reply) bool {
	return r.Kind == resp.Error && strings.Contains(r.Str, "in KV alone (consistency: primary)")
}

// aloneHeads finds out which keys of families in KV alone are there: by their values,
// since nothing else says so.
func (r *Reader) aloneHeads(ctx context.Context, heads []Head, alone []int) error {
	if len(alone) == 0 {
		return nil
	}
	cmds := make([]resp.Command, len(alone))
	for n, i := range alone {
		cmds[n] = resp.Command{"GET", heads[i].Key}
	}
	replies, err := r.end.Do(ctx, cmds)
	if err != nil {
		return err
	}
	for n, i := range alone {
		switch v := replies[n]; {
		case v.Kind == resp.Error:
			return fmt.Errorf("%s: key %s: %w", r.end.Name(), Show(heads[i].Key), &ReplyError{"GET", v.Str})
		case v.IsNil():
			heads[i].Type = TypeNone
		default:
			heads[i].Bytes = int64(len(v.Str))
		}
	}
	return nil
}

// A whole is a key with all of its value.
type Key struct {
	Head
	Piece Piece
	Large bool // the value was not read: its pieces have to be
	Gone  bool // there is no such key any more
}

// readAttempts is how often a key is read until its value and its expiry are of one moment,
// and typeAttempts until it keeps its type for so long.
const (
	readAttempts = 4
	typeAttempts = 50
)

// Read reads keys, those whole that fit in a piece. Of a key whose expiry changes at each
// attempt value and expiry may be of two moments, one right after the other.
func (r *Reader) Read(ctx context.Context, keys []string) ([]Key, error) {
	return r.read(ctx, keys, 1)
}

func (r *Reader) read(ctx context.Context, keys []string, attempt int) ([]Key, error) {
	heads, err := r.Heads(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]Key, len(heads))
	for i, h := range heads {
		out[i].Head = h
		switch {
		case h.Type == TypeNone:
			out[i].Gone = true
		case !Supported(h.Type):
		case h.Bytes > PieceBytes && !h.Alone: // KV has no GETRANGE
			out[i].Large = true
		}
	}
	if !r.usage {
		if err := r.lengths(ctx, out); err != nil {
			return nil, err
		}
	}
	var cmds []resp.Command
	var at []int
	for i := range out {
		w := &out[i]
		if w.Gone || w.Large || !Supported(w.Type) {
			continue
		}
		if w.Type == TypeStream { // more than one command can tell
			if err := r.Pieces(ctx, w.Head, func(p Piece) error { w.Piece = append(w.Piece, p...); return nil }); err != nil {
				return nil, err
			}
			w.Gone = len(w.Piece) == 0
		} else {
			expires := r.expireTime(w.Key)
			if w.Alone {
				expires = resp.Command{"PING"}
			}
			cmds = append(cmds, wholeCommand(w.Head), expires)
			at = append(at, i)
		}
	}
	replies, err := r.end.Do(ctx, cmds)
	if err != nil {
		return nil, err
	}
	var again []int
	for n, i := range at {
		w, value, expire := &out[i], replies[2*n], replies[2*n+1]
		switch {
		case value.Kind == resp.Error && !strings.HasPrefix(value.Str, "WRONGTYPE"):
			return nil, fmt.Errorf("%s: key %s: %w", r.end.Name(), Show(w.Key), &ReplyError{cmds[2*n][0], value.Str})
		case w.Alone && value.IsNil():
			w.Gone = true
		case w.Alone:
			w.Piece = rowsOf(w.Type, value)
		case value.Kind != resp.Error && expire.Kind != resp.Error && expire.Int != w.Expire && !value.IsNil() && attempt >= readAttempts:
			w.Expire, w.Piece = expire.Int, rowsOf(w.Type, value)
			w.Gone = expire.Int == -2 // it ended between the two
		case value.Kind == resp.Error || expire.Int != w.Expire || value.IsNil() || expire.Kind == resp.Error:
			if attempt >= typeAttempts {
				return nil, fmt.Errorf("%s: key %s is another one each time it is read", r.end.Name(), Show(w.Key))
			}
			again = append(again, i) // it was replaced meanwhile
		default:
			w.Piece = rowsOf(w.Type, value)
		}
	}
	if err := r.fieldExpiries(ctx, out); err != nil {
		return nil, err
	}
	if len(again) == 0 {
		return out, nil
	}
	var names []string
	for _, i := range again {
		names = append(names, out[i].Key)
	}
	fresh, err := r.read(ctx, names, attempt+1)
	if err != nil {
		return nil, err
	}
	for n, i := range again {
		out[i] = fresh[n]
	}
	return out, nil
}

// lengths marks what has too many elements to be read at once.
func (r *Reader) lengths(ctx context.Context, list []Key) error {
	var cmds []resp.Command
	var at []int
	for i := range list {
		if c := LengthCommand(list[i].Head); c != nil && !list[i].Large {
			cmds, at = append(cmds, c), append(at, i)
		}
	}
	replies, err := r.end.Do(ctx, cmds)
	if err != nil {
		return err
	}
	for n, i := range at {
		limit := int64(wholeRows)
		if list[i].Type == TypeString {
			limit = PieceBytes
		}
		list[i].Large = replies[n].Int > limit
	}
	return nil
}

func LengthCommand(h Head) resp.Command {
	name := map[string]string{TypeString: "STRLEN", TypeList: "LLEN", TypeHash: "HLEN", TypeSet: "SCARD", TypeZSet: "ZCARD", TypeStream: "XLEN"}[h.Type]
	if name == "" {
		return nil
	}
	return resp.Command{name, h.Key}
}

func wholeCommand(h Head) resp.Command {
	switch h.Type {
	case TypeString:
		return resp.Command{"GET", h.Key}
	case TypeList:
		return resp.Command{"LRANGE", h.Key, "0", "-1"}
	case TypeHash:
		return resp.Command{"HGETALL", h.Key}
	case TypeSet:
		return resp.Command{"SMEMBERS", h.Key}
	case TypeZSet:
		return resp.Command{"ZRANGE", h.Key, "0", "-1", "WITHSCORES"}
	}
	return resp.Command{"JSON.GET", h.Key}
}

// rowsOf are the rows in the reply of a command that reads elements.
func rowsOf(typ string, r resp.Reply) Piece {
	switch typ {
	case TypeString, TypeJSON:
		return Piece{{Text(r)}}
	}
	flat := Texts(r)
	per := 1
	if typ == TypeHash || typ == TypeZSet {
		per = 2
	}
	out := make(Piece, 0, len(flat)/per)
	for i := 0; i+per <= len(flat); i += per {
		row := Row(flat[i : i+per : i+per])
		if typ == TypeHash {
			row = append(row, "")
		}
		out = append(out, row)
	}
	return out
}

// fieldExpiries completes hashes.
func (r *Reader) fieldExpiries(ctx context.Context, list []Key) error {
	if !r.fields {
		return nil
	}
	var cmds []resp.Command
	var at []Piece
	for i := range list {
		if w := &list[i]; w.Type == TypeHash && len(w.Piece) > 0 {
			cmds, at = append(cmds, expiryCommand(w.Key, w.Piece)), append(at, w.Piece)
		}
	}
	if len(cmds) == 0 {
		return nil
	}
	replies, err := r.end.Do(ctx, cmds)
	if err != nil {
		return err
	}
	for i, p := range at {
		setExpiries(p, replies[i])
	}
	return nil
}

func expiryCommand(key string, p Piece) resp.Command {
	cmd := resp.Command{"HPEXPIRETIME", key, "FIELDS", strconv.Itoa(len(p))}
	for _, row := range p {
		cmd = append(cmd, row[0])
	}
	return cmd
}

func setExpiries(p Piece, r resp.Reply) {
	for i, e := range r.Elems {
		if i < len(p) && e.Int > 0 {
			p[i][2] = Text(e)
		}
	}
}

// pieces reads a large value piece by piece. The order is the same each time for what
// has an order; elements of hashes, sets and sorted sets may come twice when they change.
func (r *Reader) Pieces(ctx context.Context, h Head, each func(Piece) error) error {
	switch h.Type {
	case TypeString:
		return r.stringPieces(ctx, h, each)
	case TypeList:
		return r.listPieces(ctx, h, each)
	case TypeStream:
		return r.streamPieces(ctx, h, each)
	case TypeJSON:
		v, err := One(ctx, r.end, wholeCommand(h)...)
		if err != nil {
			return err
		}
		return each(rowsOf(h.Type, v))
	}
	return r.scanPieces(ctx, h, each)
}

func (r *Reader) stringPieces(ctx context.Context, h Head, each func(Piece) error) error {
	for at := int64(0); ; at += PieceBytes {
		v, err := One(ctx, r.end, "GETRANGE", h.Key, strconv.FormatInt(at, 10), strconv.FormatInt(at+PieceBytes-1, 10))
		if err != nil {
			return err
		}
		if v.Str != "" {
			if err := each(Piece{{v.Str}}); err != nil {
				return err
			}
		}
		if len(v.Str) < PieceBytes {
			return nil
		}
	}
}

// rowsAtOnce is how many elements of a value fit in a piece, by their average.
func (r *Reader) rowsAtOnce(ctx context.Context, h Head) (int64, error) {
	if h.Bytes == 0 {
		return wholeRows, nil
	}
	n, err := One(ctx, r.end, LengthCommand(h)...)
	if err != nil {
		return 0, err
	}
	return min(max(PieceBytes*max(n.Int, 1)/h.Bytes, 1), pieceRows), nil
}

func (r *Reader) listPieces(ctx context.Context, h Head, each func(Piece) error) error {
	n, err := r.rowsAtOnce(ctx, h)
	if err != nil {
		return err
	}
	for at := int64(0); ; at += n {
		v, err := One(ctx, r.end, "LRANGE", h.Key, strconv.FormatInt(at, 10), strconv.FormatInt(at+n-1, 10))
		if err != nil {
			return err
		}
		if len(v.Elems) > 0 {
			if err := each(rowsOf(h.Type, v)); err != nil {
				return err
			}
		}
		if int64(len(v.Elems)) < n {
			return nil
		}
	}
}

func (r *Reader) scanPieces(ctx context.Context, h Head, each func(Piece) error) error {
	n, err := r.rowsAtOnce(ctx, h)
	if err != nil {
		return err
	}
	name := map[string]string{TypeHash: "HSCAN", TypeSet: "SSCAN", TypeZSet: "ZSCAN"}[h.Type]
	for cursor := "0"; ; {
		v, err := One(ctx, r.end, name, h.Key, cursor, "COUNT", strconv.FormatInt(n, 10))
		if err != nil {
			return err
		}
		if len(v.Elems) != 2 {
			return fmt.Errorf("%s: %s of key %s was answered with something else", r.end.Name(), name, Show(h.Key))
		}
		p := rowsOf(h.Type, v.Elems[1])
		if h.Type == TypeHash && r.fields && len(p) > 0 {
			e, err := One(ctx, r.end, expiryCommand(h.Key, p)...)
			if err != nil {
				return err
			}
			setExpiries(p, e)
		}
		if len(p) > 0 {
			if err := each(p); err != nil {
				return err
			}
		}
		if cursor = Text(v.Elems[0]); cursor == "0" {
			return nil
		}
	}
}

// State reads a key's value to the end and makes its digest.
func (r *Reader) State(ctx context.Context, key string) (Head, Digest, error) {
	list, err := r.Read(ctx, []string{key})
	if err != nil {
		return Head{}, Digest{}, err
	}
	w := &list[0]
	if w.Gone {
		w.Type = TypeNone
		return w.Head, Digest{}, nil
	}
	d := NewDigester(w.Type)
	if !w.Large {
		d.Add(w.Piece)
		return w.Head, d.Sum(), nil
	}
	err = r.Pieces(ctx, w.Head, func(p Piece) error { d.Add(p); return nil })
	return w.Head, d.Sum(), err
}

// Size is about how many bytes of commands the key takes.
func (k *Key) Size() int64 {
	n := int64(len(k.Head.Key))
	for _, row := range k.Piece {
		for _, s := range row {
			n += int64(len(s)) + 16
		}
	}
	return n
}

// Digest is that of the value; the key must have been read whole.
func (k *Key) Digest() Digest {
	d := NewDigester(k.Type)
	d.Add(k.Piece)
	return d.Sum()
}
