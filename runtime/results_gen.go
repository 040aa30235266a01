// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"time"
)

// StatusCmd is the result of a command that answers OK or another word.
type StatusCmd struct {
	valueCmd[string]
}

// NewStatusCmd returns a command that was not sent yet.
func NewStatusCmd(ctx context.Context, args ...interface{}) *StatusCmd {
	return &StatusCmd{valueCmd[string]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeStatus,
	}}}
}

// NewStatusResult returns a command with a result, for tests.
func NewStatusResult(val string, err error) *StatusCmd {
	var cmd StatusCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *StatusCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readString(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *StatusCmd) Clone() Cmder {
	cmd.await()
	return &StatusCmd{valueCmd[string]{
		baseCmd: cmd.cloneBase(),
		val:     cmd.val,
	}}
}

// IntCmd is the result of a command that answers an integer.
type IntCmd struct {
	valueCmd[int64]
}

// NewIntCmd returns a command that was not sent yet.
func NewIntCmd(ctx context.Context, args ...interface{}) *IntCmd {
	return &IntCmd{valueCmd[int64]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeInt,
	}}}
}

// NewIntResult returns a command with a result, for tests.
func NewIntResult(val int64, err error) *IntCmd {
	var cmd IntCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *IntCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readInt(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *IntCmd) Clone() Cmder {
	cmd.await()
	return &IntCmd{valueCmd[int64]{
		baseCmd: cmd.cloneBase(),
		val:     cmd.val,
	}}
}

// StringCmd is the result of a command that answers a string.
type StringCmd struct {
	valueCmd[string]
}

// NewStringCmd returns a command that was not sent yet.
func NewStringCmd(ctx context.Context, args ...interface{}) *StringCmd {
	return &StringCmd{valueCmd[string]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeString,
	}}}
}

// NewStringResult returns a command with a result, for tests.
func NewStringResult(val string, err error) *StringCmd {
	var cmd StringCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *StringCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readString(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *StringCmd) Clone() Cmder {
	cmd.await()
	return &StringCmd{valueCmd[string]{
		baseCmd: cmd.cloneBase(),
		val:     cmd.val,
	}}
}

// BoolCmd is the result of a command that answers yes or no.
type BoolCmd struct {
	valueCmd[bool]
}

// NewBoolCmd returns a command that was not sent yet.
func NewBoolCmd(ctx context.Context, args ...interface{}) *BoolCmd {
	return &BoolCmd{valueCmd[bool]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeBool,
	}}}
}

// NewBoolResult returns a command with a result, for tests.
func NewBoolResult(val bool, err error) *BoolCmd {
	var cmd BoolCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *BoolCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readReplyBool(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *BoolCmd) Clone() Cmder {
	cmd.await()
	return &BoolCmd{valueCmd[bool]{
		baseCmd: cmd.cloneBase(),
		val:     cmd.val,
	}}
}

// FloatCmd is the result of a command that answers a number.
type FloatCmd struct {
	valueCmd[float64]
}

// NewFloatCmd returns a command that was not sent yet.
func NewFloatCmd(ctx context.Context, args ...interface{}) *FloatCmd {
	return &FloatCmd{valueCmd[float64]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeFloat,
	}}}
}

// NewFloatResult returns a command with a result, for tests.
func NewFloatResult(val float64, err error) *FloatCmd {
	var cmd FloatCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *FloatCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readFloat(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *FloatCmd) Clone() Cmder {
	cmd.await()
	return &FloatCmd{valueCmd[float64]{
		baseCmd: cmd.cloneBase(),
		val:     cmd.val,
	}}
}

// TimeCmd is the result of TIME.
type TimeCmd struct {
	valueCmd[time.Time]
}

// NewTimeCmd returns a command that was not sent yet.
func NewTimeCmd(ctx context.Context, args ...interface{}) *TimeCmd {
	return &TimeCmd{valueCmd[time.Time]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeTime,
	}}}
}

