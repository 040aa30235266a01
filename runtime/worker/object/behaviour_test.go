package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// pushes are the messages of a client among what came.
func pushes(t testing.TB, came [][]byte, client uint64) string {
	t.Helper()
	var list []resp.Reply
	for _, b := range came {
		var m frame.Messages
		if m.Decode(b) != nil {
			continue
		}
		for _, p := range m.Pushes {
			if p.Client == client {
				list = append(list, p.Reply)
			}
		}
	}
	return show(list)
}

func wakes(came [][]byte) string {
	var list []string
	for _, b := range came {
		var m frame.Messages
		if m.Decode(b) != nil {
			continue
		}
		for _, w := range m.Wakes {
			list = append(list, fmt.Sprint(w.Ticket, " ", difftest.Show(w.Reply)))
		}
	}
	return strings.Join(list, "; ")
}

func group(client uint64, lines ...string) frame.Group {
	return frame.Group{Client: client, Protocol: 3, Commands: commands(lines...)}
}

func TestSubscribersHearAfterHibernation(t *testing.T) {
	r := newRig(t)
	l, p := r.lane(1), r.lane(2)
	l.frame(group(1, "SUBSCRIBE a b"), group(2, "PSUBSCRIBE n*"))
	l.frame(group(1, "UNSUBSCRIBE b"))
	r.messages(1)
	r.restart(1, 2)
	r.messages(1)
	r.messages(2)
	if got := p.do("PUBLISH a x", "PUBLISH b y", "PUBLISH news z"); got != "(integer) 1 (integer) 0 (integer) 1" {
		t.Errorf("the publisher is told %s", got)
	}
	came := r.messages(1)
	if got := pushes(t, came, 1); got != `push["message", "a", "x"]` {
		t.Errorf("client 1 hears %s", got)
	}
	if got := pushes(t, came, 2); got != `push["pmessage", "n*", "news", "z"]` {
		t.Errorf("client 2 hears %s", got)
	}
	// Its connection ends, and with it what it listens to: its rows as well.
	r.take(r.object().Closed(1, r.now, 1))
	r.restart(2)
	if got := p.do("PUBLISH a x", "PUBSUB NUMPAT"); got != "(integer) 0 (integer) 0" {
		t.Errorf("after the end of the connection %s", got)
	}
}

func TestScriptsThatWereLoadedStay(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	res := l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"SCRIPT", "LOAD", "return ARGV[1]..'!'"}, {"EVAL", "return 'e'", "0"}}})
	sha := res[0].Replies[0].Str
	r.restart(1)
	r.messages(1)
	if got := l.do("EVALSHA "+sha+" 0 hi", "SCRIPT EXISTS "+sha); got != `"hi!" [(integer) 1]` {
		t.Error(got)
	}
	if got := l.do("SCRIPT FLUSH", "SCRIPT EXISTS "+sha); got != "+OK [(integer) 0]" {
		t.Error(got)
	}
	r.restart(1)
	r.messages(1)
	if got := l.do("SCRIPT EXISTS "+sha, "DBSIZE"); got != "[(integer) 0] (integer) 0" {
		t.Error(got)
	}
}

func TestWatchesAndTransactionsEndWithTheEngine(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("WATCH k", "MULTI", "SET k 1")
	r.restart(1)
	epoch := welcomeOf(t, r.messages(1))
	if epoch == l.epoch {
		t.Fatal("the epoch is the same")
	}
	res := l.frame(frame.Group{Client: 1, Protocol: 3, Epoch: l.epoch, Commands: commands("EXEC")})
	if res[0].Status != frame.StatusStale || len(res[0].Replies) > 0 {
		t.Errorf("%+v", res[0])
	}
	res = l.frame(frame.Group{Client: 7, Protocol: 3, Epoch: epoch, Commands: commands("EXEC")})
	if res[0].Status != frame.StatusStale {
		t.Errorf("a client that the object does not know: %+v", res[0])
	}
}

