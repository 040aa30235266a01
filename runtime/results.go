package runtime

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/scan"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Scanner is implemented by fields of structs that parse themselves when a
// hash or a list of values is scanned into the struct.
type Scanner interface {
	ScanRedis(s string) error
}

// KeyValue is a key with its value.
type KeyValue struct {
	Key   string
	Value string
}

// RankScore is a member's rank with its score.
type RankScore struct {
	Rank  int64
	Score float64
}

// KeyFlags is a key of a command with what the command does to it.
type KeyFlags struct {
	Key   string
	Flags []string
}

// Bytes is the value as bytes, which are the caller's.
func (cmd *StatusCmd) Bytes() ([]byte, error) {
	cmd.await()
	if cmd.err != nil {
		return nil, cmd.err
	}
	return []byte(cmd.val), nil
}

// Uint64 is the value as a uint64.
func (cmd *IntCmd) Uint64() (uint64, error) {
	cmd.await()
	return uint64(cmd.val), cmd.err
}

// Bytes is the value as bytes, which are the caller's.
func (cmd *StringCmd) Bytes() ([]byte, error) {
	cmd.await()
	if cmd.err != nil {
		return nil, cmd.err
	}
	return []byte(cmd.val), nil
}

// Bool parses the value as strconv.ParseBool does.
func (cmd *StringCmd) Bool() (bool, error) {
	cmd.await()
	if cmd.err != nil {
		return false, cmd.err
	}
	return strconv.ParseBool(cmd.val)
}

// Int parses the value.
func (cmd *StringCmd) Int() (int, error) {
	cmd.await()
	if cmd.err != nil {
		return 0, cmd.err
	}
	return strconv.Atoi(cmd.val)
}

// Int64 parses the value.
func (cmd *StringCmd) Int64() (int64, error) {
	cmd.await()
	if cmd.err != nil {
		return 0, cmd.err
	}
	return strconv.ParseInt(cmd.val, 10, 64)
}

// Uint64 parses the value.
func (cmd *StringCmd) Uint64() (uint64, error) {
	cmd.await()
	if cmd.err != nil {
		return 0, cmd.err
	}
	return strconv.ParseUint(cmd.val, 10, 64)
}

// Float32 parses the value.
func (cmd *StringCmd) Float32() (float32, error) {
	cmd.await()
	if cmd.err != nil {
		return 0, cmd.err
	}
	return toFloat32(cmd.val)
}

// Float64 parses the value.
func (cmd *StringCmd) Float64() (float64, error) {
	cmd.await()
	if cmd.err != nil {
		return 0, cmd.err
	}
	return strconv.ParseFloat(cmd.val, 64)
}

// Time parses the value as RFC 3339, which is how a time.Time is stored.
func (cmd *StringCmd) Time() (time.Time, error) {
	cmd.await()
	if cmd.err != nil {
		return time.Time{}, cmd.err
	}
	return time.Parse(time.RFC3339Nano, cmd.val)
}

// Scan parses the value into the variable that val points to.
func (cmd *StringCmd) Scan(val interface{}) error {
	cmd.await()
	if cmd.err != nil {
		return cmd.err
	}
	return scan.Value(cmd.val, val)
}

// Scan stores the values of HMGET or MGET in the fields of a struct that are
// tagged `redis:"name"`.
func (cmd *SliceCmd) Scan(dst interface{}) error {
	cmd.await()
	if cmd.err != nil {
		return cmd.err
	}
	keys := cmd.args[1:]
	if cmd.args[0] == "hmget" {
		keys = cmd.args[2:]
	}
	return scan.Pairs(dst, keys, cmd.val)
}

// ScanSlice parses the values into the slice that container points to.
func (cmd *StringSliceCmd) ScanSlice(container interface{}) error {
	cmd.await()
	return scan.Slice(cmd.val, container)
}

// Scan stores the values in the fields of a struct that are tagged
// `redis:"name"`.
func (cmd *MapStringStringCmd) Scan(dest interface{}) error {
	cmd.await()
	if cmd.err != nil {
		return cmd.err
	}
	s, err := scan.Into(dest)
	if err != nil {
		return err
	}
	for k, v := range cmd.val {
		if err := s.Scan(k, v); err != nil {
			return err
		}
	}
	return nil
}

// Item is one value of a section, empty when there is none.
func (cmd *InfoCmd) Item(section, key string) string {
	cmd.await()
	return cmd.val[section][key]
}

// DurationCmd is the result of a command that answers a time to live.
type DurationCmd struct {
	valueCmd[time.Duration]
	precision time.Duration
}

// NewDurationCmd returns a command that was not sent yet; precision is the
// unit of the answer.
func NewDurationCmd(ctx context.Context, precision time.Duration, args ...interface{}) *DurationCmd {
	return &DurationCmd{
		valueCmd:  valueCmd[time.Duration]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeDuration}},
		precision: precision,
	}
}

// NewDurationResult returns a command with a result, for tests.
func NewDurationResult(val time.Duration, err error) *DurationCmd {
	var cmd DurationCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *DurationCmd) readReply(r resp.Reply, proto int) error {
	n, err := readInt(r, proto)
	if err != nil {
		return err
	}
	cmd.val = time.Duration(n)
	if n != -2 && n != -1 { // no such key, no expiry
		cmd.val *= cmd.precision
	}
	return nil
}