// NewTimeCmdResult returns a command with a result, for tests.
func NewTimeCmdResult(val time.Time, err error) *TimeCmd {
	var cmd TimeCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *TimeCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readTime(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *TimeCmd) Clone() Cmder {
	cmd.await()
	return &TimeCmd{valueCmd[time.Time]{
		baseCmd: cmd.cloneBase(),
		val:     cmd.val,
	}}
}

// SliceCmd is the result of a command that answers a list in which values may be missing.
type SliceCmd struct {
	valueCmd[[]interface{}]
}

// NewSliceCmd returns a command that was not sent yet.
func NewSliceCmd(ctx context.Context, args ...interface{}) *SliceCmd {
	return &SliceCmd{valueCmd[[]interface{}]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeSlice,
	}}}
}

// NewSliceResult returns a command with a result, for tests.
func NewSliceResult(val []interface{}, err error) *SliceCmd {
	var cmd SliceCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *SliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readSlice(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *SliceCmd) Clone() Cmder {
	cmd.await()
	return &SliceCmd{valueCmd[[]interface{}]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// StringSliceCmd is the result of a command that answers strings.
type StringSliceCmd struct {
	valueCmd[[]string]
}

// NewStringSliceCmd returns a command that was not sent yet.
func NewStringSliceCmd(ctx context.Context, args ...interface{}) *StringSliceCmd {
	return &StringSliceCmd{valueCmd[[]string]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeStringSlice,
	}}}
}

// NewStringSliceResult returns a command with a result, for tests.
func NewStringSliceResult(val []string, err error) *StringSliceCmd {
	var cmd StringSliceCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *StringSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readStrings(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *StringSliceCmd) Clone() Cmder {
	cmd.await()
	return &StringSliceCmd{valueCmd[[]string]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// IntSliceCmd is the result of a command that answers integers.
type IntSliceCmd struct {
	valueCmd[[]int64]
}

// NewIntSliceCmd returns a command that was not sent yet.
func NewIntSliceCmd(ctx context.Context, args ...interface{}) *IntSliceCmd {
	return &IntSliceCmd{valueCmd[[]int64]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeIntSlice,
	}}}
}

func (cmd *IntSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readInts(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *IntSliceCmd) Clone() Cmder {
	cmd.await()
	return &IntSliceCmd{valueCmd[[]int64]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// FloatSliceCmd is the result of a command that answers numbers.
type FloatSliceCmd struct {
	valueCmd[[]float64]
}

// NewFloatSliceCmd returns a command that was not sent yet.
func NewFloatSliceCmd(ctx context.Context, args ...interface{}) *FloatSliceCmd {
	return &FloatSliceCmd{valueCmd[[]float64]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeFloatSlice,
	}}}
}

// NewFloatSliceResult returns a command with a result, for tests.
func NewFloatSliceResult(val []float64, err error) *FloatSliceCmd {
	var cmd FloatSliceCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *FloatSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readFloats(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *FloatSliceCmd) Clone() Cmder {
	cmd.await()
	return &FloatSliceCmd{valueCmd[[]float64]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// BoolSliceCmd is the result of a command that answers yes or no several times.
type BoolSliceCmd struct {
	valueCmd[[]bool]
}

// NewBoolSliceCmd returns a command that was not sent yet.
func NewBoolSliceCmd(ctx context.Context, args ...interface{}) *BoolSliceCmd {
	return &BoolSliceCmd{valueCmd[[]bool]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeBoolSlice,
	}}}
}

// NewBoolSliceResult returns a command with a result, for tests.
func NewBoolSliceResult(val []bool, err error) *BoolSliceCmd {
	var cmd BoolSliceCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *BoolSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readBools(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *BoolSliceCmd) Clone() Cmder {
	cmd.await()
	return &BoolSliceCmd{valueCmd[[]bool]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// KeyValueSliceCmd is the result of a command that answers fields with their values.
type KeyValueSliceCmd struct {
	valueCmd[[]KeyValue]
}

// NewKeyValueSliceCmd returns a command that was not sent yet.
func NewKeyValueSliceCmd(ctx context.Context, args ...interface{}) *KeyValueSliceCmd {
	return &KeyValueSliceCmd{valueCmd[[]KeyValue]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeKeyValueSlice,
	}}}
}

func (cmd *KeyValueSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readKeyValues(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *KeyValueSliceCmd) Clone() Cmder {
	cmd.await()
	return &KeyValueSliceCmd{valueCmd[[]KeyValue]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// MapStringStringCmd is the result of a command that answers a map of strings.
type MapStringStringCmd struct {
	valueCmd[map[string]string]
}

// NewMapStringStringCmd returns a command that was not sent yet.
func NewMapStringStringCmd(ctx context.Context, args ...interface{}) *MapStringStringCmd {
	return &MapStringStringCmd{valueCmd[map[string]string]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeMapStringString,
	}}}
}

// NewMapStringStringResult returns a command with a result, for tests.
func NewMapStringStringResult(val map[string]string, err error) *MapStringStringCmd {
	var cmd MapStringStringCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *MapStringStringCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readMapStringString(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *MapStringStringCmd) Clone() Cmder {
	cmd.await()
	return &MapStringStringCmd{valueCmd[map[string]string]{
		baseCmd: cmd.cloneBase(),
		val:     cloneMap(cmd.val),
	}}
}

// MapStringIntCmd is the result of a command that answers a map of integers.
type MapStringIntCmd struct {
	valueCmd[map[string]int64]
}

// NewMapStringIntCmd returns a command that was not sent yet.
func NewMapStringIntCmd(ctx context.Context, args ...interface{}) *MapStringIntCmd {
	return &MapStringIntCmd{valueCmd[map[string]int64]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeMapStringInt,
	}}}
}

// NewMapStringIntCmdResult returns a command with a result, for tests.
func NewMapStringIntCmdResult(val map[string]int64, err error) *MapStringIntCmd {
	var cmd MapStringIntCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *MapStringIntCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readMapStringInt(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *MapStringIntCmd) Clone() Cmder {
	cmd.await()
	return &MapStringIntCmd{valueCmd[map[string]int64]{
		baseCmd: cmd.cloneBase(),
		val:     cloneMap(cmd.val),
	}}
}

// MapStringInterfaceCmd is the result of a command that answers a map of any values.
type MapStringInterfaceCmd struct {
	valueCmd[map[string]interface{}]
}

// NewMapStringInterfaceCmd returns a command that was not sent yet.
func NewMapStringInterfaceCmd(ctx context.Context, args ...interface{}) *MapStringInterfaceCmd {
	return &MapStringInterfaceCmd{valueCmd[map[string]interface{}]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeMapStringInterface,
	}}}
}

func (cmd *MapStringInterfaceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readMapStringAny(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *MapStringInterfaceCmd) Clone() Cmder {
	cmd.await()
	return &MapStringInterfaceCmd{valueCmd[map[string]interface{}]{
		baseCmd: cmd.cloneBase(),
		val:     cloneMap(cmd.val),
	}}
}

// StringStructMapCmd is the result of SMEMBERS as a set.
type StringStructMapCmd struct {
	valueCmd[map[string]struct{}]
}

// NewStringStructMapCmd returns a command that was not sent yet.
func NewStringStructMapCmd(ctx context.Context, args ...interface{}) *StringStructMapCmd {
	return &StringStructMapCmd{valueCmd[map[string]struct{}]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeStringStructMap,
	}}}
}

func (cmd *StringStructMapCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readStringSet(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *StringStructMapCmd) Clone() Cmder {
	cmd.await()
	return &StringStructMapCmd{valueCmd[map[string]struct{}]{
		baseCmd: cmd.cloneBase(),
		val:     cloneMap(cmd.val),
	}}
}

// ZSliceCmd is the result of a command that answers members with their scores.
type ZSliceCmd struct {
	valueCmd[[]Z]
}

// NewZSliceCmd returns a command that was not sent yet.
func NewZSliceCmd(ctx context.Context, args ...interface{}) *ZSliceCmd {
	return &ZSliceCmd{valueCmd[[]Z]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeZSlice,
	}}}
}

// NewZSliceCmdResult returns a command with a result, for tests.
func NewZSliceCmdResult(val []Z, err error) *ZSliceCmd {
	var cmd ZSliceCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *ZSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readZs(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *ZSliceCmd) Clone() Cmder {
	cmd.await()
	return &ZSliceCmd{valueCmd[[]Z]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// ZWithKeyCmd is the result of BZPOPMIN and BZPOPMAX.
type ZWithKeyCmd struct {
	valueCmd[*ZWithKey]
}

// NewZWithKeyCmd returns a command that was not sent yet.
func NewZWithKeyCmd(ctx context.Context, args ...interface{}) *ZWithKeyCmd {
	return &ZWithKeyCmd{valueCmd[*ZWithKey]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeZWithKey,
	}}}
}

// NewZWithKeyCmdResult returns a command with a result, for tests.
func NewZWithKeyCmdResult(val *ZWithKey, err error) *ZWithKeyCmd {
	var cmd ZWithKeyCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *ZWithKeyCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readZWithKey(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *ZWithKeyCmd) Clone() Cmder {
	cmd.await()
	return &ZWithKeyCmd{valueCmd[*ZWithKey]{
		baseCmd: cmd.cloneBase(),
		val:     clonePtr(cmd.val),
	}}
}

// RankWithScoreCmd is the result of ZRANK with the score.
type RankWithScoreCmd struct {
	valueCmd[RankScore]
}

// NewRankWithScoreCmd returns a command that was not sent yet.
func NewRankWithScoreCmd(ctx context.Context, args ...interface{}) *RankWithScoreCmd {
	return &RankWithScoreCmd{valueCmd[RankScore]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeRankWithScore,
	}}}
}

func (cmd *RankWithScoreCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readRankScore(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *RankWithScoreCmd) Clone() Cmder {
	cmd.await()
	return &RankWithScoreCmd{valueCmd[RankScore]{
		baseCmd: cmd.cloneBase(),
		val:     cmd.val,
	}}
}

// KeyFlagsCmd is the result of COMMAND GETKEYSANDFLAGS.
type KeyFlagsCmd struct {
	valueCmd[[]KeyFlags]
}

// NewKeyFlagsCmd returns a command that was not sent yet.
func NewKeyFlagsCmd(ctx context.Context, args ...interface{}) *KeyFlagsCmd {
	return &KeyFlagsCmd{valueCmd[[]KeyFlags]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeKeyFlags,
	}}}
}

func (cmd *KeyFlagsCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readKeyFlags(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *KeyFlagsCmd) Clone() Cmder {
	cmd.await()
	return &KeyFlagsCmd{valueCmd[[]KeyFlags]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// GeoPosCmd is the result of GEOPOS.
type GeoPosCmd struct {
	valueCmd[[]*GeoPos]
}

// NewGeoPosCmd returns a command that was not sent yet.
func NewGeoPosCmd(ctx context.Context, args ...interface{}) *GeoPosCmd {
	return &GeoPosCmd{valueCmd[[]*GeoPos]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeGeoPos,
	}}}
}

// NewGeoPosCmdResult returns a command with a result, for tests.
func NewGeoPosCmdResult(val []*GeoPos, err error) *GeoPosCmd {
	var cmd GeoPosCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *GeoPosCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readPositions(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *GeoPosCmd) Clone() Cmder {
	cmd.await()
	return &GeoPosCmd{valueCmd[[]*GeoPos]{
		baseCmd: cmd.cloneBase(),
		val:     clonePositions(cmd.val),
	}}
}

// InfoCmd is the result of INFO, section by section.
type InfoCmd struct {
	valueCmd[map[string]map[string]string]
}

// NewInfoCmd returns a command that was not sent yet.
func NewInfoCmd(ctx context.Context, args ...interface{}) *InfoCmd {
	return &InfoCmd{valueCmd[map[string]map[string]string]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeInfo,
	}}}
}

func (cmd *InfoCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readInfo(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *InfoCmd) Clone() Cmder {
	cmd.await()
	return &InfoCmd{valueCmd[map[string]map[string]string]{
		baseCmd: cmd.cloneBase(),
		val:     cloneMap(cmd.val),
	}}
}

// CommandsInfoCmd is the result of COMMAND.
type CommandsInfoCmd struct {
	valueCmd[map[string]*CommandInfo]
}

// NewCommandsInfoCmd returns a command that was not sent yet.
func NewCommandsInfoCmd(ctx context.Context, args ...interface{}) *CommandsInfoCmd {
	return &CommandsInfoCmd{valueCmd[map[string]*CommandInfo]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeCommandsInfo,
	}}}
}