func TestAReplyOfABlockedCommandIsKeptUntilItIsAcknowledged(t *testing.T) {
	r := newRig(t)
	l, p := r.lane(1), r.lane(2)
	blocked := frame.Group{Client: 1, Protocol: 3, Ticket: 9, Commands: commands("GET x", "BLPOP q 0", "SET after 1")}
	res := l.frame(blocked)
	if res[0].Status != frame.StatusBlocked || len(res[0].Replies) != 1 {
		t.Fatalf("%+v", res[0])
	}
	if r.last.Flags&object.FlagBlocked == 0 {
		t.Error("the output does not say that a command is blocked")
	}
	p.do("RPUSH q one")
	const want = `9 ["q", "one"]`
	if got := wakes(r.messages(1)); got != want {
		t.Fatal(got)
	}
	r.start() // the reply was lost, and the socket too
	l.conn = 3
	l.connect()
	if got := wakes(r.messages(3)); got != want {
		t.Fatalf("after a reconnection %s", got)
	}
	// The frame, whose answer was lost as well, comes again under its number.
	if res := l.repeat(blocked); res[0].Status != frame.StatusBlocked || len(res[0].Replies) != 1 {
		t.Fatalf("%+v", res[0])
	}
	if got := wakes(r.messages(3)); got != want {
		t.Fatalf("after the frame again %s", got)
	}
	l.seq++
	f := frame.Frame{Seq: l.seq, Acks: []uint64{9}, Groups: []frame.Group{group(1, "GET after")}}
	r.send(3, f.Append(nil))
	r.messages(3)
	r.start()
	l.conn = 4
	l.connect()
	if got := wakes(r.messages(4)); got != "" {
		t.Errorf("after it was acknowledged %s", got)
	}
	var rows int
	if err := r.db.DB().QueryRow("SELECT count(*) FROM wakes").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows are left: %v", rows, err)
	}
}

func TestBlockedCommandsEndAtTheirTimeAndWhenNobodyWaits(t *testing.T) {
	r := newRig(t)
	l, p := r.lane(1), r.lane(2)
	l.frame(frame.Group{Client: 1, Protocol: 3, Ticket: 1, Commands: commands("BLPOP q 2")},
		frame.Group{Client: 2, Protocol: 3, Ticket: 2, Commands: commands("BLPOP q 0")})
	if want := r.now + 2_000_000; r.last.Timer != want {
		t.Errorf("the timer is %d, not %d", r.last.Timer, want)
	}
	r.now += 2_000_000
	r.take(r.object().Tick(r.now, 1))
	if got := wakes(r.messages(1)); got != "1 (nil array)" {
		t.Error(got)
	}
	l.seq++
	f := frame.Frame{Seq: l.seq, Acks: []uint64{1}, Cancels: []uint64{2}}
	r.send(1, f.Append(nil))
	if r.last.Flags&object.FlagBlocked != 0 || r.last.Timer != 0 {
		t.Errorf("%+v", r.last)
	}
	if got := p.do("RPUSH q x", "LLEN q"); got != "(integer) 1 (integer) 1" {
		t.Error(got)
	}
}

func TestCulpritsAreAnsweredWithAnErrorAndTheOthersAsUsual(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET a 1")
	l.seq++
	f := frame.Frame{Seq: l.seq, Groups: []frame.Group{group(1, "INCR a", "MULTI", "INCR a", "EXEC", "INCR a"), group(2, "INCR a")}}
	r.in.Culprit(1)
	r.take(r.object().Message(1, r.now, 5, f.Append(nil), true))
	res := l.answer()
	if got := show(res[0].Replies); !strings.HasPrefix(got, "(integer) 2 +OK +QUEUED (error) ERR the command was ended") || !strings.HasSuffix(got, " (integer) 3") {
		t.Error(got)
	}
	if got := show(res[1].Replies); got != "(integer) 4" {
		t.Error(got)
	}
	if *r.in.Unit() != -1 {
		t.Errorf("the unit is %d", *r.in.Unit())
	}
}

func TestARowThatIsTooLargeIsTheCommandsError(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	big := strings.Repeat("x", 1_500_000)
	res := l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{
		{"SET", "k", big}, {"INCR", "n"}, {"APPEND", "k", big}, {"INCR", "n"}, {"MULTI"}, {"INCR", "n"}, {"APPEND", "k", big}, {"EXEC"}, {"STRLEN", "k"},
		{"SET", "k", strings.Repeat("y", 1_900_001)},
	}})
	got := show(res[0].Replies)
	for _, want := range []string{"+OK (integer) 1 (error) ERR the command changed nothing, because the store refuses what it wrote: a row of 3000001 bytes", " (integer) 2 +OK +QUEUED +QUEUED (error) ERR the command", "(integer) 1500000 (error) ERR an argument of", "1900001 bytes", "1900000"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
	if got := l.do("GET n", "STRLEN k"); got != `"2" (integer) 1500000` {
		t.Error(got)
	}
	if r.last.Status != 0 {
		t.Error("the status of a later output is not 0")
	}
}

