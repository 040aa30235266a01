package transfer

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime"
	_ "github.com/redis2cf/redis2cf/runtime/dual"
	"github.com/redis2cf/redis2cf/runtime/phase"
	_ "github.com/redis2cf/redis2cf/runtime/store/gateway"
	"github.com/redis2cf/redis2cf/runtime/value"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// How long each part of the move lasts, and how often something is killed in each phase.
var (
	part  = flag.Duration("part", 500*time.Millisecond, "how long each part of TestAMoveUnderLoad lasts")
	kills = flag.Int("kills", 1, "of each kind in each phase of TestAMoveUnderLoad")
)

// severalObjects is a plan of three groups, one of them of four objects: a mark and the key
// that it is of are in different ones.
var severalObjects = worker.Config{
	Version: 1, Module: "example.com/move",
	Groups: []worker.Group{{Name: "main", Shards: 1}, {Name: "queue", Shards: 1}, {Name: "own", Shards: 4}},
	Families: []worker.Family{
		{Pattern: "*", Name: "Default", Type: "any", Store: "do", Group: "main"},
		{Pattern: "queue", Name: "Queue", Type: "list", Store: "do", Group: "queue"},
		{Pattern: "stream", Name: "Stream", Type: "stream", Store: "do", Group: "queue"},
		{Pattern: "hash", Name: "Hash", Type: "hash", Store: "do", Group: "queue"},
		{Pattern: "own:*", Name: "Own", Type: "string", Store: "do", Group: "own"},
	},
}

// programEnv makes the test's binary a program that writes all the time. It says on
// standard output what it is about to do and what it was told is done:
//
//	? incr count3 17     it asks for the 17th time
//	= incr count3 17     it was told that this is stored
const programEnv = "REDIS2CF_TEST_PROGRAM"

func program(name string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c := runtime.NewClient(&runtime.Options{Addr: "redis.internal:6379", MaxRetries: -1})
	var mu sync.Mutex
	say := func(sign, what string) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = os.Stdout.WriteString(sign + " " + what + "\n") // whoever reads has ended, then
	}
	script := runtime.NewScript(`return redis.call('HINCRBY', KEYS[1], ARGV[1], 1)`)
	var all sync.WaitGroup
	for g := range 4 {
		rnd := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(g)))
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 1; ctx.Err() == nil; n++ {
				id := fmt.Sprintf("%s-%d-%d-%d", name, os.Getpid(), g, n)
				count := fmt.Sprint("count", rnd.IntN(10))
				var what string
				var do func() error
				switch rnd.IntN(8) {
				case 0:
					what = "push " + id
					do = func() error { return c.RPush(context.Background(), "queue", id).Err() }
				case 1:
					what = "pop " + id
					do = func() error {
						v, err := c.BLPop(context.Background(), time.Second, "queue").Result()
						if err == nil {
							what += " " + v[1]
						} else if errors.Is(err, runtime.Nil) {
							return nil
						}
						return err
					}
				case 2:
					what = "incr hash:" + count + " " + id
					do = func() error {
						return script.Run(context.Background(), c, []string{"hash"}, "hash:"+count).Err()
					}
				case 3:
					what = "incr " + count + " " + id
					do = func() error {
						_, err := c.TxPipelined(context.Background(), func(p runtime.Pipeliner) error {
							p.Incr(context.Background(), count)
							p.SAdd(context.Background(), "set", rnd.IntN(1000))
							p.ZAdd(context.Background(), "zset", runtime.Z{Score: rnd.Float64(), Member: count})
							return nil
						})
						return err
					}
				case 4:
					own := fmt.Sprintf("own:%s:%d:%d", name, os.Getpid(), g)
					what = fmt.Sprintf("set %s %d", own, n)
					do = func() error { return c.Set(context.Background(), own, n, time.Hour).Err() }
				case 5:
					what = "other " + id
					do = func() error {
						return c.XAdd(context.Background(), &runtime.XAddArgs{Stream: "stream", MaxLen: 50, Values: []any{"id", id}}).Err()
					}
				case 6:
					what = "other " + id
					do = func() error { return c.SPop(context.Background(), "set").Err() }
				default:
					what = "incr " + count + " " + id
					do = func() error { return c.Incr(context.Background(), count).Err() }
				}
				asked := what
				say("?", asked)
				err := do()
				switch {
				case err == nil || errors.Is(err, runtime.Nil):
					say("=", what)
				default:
					say("!", asked+" "+err.Error())
					time.Sleep(20 * time.Millisecond)
				}
			}
		}()
	}
	all.Wait()
	if err := c.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// ledger is what the programs asked for and were told.
type ledger struct {
	mu       sync.Mutex
	asked    map[string]int // counters
	told     map[string]int
	own      map[string][2]int // register: the last value that was told, and asked for
	pushed   map[string]bool   // told
	popped   map[string]bool
	popsLost int // pops whose outcome is not known
	answers  int
	errors   map[string]int
}

func newLedger() *ledger {
	return &ledger{asked: map[string]int{}, told: map[string]int{}, own: map[string][2]int{}, pushed: map[string]bool{}, popped: map[string]bool{}, errors: map[string]int{}}
}