// NewCommandsInfoCmdResult returns a command with a result, for tests.
func NewCommandsInfoCmdResult(val map[string]*CommandInfo, err error) *CommandsInfoCmd {
	var cmd CommandsInfoCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *CommandsInfoCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readCommandsInfo(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *CommandsInfoCmd) Clone() Cmder {
	cmd.await()
	return &CommandsInfoCmd{valueCmd[map[string]*CommandInfo]{
		baseCmd: cmd.cloneBase(),
		val:     cloneMap(cmd.val),
	}}
}

// ClientInfoCmd is the result of CLIENT INFO.
type ClientInfoCmd struct {
	valueCmd[*ClientInfo]
}

// NewClientInfoCmd returns a command that was not sent yet.
func NewClientInfoCmd(ctx context.Context, args ...interface{}) *ClientInfoCmd {
	return &ClientInfoCmd{valueCmd[*ClientInfo]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeClientInfo,
	}}}
}

func (cmd *ClientInfoCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readClientInfo(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *ClientInfoCmd) Clone() Cmder {
	cmd.await()
	return &ClientInfoCmd{valueCmd[*ClientInfo]{
		baseCmd: cmd.cloneBase(),
		val:     clonePtr(cmd.val),
	}}
}

// XMessageSliceCmd is the result of a command that answers entries of a stream.
type XMessageSliceCmd struct {
	valueCmd[[]XMessage]
}

// NewXMessageSliceCmd returns a command that was not sent yet.
func NewXMessageSliceCmd(ctx context.Context, args ...interface{}) *XMessageSliceCmd {
	return &XMessageSliceCmd{valueCmd[[]XMessage]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeXMessageSlice,
	}}}
}