// Clone copies the command and its result.
func (cmd *DurationCmd) Clone() Cmder {
	cmd.await()
	c := *cmd
	c.baseCmd = cmd.cloneBase()
	return &c
}

// keyedCmd is a command whose result is a key with the values that were there.
type keyedCmd[T any] struct {
	baseCmd
	key string
	val T
}

// SetVal sets the key and its values.
func (cmd *keyedCmd[T]) SetVal(key string, val T) { cmd.key, cmd.val = key, val }

// Val is the key and its values.
func (cmd *keyedCmd[T]) Val() (string, T) {
	cmd.await()
	return cmd.key, cmd.val
}

// Result is the key, its values and the error.
func (cmd *keyedCmd[T]) Result() (string, T, error) {
	cmd.await()
	return cmd.key, cmd.val, cmd.err
}

// String shows the command and its values.
func (cmd *keyedCmd[T]) String() string {
	cmd.await()
	return cmdString(&cmd.baseCmd, cmd.val)
}

func (cmd *keyedCmd[T]) read(r resp.Reply, proto int, values func(resp.Reply, int) (T, error)) error {
	elems, err := readFixed(r, proto, 2)
	if err != nil {
		return err
	}
	if cmd.key, err = readString(elems[0], proto); err != nil {
		return err
	}
	cmd.val, err = values(elems[1], proto)
	return err
}

// KeyValuesCmd is the result of LMPOP and BLMPOP: a key and its elements.
type KeyValuesCmd struct{ keyedCmd[[]string] }

// NewKeyValuesCmd returns a command that was not sent yet.
func NewKeyValuesCmd(ctx context.Context, args ...interface{}) *KeyValuesCmd {
	return &KeyValuesCmd{keyedCmd[[]string]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeKeyValues}}}
}

func (cmd *KeyValuesCmd) readReply(r resp.Reply, proto int) error {
	return cmd.read(r, proto, readStrings)
}

// Clone copies the command and its result.
func (cmd *KeyValuesCmd) Clone() Cmder {
	cmd.await()
	return &KeyValuesCmd{keyedCmd[[]string]{baseCmd: cmd.cloneBase(), key: cmd.key, val: cloneSlice(cmd.val)}}
}

// ZSliceWithKeyCmd is the result of ZMPOP and BZMPOP: a key and its members.
type ZSliceWithKeyCmd struct{ keyedCmd[[]Z] }

// NewZSliceWithKeyCmd returns a command that was not sent yet.
func NewZSliceWithKeyCmd(ctx context.Context, args ...interface{}) *ZSliceWithKeyCmd {
	return &ZSliceWithKeyCmd{keyedCmd[[]Z]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeZSliceWithKey}}}
}

func (cmd *ZSliceWithKeyCmd) readReply(r resp.Reply, proto int) error {
	return cmd.read(r, proto, readZs)
}

// Clone copies the command and its result.
func (cmd *ZSliceWithKeyCmd) Clone() Cmder {
	cmd.await()
	return &ZSliceWithKeyCmd{keyedCmd[[]Z]{baseCmd: cmd.cloneBase(), key: cmd.key, val: cloneSlice(cmd.val)}}
}

// ZeroCopyStringCmd is the result of GetToBuffer: the value stands in the
// caller's buffer, Val is its length.
type ZeroCopyStringCmd struct {
	valueCmd[int]
	buf    []byte
	cloned bool
}

// NewZeroCopyStringCmd returns a command that writes its result to buf.
func NewZeroCopyStringCmd(ctx context.Context, buf []byte, args ...interface{}) *ZeroCopyStringCmd {
	return &ZeroCopyStringCmd{
		valueCmd: valueCmd[int]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeString}},
		buf:      buf,
	}
}

// Bytes is the value in the caller's buffer.
func (cmd *ZeroCopyStringCmd) Bytes() []byte {
	cmd.await()
	return cmd.buf[:cmd.val]
}

// NoRetry is true: a second answer would be written over the first.
func (cmd *ZeroCopyStringCmd) NoRetry() bool { return true }

func (cmd *ZeroCopyStringCmd) readReply(r resp.Reply, proto int) error {
	cmd.val = 0
	if cmd.cloned {
		return fmt.Errorf("redis: ZeroCopyStringCmd cannot be cloned (cmd writes into caller-owned memory)")
	}
	switch plain(r, proto).Kind {
	case resp.Bool, resp.BigNumber, resp.Verbatim: // as go-redis: GET answers none of them
		return fmt.Errorf("redis: can't parse reply=%s reading string into buffer", describe(r))
	}
	s, err := readString(r, proto)
	if err != nil {
		return err
	}
	if len(s) > len(cmd.buf) {
		return fmt.Errorf("redis: buffer too small: need %d bytes, have %d", len(s), len(cmd.buf))
	}
	cmd.val = copy(cmd.buf, s)
	return nil
}

// Clone copies the command; the copy has no buffer and cannot be sent.
func (cmd *ZeroCopyStringCmd) Clone() Cmder {
	cmd.await()
	return &ZeroCopyStringCmd{valueCmd: valueCmd[int]{baseCmd: cmd.cloneBase()}, cloned: true}
}

func cloneSlice[T any](s []T) []T {
	if s == nil {
		return nil
	}
	return append(make([]T, 0, len(s)), s...)
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return nil
	}
	out := make(map[K]V, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
