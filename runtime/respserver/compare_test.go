package respserver_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/respserver"
)

// wire is a reply as it came over the wire: its first line, its body and its
// elements.
type wire struct {
	line  string
	body  string
	elems []wire
}

func readWire(rd *bufio.Reader) (wire, error) {
	line, err := rd.ReadString('\n')
	if err != nil {
		return wire{}, err
	}
	w := wire{line: strings.TrimSuffix(line, "\r\n")}
	n := 0
	switch w.line[0] {
	case '$', '=', '*', '~', '%', '>':
		if n, err = strconv.Atoi(w.line[1:]); err != nil {
			return w, err
		}
	}
	switch w.line[0] {
	case '$', '=':
		if n >= 0 {
			b := make([]byte, n+2)
			if _, err := io.ReadFull(rd, b); err != nil {
				return w, err
			}
			w.body = string(b[:n])
		}
		return w, nil
	case '%':
		n *= 2
	}
	for i := 0; i < n; i++ {
		e, err := readWire(rd)
		if err != nil {
			return w, err
		}
		w.elems = append(w.elems, e)
	}
	return w, nil
}

// String writes all of the reply on one line.
func (w wire) String() string {
	var b strings.Builder
	b.WriteString(w.line)
	if w.line[0] == '$' || w.line[0] == '=' {
		b.WriteString(strconv.Quote(w.body))
	}
	for i, e := range w.elems {
		b.WriteString([]string{" ", "("}[boolIndex(i == 0)] + e.String())
	}
	if len(w.elems) > 0 {
		b.WriteByte(')')
	}
	return b.String()
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sorted is the reply with its elements, or its pairs, in an order of their own.
func (w wire) sorted() wire {
	step := 1
	if w.line[0] == '%' {
		step = 2
	}
	var groups [][]wire
	for i := 0; i+step <= len(w.elems); i += step {
		groups = append(groups, w.elems[i:i+step])
	}
	sort.SliceStable(groups, func(i, j int) bool { return groups[i][0].String() < groups[j][0].String() })
	w.elems = nil
	for _, g := range groups {
		w.elems = append(w.elems, g...)
	}
	return w
}

// do sends a command and reads one reply.
func (c *client) do(words ...string) wire {
	c.t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	c.send(b.String())
	w, err := readWire(c.rd)
	if err != nil {
		c.t.Fatalf("%q: %v", words, err)
	}
	return w
}

// both are a connection to redis-server 7.0 and one to the engine.
func both(t *testing.T) (theirs, ours *client) {
	t.Helper()
	theirs = dial(t, testneed.RedisServer(t))
	if info := theirs.do("INFO", "server").body; !strings.Contains(info, "redis_version:7.0.") {
		if testneed.Required() {
			t.Fatal("the redis-server in $PATH is not 7.0, which the engine follows")
		}
		t.Skip("the redis-server in $PATH is not 7.0")
	}
	addr, _ := serve(t, respserver.Options{})
	return theirs, dial(t, addr)
}

// words splits a line of a script: words, quoted ones with Go's escapes.
func words(t *testing.T, line string) []string {
	t.Helper()
	var out []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			out, line = append(out, word), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		word, _ := strconv.Unquote(quoted)
		out, line = append(out, word), line[len(quoted):]
	}
	return out
}

// TestRepliesAreRedissByteForByte runs the scripts in testdata on redis-server and
// on the engine, in both protocols. A line is a command; behind a leading ~ the
// elements of the reply may come in any order, and behind a leading ? only the
// kinds of its elements are compared, because they hold figures of the server.
func TestRepliesAreRedissByteForByte(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.redis")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	compared := 0
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, proto := range []string{"2", "3"} {
			t.Run(filepath.Base(path)+" RESP"+proto, func(t *testing.T) {
				theirs, ours := both(t)
				theirs.do("HELLO", proto)
				ours.do("HELLO", proto)
				for n, line := range strings.Split(string(text), "\n") {
					if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
						continue
					}
					how := line[0]
					cmd := words(t, strings.TrimLeft(line, "~?"))
					want, got := theirs.do(cmd...), ours.do(cmd...)
					switch how {
					case '~':
						want, got = want.sorted(), got.sorted()
					case '?':
						want, got = want.shape(), got.shape()
					}
					compared++
					if want.String() != got.String() {
						t.Errorf("%s:%d: %s\n  redis-server %s\n  engine       %s", path, n+1, line, want, got)
					}
				}
			})
		}
	}
	t.Logf("%d replies compared", compared)
}