// NewXMessageSliceCmdResult returns a command with a result, for tests.
func NewXMessageSliceCmdResult(val []XMessage, err error) *XMessageSliceCmd {
	var cmd XMessageSliceCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *XMessageSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readXMessages(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XMessageSliceCmd) Clone() Cmder {
	cmd.await()
	return &XMessageSliceCmd{valueCmd[[]XMessage]{
		baseCmd: cmd.cloneBase(),
		val:     cloneXMessages(cmd.val),
	}}
}

// XStreamSliceCmd is the result of XREAD and XREADGROUP.
type XStreamSliceCmd struct {
	valueCmd[[]XStream]
}

// NewXStreamSliceCmd returns a command that was not sent yet.
func NewXStreamSliceCmd(ctx context.Context, args ...interface{}) *XStreamSliceCmd {
	return &XStreamSliceCmd{valueCmd[[]XStream]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeXStreamSlice,
	}}}
}

// NewXStreamSliceCmdResult returns a command with a result, for tests.
func NewXStreamSliceCmdResult(val []XStream, err error) *XStreamSliceCmd {
	var cmd XStreamSliceCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *XStreamSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readXStreams(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XStreamSliceCmd) Clone() Cmder {
	cmd.await()
	return &XStreamSliceCmd{valueCmd[[]XStream]{
		baseCmd: cmd.cloneBase(),
		val:     cloneXStreams(cmd.val),
	}}
}

// XPendingCmd is the result of XPENDING.
type XPendingCmd struct {
	valueCmd[*XPending]
}

// NewXPendingCmd returns a command that was not sent yet.
func NewXPendingCmd(ctx context.Context, args ...interface{}) *XPendingCmd {
	return &XPendingCmd{valueCmd[*XPending]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeXPending,
	}}}
}

