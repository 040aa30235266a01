package runtime

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// CommandInfo is what COMMAND says of a command.
type CommandInfo struct {
	Name        string
	Arity       int8
	Flags       []string
	ACLFlags    []string
	FirstKeyPos int8
	LastKeyPos  int8
	StepCount   int8
	ReadOnly    bool
}

func readCommandInfo(r resp.Reply, proto int) (*CommandInfo, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return nil, err
	}
	if n := len(elems); n != 6 && n != 7 && n != 10 {
		return nil, fmt.Errorf("redis: got %d elements in COMMAND reply, wanted 6/7/10", n)
	}
	info := &CommandInfo{}
	if info.Name, err = readString(elems[0], proto); err != nil {
		return nil, err
	}
	if info.Flags, err = readStrings(elems[2], proto); err != nil {
		return nil, err
	}
	for _, f := range info.Flags {
		info.ReadOnly = info.ReadOnly || f == "readonly"
	}
	for i, dst := range map[int]*int8{1: &info.Arity, 3: &info.FirstKeyPos, 4: &info.LastKeyPos, 5: &info.StepCount} {
		n, err := readInt(elems[i], proto)
		if err != nil {
			return nil, err
		}
		*dst = int8(n)
	}
	if len(elems) > 6 {
		info.ACLFlags, err = readStrings(elems[6], proto)
	}
	return info, err
}

// ClientFlags are the flags of a connection, as Redis numbers them.
type ClientFlags uint64

// The flags, one bit each, in Redis's order.
const (
	ClientSlave ClientFlags = 1 << iota
	ClientMaster
	ClientMonitor
	ClientMulti
	ClientBlocked
	ClientDirtyCAS
	ClientCloseAfterReply
	ClientUnBlocked
	ClientScript
	ClientAsking
	ClientCloseASAP
	ClientUnixSocket
	ClientDirtyExec
	ClientMasterForceReply
	ClientForceAOF
	ClientForceRepl
	ClientPrePSync
	ClientReadOnly
	ClientPubSub
	ClientPreventAOFProp
	ClientPreventReplProp
	ClientPendingWrite
	ClientReplyOff
	ClientReplySkipNext
	ClientReplySkip
	ClientLuaDebug
	ClientLuaDebugSync
	ClientModule
	ClientProtected
	ClientExecutingCommand
	ClientPendingCommand
	ClientTracking
	ClientTrackingBrokenRedir
	ClientTrackingBCAST
	ClientTrackingOptIn
	ClientTrackingOptOut
	ClientTrackingCaching
	ClientTrackingNoLoop
	ClientInTimeoutTable
	ClientProtocolError
	ClientCloseAfterCommand
	ClientDenyBlocking
	ClientReplRDBOnly
	ClientNoEvict
	ClientAllowOOM
	ClientNoTouch
	ClientPushing

	ClientPreventProp = ClientPreventAOFProp | ClientPreventReplProp
)

var flagLetters = map[rune]ClientFlags{
	'S': ClientSlave, 'O': ClientSlave | ClientMonitor, 'M': ClientMaster, 'P': ClientPubSub,
	'x': ClientMulti, 'b': ClientBlocked, 't': ClientTracking, 'R': ClientTrackingBrokenRedir,
	'B': ClientTrackingBCAST, 'd': ClientDirtyCAS, 'c': ClientCloseAfterCommand, 'u': ClientUnBlocked,
	'A': ClientCloseASAP, 'U': ClientUnixSocket, 'r': ClientReadOnly, 'e': ClientNoEvict, 'T': ClientNoTouch,
}

// ClientInfo is what CLIENT INFO says of a connection. Sizes are bytes.
type ClientInfo struct {
	ID                 int64
	Addr               string
	LAddr              string
	FD                 int64
	Name               string
	Age                time.Duration
	Idle               time.Duration
	Flags              ClientFlags
	DB                 int
	Sub                int
	PSub               int
	SSub               int
	Multi              int
	Watch              int
	QueryBuf           int
	QueryBufFree       int
	ArgvMem            int
	MultiMem           int
	BufferSize         int
	BufferPeak         int
	OutputBufferLength int
	OutputListLength   int
	OutputMemory       int
	TotalMemory        int
	TotalNetIn         int
	TotalNetOut        int
	TotalCmds          int
	IoThread           int
	Events             string
	LastCmd            string
	User               string
	Redir              int64
	Resp               int
	LibName            string
	LibVer             string
	ReadEvents         uint64
	AvgPipelineLenSum  uint64
	AvgPipelineLenCnt  uint64
}