func (l *ledger) line(t *testing.T, s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sign, rest, _ := strings.Cut(s, " ")
	w := strings.Fields(rest)
	if len(w) < 2 {
		return
	}
	if sign == "=" {
		l.answers++
	}
	if sign == "!" {
		l.errors[strings.Join(w[2:], " ")]++
	}
	switch w[0] + sign {
	case "incr?":
		l.asked[w[1]]++
	case "incr=":
		l.told[w[1]]++
	case "set?":
		n, _ := strconv.Atoi(w[2])
		l.own[w[1]] = [2]int{l.own[w[1]][0], n}
	case "set=":
		n, _ := strconv.Atoi(w[2])
		l.own[w[1]] = [2]int{n, l.own[w[1]][1]}
	case "push=":
		l.pushed[w[1]] = true
	case "pop?":
		l.popsLost++
	case "pop=":
		l.popsLost--
		if len(w) == 3 {
			if l.popped[w[2]] {
				t.Errorf("%s was popped twice", w[2])
			}
			l.popped[w[2]] = true
		}
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answers
}

// A prog is one process.
type prog struct {
	cmd  *exec.Cmd
	over chan struct{}
}

func startProgram(t *testing.T, l *ledger, name, store, redisURL string) *prog {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), programEnv+"="+name, runtime.StoreVariable+"="+store, "CFSTORE_REDIS="+redisURL, "CFSTORE_TOKEN=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &prog{cmd, make(chan struct{})}
	go func() {
		defer close(p.over)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			l.line(t, lines.Text())
		}
		if err := cmd.Wait(); err != nil && cmd.ProcessState.Exited() {
			t.Errorf("program %s: %v\n%s", name, err, errs.String())
		}
	}()
	t.Cleanup(func() { p.kill() })
	return p
}

func (p *prog) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.over
}

// durableRedis is a redis-server that has what it answered after kill -9.
type durableRedis struct {
	t         *testing.T
	dir, port string
	cmd       *exec.Cmd
}

func (r *durableRedis) start() {
	r.t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		testneed.Missing(r.t, "redis-server", "apt-get install redis-server")
	}
	r.cmd = exec.Command(bin, "--port", r.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir", r.dir, "--logfile", filepath.Join(r.dir, "log"))
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + r.port})
	defer c.Close()
	for end := time.Now().Add(20 * time.Second); c.Ping(context.Background()).Err() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatal("redis-server does not answer")
		}
	}
}

func (r *durableRedis) kill() {
	_ = r.cmd.Process.Kill() // it runs
	_ = r.cmd.Wait()
}