// NewXPendingResult returns a command with a result, for tests.
func NewXPendingResult(val *XPending, err error) *XPendingCmd {
	var cmd XPendingCmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *XPendingCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readXPending(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XPendingCmd) Clone() Cmder {
	cmd.await()
	return &XPendingCmd{valueCmd[*XPending]{
		baseCmd: cmd.cloneBase(),
		val:     cloneXPending(cmd.val),
	}}
}

// XPendingExtCmd is the result of XPENDING with a range.
type XPendingExtCmd struct {
	valueCmd[[]XPendingExt]
}

// NewXPendingExtCmd returns a command that was not sent yet.
func NewXPendingExtCmd(ctx context.Context, args ...interface{}) *XPendingExtCmd {
	return &XPendingExtCmd{valueCmd[[]XPendingExt]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeXPendingExt,
	}}}
}

func (cmd *XPendingExtCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readXPendingExt(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XPendingExtCmd) Clone() Cmder {
	cmd.await()
	return &XPendingExtCmd{valueCmd[[]XPendingExt]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// XInfoConsumersCmd is the result of XINFO CONSUMERS.
type XInfoConsumersCmd struct {
	valueCmd[[]XInfoConsumer]
}

// NewXInfoConsumersCmd returns a command that was not sent yet.
func NewXInfoConsumersCmd(ctx context.Context, stream string, group string) *XInfoConsumersCmd {
	return &XInfoConsumersCmd{valueCmd[[]XInfoConsumer]{baseCmd: baseCmd{
		args: []interface{}{"xinfo", "consumers", stream, group},
		ctx:  ctx,
		kind: CmdTypeXInfoConsumers,
	}}}
}

func (cmd *XInfoConsumersCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readXInfoConsumers(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XInfoConsumersCmd) Clone() Cmder {
	cmd.await()
	return &XInfoConsumersCmd{valueCmd[[]XInfoConsumer]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// XInfoGroupsCmd is the result of XINFO GROUPS.
type XInfoGroupsCmd struct {
	valueCmd[[]XInfoGroup]
}

// NewXInfoGroupsCmd returns a command that was not sent yet.
func NewXInfoGroupsCmd(ctx context.Context, stream string) *XInfoGroupsCmd {
	return &XInfoGroupsCmd{valueCmd[[]XInfoGroup]{baseCmd: baseCmd{
		args: []interface{}{"xinfo", "groups", stream},
		ctx:  ctx,
		kind: CmdTypeXInfoGroups,
	}}}
}

func (cmd *XInfoGroupsCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readXInfoGroups(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XInfoGroupsCmd) Clone() Cmder {
	cmd.await()
	return &XInfoGroupsCmd{valueCmd[[]XInfoGroup]{
		baseCmd: cmd.cloneBase(),
		val:     cloneSlice(cmd.val),
	}}
}

// XInfoStreamCmd is the result of XINFO STREAM.
type XInfoStreamCmd struct {
	valueCmd[*XInfoStream]
}

// NewXInfoStreamCmd returns a command that was not sent yet.
func NewXInfoStreamCmd(ctx context.Context, stream string) *XInfoStreamCmd {
	return &XInfoStreamCmd{valueCmd[*XInfoStream]{baseCmd: baseCmd{
		args: []interface{}{"xinfo", "stream", stream},
		ctx:  ctx,
		kind: CmdTypeXInfoStream,
	}}}
}

func (cmd *XInfoStreamCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readXInfoStream(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XInfoStreamCmd) Clone() Cmder {
	cmd.await()
	return &XInfoStreamCmd{valueCmd[*XInfoStream]{
		baseCmd: cmd.cloneBase(),
		val:     cloneXInfoStream(cmd.val),
	}}
}

// XInfoStreamFullCmd is the result of XINFO STREAM with FULL.
type XInfoStreamFullCmd struct {
	valueCmd[*XInfoStreamFull]
}

// NewXInfoStreamFullCmd returns a command that was not sent yet.
func NewXInfoStreamFullCmd(ctx context.Context, args ...interface{}) *XInfoStreamFullCmd {
	return &XInfoStreamFullCmd{valueCmd[*XInfoStreamFull]{baseCmd: baseCmd{
		args: args,
		ctx:  ctx,
		kind: CmdTypeXInfoStreamFull,
	}}}
}

func (cmd *XInfoStreamFullCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readXInfoStreamFull(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XInfoStreamFullCmd) Clone() Cmder {
	cmd.await()
	return &XInfoStreamFullCmd{valueCmd[*XInfoStreamFull]{
		baseCmd: cmd.cloneBase(),
		val:     cloneXInfoStreamFull(cmd.val),
	}}
}