// fields are the places of the values by the names that Redis gives them.
func (c *ClientInfo) fields() map[string]interface{} {
	return map[string]interface{}{
		"id": &c.ID, "addr": &c.Addr, "laddr": &c.LAddr, "fd": &c.FD, "name": &c.Name, "age": &c.Age, "idle": &c.Idle,
		"flags": &c.Flags, "db": &c.DB, "sub": &c.Sub, "psub": &c.PSub, "ssub": &c.SSub, "multi": &c.Multi,
		"watch": &c.Watch, "qbuf": &c.QueryBuf, "qbuf-free": &c.QueryBufFree, "argv-mem": &c.ArgvMem,
		"multi-mem": &c.MultiMem, "rbs": &c.BufferSize, "rbp": &c.BufferPeak, "obl": &c.OutputBufferLength,
		"oll": &c.OutputListLength, "omem": &c.OutputMemory, "tot-mem": &c.TotalMemory, "tot-net-in": &c.TotalNetIn,
		"tot-net-out": &c.TotalNetOut, "tot-cmds": &c.TotalCmds, "events": &c.Events, "cmd": &c.LastCmd,
		"user": &c.User, "redir": &c.Redir, "resp": &c.Resp, "lib-name": &c.LibName, "lib-ver": &c.LibVer,
		"io-thread": &c.IoThread, "read-events": &c.ReadEvents, "avg-pipeline-len-sum": &c.AvgPipelineLenSum,
		"avg-pipeline-len-cnt": &c.AvgPipelineLenCnt,
	}
}

func readClientInfo(r resp.Reply, proto int) (*ClientInfo, error) {
	text, err := readString(r, proto)
	if err != nil {
		return nil, err
	}
	info := &ClientInfo{}
	fields := info.fields()
	for _, pair := range strings.Split(strings.TrimSpace(text), " ") {
		key, val, ok := strings.Cut(pair, "=")
		if !ok || strings.Contains(val, "=") {
			return nil, fmt.Errorf("redis: unexpected client info data (%s)", pair)
		}
		if err := setField(fields[key], val); err != nil {
			return nil, err
		}
	}
	return info, nil
}

// setField parses one value of CLIENT INFO; fields that we do not know are
// skipped.
func setField(dst interface{}, val string) (err error) {
	switch p := dst.(type) {
	case *string:
		*p = val
	case *int:
		*p, err = strconv.Atoi(val)
	case *int64:
		*p, err = strconv.ParseInt(val, 10, 64)
	case *uint64:
		*p, err = strconv.ParseUint(val, 10, 64)
	case *time.Duration:
		var n int
		n, err = strconv.Atoi(val)
		*p = time.Duration(n) * time.Second
	case *ClientFlags:
		if val == "N" { // none
			return nil
		}
		for _, letter := range val {
			f, ok := flagLetters[letter]
			if !ok {
				return fmt.Errorf("redis: unexpected client info flags(%s)", string(letter))
			}
			*p |= f
		}
	}
	return err
}

// FilterBy narrows COMMAND LIST; only the first that is set counts.
type FilterBy struct {
	Module  string
	ACLCat  string
	Pattern string
}

// CommandList lists the names of the commands.
func (c cmdable) CommandList(ctx context.Context, filter *FilterBy) *StringSliceCmd {
	args := []interface{}{"command", "list"}
	if filter != nil {
		switch {
		case filter.Module != "":
			args = append(args, "filterby", "module", filter.Module)
		case filter.ACLCat != "":
			args = append(args, "filterby", "aclcat", filter.ACLCat)
		case filter.Pattern != "":
			args = append(args, "filterby", "pattern", filter.Pattern)
		}
	}
	cmd := NewStringSliceCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// MemoryUsage is the number of bytes that a key takes.
func (c cmdable) MemoryUsage(ctx context.Context, key string, samples ...int) *IntCmd {
	args := []interface{}{"memory", "usage", key}
	switch len(samples) {
	case 0:
	case 1:
		args = append(args, "SAMPLES", samples[0])
	default:
		cmd := NewIntCmd(ctx)
		cmd.SetErr(fmt.Errorf("MemoryUsage expects single sample count"))
		return cmd
	}
	cmd := NewIntCmd(ctx, args...)
	cmd.SetFirstKeyPos(2)
	_ = c(ctx, cmd)
	return cmd
}
