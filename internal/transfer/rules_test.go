package transfer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

func do(t *testing.T, e End, cmds ...string) {
	t.Helper()
	for _, c := range cmds {
		if _, err := value.One(context.Background(), e, strings.Fields(c)...); err != nil {
			t.Fatalf("%s: %v", c, err)
		}
	}
}

func get(t *testing.T, e End, cmd string) string {
	t.Helper()
	r, err := value.One(context.Background(), e, strings.Fields(cmd)...)
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	if r.Elems != nil {
		return strings.Join(value.Texts(r), " ")
	}
	return value.Text(r)
}

func memory(t *testing.T) End { return open(t, "memory://"+t.Name()+strconv.Itoa(int(names.Add(1)))) }

var names atomic.Int64

// big makes a list and a sorted set of more than a piece.
func big(t *testing.T, e End, n int) {
	t.Helper()
	for _, kind := range []string{"RPUSH big:list", "ZADD big:zset", "HSET big:hash", "SADD big:set", "XADD big:stream"} {
		var cmds []resp.Command
		for i := range n {
			cmd := resp.Command(strings.Fields(kind))
			v := fmt.Sprintf("%06d%s", i, strings.Repeat("x", 500))
			switch cmd[0] {
			case "ZADD":
				cmd = append(cmd, strconv.Itoa(i), v)
			case "HSET":
				cmd = append(cmd, v, strconv.Itoa(i))
			case "XADD":
				cmd = append(cmd, fmt.Sprintf("%d-1", i+1), "f", v)
			default:
				cmd = append(cmd, v)
			}
			cmds = append(cmds, cmd)
		}
		if _, err := e.Do(context.Background(), cmds); err != nil {
			t.Fatal(err)
		}
	}
}

