package frame

import (
	"bytes"
	"errors"
	"math/rand"
	"reflect"
	"runtime"
	"strconv"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// message is what all messages have in common.
type message interface {
	Append([]byte) []byte
	Decode([]byte) error
}

func samples() []message {
	deep := resp.NewBulk("x")
	for i := 0; i < MaxDepth; i++ {
		deep = resp.NewArray(deep)
	}
	return []message{
		&Hello{Version: Version, Session: SessionID{1, 2, 0xff}, Epoch: 1<<64 - 1, Library: "redis2cf-go/0.1"},
		&Welcome{Version: Version, Epoch: 7, Now: -5, Name: "chat/0", Write: true},
		&Frame{Seq: 300, Again: true, Acks: []uint64{1, 1 << 40}, Cancels: []uint64{2}, Closed: []uint64{9}, Groups: []Group{
			{Client: 1, DB: 3, Protocol: 2, Identity: &Identity{Name: "n", Addr: "1.2.3.4:5"}, Epoch: 8, NoBlock: true, Ticket: 12,
				Commands: []resp.Command{{"SET", "k\x00", string(make([]byte, 300))}, {"PING"}, {}}},
			{Client: 2, Protocol: 3, Commands: []resp.Command{}},
		}},
		&Answer{Seq: 300, Epoch: 4, Results: []Result{
			{Status: StatusBlocked, DB: 1, Protocol: 2, Replies: []resp.Reply{
				{}, {Kind: resp.NilArray}, resp.OK, resp.NewError("ERR x"), resp.NewInt(-1 << 63), resp.NewBulk("\xff\x00"), resp.NewDouble(-0.5),
				{Kind: resp.Double, Int: 3, Str: "1e5"}, resp.NewBool(true), {Kind: resp.BigNumber, Str: "123456789012345678901"},
				{Kind: resp.Verbatim, Str: "txt:x"}, {Kind: resp.Blob, Str: "id@9", Int: 1 << 40}, {Kind: resp.None}, deep,
				{Kind: resp.Map, Elems: []resp.Reply{resp.NewBulk("a"), resp.NewInt(1)}},
				{Kind: resp.Set, Elems: []resp.Reply{}}, {Kind: resp.Pairs, Elems: []resp.Reply{resp.NewBulk("a"), resp.NewDouble(1)}},
				{Kind: resp.Push, Elems: []resp.Reply{resp.NewBulk("message")}},
			}},
			{Status: StatusBlocked, Protocol: 3, Replies: []resp.Reply{}, Again: resp.Command{"XREAD", "", "\xff"}},
			{Status: StatusStale, Protocol: 3, Replies: []resp.Reply{}},
		}},
		&Messages{Pushes: []Push{{3, resp.NewBulk("hi")}}, Wakes: []Wake{{4, resp.NewInt(1)}}, Ended: []uint64{1}},
		&Poll{Wait: 25000},
		&Error{Code: CodeOutcome, Seq: 9, Fatal: true, Text: "ERR outcome unknown"},
	}
}

func blank(m message) message { return reflect.New(reflect.TypeOf(m).Elem()).Interface().(message) }

func TestMessagesComeBackAsTheyWere(t *testing.T) {
	for _, m := range samples() {
		b := m.Append(nil)
		got := blank(m)
		err := got.Decode(b)
		if f, ok := got.(*Frame); ok {
			f.commands, f.words, f.names = nil, nil, names{}
		}
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%T: %v\n%+v\n%+v", m, err, got, m)
		}
	}
}

// A frame that is decoded into the memory of earlier ones is as if there had been none.
func TestFramesLeaveNothingForTheNextOne(t *testing.T) {
	var f Frame
	for _, words := range []int{3, 1, 700, 2, 5000, 0, 4} {
		m := Frame{Seq: uint64(words) + 1, Acks: []uint64{}, Cancels: []uint64{}, Closed: []uint64{}}
		for i := 0; i < 3; i++ {
			cmd := make(resp.Command, words)
			for j := range cmd {
				cmd[j] = strconv.Itoa(words + i + j)
			}
			m.Groups = append(m.Groups, Group{Client: uint64(i), Protocol: 3, Commands: []resp.Command{cmd, {"PING", strconv.Itoa(words)}}})
		}
		b := m.Append(nil)
		if err := f.Decode(b); err != nil {
			t.Fatal(err)
		}
		if again := f.Append(nil); !bytes.Equal(again, b) {
			t.Fatalf("a frame of commands of %d words came back as another one", words)
		}
		f.Forget()
		if len(f.Groups) > 0 || f.Seq != 0 || cap(f.words) > keptWords {
			t.Fatalf("Forget left %d groups, the number %d and room for %d words", len(f.Groups), f.Seq, cap(f.words))
		}
		for _, word := range f.words[:cap(f.words)] {
			if word != "" {
				t.Fatalf("Forget kept the word %q alive", word)
			}
		}
	}
}

