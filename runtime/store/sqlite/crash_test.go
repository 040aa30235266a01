package sqlite_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

var rounds = flag.Int("rounds", 10, "times that a process at work is killed")

// A crash is a series of rounds on one file: a child works on it, is killed, and
// what it said was done is compared with what is stored.
type crash struct {
	t      *testing.T
	rnd    *rand.Rand
	url    string
	behind bool
	acked  map[string]int // by kind and worker: the last step that was answered
	total  int            // steps answered in all rounds
}

// TestKilledProcessesLoseNothing kills a process that works on a file, again and
// again: every write that it had an answer for is there, none is there twice, no
// transaction is there by half.
func TestKilledProcessesLoseNothing(t *testing.T) {
	killed(t, "commit")
}

// TestKilledProcessesKeepAPrefix does so at the level behind: what is stored is
// what was there at some moment, for all clients the same.
func TestKilledProcessesKeepAPrefix(t *testing.T) {
	killed(t, "behind")
}

func killed(t *testing.T, level string) {
	seed := *seedFlag
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	t.Logf("seed %d", seed)
	c := crash{t: t, rnd: rand.New(rand.NewSource(seed)), behind: level == "behind"}
	rounds := *rounds
	if testing.Short() {
		rounds = min(rounds, 4)
	}
	for n := 0; n < rounds && !t.Failed(); n++ {
		if n%8 == 0 { // a new file, every other time one of the first version
			path := filepath.ToSlash(filepath.Join(t.TempDir(), "crash.db"))
			c.url, c.acked = "file:"+path+"?durability="+level, map[string]int{}
			if n%16 == 8 {
				if err := sqlite.MakeFirstVersion(path, firstRows()); err != nil {
					t.Fatal(err)
				}
			}
		}
		c.round()
		c.verify()
	}
	if c.total == 0 {
		t.Error("nothing was answered before the kills")
	}
	t.Logf("%d rounds, %d steps were answered", rounds, c.total)
}

// oldFields is how many fields the hash has that a file of the first version holds.
const oldFields = 20_000

// firstRows are the statements that fill a file of the first version.
func firstRows() []string {
	rows := []string{
		"INSERT INTO dbs VALUES (0, 1)", "UPDATE meta SET seq = 7, next_id = 2, next_space = 2",
		fmt.Sprintf("INSERT INTO keys VALUES (1, %d, CAST('old' AS BLOB), 2, 1, NULL, 0, NULL)", engine.KeyHash("old")),
	}
	var b strings.Builder
	for i := 0; i < oldFields; i++ {
		if b.Len() == 0 {
			b.WriteString("INSERT INTO hash_fields VALUES ")
		} else {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "(1, CAST('f%06d' AS BLOB), CAST('v' AS BLOB), NULL)", i)
		if i%500 == 499 {
			rows = append(rows, b.String())
			b.Reset()
		}
	}
	return rows
}

// round starts a child and kills it: some while they open the file, most at work.
func (c *crash) round() {
	c.t.Helper()
	cmd := exec.Command(os.Args[0], c.url)
	cmd.Env = append(os.Environ(), child+"=work")
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	var first string
	if c.rnd.Intn(3) > 0 { // at work; else while it starts
		if first, err = lines.ReadString('\n'); err != nil {
			c.t.Fatalf("the child ended by itself: %v", err)
		}
	}
	kill := time.AfterFunc(time.Duration(c.rnd.Intn(250_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	rest, err := io.ReadAll(lines)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = cmd.Wait() // says "killed"
	for _, line := range strings.Split(first+string(rest), "\n") {
		name, step, ok := strings.Cut(line, " ")
		n, err := strconv.Atoi(step)
		switch {
		case line == "":
		case !ok || err != nil:
			c.t.Fatalf("the child said %q", line)
		default:
			c.acked[name] = n
			c.total++
		}
	}
}

// verify compares what is stored with what was answered.
func (c *crash) verify() {
	c.t.Helper()
	client := runtime.NewClient(&runtime.Options{Addr: c.url})
	defer func() {
		if err := client.Close(); err != nil {
			c.t.Error(err)
		}
	}()
	seen := 0
	for w := 0; w < crashWorkers; w++ {
		s := stateOf(c.t, client, w)
		seen = max(seen, s.seen)
		done := s.done()
		for i, kind := range crashKinds {
			name := fmt.Sprint(kind, w)
			if acked := c.acked[name]; !c.behind && (done[i] < acked || done[i] > acked+1) {
				c.t.Errorf("%s: %d steps are stored, %d were answered: %+v", name, done[i], acked, s)
			}
			if i > 0 && (done[i] > done[i-1] || done[i] < done[0]-1) {
				c.t.Errorf("worker %d: the stored steps are not a prefix: %v of %v", w, done, crashKinds)
			}
			c.acked[name] = done[i] // the next round starts from here
		}
		for what, ok := range s.whole() {
			if !ok {
				c.t.Errorf("worker %d: half a %s is stored: %+v", w, what, s)
			}
		}
	}
	if g := number(c.t, client, "global"); g < seen {
		c.t.Errorf("global is %d, but a worker that had seen %d stored it", g, seen)
	}
	if n := client.HLen(ctx, "old").Val(); n != 0 && n != oldFields {
		c.t.Errorf("the hash of the first version has %d fields", n)
	}
}