// What somebody else wrote at the destination stays; what the copy itself wrote is
// brought up to date.
func TestNewerWritesAreKept(t *testing.T) {
	a, b := open(t, "redis://"+testneed.RedisServer(t)), memory(t)
	file := filepath.Join(t.TempDir(), "checkpoint")
	ctx := context.Background()
	big(t, a, 3000)
	do(t, a, "SET s 1", "SET expiry 1 PX 100000", "SET same 1", "HSET h f 1", "RPUSH l a b")
	do(t, b, "SET s newer", "SET same 1", "RPUSH big:list mine")
	n, err := Copy(ctx, CopyOptions{From: a, To: b})
	if err != nil || n.Kept != 2 || n.Same != 1 || n.Copied != 7 {
		t.Fatalf("%+v %v", n, err)
	}
	if got := get(t, b, "GET s") + get(t, b, "LRANGE big:list 0 -1"); got != "newermine" {
		t.Errorf("the newer values are %s", got)
	}
	// With a checkpoint a second copy knows what is its own.
	c := memory(t)
	cp, err := newCopier(ctx, CopyOptions{From: a, To: c, Checkpoint: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := cp.all(ctx); err != nil {
		t.Fatal(err)
	}
	do(t, a, "SET s 2", "PEXPIRE expiry 200000", "RPUSH l c", "RPUSH big:list last", "HSET h f 2", "SADD big:set last")
	do(t, c, "HSET h f newer", "SADD big:set newer")
	if err := cp.check.anew(ctx); err != nil {
		t.Fatal(err)
	}
	if err := cp.check.close(); err != nil {
		t.Fatal(err)
	}
	if n, err = Copy(ctx, CopyOptions{From: a, To: c, Checkpoint: file}); err != nil || n.Kept != 2 || n.Copied != 4 {
		t.Fatalf("%+v %v", n, err)
	}
	for cmd, want := range map[string]string{"GET s": "2", "HGET h f": "newer", "LRANGE l 0 -1": "a b c", "LINDEX big:list -1": "last", "SISMEMBER big:set newer": "1"} {
		if got := get(t, c, cmd); got != want {
			t.Errorf("%s: %s, not %s", cmd, got, want)
		}
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the checkpoint of a copy that is complete is there: %v", err)
	}
}

// A key that somebody writes while its pieces arrive is theirs.
func TestPiecesStopAtAnotherWriter(t *testing.T) {
	a, b := open(t, "redis://"+testneed.RedisServer(t)), memory(t)
	big(t, a, 3000)
	for _, write := range []string{"RPUSH big:list mine", "ZADD big:zset 1 mine", "HSET big:hash mine 1", "SADD big:set mine", "DEL big:set", "SET big:list mine"} {
		key := strings.Fields(write)[1]
		cp, err := newCopier(context.Background(), CopyOptions{From: a, To: b, Match: key})
		if err != nil {
			t.Fatal(err)
		}
		cp.writer = &meddler{writer: cp.writer, then: func() { do(t, b, write) }}
		if err := cp.all(context.Background()); err != nil || cp.counts.Kept != 1 {
			t.Errorf("%s: %+v %v", write, cp.counts, err)
		}
		do(t, b, "FLUSHALL")
	}
}

// A key that is deleted at the source after it was read, which who follows the source has
// seen before it was made at the destination, does not come to life again there.
func TestDeletedKeysStayDeleted(t *testing.T) {
	a := open(t, "redis://"+testneed.RedisServer(t))
	for _, key := range []string{"s", "h", "big:list", "big:set", "big:hash", "big:zset", "text"} {
		big(t, a, 3000)
		do(t, a, "SET s 1", "HSET h f 1", "SETRANGE text 2000000 x")
		b := memory(t)
		cp, err := newCopier(context.Background(), CopyOptions{From: a, To: b, Match: key})
		if err != nil {
			t.Fatal(err)
		}
		cp.writer = &meddler{writer: cp.writer, first: func() { do(t, a, "DEL "+key); do(t, b, "DEL "+key) }}
		if err := cp.all(context.Background()); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if got := get(t, b, "EXISTS "+key); got != "0" {
			t.Errorf("%s is there again: %+v", key, cp.counts)
		}
	}
}

// A meddler does something before the first piece is created, or when pieces were.
type meddler struct {
	writer
	first, then func()
}

func (m *meddler) create(ctx context.Context, list []value.Key) ([]outcome, error) {
	if m.first != nil {
		m.first()
		m.first = nil
	}
	made, err := m.writer.create(ctx, list)
	if m.then != nil {
		m.then()
	}
	return made, err
}

// A key that the destination does not take is counted with the reason, and the others
// arrive; an error that every key would have ends the copy.
func TestKeysThatAreRefused(t *testing.T) {
	a, b := memory(t), memory(t)
	do(t, a, "SET good 1", "SET bad1 1", "HSET bad2 f 1", "SET good2 1")
	for _, test := range []struct{ error, why string }{{"ERR an argument has 123456 bytes", "an argument has N bytes"}, {"NOPERM this token reads", ""}} {
		cp, err := newCopier(context.Background(), CopyOptions{From: a, To: refusing{b, test.error}})
		if err != nil {
			t.Fatal(err)
		}
		err = cp.all(context.Background())
		n := cp.counted()
		if test.why == "" {
			if err == nil || !strings.Contains(err.Error(), test.error) {
				t.Errorf("%s: %v", test.error, err)
			}
			continue
		}
		if err != nil || n.Copied != 2 || n.Refused[test.why] != 2 || !strings.HasPrefix(n.Example[test.why], "bad") || n.Left() != 2 {
			t.Errorf("%+v %v", n, err)
		}
		do(t, b, "FLUSHALL")
	}
}

// A refusing end does not take keys that begin with bad.
type refusing struct {
	End
	text string
}

func (r refusing) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	replies, err := r.End.Do(ctx, cmds)
	for i, c := range cmds {
		if len(c) > 2 && strings.HasPrefix(c[1], "bad") && (c[0] == "SET" || c[0] == "RESTORE") {
			replies[i] = resp.NewError(r.text)
		}
	}
	return replies, err
}

func TestWhatDiffersIsFound(t *testing.T) {
	a, b := open(t, "redis://"+testneed.RedisServer(t)), memory(t)
	ctx := context.Background()
	big(t, a, 2000)
	do(t, a, "SET s 1", "SET expiry 1 PX 100000", "SET same 1", "HSET h f 1", "RPUSH l a b", "SADD k a", "ZADD z 1 a", "XADD x 1-1 f v", "SET gone 1")
	if _, err := Copy(ctx, CopyOptions{From: a, To: b}); err != nil {
		t.Fatal(err)
	}
	o := CompareOptions{From: a, To: b, Rounds: 2, Sleep: func(context.Context, time.Duration) error { return nil }}
	if c, err := Compare(ctx, o); err != nil || len(c.Differences) > 0 || c.Keys != 14 {
		t.Fatalf("%+v %v", c, err)
	}
	do(t, b, "SET s 2", "PEXPIRE expiry 200000", "HSET h f 2", "LSET l 0 c", "DEL k", "SADD k b", "ZADD z 2 a", "XADD x 1-2 f v", "DEL gone", "SET only 1", "LSET big:list 1 changed", "ZADD big:zset 9 changed", "DEL big:set", "SET big:set 1")
	c, err := Compare(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range c.Differences {
		got = append(got, d.Key+" "+d.Kind)
	}
	want := "big:list value,big:set type,big:zset value,expiry expiry,gone missing,h value,k value,l value,only extra,s value,x value,z value"
	if s := strings.Join(got, ","); s != want {
		t.Errorf("%s\nnot\n%s", s, want)
	}
	// A key that is right by the next round is not different.
	o.Rounds, o.Sleep = 1, func(context.Context, time.Duration) error { do(t, b, "SET s 1"); return nil }
	if c, err = Compare(ctx, o); err != nil || len(c.Differences) != len(got)-1 {
		t.Errorf("%+v %v", c, err)
	}
	o.Repair = true
	if c, err = Compare(ctx, o); err != nil || !c.Same() {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = Compare(ctx, CompareOptions{From: a, To: b}); err != nil || len(c.Differences) > 0 {
		t.Errorf("after the repair: %+v %v", c, err)
	}
}

// A sample has its share, the same keys each time, and the same at both ends.
func TestSample(t *testing.T) {
	a, b := memory(t), memory(t)
	for i := range 4000 {
		do(t, a, fmt.Sprint("SET key", i, " 1"))
	}
	o := CompareOptions{From: a, To: b, Sample: 0.1, Seed: 7}
	first, err := Compare(context.Background(), o)
	if err != nil || first.Keys < 300 || first.Keys > 500 || first.Keys+first.Skipped != 4000 {
		t.Fatalf("%d of 4000 compared, %d left out: %v", first.Keys, first.Skipped, err)
	}
	o.From, o.To = b, a
	other, err := Compare(context.Background(), o)
	if err != nil || len(other.Differences) != len(first.Differences) || other.Differences[0].Key != first.Differences[0].Key {
		t.Errorf("%d and %d: %v", len(first.Differences), len(other.Differences), err)
	}
}

// A key that is written at both ends between two looks is followed, and no difference; one
// whose destination stays behind is.
func TestKeysThatAreWrittenAllTheTime(t *testing.T) {
	a, b := open(t, "memory://written-from"), open(t, "memory://written-to")
	do(t, a, "MSET hot 1 stuck 1 same 1")
	do(t, b, "MSET hot 0 stuck 0 same 1")
	n := 1
	c, err := Compare(context.Background(), CompareOptions{From: a, To: b, Rounds: 3, Sleep: func(context.Context, time.Duration) error {
		n++
		do(t, a, fmt.Sprintf("MSET hot %d stuck %d", n, n))
		do(t, b, fmt.Sprintf("SET hot %d", n-1))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Differences) != 1 || c.Differences[0].Key != "stuck" || c.Written != 1 {
		t.Errorf("%+v", c)
	}
}

// copierEnv has what a copy does that is killed: the test's own binary runs it.
const copierEnv = "REDIS2CF_TEST_COPY"

func TestMain(m *testing.M) {
	if what := os.Getenv(copierEnv); what != "" {
		os.Exit(copyToBeKilled(strings.Split(what, "\n")))
	}
	if what := os.Getenv(programEnv); what != "" {
		os.Exit(program(what))
	}
	os.Exit(m.Run())
}

func copyToBeKilled(args []string) int {
	ctx := context.Background()
	from, err := Open(ctx, args[0], 0)
	if err == nil {
		var to End
		if to, err = Open(ctx, args[1], 0); err == nil {
			var n Counts
			n, err = Copy(ctx, CopyOptions{From: from, To: to, Checkpoint: args[2]})
			fmt.Printf("%+v\n", n)
			err = errors.Join(err, to.Close())
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// A copy that is killed at any moment goes on where it was, and nothing is missing at
// the end, nor kept as somebody else's.
func TestKilledCopiesGoOn(t *testing.T) {
	server := testneed.RedisServer(t)
	fill(t, server, *many)
	a := open(t, "redis://"+server)
	big(t, a, 5000)
	dir := t.TempDir()
	file := filepath.Join(dir, "store.db")
	args := []string{"redis://" + server, "file:" + file, filepath.Join(dir, "checkpoint")}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("-seed %d", *seed)
	rnd := rand.New(rand.NewPCG(*seed, 2))
	limit, kills := 100*time.Millisecond, 0
	for {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), copierEnv+"="+strings.Join(args, "\n"))
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		timer := time.NewTimer(time.Duration(rnd.Int64N(int64(limit))))
		select {
		case <-timer.C:
			_ = cmd.Process.Kill() // it may have ended just now
			<-ended
			kills++
			limit += limit / 10 // a machine that is busy gets there too
			continue
		case err := <-ended:
			timer.Stop()
			if err != nil {
				t.Fatalf("after %d kills: %v\n%s", kills, err, out.String())
			}
			if !strings.Contains(out.String(), " Kept:0 ") {
				t.Errorf("after %d kills: %s", kills, out.String())
			}
		}
		break
	}
	t.Logf("%d kills", kills)
	if kills < 3 {
		t.Errorf("only %d kills", kills)
	}
	sameKeys(t, a, open(t, "file:"+file))
}

// reading is a source at which something happens before it is read for the second time.
type reading struct {
	End
	reads int
	then  func()
}

func (r *reading) Do(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if len(cmds) > 0 && slices.Contains([]string{"LRANGE", "SSCAN", "HSCAN"}, cmds[0][0]) {
		if r.reads++; r.reads == 2 {
			r.then()
		}
	}
	return r.End.Do(ctx, cmds)
}

// Somebody who writes a key between two of its pieces keeps it.
func TestPiecesStopAtWhoWritesBetweenThem(t *testing.T) {
	a, b := open(t, "redis://"+testneed.RedisServer(t)), memory(t)
	big(t, a, 3000)
	for write, want := range map[string]string{"RPUSH big:list mine": "LINDEX big:list -1", "HSET big:hash mine mine": "HGET big:hash mine", "SET big:set mine": "GET big:set"} {
		from := &reading{End: a, then: func() { do(t, b, write) }}
		n, err := Copy(context.Background(), CopyOptions{From: from, To: b, Match: strings.Fields(write)[1]})
		if err != nil || n.Kept != 1 || n.Copied != 0 {
			t.Errorf("%s: %+v %v", write, n, err)
		}
		if got := get(t, b, want); got != "mine" {
			t.Errorf("%s: %s", want, got)
		}
		do(t, b, "FLUSHALL")
	}
}

// A key that was told to have gone, and is there again, stays.
func TestAKeyThatIsThereAgain(t *testing.T) {
	a, b := open(t, "redis://"+testneed.RedisServer(t)), memory(t)
	do(t, a, "SET k 1")
	cp, err := newCopier(context.Background(), CopyOptions{From: a, To: b, Checkpoint: filepath.Join(t.TempDir(), "checkpoint")})
	if err != nil {
		t.Fatal(err)
	}
	defer cp.check.close()
	if err := cp.all(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := cp.gone(context.Background(), "k"); err != nil || get(t, b, "EXISTS k") != "1" {
		t.Errorf("it is removed: %v", err)
	}
	do(t, a, "DEL k")
	if err := cp.gone(context.Background(), "k"); err != nil || get(t, b, "EXISTS k") != "0" {
		t.Errorf("it is not removed: %v", err)
	}
}
