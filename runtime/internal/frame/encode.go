package frame

import (
	"encoding/binary"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

func num(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

func str(b []byte, s string) []byte { return append(num(b, uint64(len(s))), s...) }

func boolean(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func nums(b []byte, ns []uint64) []byte {
	b = num(b, uint64(len(ns)))
	for _, n := range ns {
		b = num(b, n)
	}
	return b
}

// Append appends the message to b.
func (m *Hello) Append(b []byte) []byte {
	b = num(append(b, KindHello), uint64(m.Version))
	b = append(b, m.Session[:]...)
	return str(num(b, m.Epoch), m.Library)
}

// Append appends the message to b.
func (m *Welcome) Append(b []byte) []byte {
	b = num(append(b, KindWelcome), uint64(m.Version))
	b = num(b, m.Epoch)
	b = binary.LittleEndian.AppendUint64(b, uint64(m.Now))
	return boolean(str(b, m.Name), m.Write)
}

// Append appends the message to b.
func (m *Frame) Append(b []byte) []byte {
	b = boolean(num(append(b, KindFrame), m.Seq), m.Again)
	b = nums(nums(nums(b, m.Acks), m.Cancels), m.Closed)
	b = num(b, uint64(len(m.Groups)))
	for i := range m.Groups {
		b = m.Groups[i].append(b)
	}
	return b
}

const (
	groupIdentity = 1 << iota
	groupEpoch
	groupNoBlock
	groupTicket
	groupRESP2
)

func (g *Group) append(b []byte) []byte {
	flags := byte(0)
	if g.Identity != nil {
		flags |= groupIdentity
	}
	if g.Epoch != 0 {
		flags |= groupEpoch
	}
	if g.NoBlock {
		flags |= groupNoBlock
	}
	if g.Ticket != 0 {
		flags |= groupTicket
	}
	if g.Protocol == 2 {
		flags |= groupRESP2
	}
	b = num(num(append(b, flags), g.Client), uint64(g.DB))
	if id := g.Identity; id != nil {
		for _, s := range [...]string{id.Name, id.LibName, id.LibVer, id.Username, id.Addr, id.LocalAddr} {
			b = str(b, s)
		}
	}
	if g.Epoch != 0 {
		b = num(b, g.Epoch)
	}
	if g.Ticket != 0 {
		b = num(b, g.Ticket)
	}
	b = num(b, uint64(len(g.Commands)))
	for _, cmd := range g.Commands {
		b = command(b, cmd)
	}
	return b
}

func command(b []byte, cmd resp.Command) []byte {
	b = num(b, uint64(len(cmd)))
	for _, word := range cmd {
		b = str(b, word)
	}
	return b
}

// Size is about how many bytes a command takes in a frame, never fewer than it does.
func Size(cmd resp.Command) int {
	n := 4
	for _, word := range cmd {
		n += 4 + len(word)
	}
	return n
}

// Append appends the message to b.
func (m *Answer) Append(b []byte) []byte {
	b = num(num(append(b, KindAnswer), m.Seq), m.Epoch)
	b = num(b, uint64(len(m.Results)))
	for i := range m.Results {
		b = AppendResult(b, &m.Results[i])
	}
	return b
}

// AppendResult appends one result of an answer.
func AppendResult(b []byte, r *Result) []byte {
	b = append(b, byte(r.Status), byte(r.Protocol))
	b = num(num(b, uint64(r.DB)), uint64(len(r.Replies)))
	for i := range r.Replies {
		b = AppendReply(b, &r.Replies[i])
	}
	if r.Status == StatusBlocked {
		b = command(b, r.Again)
	}
	return b
}

// AppendReply appends a reply.
func AppendReply(b []byte, r *resp.Reply) []byte {
	b = append(b, byte(r.Kind))
	switch r.Kind {
	case resp.Nil, resp.NilArray, resp.None:
	case resp.Int, resp.Bool:
		b = binary.AppendVarint(b, r.Int)
	case resp.Blob:
		b = str(binary.AppendVarint(b, r.Int), r.Str)
	case resp.Double:
		b = binary.LittleEndian.AppendUint64(b, uint64(r.Int))
		b = str(b, r.Str)
	case resp.Status, resp.Error, resp.Bulk, resp.BigNumber, resp.Verbatim:
		b = str(b, r.Str)
	default:
		b = num(b, uint64(len(r.Elems)))
		for i := range r.Elems {
			b = AppendReply(b, &r.Elems[i])
		}
	}
	return b
}

// Append appends the message to b.
func (m *Messages) Append(b []byte) []byte {
	b = num(append(b, KindMessages), uint64(len(m.Pushes)))
	for i := range m.Pushes {
		b = AppendReply(num(b, m.Pushes[i].Client), &m.Pushes[i].Reply)
	}
	b = num(b, uint64(len(m.Wakes)))
	for i := range m.Wakes {
		b = AppendReply(num(b, m.Wakes[i].Ticket), &m.Wakes[i].Reply)
	}
	return nums(b, m.Ended)
}

// Append appends the message to b.
func (m *Poll) Append(b []byte) []byte { return num(append(b, KindPoll), m.Wait) }

// AppendBye appends a bye, which has no body.
func AppendBye(b []byte) []byte { return append(b, KindBye) }

// Append appends the message to b.
func (m *Error) Append(b []byte) []byte {
	b = num(num(append(b, KindError), uint64(m.Code)), m.Seq)
	return str(boolean(b, m.Fatal), m.Text)
}

// AppendPart appends a message with its length before it, as in an HTTP body.
func AppendPart(b, message []byte) []byte {
	return append(num(b, uint64(len(message))), message...)
}
