package object_test

import (
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// A rig is one object, its database and those who are connected.
type rig struct {
	t      testing.TB
	in     *object.Instance
	opt    object.Options
	memory int64
	exec   object.Executor
	db     *objecttest.Executor
	now    int64
	seed   uint64
	last   objecttest.Output
	came   map[uint64][][]byte // messages by connection
	gone   map[uint64]int      // connections that were closed, with the code
	kept   map[uint64][]byte   // attachments
	logs   []string
	starts int // how often an object was opened anew
}

func newRig(t testing.TB) *rig {
	t.Helper()
	db, err := objecttest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r := rigOver(t, db)
	r.start()
	return r
}

// rigOver is a rig that is not started yet.
func rigOver(t testing.TB, db *objecttest.Executor) *rig {
	return &rig{t: t, exec: db, db: db, now: 1_700_000_000_000_000, seed: 1, came: map[uint64][][]byte{}, gone: map[uint64]int{}, kept: map[uint64][]byte{}}
}

// start makes an instance and opens the object.
func (r *rig) start() {
	r.t.Helper()
	opt := r.opt
	opt.Log = func(level int, text string) { r.logs = append(r.logs, text) }
	r.in = object.New(opt)
	r.in.Configure(worker.Config{MemoryBytes: r.memory})
	r.seed++
	r.take(r.in.Open(1, r.exec, "chat/0", r.now, r.seed))
}

func (r *rig) object() *object.Object { return r.in.Object(1) }

// take reads an output.
func (r *rig) take(b []byte) objecttest.Output {
	r.t.Helper()
	out, err := objecttest.ReadOutput(b)
	if err != nil {
		r.t.Fatal(err)
	}
	r.last = out
	for _, s := range out.Sends {
		switch s.Kind {
		case 0:
			r.came[s.Conn] = append(r.came[s.Conn], s.Data)
		case 1:
			r.gone[s.Conn] = s.Code
		case 2:
			r.kept[s.Conn] = s.Data
		}
	}
	return out
}

// settleJournal brings the rows up to date, for tests that look at them.
func (r *rig) settleJournal() {
	r.t.Helper()
	err := r.object().Settle()
	for i := 0; i < 20 && err != nil; i++ { // the test may have the store fail
		err = r.object().Settle()
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// restart is what happens when an object was out of memory: its sockets are attached.
func (r *rig) restart(conns ...uint64) {
	r.t.Helper()
	r.start()
	for _, c := range conns {
		r.take(r.object().Attach(c, 1, r.kept[c]))
	}
}

func (r *rig) send(conn uint64, message []byte) objecttest.Output {
	r.t.Helper()
	r.seed++
	return r.take(r.object().Message(conn, r.now, r.seed, message, false))
}

// messages returns and forgets what came for a connection.
func (r *rig) messages(conn uint64) [][]byte {
	m := r.came[conn]
	delete(r.came, conn)
	return m
}

// A lane is a session of the protocol over a socket.
type lane struct {
	r     *rig
	conn  uint64
	id    frame.SessionID
	seq   uint64
	epoch uint64
	scope int
}

func (r *rig) lane(conn uint64) *lane {
	r.t.Helper()
	l := &lane{r: r, conn: conn, id: frame.SessionID{1, byte(conn)}, scope: 1}
	l.connect()
	return l
}

func (l *lane) connect() {
	l.r.t.Helper()
	l.r.take(l.r.object().Attach(l.conn, l.scope, nil))
	hello := frame.Hello{Version: frame.Version, Session: l.id, Library: "test"}
	l.r.send(l.conn, hello.Append(nil))
	var w frame.Welcome
	came := l.r.came[l.conn]
	if len(came) == 0 || w.Decode(came[0]) != nil {
		l.r.t.Fatalf("no welcome: %q", came)
	}
	l.r.came[l.conn] = came[1:]
	l.epoch = w.Epoch
}

func words(line string) resp.Command { return strings.Fields(line) }

func commands(lines ...string) (cmds []resp.Command) {
	for _, l := range lines {
		cmds = append(cmds, words(l))
	}
	return cmds
}

// frame sends groups as the next frame and returns the results.
func (l *lane) frame(groups ...frame.Group) []frame.Result {
	l.r.t.Helper()
	l.seq++
	return l.repeat(groups...)
}

// repeat sends groups under the number of the last frame.
func (l *lane) repeat(groups ...frame.Group) []frame.Result {
	l.r.t.Helper()
	f := frame.Frame{Seq: l.seq, Groups: groups}
	l.r.send(l.conn, f.Append(nil))
	return l.answer()
}

// answer takes the answer out of what came.
func (l *lane) answer() []frame.Result {
	l.r.t.Helper()
	came := l.r.came[l.conn]
	for i, b := range came {
		if frame.Kind(b) != frame.KindAnswer {
			continue
		}
		var a frame.Answer
		if err := a.Decode(b); err != nil {
			l.r.t.Fatal(err)
		}
		l.r.came[l.conn] = append(append([][]byte{}, came[:i]...), came[i+1:]...)
		return a.Results
	}
	for _, b := range came {
		var e frame.Error
		if e.Decode(b) == nil {
			l.r.t.Fatalf("an error came: %+v", e)
		}
	}
	l.r.t.Fatal("no answer came")
	return nil
}

// do runs commands of client 1 and returns the replies as text.
func (l *lane) do(lines ...string) string {
	l.r.t.Helper()
	res := l.frame(frame.Group{Client: 1, Protocol: 3, Commands: commands(lines...)})
	return show(res[0].Replies)
}

func show(replies []resp.Reply) string {
	var out []string
	for _, r := range replies {
		out = append(out, difftest.Show(r))
	}
	return strings.Join(out, " ")
}

func TestCommandsRunAndStay(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	if got := l.do("SET k v", "RPUSH l a b c", "HSET h f 1", "ZADD z 1.5 m", "SADD s x", "INCR n"); strings.Contains(got, "ERR") {
		t.Fatal(got)
	}
	want := l.do("GET k", "LRANGE l 0 -1", "HGETALL h", "ZRANGE z 0 -1 WITHSCORES", "SMEMBERS s", "GET n", "DBSIZE")
	r.restart(1)
	if got := l.do("GET k", "LRANGE l 0 -1", "HGETALL h", "ZRANGE z 0 -1 WITHSCORES", "SMEMBERS s", "GET n", "DBSIZE"); got != want {
		t.Errorf("after a restart %s\nbefore %s", got, want)
	}
}