func TestReadersOnlyRead(t *testing.T) {
	r := newRig(t)
	w := r.lane(1)
	w.do("SET k v")
	l := &lane{r: r, conn: 2, id: frame.SessionID{9}, scope: 0}
	l.connect()
	res := l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{
		{"GET", "k"}, {"SET", "k", "x"}, {"PUBLISH", "a", "b"}, {"CONFIG", "SET", "notify-keyspace-events", "KEA"},
		{"EVAL", "return redis.call('SET','k','x')", "0"}, {"EVAL", "return redis.pcall('DEL','k').err", "0"}, {"EVAL", "return redis.call('GET','k')", "0"},
		{"MULTI"}, {"DEL", "k"}, {"EXEC"}, {"FLUSHALL"}, {"SCRIPT", "FLUSH"}, {"FUNCTION", "FLUSH"}, {"GETDEL", "k"}, {"SORT", "k", "STORE", "z"}, {"CLIENT", "PAUSE", "1000"},
	}})
	for i, rep := range res[0].Replies {
		text := difftest.Show(rep)
		switch i {
		case 0, 6:
			if text != `"v"` {
				t.Errorf("%d: %s", i, text)
			}
		case 7: // MULTI
		case 9:
			if !strings.Contains(text, "EXECABORT") {
				t.Errorf("%d: %s", i, text)
			}
		default:
			if !strings.Contains(text, "NOPERM this token may only read") {
				t.Errorf("%d: %s", i, text)
			}
		}
	}
	if r.db.Programs = 0; l.do("GET k", "DBSIZE") != `"v" (integer) 1` || r.db.Programs > 0 {
		t.Errorf("%d programs were run", r.db.Programs)
	}
}

func TestKilledClientsAreToldAndGone(t *testing.T) {
	r := newRig(t)
	l, k := r.lane(1), r.lane(2)
	g := group(5, "SUBSCRIBE a")
	g.Identity = &frame.Identity{Name: "victim", Addr: "10.0.0.1:5", LibName: "lib", LibVer: "1"}
	l.frame(g)
	r.messages(1)
	if got := k.do("CLIENT KILL ADDR 10.0.0.1:5"); got != "(integer) 1" {
		t.Fatal(got)
	}
	var ended []uint64
	for _, b := range r.messages(1) {
		var m frame.Messages
		if m.Decode(b) == nil {
			ended = append(ended, m.Ended...)
		}
	}
	if len(ended) != 1 || ended[0] != 5 {
		t.Errorf("ended: %v", ended)
	}
	if res := l.frame(group(5, "PING")); res[0].Status != frame.StatusGone {
		t.Errorf("%+v", res[0])
	}
	r.restart(1, 2)
	r.messages(2)
	if got := k.do("PUBSUB NUMSUB a"); got != `["a", (integer) 0]` {
		t.Error(got)
	}
}

func TestAnswersThatAreLargeLeaveGroupsForTheNextFrame(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.frame(frame.Group{Client: 1, Protocol: 3, Commands: []resp.Command{{"SET", "k", strings.Repeat("x", 1_500_000)}}})
	res := l.frame(group(1, "GET k"), group(2, "GET k", "GET k"), group(3, "INCR n"), group(4, "INCR n"))
	if len(res) != 2 {
		t.Errorf("%d groups were run", len(res))
	}
	if got := l.do("GET n"); got != "(nil)" {
		t.Error(got)
	}
}

func TestAHelloTakesTheSessionOver(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET k v")
	l.conn = 2
	l.connect()
	if r.gone[1] == 0 {
		t.Error("the older connection goes on")
	}
	var e frame.Error
	if came := r.messages(1); len(came) == 0 || e.Decode(came[len(came)-1]) != nil || e.Code != frame.CodeReplaced || !e.Fatal {
		t.Errorf("%+v", e)
	}
	if got := l.do("GET k"); got != `"v"` {
		t.Error(got)
	}
	r.take(r.object().Closed(1, r.now, 1)) // comes late
	if got := l.do("GET k"); got != `"v"` {
		t.Error(got)
	}
}

