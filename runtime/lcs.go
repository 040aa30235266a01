package runtime

import (
	"context"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// LCSQuery asks for the longest common subsequence of two strings: for the
// text, with Len for its length, with Idx for where it stands.
type LCSQuery struct {
	Key1         string
	Key2         string
	Len          bool
	Idx          bool
	MinMatchLen  int
	WithMatchLen bool
}

// LCSMatch is the answer to an LCSQuery.
type LCSMatch struct {
	MatchString string
	Matches     []LCSMatchedPosition
	Len         int64
}

// LCSMatchedPosition is one range that both strings share. MatchLen is only
// there when the query asked for it.
type LCSMatchedPosition struct {
	Key1 LCSPosition
	Key2 LCSPosition

	MatchLen int64
}

// LCSPosition is a range, both ends included.
type LCSPosition struct {
	Start int64
	End   int64
}

// LCSCmd is the result of LCS.
type LCSCmd struct {
	valueCmd[*LCSMatch]
	query LCSQuery
}

// NewLCSCmd returns a command that was not sent yet.
func NewLCSCmd(ctx context.Context, q *LCSQuery) *LCSCmd {
	args := make([]interface{}, 3, 7)
	args[0], args[1], args[2] = "lcs", q.Key1, q.Key2
	switch {
	case q.Len:
		args = append(args, "len")
	case q.Idx:
		args = append(args, "idx")
		if q.MinMatchLen != 0 {
			args = append(args, "minmatchlen", q.MinMatchLen)
		}
		if q.WithMatchLen {
			args = append(args, "withmatchlen")
		}
	}
	return &LCSCmd{
		valueCmd: valueCmd[*LCSMatch]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeLCS}},
		query:    *q,
	}
}

func (cmd *LCSCmd) readReply(r resp.Reply, proto int) (err error) {
	m := &LCSMatch{}
	switch {
	case cmd.query.Len:
		m.Len, err = readInt(r, proto)
	case cmd.query.Idx:
		err = m.readIdx(r, proto)
	default:
		m.MatchString, err = readString(r, proto)
	}
	if err != nil {
		return err
	}
	cmd.val = m
	return nil
}

func (m *LCSMatch) readIdx(r resp.Reply, proto int) error {
	elems, err := readMap(r, proto)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(elems); i += 2 {
		key, err := readString(elems[i], proto)
		if err != nil {
			return err
		}
		switch key {
		case "len":
			m.Len, err = readInt(elems[i+1], proto)
		case "matches":
			m.Matches, err = readList(readMatch)(elems[i+1], proto)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readMatch(r resp.Reply, proto int) (p LCSMatchedPosition, err error) {
	elems, err := readArray(r, proto)
	if err == nil && len(elems) < 2 {
		_, err = readFixed(r, proto, 2)
	}
	if err != nil {
		return p, err
	}
	if p.Key1, err = readRange(elems[0], proto); err != nil {
		return p, err
	}
	if p.Key2, err = readRange(elems[1], proto); err != nil {
		return p, err
	}
	if len(elems) > 2 {
		p.MatchLen, err = readInt(elems[2], proto)
	}
	return p, err
}

func readRange(r resp.Reply, proto int) (p LCSPosition, err error) {
	elems, err := readFixed(r, proto, 2)
	if err != nil {
		return p, err
	}
	if p.Start, err = readInt(elems[0], proto); err != nil {
		return p, err
	}
	p.End, err = readInt(elems[1], proto)
	return p, err
}

// Clone copies the command and its result.
func (cmd *LCSCmd) Clone() Cmder {
	cmd.await()
	c := &LCSCmd{valueCmd: valueCmd[*LCSMatch]{baseCmd: cmd.cloneBase(), val: clonePtr(cmd.val)}, query: cmd.query}
	if c.val != nil {
		c.val.Matches = cloneSlice(c.val.Matches)
	}
	return c
}
