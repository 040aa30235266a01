package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

var updateGuide = flag.Bool("update-guide", false, "write what the commands of docs/moving.md print into it")

const (
	guideFile   = "../../docs/moving.md"
	guideWorker = "https://chat.example.workers.dev"
	guideRedis  = "localhost:6379"
)

// The guide is run: each command in it, on the sample, with three replicas under load. What
// the commands print is what the guide says, but for numbers.
func TestTheGuideOfTheMove(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the sample and the engine, and starts redis-server and workerd")
	}
	tools, err := project.FindTools()
	if errors.Is(err, project.ErrNoTools) {
		testneed.Missing(t, "workerd", "npm ci in a copy of runtime/worker/project/npm, and "+project.NPMVariable+" names that directory")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", anywhere)
	t.Setenv("CFSTORE_TOKEN", "")
	g := &guide{t: t, dir: chat(t), redis: testneed.RedisServer(t), tools: tools, ports: map[string]string{}, users: map[string]string{}, said: map[string]string{}}
	g.fill()
	text, err := os.ReadFile(guideFile)
	if err != nil {
		t.Fatal(err)
	}
	defer g.end()
	var out strings.Builder
	lines := strings.SplitAfter(string(text), "\n")
	for i := 0; i < len(lines); i++ {
		out.WriteString(lines[i])
		if lines[i] != "```console\n" {
			continue
		}
		for i++; i < len(lines) && lines[i] != "```\n"; {
			command := strings.TrimPrefix(lines[i], "$ ")
			out.WriteString(lines[i])
			var want strings.Builder
			for i++; i < len(lines) && lines[i] != "```\n" && !strings.HasPrefix(lines[i], "$ "); i++ {
				want.WriteString(lines[i])
			}
			got := g.run(strings.TrimSuffix(command, "\n"))
			out.WriteString(got)
			if a, b := shape(got), shape(want.String()); a != b && !*updateGuide {
				t.Errorf("%s prints\n%s\nand the guide says\n%s", command, got, want.String())
			}
		}
		out.WriteString("```\n")
	}
	if *updateGuide && !t.Failed() {
		if err := os.WriteFile(guideFile, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shape is an output without what differs each time: numbers, the width of columns, how many
// programs are still listed, and what was written just then.
func shape(s string) string {
	s = regexp.MustCompile(`(?m)^  .* written (by programs meanwhile|all the time).*\n`).ReplaceAllString(s, "")
	s = regexp.MustCompile(`, [0-9]+ (were there|ended meanwhile|keys a second)`).ReplaceAllString(s, "")
	s = regexp.MustCompile(`(?m)^\S+-\d+-[0-9a-f]{12} .*$`).ReplaceAllString(s, "PROGRAM")
	s = regexp.MustCompile(`(?m)(PROGRAM\n)+`).ReplaceAllString(s, "PROGRAM\n")
	s = regexp.MustCompile(`[0-9]+([.,][0-9]+)*(µs|ms|s|m|h| [kKMG]?i?B)?`).ReplaceAllString(s, "N")
	return strings.Join(strings.Fields(s), " ")
}

// A guide is one run of it.
type guide struct {
	t     *testing.T
	dir   string
	redis string
	tools project.Tools

	worker *project.Local
	ports  map[string]string // of the replicas, by the guide's
	procs  []*exec.Cmd
	load   sync.WaitGroup
	stop   context.CancelFunc
	reqs   atomic.Int64

	mu    sync.Mutex
	users map[string]string // session tokens that the replicas gave out, by user
	said  map[string]string // the last message of each room that a replica took
}

// fill gives Redis what it has had for a while.
func (g *guide) fill() {
	g.t.Helper()
	ctx := context.Background()
	c := redis.NewClient(&redis.Options{Addr: g.redis})
	defer c.Close()
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 500 {
			p.Set(ctx, fmt.Sprintf("session:%032x", i), fmt.Sprintf(`{"user":"old%d"}`, i), time.Hour)
		}
		for i := range 20 {
			for n := range 50 {
				p.LPush(ctx, fmt.Sprint("messages:old", i), fmt.Sprintf(`{"user":"old%d","text":"message %d"}`, i, n))
			}
			p.SAdd(ctx, fmt.Sprintf("room:old%d:members", i), "ann", "bob")
		}
		return nil
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *guide) run(command string) string {
	t := g.t
	t.Helper()
	switch {
	case strings.Contains(command, guideWorker) && g.worker == nil:
		g.startWorker()
	case strings.Contains(command, " compare "), strings.HasSuffix(command, " cloudflare"), strings.HasSuffix(command, " only"):
		g.wait(20) // some load between the steps
	case strings.Contains(command, " cleanup "):
		g.finish()
	}
	for at := 0; ; { // each address of the guide is a free port here
		i := strings.Index(command[at:], "localhost:80")
		if i < 0 {
			break
		}
		at += i
		addr := command[at : at+len("localhost:8081")]
		if g.ports[addr] == "" {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			g.ports[addr] = l.Addr().String()
			_ = l.Close() // it was only to find a free port
		}
		command = command[:at] + g.ports[addr] + command[at+len(addr):]
		at += len(g.ports[addr])
	}
	line := strings.NewReplacer(guideRedis, g.redis).Replace(command)
	if g.worker != nil {
		line = strings.ReplaceAll(line, guideWorker, g.worker.URL())
	}
	if strings.HasSuffix(line, " &") {
		g.background(strings.TrimSuffix(line, " &"))
		return ""
	}
	began := time.Now()
	env, words := split(line)
	var out []byte
	var err error
	if words[0] == "redis2cf" {
		for k, v := range env {
			t.Setenv(k, v)
		}
		args := append([]string{words[1], "-C", g.dir}, words[2:]...)
		if strings.HasPrefix(words[1], "-") {
			args = append([]string{"-C", g.dir, "-no-build", "-runtime", runtimeDir(t)}, words[1:]...) // go build is next
		}
		if words[1] == "copy" || words[1] == "compare" {
			args = withoutDir(args, words[1], g.dir)
		}
		if words[1] == "phase" {
			args = words[1:]
		}
		code, stdout, stderr := run(t, args...)
		if code != exitDone {
			t.Fatalf("%s: exit %d\n%s%s", line, code, stdout, stderr)
		}
		out = []byte(stdout)
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		cmd := goCommand(ctx, g.dir, words[1:]...)
		if out, err = cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	t.Logf("%s: %v", command, time.Since(began).Round(time.Millisecond))
	text := strings.NewReplacer(g.redis, guideRedis, g.dir, "chat").Replace(string(out))
	if g.worker != nil {
		text = strings.ReplaceAll(text, g.worker.URL(), guideWorker)
	}
	return text
}

// withoutDir is a command line whose command has -C only with some flags.
func withoutDir(args []string, name, dir string) []string {
	if name == "copy" {
		return append(args, "-checkpoint", filepath.Join(dir, checkpointFile))
	}
	return append([]string{name}, args[3:]...)
}

// split takes the variables before a command apart.
func split(line string) (env map[string]string, words []string) {
	env = map[string]string{}
	words = strings.Fields(line)
	for {
		name, v, ok := strings.Cut(words[0], "=")
		if !ok {
			return env, words
		}
		env[name] = v
		words = words[1:]
	}
}

func runtimeDir(t *testing.T) string {
	dir, err := filepath.Abs("../../runtime")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (g *guide) startWorker() {
	g.t.Helper()
	l, err := project.Start(context.Background(), project.Options{Dir: filepath.Join(g.dir, "worker"), State: filepath.Join(g.t.TempDir(), "state"), Tools: g.tools})
	if err != nil {
		g.t.Fatal(err)
	}
	g.worker = l
}

// background starts a replica; the load begins with the third.
func (g *guide) background(line string) {
	t := g.t
	t.Helper()
	env, words := split(line)
	cmd := exec.Command(filepath.Join(g.dir, words[0]), words[1:]...)
	cmd.Env = os.Environ()
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g.procs = append(g.procs, cmd)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s:\n%s", line, log.String())
		}
	})
	addr := words[len(words)-1]
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		r, err := http.Get("http://" + addr + "/healthz")
		if err == nil {
			_ = r.Body.Close() // its status is all
			if r.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not answer: %v\n%s", line, err, log.String())
		}
	}
	if len(g.procs) == 3 {
		ctx, stop := context.WithCancel(context.Background())
		g.stop = stop
		for i := range 6 {
			g.load.Add(1)
			go func() { defer g.load.Done(); g.user(ctx, fmt.Sprint("user", i), fmt.Sprint("room", i%3)) }()
		}
		g.wait(30)
	}
}

// user logs in, opens a room, joins it and writes, at whatever replica. What it was told is
// kept.
func (g *guide) user(ctx context.Context, name, room string) {
	rnd := rand.New(rand.NewPCG(1, uint64(len(name)+int(name[len(name)-1]))))
	ask := func(method, token, path string, form url.Values, out any) error {
		var addrs []string
		for _, a := range g.ports {
			addrs = append(addrs, a)
		}
		r, err := http.NewRequestWithContext(ctx, method, "http://"+addrs[rnd.IntN(len(addrs))]+path, strings.NewReader(form.Encode()))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+token)
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer w.Body.Close()
		body, err := io.ReadAll(w.Body)
		if err != nil {
			return err
		}
		if w.StatusCode != http.StatusOK {
			return fmt.Errorf("%d %s", w.StatusCode, bytes.TrimSpace(body))
		}
		g.reqs.Add(1)
		if out != nil {
			return json.Unmarshal(body, out)
		}
		return nil
	}
	must := func(err error) bool {
		if err != nil && ctx.Err() == nil {
			g.t.Errorf("%s: %v", name, err)
		}
		return err == nil
	}
	var login struct{ Token string }
	if !must(ask("POST", "", "/login", url.Values{"user": {name}}, &login)) {
		return
	}
	g.mu.Lock()
	g.users[name] = login.Token
	g.mu.Unlock()
	// Two users open each room; one of them may find it locked.
	_ = ask("PUT", login.Token, "/rooms/"+room, url.Values{"title": {"The " + room}, "seats": {"4"}}, nil)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := ask("POST", login.Token, "/rooms/"+room+"/join", nil, nil)
		if err == nil {
			break
		}
		if ctx.Err() != nil || time.Now().After(end) {
			must(err)
			return
		}
	}
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("%s says %d", name, n)
		err := ask("POST", login.Token, "/rooms/"+room+"/messages", url.Values{"text": {text}}, nil)
		switch {
		case err == nil:
			g.mu.Lock()
			g.said[room+" "+name] = text
			g.mu.Unlock()
		case !strings.HasPrefix(err.Error(), "429"): // the sample's own limit
			must(err)
		}
		must(ask("GET", login.Token, "/rooms/"+room, nil, nil))
		must(ask("GET", login.Token, "/online", nil, nil))
	}
}

