package runtime

import (
	"context"
	"fmt"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// XMessage is an entry of a stream. Values is nil when the entry was removed.
type XMessage struct {
	ID     string
	Values map[string]interface{}

	MillisElapsedFromDelivery int64
	DeliveredCount            int64
}

// XStream is a stream with entries that were read from it.
type XStream struct {
	Stream   string
	Messages []XMessage
}

// XPending sums up what a group was given and did not acknowledge.
type XPending struct {
	Count     int64
	Lower     string
	Higher    string
	Consumers map[string]int64
}

// XPendingExt is an entry that was delivered and not acknowledged.
type XPendingExt struct {
	ID         string
	Consumer   string
	Idle       time.Duration
	RetryCount int64
}

func readXMessage(r resp.Reply, proto int) (XMessage, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return XMessage{}, err
	}
	if len(elems) != 2 && len(elems) != 4 {
		return XMessage{}, fmt.Errorf("redis: got %d elements in the XMessage array, expected 2 or 4", len(elems))
	}
	var m XMessage
	if m.ID, err = readString(elems[0], proto); err != nil {
		return XMessage{}, err
	}
	m.Values, err = readStringMap(elems[1], proto, func(r resp.Reply, proto int) (interface{}, error) { return readString(r, proto) })
	if err != nil && err != Nil {
		return XMessage{}, err
	}
	if len(elems) == 4 {
		if m.MillisElapsedFromDelivery, err = readInt(elems[2], proto); err != nil {
			return XMessage{}, err
		}
		if m.DeliveredCount, err = readInt(elems[3], proto); err != nil {
			return XMessage{}, err
		}
	}
	return m, nil
}

// readEach is readList whose elements are never null.
func readEach[T any](r resp.Reply, proto int, read func(resp.Reply, int) (T, error)) ([]T, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(elems))
	for i, e := range elems {
		if out[i], err = read(e, proto); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readXMessages(r resp.Reply, proto int) ([]XMessage, error) {
	return readEach(r, proto, readXMessage)
}

func readXStreams(r resp.Reply, proto int) ([]XStream, error) {
	if r.Kind != resp.Map || proto == 2 {
		return readEach(r, proto, func(r resp.Reply, proto int) (XStream, error) {
			pair, err := readFixed(r, proto, 2)
			if err != nil {
				return XStream{}, err
			}
			return readXStream(pair, proto)
		})
	}
	out := make([]XStream, len(r.Elems)/2)
	for i := range out {
		var err error
		if out[i], err = readXStream(r.Elems[2*i:2*i+2], proto); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readXStream(pair []resp.Reply, proto int) (s XStream, err error) {
	if s.Stream, err = readString(pair[0], proto); err != nil {
		return s, err
	}
	s.Messages, err = readXMessages(pair[1], proto)
	return s, err
}

// unlessNil is the error of reading what may be null.
func unlessNil(err error) error {
	if err == Nil {
		return nil
	}
	return err
}

func readXPending(r resp.Reply, proto int) (*XPending, error) {
	elems, err := readFixed(r, proto, 4)
	if err != nil {
		return nil, err
	}
	p := &XPending{}
	if p.Count, err = readInt(elems[0], proto); err != nil {
		return p, err
	}
	if p.Lower, err = readString(elems[1], proto); unlessNil(err) != nil {
		return p, err
	}
	if p.Higher, err = readString(elems[2], proto); unlessNil(err) != nil {
		return p, err
	}
	owners, err := readArray(elems[3], proto)
	if unlessNil(err) != nil {
		return p, err
	}
	p.Consumers = make(map[string]int64, len(owners))
	for _, o := range owners {
		pair, err := readFixed(o, proto, 2)
		if err != nil {
			return p, err
		}
		name, err := readString(pair[0], proto)
		if err != nil {
			return p, err
		}
		if p.Consumers[name], err = readInt(pair[1], proto); err != nil {
			return p, err
		}
	}
	return p, nil
}

func readXPendingExt(r resp.Reply, proto int) ([]XPendingExt, error) {
	return readEach(r, proto, func(r resp.Reply, proto int) (p XPendingExt, err error) {
		elems, err := readFixed(r, proto, 4)
		if err != nil {
			return p, err
		}
		if p.ID, err = readString(elems[0], proto); err != nil {
			return p, err
		}
		if p.Consumer, err = readString(elems[1], proto); unlessNil(err) != nil {
			return p, err
		}
		idle, err := readInt(elems[2], proto)
		if unlessNil(err) != nil {
			return p, err
		}
		p.Idle = time.Duration(idle) * time.Millisecond
		p.RetryCount, err = readInt(elems[3], proto)
		return p, unlessNil(err)
	})
}

// readClaim splits the reply of XAUTOCLAIM: where to go on, what was claimed,
// and, since Redis 7, what is no more.
func readClaim(r resp.Reply, proto int, name string) (start string, claimed resp.Reply, deleted []resp.Reply, err error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return "", claimed, nil, err
	}
	if len(elems) != 2 && len(elems) != 3 {
		return "", claimed, nil, fmt.Errorf("redis: got %d elements in %s reply, wanted 2/3", len(elems), name)
	}
	start, err = readString(elems[0], proto)
	return start, elems[1], elems[2:], err
}

// startCmd is a command whose result is a list with the id at which the next
// call goes on.
type startCmd[T any] struct {
	baseCmd
	start string
	val   []T
}

// SetVal sets the result.
func (cmd *startCmd[T]) SetVal(val []T, start string) { cmd.val, cmd.start = val, start }

// Val is the list and the id.
func (cmd *startCmd[T]) Val() ([]T, string) {
	cmd.await()
	return cmd.val, cmd.start
}

// Result is the list, the id and the error.
func (cmd *startCmd[T]) Result() ([]T, string, error) {
	cmd.await()
	return cmd.val, cmd.start, cmd.err
}

// String shows the command and its list.
func (cmd *startCmd[T]) String() string {
	cmd.await()
	return cmdString(&cmd.baseCmd, cmd.val)
}

// XAutoClaimCmd is the result of XAUTOCLAIM.
type XAutoClaimCmd struct{ startCmd[XMessage] }

// NewXAutoClaimCmd returns a command that was not sent yet.
func NewXAutoClaimCmd(ctx context.Context, args ...interface{}) *XAutoClaimCmd {
	return &XAutoClaimCmd{startCmd[XMessage]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeXAutoClaim}}}
}