// Every message that was cut off, grew or had its kind changed is refused.
func TestDamagedMessagesAreRefused(t *testing.T) {
	for _, m := range samples() {
		b := m.Append(nil)
		for n := range b {
			if err := blank(m).Decode(b[:n]); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%T cut after %d of %d bytes: %v", m, n, len(b), err)
			}
		}
		if err := blank(m).Decode(append(b, 0)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%T with a byte too many: %v", m, err)
		}
		b[0] = 'x'
		if err := blank(m).Decode(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%T of another kind: %v", m, err)
		}
	}
}

func TestAnotherVersionIsReadAsFarAsItsNumber(t *testing.T) {
	m := Hello{Version: 9, Library: "from the future"}
	var got Hello
	if err := got.Decode(append(m.Append(nil), "whatever"...)); err != nil || got.Version != 9 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestFramesAreBounded(t *testing.T) {
	cmds := make([]resp.Command, MaxCommands+1)
	for i := range cmds {
		cmds[i] = resp.Command{"PING"}
	}
	m := Frame{Groups: []Group{{Commands: cmds[:300]}, {Commands: cmds[300:]}}}
	if err := new(Frame).Decode(m.Append(nil)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d commands: %v", len(cmds), err)
	}
	m = Frame{Seq: 7, Groups: []Group{{Commands: []resp.Command{make(resp.Command, MaxWords), {"PING"}}}}}
	if err := m.Decode(m.Append(nil)); !errors.Is(err, ErrTooLarge) || m.Seq != 7 {
		t.Errorf("%d words: %v of frame %d", MaxWords+1, err, m.Seq)
	}
	deep := resp.NewBulk("x")
	for i := 0; i < MaxDepth+1; i++ {
		deep = resp.NewArray(deep)
	}
	a := Answer{Results: []Result{{Replies: []resp.Reply{deep}}}}
	if err := new(Answer).Decode(a.Append(nil)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a reply %d deep: %v", MaxDepth+1, err)
	}
}

func TestSizeIsNeverLessThanWhatACommandTakes(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for i := 0; i < 200; i++ {
		cmd := make(resp.Command, rnd.Intn(300))
		for j := range cmd {
			cmd[j] = string(make([]byte, rnd.Intn(1<<uint(rnd.Intn(17)))))
		}
		g := Group{Commands: []resp.Command{cmd}}
		empty := Group{Commands: []resp.Command{}}
		if took := len(g.append(nil)) - len(empty.append(nil)); took > Size(cmd) {
			t.Fatalf("%d words take %d bytes, Size says %d", len(cmd), took, Size(cmd))
		}
	}
}

// What is announced takes memory before it is there. The largest message must not
// make more of it than an instance of the engine has beside its data.
func TestMessagesTakeNoMoreMemoryThanTheyMay(t *testing.T) {
	lists := func(acks, groups, commands, words int) []byte {
		b := append(num(nil, 1), 0) // number, again
		b = append(num(append([]byte{KindFrame}, b...), uint64(acks)), make([]byte, acks)...)
		b = num(append(b, 0, 0), uint64(groups)) // neither cancellations nor clients
		b = num(append(b, 0, 1, 0), uint64(commands))
		b = num(b, uint64(words))
		return append(b, make([]byte, MaxMessage-len(b))...)
	}
	for name, b := range map[string][]byte{
		"acknowledgements": lists(MaxMessage-64, 1, 1, 1),
		"groups":           lists(0, MaxMessage/4-64, 1, 1),
		"commands":         lists(0, 1, MaxMessage-64, 1),
		"words":            lists(0, 1, 1, MaxMessage-64),
		"all that may be":  lists(MaxNumbers, MaxCommands, MaxCommands, MaxWords),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := new(Frame).Decode(b)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; err == nil || took > 24<<20 {
			t.Errorf("%s: %d bytes for a message of %d (%v)", name, took, len(b), err)
		}
	}
}

func TestPartsOfABody(t *testing.T) {
	body := AppendPart(AppendPart(nil, []byte("one")), nil)
	parts, err := Parts(body)
	if err != nil || len(parts) != 2 || string(parts[0]) != "one" || len(parts[1]) != 0 {
		t.Errorf("%q %v", parts, err)
	}
	if _, err := Parts(body[:2]); !errors.Is(err, ErrMalformed) {
		t.Errorf("a body that is cut off: %v", err)
	}
}

func FuzzMessages(f *testing.F) {
	for _, m := range samples() {
		f.Add(m.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, m := range samples() {
			got := blank(m)
			if got.Decode(b) != nil {
				continue
			}
			if h, ok := got.(*Hello); ok && h.Version != Version {
				continue
			}
			again := blank(m)
			if err := again.Decode(got.Append(nil)); err != nil || !reflect.DeepEqual(got, again) {
				t.Errorf("%T: %v\n%+v\n%+v", m, err, got, again)
			}
		}
	})
}