// wait waits for some answers.
func (g *guide) wait(n int64) {
	g.t.Helper()
	before := g.reqs.Load()
	for end := time.Now().Add(time.Minute); g.reqs.Load() < before+n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			g.t.Fatal("the replicas do not answer")
		}
	}
}

// finish ends the load and looks whether what users were told is there.
func (g *guide) finish() {
	t := g.t
	t.Helper()
	g.wait(20)
	g.stop()
	g.load.Wait()
	for key, text := range g.said {
		room, name, _ := strings.Cut(key, " ")
		var addr string
		for _, a := range g.ports {
			addr = a
		}
		r, err := http.NewRequest("GET", "http://"+addr+"/rooms/"+room+"/messages", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+g.users[name])
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(w.Body)
		_ = w.Body.Close() // it was read
		if w.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(text)) {
			t.Errorf("%s, asked for by %s: %d, without %q", room, name, w.StatusCode, text)
		}
	}
	t.Logf("%d requests were answered, %d users were told something", g.reqs.Load(), len(g.said))
	if len(g.said) < 6 {
		t.Errorf("only %d users were told something", len(g.said))
	}
	g.endPrograms()
}

func (g *guide) endPrograms() {
	for _, p := range g.procs {
		_ = p.Process.Signal(syscall.SIGINT) // it may have ended
		ended := make(chan struct{})
		go func() { _ = p.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = p.Process.Kill() // it may have ended just now
			<-ended
		}
	}
	g.procs = nil
}

func (g *guide) end() {
	if g.stop != nil {
		g.stop()
	}
	g.load.Wait()
	g.endPrograms()
	if g.worker != nil {
		if err := g.worker.Stop(); err != nil {
			g.t.Error(err)
		}
	}
}