// shape keeps the kinds and lengths of a reply.
func (w wire) shape() wire {
	s := wire{line: w.line}
	if len(w.elems) == 0 {
		s.line = w.line[:1]
	}
	for _, e := range w.elems {
		s.elems = append(s.elems, e.shape())
	}
	return s
}

// TestDescriptionsOfCommandsAreRediss compares COMMAND INFO and COMMAND DOCS of
// every command that both sides have.
func TestDescriptionsOfCommandsAreRediss(t *testing.T) {
	for _, proto := range []string{"2", "3"} {
		theirs, ours := both(t)
		theirs.do("HELLO", proto)
		ours.do("HELLO", proto)
		known := map[string]bool{}
		for _, e := range theirs.do("COMMAND", "LIST").elems {
			known[e.body] = true
		}
		mine := map[string]bool{}
		for _, e := range ours.do("COMMAND", "LIST").elems {
			mine[e.body] = true
		}
		compared := 0
		for name := range mine {
			if !known[name] {
				continue
			}
			compared++
			for _, about := range []string{"INFO", "DOCS"} {
				want := onlyServed(theirs.do("COMMAND", about, name), mine).String()
				got := onlyServed(ours.do("COMMAND", about, name), mine).String()
				if want != got {
					t.Errorf("RESP%s COMMAND %s %s\n  redis-server %.2000s\n  engine       %.2000s", proto, about, name, want, got)
				}
			}
		}
		if compared < 300 {
			t.Errorf("only %d commands were compared", compared)
		}
		t.Logf("RESP%s: %d commands compared", proto, compared)
	}
}

// onlyServed leaves sub-commands out that one side has not, newer ones of the
// engine too, and sorts the others.
func onlyServed(w wire, served map[string]bool) wire {
	newer := map[string]bool{"client|no-touch": true, "client|setinfo": true}
	out := wire{line: w.line, body: w.body}
	for i := 0; i < len(w.elems); i++ {
		e := w.elems[i]
		switch {
		case e.line[0] == '*' && len(e.elems) == 10 && (newer[e.elems[0].body] || !served[e.elems[0].body]):
			continue
		case strings.Contains(e.body, "|") && i%2 == 0 && w.line[0] != '*' && (newer[e.body] || !served[e.body]),
			strings.Contains(e.body, "|") && w.line[0] == '*' && i+1 < len(w.elems) && isDocs(w.elems[i+1]) && (newer[e.body] || !served[e.body]):
			i++
			continue
		}
		out.elems = append(out.elems, onlyServed(e, served))
	}
	if len(out.elems) != len(w.elems) || len(w.elems) > 0 && subcommands(w) {
		out.line = out.line[:1]
		out = out.sortedBy(w)
	}
	return out
}

// isDocs reports whether a reply is a command's entry in COMMAND DOCS.
func isDocs(w wire) bool { return len(w.elems) > 1 && w.elems[0].body == "summary" }

// subcommands reports whether a reply lists sub-commands.
func subcommands(w wire) bool {
	first := w.elems[0]
	return len(first.elems) == 10 || strings.Contains(first.body, "|") && len(w.elems) > 1 && isDocs(w.elems[1])
}

// sortedBy sorts the sub-commands of a list, alone or in pairs with their names.
func (w wire) sortedBy(like wire) wire {
	if len(like.elems) > 1 && isDocs(like.elems[1]) {
		line := w.line
		w.line = "%"
		w = w.sorted()
		w.line = line
		return w
	}
	return w.sorted()
}

func TestKeysOfCommandLinesAreRediss(t *testing.T) {
	theirs, ours := both(t)
	text, err := os.ReadFile("testdata/getkeys.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		for _, sub := range []string{"GETKEYS", "GETKEYSANDFLAGS"} {
			cmd := append([]string{"COMMAND", sub}, words(t, line)...)
			if want, got := theirs.do(cmd...).String(), ours.do(cmd...).String(); want != got {
				t.Errorf("COMMAND %s %s\n  redis-server %s\n  engine       %s", sub, line, want, got)
			}
		}
	}
}