func TestMessagesWaitForPolls(t *testing.T) {
	r := newRig(t)
	s := &sender{t: t, r: r, l: &lane{r: r, conn: 1, id: frame.SessionID{8}}, http: true}
	p := r.lane(2)
	f := frame.Frame{Seq: 1, Groups: []frame.Group{group(1, "SUBSCRIBE a"), {Client: 2, Protocol: 3, Ticket: 4, Commands: commands("BLPOP q 0")}}}
	if got := pushes(t, s.post(f.Append(nil)), 1); got != `push["subscribe", "a", (integer) 1]` {
		t.Errorf("with the answer %s", got)
	}
	p.do("PUBLISH a one", "RPUSH q x")
	came := s.post((&frame.Poll{}).Append(nil))
	if got := pushes(t, came, 1); got != `push["message", "a", "one"]` {
		t.Errorf("the poll brings %s", got)
	}
	if got := wakes(came); got != `4 ["q", "x"]` {
		t.Errorf("the poll brings %s", got)
	}
	poll := func(conn uint64) {
		r.take(r.object().Attach(conn, 3, nil))
		hello := frame.Hello{Version: frame.Version, Session: s.l.id}
		m := frame.Poll{Wait: 10_000}
		r.take(r.object().Post(conn, r.now, 3, frame.AppendPart(frame.AppendPart(nil, hello.Append(nil)), m.Append(nil)), false))
	}
	poll(50)
	if r.gone[50] != 0 || r.last.Timer != r.now+10_000_000 || r.last.Flags&object.FlagBlocked == 0 {
		t.Fatalf("the poll was answered at once: %+v", r.last)
	}
	p.do("PUBLISH a two")
	if got := pushes(t, r.messages(50), 1); got != `push["message", "a", "two"]` || r.gone[50] == 0 {
		t.Errorf("the poll that waited brings %s", got)
	}
	poll(51)
	r.now += 10_000_000
	r.take(r.object().Tick(r.now, 1))
	if r.gone[51] == 0 {
		t.Error("the poll goes on after its time")
	}
	// The object loses its memory: those who listen are known from their rows.
	r.restart(2)
	p.do("PUBLISH a three")
	if got := pushes(t, s.post((&frame.Poll{}).Append(nil)), 1); got != `push["message", "a", "three"]` {
		t.Errorf("after a restart %s", got)
	}
	r.now += 61_000_000
	r.take(r.object().Tick(r.now, 1))
	r.messages(2)
	if got := p.do("PUBLISH a four"); got != "(integer) 0" {
		t.Errorf("a minute after the last request %s clients listen", got)
	}
}

func TestOldSessionsLeaveAndTheNumbersStay(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	for i := 0; i < 5; i++ {
		l.do("RPUSH l x", "SADD s y", "DEL s")
	}
	r.take(r.object().Closed(1, r.now, 1))
	r.now += 25 * 3600 * 1_000_000
	r.start()
	other := r.lane(2)
	r.now += 2 * 3600 * 1_000_000
	if other.do("PING"); r.last.Flags&object.FlagSweep == 0 {
		t.Fatal("the output does not ask for a sweep")
	}
	for i := 0; i < 10 && r.last.Flags&object.FlagSweep != 0; i++ {
		r.take(r.object().Sweep(100))
	}
	var rows, seq int
	r.settleJournal()
	if err := r.db.DB().QueryRow("SELECT count(*), max(seq) FROM sessions").Scan(&rows, &seq); err != nil || rows != 1 || seq == 0 {
		t.Errorf("%d rows, the last change is %d: %v", rows, seq, err)
	}
	r.restart(2)
	r.messages(2)
	if got := other.do("RPUSH l x", "SADD s2 a", "SMEMBERS s2"); got != `(integer) 6 (integer) 1 set["a"]` {
		t.Error(got)
	}
}

func TestExpiryHasOneAlarmAMinute(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET a 1 PX 1500", "SET b 1 PX 90000")
	if r.last.Timer != 0 || r.last.Alarm < r.now+1_500_000 || r.last.Alarm > r.now+60_000_000+1_500_000 || r.last.Alarm%60_000_000 != 0 {
		t.Errorf("timer %d, alarm %d, now %d", r.last.Timer, r.last.Alarm, r.now)
	}
	r.now = r.last.Alarm
	r.take(r.object().Tick(r.now, 1))
	var keys int
	r.settleJournal()
	if err := r.db.DB().QueryRow("SELECT count(*) FROM keys").Scan(&keys); err != nil || keys != 1 {
		t.Errorf("%d keys are left: %v", keys, err)
	}
	// Somebody wants to be told at once.
	l.do("CONFIG SET notify-keyspace-events Ex", "SET c 1 PX 700")
	if at := r.last.Timer; at == 0 || at > r.now+800_000 {
		t.Errorf("the timer is %d, now %d", at, r.now)
	}
}