// Three programs write all the time, while their keys are copied from Redis to a Worker on
// workerd, compared, and the phases go by, with kills of Redis, of workerd and of programs
// in between. In the end every value that a program was told is stored is there.
func TestAMoveUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("starts redis-server, workerd and three programs")
	}
	t.Logf("-seed %d -part %v -kills %d", *seed, *part, *kills)
	rnd := rand.New(rand.NewPCG(*seed, 3))
	tools, err := project.FindTools()
	if errors.Is(err, project.ErrNoTools) {
		testneed.Missing(t, "workerd", "npm ci in a copy of runtime/worker/project/npm, and "+project.NPMVariable+" names that directory")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CFSTORE_TOKEN", "")
	ctx := context.Background()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close() // it was only to find a free port
	server := &durableRedis{t: t, dir: t.TempDir(), port: port}
	server.start()
	defer func() { server.kill() }()
	redisURL := "redis://127.0.0.1:" + port
	fill(t, "127.0.0.1:"+port, 20)

	proj := filepath.Join(t.TempDir(), "project")
	if _, err := project.Write(ctx, project.WriteOptions{Dir: proj, Name: "move", Config: severalObjects}); err != nil {
		t.Fatal(err)
	}
	worker, err := project.Start(ctx, project.Options{Dir: proj, State: filepath.Join(t.TempDir(), "state"), Tools: tools})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := worker.Stop(); err != nil {
			t.Error(err)
		}
	}()
	storeURL := worker.URL()

	l := newLedger()
	var programs [3]*prog
	for i := range programs {
		programs[i] = startProgram(t, l, fmt.Sprint("p", i), "dual:"+storeURL+"?dual-lease=4s", redisURL)
	}
	// load waits until something was answered, and for a while.
	load := func() {
		t.Helper()
		before := l.count()
		deadline := time.Now().Add(time.Minute)
		time.Sleep(*part) // that is how long the load lasts
		for l.count() < before+20 {
			if time.Now().After(deadline) {
				l.mu.Lock()
				defer l.mu.Unlock()
				t.Fatalf("nothing is answered any more: %v", l.errors)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	killProgram := func() {
		i := rnd.IntN(len(programs))
		programs[i].kill()
		programs[i] = startProgram(t, l, fmt.Sprint("p", i), "dual:"+storeURL+"?dual-lease=4s", redisURL)
	}
	killAll := func() {
		t.Helper()
		for range *kills {
			killProgram()
			load()
			server.kill()
			time.Sleep(time.Duration(rnd.IntN(200)) * time.Millisecond) // for this long nobody answers
			server.start()
			load()
			if err := worker.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := worker.Restart(ctx); err != nil {
				t.Fatal(err)
			}
			load()
		}
	}
	open := func() (a, b End) {
		t.Helper()
		a, b, err := bothEnds(ctx, redisURL, storeURL)
		if err != nil {
			t.Fatal(err)
		}
		return a, b
	}
	compare := func() {
		t.Helper()
		a, b := open()
		defer a.Close()
		defer b.Close()
		var c Compared
		for end := time.Now().Add(time.Minute); ; {
			var err error
			if c, err = Compare(ctx, CompareOptions{From: a, To: b, Sample: 1, Tolerance: time.Second, Rounds: 10, Wait: 200 * time.Millisecond}); err != nil {
				t.Fatal(err)
			}
			hot := true // what is written all the time never looks equal
			for _, d := range c.Differences {
				switch d.Key {
				case "queue", "set", "zset", "hash":
				default:
					// Streams that were filled before change when Redis reads its log again.
					hot = hot && (strings.HasPrefix(d.Key, "count") || strings.HasPrefix(d.Key, "stream") || strings.HasPrefix(d.Key, "own:"))
				}
			}
			if hot {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("they differ: %+v", c.Differences)
			}
		}
	}
	change := func(to phase.Phase) {
		t.Helper()
		a, b := open()
		defer a.Close()
		defer b.Close()
		began := time.Now()
		for {
			err := phase.Switch(ctx, phase.SwitchOptions{
				Redis: func(int) (value.End, error) { return a, nil }, Store: func(int) (value.End, error) { return b, nil }, To: to,
			})
			if err == nil {
				break
			}
			if time.Since(began) > 3*time.Minute {
				t.Fatal(err)
			}
			t.Logf("switching to %s: %v", to, err)
			time.Sleep(100 * time.Millisecond)
		}
		t.Logf("switched to %s in %v", to, time.Since(began).Round(time.Millisecond))
	}

	load()
	a, b := open()
	n, err := Copy(ctx, CopyOptions{From: a, To: b, Checkpoint: filepath.Join(t.TempDir(), "checkpoint")})
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	b.Close()
	t.Logf("copied %+v", n)
	killAll()
	compare()
	killed := make(chan struct{})
	go func() { // in the middle of the switch, or before or after it
		defer close(killed)
		time.Sleep(time.Duration(rnd.IntN(300)) * time.Millisecond)
		programs[0].kill()
	}()
	change(phase.Cloudflare)
	<-killed
	programs[0] = startProgram(t, l, "p0", "dual:"+storeURL+"?dual-lease=4s", redisURL)
	load()
	killAll()
	compare()
	change(phase.Redis) // a team must be able to return
	load()
	change(phase.Cloudflare)
	load()
	change(phase.Only)
	server.kill() // nobody needs it
	load()
	for _, p := range programs {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	for _, p := range programs {
		select {
		case <-p.over:
		case <-time.After(time.Minute):
			t.Fatal("a program does not end")
		}
	}
	server.start() // for the cleanup
	l.verify(t, storeURL)
}

func bothEnds(ctx context.Context, from, to string) (a, b End, err error) {
	if a, err = Open(ctx, from, 0); err != nil {
		return nil, nil, err
	}
	b, err = Open(ctx, to, 0)
	return a, b, err
}

// verify holds what is stored against what was told.
func (l *ledger) verify(t *testing.T, storeURL string) {
	t.Helper()
	ctx := context.Background()
	e, err := Open(ctx, storeURL, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	unknown := 0
	for name, asked := range l.asked {
		cmd := []string{"GET", name}
		if strings.HasPrefix(name, "hash:") {
			cmd = []string{"HGET", "hash", name}
		}
		v, err := value.One(ctx, e, cmd...)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := strconv.Atoi(value.Text(v))
		unknown += asked - l.told[name]
		if got < l.told[name] || got > asked {
			t.Errorf("%s is %d; %d were told and %d asked for", name, got, l.told[name], asked)
		}
	}
	for name, n := range l.own {
		v, err := value.One(ctx, e, "GET", name)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := strconv.Atoi(value.Text(v)); got < n[0] || got > n[1] {
			t.Errorf("%s is %d; %d was told and %d asked for", name, got, n[0], n[1])
		}
	}
	v, err := value.One(ctx, e, "LRANGE", "queue", "0", "-1")
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, id := range value.Texts(v) {
		if left[id] || l.popped[id] {
			t.Errorf("%s is in the queue twice, or was popped", id)
		}
		left[id] = true
	}
	lost := 0
	for id := range l.pushed {
		if !left[id] && !l.popped[id] {
			lost++
		}
	}
	if lost > l.popsLost {
		t.Errorf("%d pushed values are neither popped nor there; %d pops have no known outcome", lost, l.popsLost)
	}
	t.Logf("%d answers, %d of counters not known, %d pushed, %d popped, %d of them not known; errors: %v", l.answers, unknown, len(l.pushed), len(l.popped), lost, l.errors)
}
