package engine

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/luagen"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// scriptPair is an engine and a redis-server that run the same scripts.
type scriptPair struct {
	conn   net.Conn
	in     *bufio.Reader
	engine *Engine
	s      uint64
	proto  int
	// crashes counts the programs that redis-server did not live through.
	crashes int64
}

func newScriptPair(t *testing.T, proto int) *scriptPair {
	t.Helper()
	p := &scriptPair{proto: proto}
	p.connect(t)
	t.Cleanup(func() { p.conn.Close() })
	var err error
	if p.engine, err = Open(nothing{}, Options{ScriptSteps: 20_000_000}); err != nil {
		t.Fatal(err)
	}
	p.s = p.engine.NewSession(0, proto, "")
	return p
}

func (p *scriptPair) connect(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp", testneed.RedisServer(t))
	if err != nil {
		t.Fatal(err)
	}
	p.conn, p.in = conn, bufio.NewReader(conn)
	if _, err := p.redis("HELLO", strconv.Itoa(p.proto)); err != nil {
		t.Fatal(err)
	}
}

// redis runs a command on the server and returns its reply as it came.
func (p *scriptPair) redis(args ...string) (string, error) {
	if _, err := p.conn.Write(resp.AppendCommand(nil, args)); err != nil {
		return "", err
	}
	var b strings.Builder
	p.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	err := copyReply(&b, p.in)
	return b.String(), err
}

// copyReply reads one reply of RESP2 or RESP3.
func copyReply(b *strings.Builder, in *bufio.Reader) error {
	line, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	b.WriteString(line)
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '$', '=', '!':
		if n >= 0 {
			_, err = io.CopyN(b, in, int64(n)+2)
		}
	case '%':
		n *= 2
		fallthrough
	case '*', '~', '>':
		for ; n > 0 && err == nil; n-- {
			err = copyReply(b, in)
		}
	}
	return err
}

// answers runs a script on both, on no data. A redis-server that does not live
// through it, as 7.0 does not through error({}), is started again and counts as
// agreeing.
func (p *scriptPair) answers(t *testing.T, script string) (engine, redis string) {
	t.Helper()
	run(p.engine, p.s, "FLUSHALL")
	cmd := []string{"EVAL", script, "1", "key", "41", "arg two"}
	engine = string(resp.AppendReply(nil, p.proto, run(p.engine, p.s, cmd...)))
	_, err := p.redis("FLUSHALL")
	if err == nil {
		_, err = p.redis("EVAL", luagen.Reset, "0")
	}
	if err == nil {
		redis, err = p.redis(cmd...)
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		t.Fatalf("redis-server does not answer:\n%s", script)
	case err != nil:
		p.conn.Close()
		p.connect(t)
		p.crashes++
		return engine, engine
	}
	return address.ReplaceAllString(engine, "0x"), address.ReplaceAllString(redis, "0x")
}

// address is where a value lies, which nobody promises.
var address = regexp.MustCompile("0x[0-9a-f]{9,}")

// corpus is where programs are kept that once showed a difference.
const corpus = "testdata/scripts"

// TestKnownScriptsAnswerLikeRedis runs the programs that once showed a
// difference.
func TestKnownScriptsAnswerLikeRedis(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.lua"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs in %s: %v", corpus, err)
	}
	for proto := 2; proto <= 3; proto++ {
		p := newScriptPair(t, proto)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := p.answers(t, string(text)); got != want {
				t.Errorf("%s, RESP%d:\n engine: %q\n redis:  %q", file, proto, got, want)
			}
		}
	}
}

// TestRandomScriptsAnswerLikeRedis runs random programs. SCRIPTS sets how many,
// SEED where they begin.
func TestRandomScriptsAnswerLikeRedis(t *testing.T) {
	count, seed := envNumber("SCRIPTS", 3000), envNumber("SEED", 1)
	for proto := 2; proto <= 3; proto++ {
		p := newScriptPair(t, proto)
		differs := func(text string) bool {
			got, want := p.answers(t, text)
			return got != want
		}
		failures := 0
		for i := int64(0); i < count/2; i++ {
			program := luagen.New(seed + i*2 + int64(proto-2))
			if !differs(program.Text()) {
				continue
			}
			program.Shrink(differs, 2000)
			got, want := p.answers(t, program.Text())
			t.Errorf("SEED=%d SCRIPTS=2, RESP%d:\n%s\n engine: %q\n redis:  %q", seed+i*2, proto, strings.TrimPrefix(program.Text(), luagen.Prelude), got, want)
			if failures++; failures >= 10 {
				break
			}
		}
		if p.crashes > 1+count/50 {
			t.Errorf("redis-server did not live through %d programs of %d", p.crashes, count/2)
		}
	}
}

func envNumber(name string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}