func TestSettingsStay(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("CONFIG SET notify-keyspace-events Ex slowlog-max-len 7", "SUBSCRIBE __keyevent@0__:expired", "SET c 1 PX 700")
	r.restart(1)
	r.messages(1)
	if got := l.do("CONFIG GET notify-keyspace-events", "CONFIG GET slowlog-max-len"); got != `map["notify-keyspace-events", "xE"] map["slowlog-max-len", "7"]` {
		t.Error(got)
	}
	if at := r.last.Alarm; at == 0 || at > r.now+800_000 {
		t.Errorf("the alarm is %d, now %d", at, r.now)
	}
	r.now = r.last.Alarm
	r.take(r.object().Tick(r.now, 1))
	if got := pushes(t, r.messages(1), 1); got != `push["message", "__keyevent@0__:expired", "c"]` {
		t.Error(got)
	}
}

func TestNamespacesOfDatabasesSurvive(t *testing.T) {
	r := newRig(t)
	l := r.lane(1)
	l.do("SET a 0", "SELECT 3", "SET a 3", "SWAPDB 0 3", "GET a", "FLUSHDB", "SET b 3")
	res := l.frame(frame.Group{Client: 1, Protocol: 3, DB: 3, Commands: commands("GET b", "SELECT 0", "GET a")})
	if got := show(res[0].Replies); got != `"3" +OK "3"` || res[0].DB != 0 {
		t.Errorf("%s in database %d", got, res[0].DB)
	}
	r.restart(1)
	r.messages(1)
	res = l.frame(frame.Group{Client: 1, Protocol: 2, DB: 3, Commands: commands("KEYS *", "HELLO 3", "SELECT 0", "KEYS *")}, frame.Group{Client: 2, Protocol: 3, DB: 99, Commands: commands("PING")})
	if got := difftest.Show(res[0].Replies[0]) + difftest.Show(res[0].Replies[3]); got != `["b"]["a"]` || res[0].Protocol != 3 {
		t.Errorf("%s, protocol %d", got, res[0].Protocol)
	}
	if got := show(res[1].Replies); got != "(error) ERR DB index is out of range" {
		t.Error(got)
	}
}

func FuzzMessages(f *testing.F) {
	hello := frame.Hello{Version: frame.Version, Session: frame.SessionID{1, 1}}
	fr := frame.Frame{Seq: 1, Acks: []uint64{1}, Groups: []frame.Group{{Client: 1, Protocol: 3, Ticket: 2, Commands: commands("MULTI", "SET k v", "EXEC", "BLPOP q 1")}}}
	f.Add(hello.Append(nil), false, false)
	f.Add(fr.Append(nil), false, false)
	f.Add(frame.AppendPart(frame.AppendPart(nil, hello.Append(nil)), fr.Append(nil)), true, true)
	f.Add((&frame.Poll{Wait: 5}).Append(nil), false, false)
	f.Add(frame.AppendBye(nil), false, true)
	var r *rig
	n := 0
	f.Fuzz(func(t *testing.T, b []byte, post, unitwise bool) {
		if n++; r == nil || n%1000 == 0 { // one object for many messages: they are told nothing of each other
			if r != nil {
				_ = r.db.Close()
			}
			db, err := objecttest.New()
			if err != nil {
				t.Fatal(err)
			}
			r = rigOver(t, db)
			r.opt.ScriptSteps = 10_000
			r.start()
		}
		r.t = t
		r.lane(1)
		if post {
			r.take(r.object().Attach(7, 3, nil))
			r.take(r.object().Post(7, r.now, 1, b, unitwise))
		} else {
			r.take(r.object().Message(1, r.now, 1, b, unitwise))
		}
		r.take(r.object().Tick(r.now, 1))
		for _, c := range []uint64{1, 7} {
			r.messages(c)
			r.take(r.object().Closed(c, r.now, 1))
		}
	})
}