func (cmd *XAutoClaimCmd) readReply(r resp.Reply, proto int) error {
	start, claimed, _, err := readClaim(r, proto, "XAutoClaim")
	if err != nil {
		return err
	}
	cmd.start = start
	cmd.val, err = readXMessages(claimed, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *XAutoClaimCmd) Clone() Cmder {
	cmd.await()
	return &XAutoClaimCmd{startCmd[XMessage]{baseCmd: cmd.cloneBase(), start: cmd.start, val: cloneXMessages(cmd.val)}}
}

// XAutoClaimJustIDCmd is the result of XAUTOCLAIM with JUSTID.
type XAutoClaimJustIDCmd struct{ startCmd[string] }

// NewXAutoClaimJustIDCmd returns a command that was not sent yet.
func NewXAutoClaimJustIDCmd(ctx context.Context, args ...interface{}) *XAutoClaimJustIDCmd {
	return &XAutoClaimJustIDCmd{startCmd[string]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeXAutoClaimJustID}}}
}

func (cmd *XAutoClaimJustIDCmd) readReply(r resp.Reply, proto int) error {
	start, claimed, _, err := readClaim(r, proto, "XAutoClaimJustID")
	if err != nil {
		return err
	}
	cmd.start = start
	cmd.val, err = readEach(claimed, proto, readString)
	return err
}

// Clone copies the command and its result.
func (cmd *XAutoClaimJustIDCmd) Clone() Cmder {
	cmd.await()
	return &XAutoClaimJustIDCmd{startCmd[string]{baseCmd: cmd.cloneBase(), start: cmd.start, val: cloneSlice(cmd.val)}}
}

// XAutoClaimWithDeletedCmd is the result of XAUTOCLAIM with the ids of pending
// entries that were removed from the stream.
type XAutoClaimWithDeletedCmd struct {
	baseCmd
	start   string
	val     []XMessage
	deleted []string
}

// NewXAutoClaimWithDeletedCmd returns a command that was not sent yet.
func NewXAutoClaimWithDeletedCmd(ctx context.Context, args ...interface{}) *XAutoClaimWithDeletedCmd {
	return &XAutoClaimWithDeletedCmd{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeXAutoClaimWithDeleted}}
}

// SetVal sets the result.
func (cmd *XAutoClaimWithDeletedCmd) SetVal(val []XMessage, start string, deletedIDs []string) {
	cmd.val, cmd.start, cmd.deleted = val, start, deletedIDs
}

// Val is what was claimed, where to go on, and the ids that are no more.
func (cmd *XAutoClaimWithDeletedCmd) Val() ([]XMessage, string, []string) {
	cmd.await()
	return cmd.val, cmd.start, cmd.deleted
}

// Result is Val with the error.
func (cmd *XAutoClaimWithDeletedCmd) Result() ([]XMessage, string, []string, error) {
	cmd.await()
	return cmd.val, cmd.start, cmd.deleted, cmd.err
}

// String shows the command and what was claimed.
func (cmd *XAutoClaimWithDeletedCmd) String() string {
	cmd.await()
	return cmdString(&cmd.baseCmd, cmd.val)
}

func (cmd *XAutoClaimWithDeletedCmd) readReply(r resp.Reply, proto int) error {
	start, claimed, deleted, err := readClaim(r, proto, "XAutoClaim")
	if err != nil {
		return err
	}
	cmd.start = start
	if cmd.val, err = readXMessages(claimed, proto); err != nil || len(deleted) == 0 {
		return err
	}
	cmd.deleted, err = readEach(deleted[0], proto, readString)
	return err
}

// Clone copies the command and its result.
func (cmd *XAutoClaimWithDeletedCmd) Clone() Cmder {
	cmd.await()
	return &XAutoClaimWithDeletedCmd{baseCmd: cmd.cloneBase(), start: cmd.start, val: cloneXMessages(cmd.val), deleted: cloneSlice(cmd.deleted)}
}

func cloneXMessages(all []XMessage) []XMessage {
	all = cloneSlice(all)
	for i := range all {
		all[i].Values = cloneMap(all[i].Values)
	}
	return all
}

func cloneXStreams(all []XStream) []XStream {
	all = cloneSlice(all)
	for i := range all {
		all[i].Messages = cloneXMessages(all[i].Messages)
	}
	return all
}

func cloneXPending(p *XPending) *XPending {
	if p = clonePtr(p); p != nil {
		p.Consumers = cloneMap(p.Consumers)
	}
	return p
}
