package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/sqlite"
)

// child is set in the processes that tests start: what they are to do.
const child = "REDIS2CF_SQLITE_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(child) {
	case "":
		os.Exit(m.Run())
	case "own":
		own()
	case "write":
		write()
	case "work":
		work(os.Args[1])
	}
}

// own opens the file and holds it until it is killed.
func own() {
	if _, err := sqlite.New(os.Args[1], sqlite.SyncFull).Open(); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("open")
	select {}
}

// write counts up in eight clients at once and says each answer, until it is killed.
func write() {
	b, err := store.Open("file:" + os.Args[1])
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	for w := 0; w < 8; w++ {
		s, err := b.NewSession(store.SessionOptions{})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		go func(w int) {
			for {
				n := fmt.Sprint(w)
				replies, err := s.Execute(context.Background(), []resp.Command{
					{"MULTI"}, {"INCR", "counter:" + n}, {"RPUSH", "log:" + n, n}, {"ZADD", "z", "1", n}, {"EXEC"},
				})
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				fmt.Printf("ack %d %d\n", w, replies[4].Elems[0].Int)
			}
		}(w)
	}
	select {}
}

// process starts this test binary as a child.
func process(t *testing.T, task, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], path)
	cmd.Env = append(os.Environ(), child+"="+task)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

func TestSecondOwnerIsToldAboutTheFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	cmd, out := process(t, "own", path)
	if !out.Scan() || out.Text() != "open" {
		t.Fatalf("the child said %q", out.Text())
	}
	_, err := sqlite.New(path, sqlite.SyncFull).Open()
	var held *sqlite.InUseError
	if !errors.As(err, &held) {
		t.Fatalf("got %v, want InUseError", err)
	}
	if held.PID != cmd.Process.Pid || held.Program != filepath.Base(os.Args[0]) || held.Since.IsZero() {
		t.Errorf("the owner is %+v, not process %d", held, cmd.Process.Pid)
	}
	for _, want := range []string{path, fmt.Sprint(cmd.Process.Pid), "redis2cf serve", "redis2cf worker -run"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
	// A killed owner leaves nothing that has to be cleaned up.
	cmd.Process.Kill()
	cmd.Wait()
	s := sqlite.New(path, sqlite.SyncFull)
	if _, err := s.Open(); err != nil {
		t.Fatalf("after the owner was killed: %v", err)
	}
	if _, err := sqlite.New(path, sqlite.SyncFull).Open(); err == nil || !strings.Contains(err.Error(), "this process") {
		t.Errorf("a second owner in one process: %v", err)
	}
	s.Close()
}

func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	path := filepath.Join(t.TempDir(), "x.db")
	acked := map[int]int64{}
	for round := 0; round < rounds; round++ {
		cmd, out := process(t, "write", path)
		for n := 0; n < 300+70*round; n++ {
			if !out.Scan() {
				t.Fatal("the child ended early")
			}
			note(t, acked, out.Text())
		}
		cmd.Process.Kill()
		for out.Scan() { // what it had said before it died
			note(t, acked, out.Text())
		}
		cmd.Wait()
		check(t, path, acked)
	}
}

func note(t *testing.T, acked map[int]int64, line string) {
	t.Helper()
	var w int
	var n int64
	if _, err := fmt.Sscanf(line, "ack %d %d", &w, &n); err != nil {
		if strings.HasPrefix(line, "error") {
			t.Fatal(line)
		}
		return // the last line may be cut
	}
	acked[w] = max(acked[w], n)
}

// check opens the file and holds it against what was acknowledged.
func check(t *testing.T, path string, acked map[int]int64) {
	t.Helper()
	b, err := store.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for w, n := range acked {
		name := fmt.Sprint(w)
		replies, err := s.Execute(context.Background(), []resp.Command{{"INCRBY", "counter:" + name, "0"}, {"LLEN", "log:" + name}})
		if err != nil {
			t.Fatal(err)
		}
		// One more may be stored whose answer was not read; both keys are of one
		// transaction and agree in any case.
		if have := replies[0].Int; have < n || have > n+1 || replies[1].Int != have {
			t.Errorf("client %d: acknowledged %d, counter %d, list %d", w, n, have, replies[1].Int)
		}
		acked[w] = max(n, replies[0].Int)
	}
}

func TestFileThatIsNoStoreIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := filepath.Join(dir, "whole.db")
	s := sqlite.New(whole, sqlite.SyncFull)
	if _, err := s.Open(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(data)
	copy(damaged[100:], bytes.Repeat([]byte{0xff}, 4000))
	newer := bytes.Clone(data)
	newer[63] = 99 // user_version
	foreign := bytes.Clone(data)
	copy(foreign[68:72], "GPKG") // application_id
	for _, c := range []struct{ name, text, want string }{
		{"text.db", "this is no database, whatever its name says", "is not a SQLite database"},
		{"short.db", "SQL", "is not a SQLite database"},
		{"damaged.db", string(damaged), "damaged"},
		{"cut.db", string(data[:5000]), "damaged"},
		{"newer.db", string(newer), "version 99"},
		{"foreign.db", string(foreign), "another program"},
	} {
		path := write(c.name, c.text)
		_, err := store.Open("file:" + path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error with %q and the path", c.name, err, c.want)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != c.text {
			t.Errorf("%s: the file was changed (%v)", c.name, err)
		}
		for _, suffix := range []string{"-wal", "-shm", "-journal"} {
			if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
				t.Errorf("%s%s was left behind", c.name, suffix)
			}
		}
	}
	for url, want := range map[string]string{
		"file:" + filepath.Join(dir, "no/such/x.db"): "make the directory first",
		"file:" + dir:                         "is a directory",
		"file:":                               "names no file",
		"file://x.db":                         "takes no host",
		"file:" + whole + "?durability=never": `unknown durability "never"`,
		"file:" + whole + "?memory=much":      `"much" is no amount of memory`,
		"file:" + whole + "?memory=64kb":      `64kb of memory is too little`,
		"file:" + whole + "?speed=high":       `unknown setting "speed"`,
	} {
		if _, err := store.Open(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", url, err, want)
		}
	}
}

func open(t *testing.T, url string) (store.Backend, store.Session) {
	t.Helper()
	b, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	s, err := b.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

func TestViewsShowWhatIsStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	rows := sqlite.New(path, sqlite.SyncOff)
	h, err := embedded.New(rows, embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	s, err := h.NewSession(store.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	replies, err := s.Execute(context.Background(), []resp.Command{
		{"SET", "session:1", "alice", "PXAT", "4102444800123"}, {"SET", "gone", "x", "PX", "1"}, {"SET", "it's", ""},
		{"RPUSH", "messages:7", "second", "third"}, {"LPUSH", "messages:7", "first"},
		{"HSET", "h", "f", "v"}, {"SADD", "s", "m"}, {"ZADD", "z", "1.5", "m"}, {"SELECT", "3"}, {"SET", "other", "db"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range replies {
		if r.Kind == resp.Error {
			t.Fatalf("command %d: %s", i, r.Str)
		}
	}
	if err := h.DefineViews([]store.View{{Name: "messages", Pattern: "messages:*", Type: "list"}, {Name: "session", Pattern: "session:*", Type: "string"}}); err != nil {
		t.Fatal(err)
	}
	if err := h.Advance(0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sql, want string }{
		{"SELECT db, key, value, expires_at FROM strings WHERE key <> 'gone'", "0|it's|| 0|session:1|alice|2100-01-01 00:00:00.123 3|other|db|"},
		{"SELECT key, idx, value, expires_at FROM lists", "messages:7|0|first| messages:7|1|second| messages:7|2|third|"},
		{"SELECT key, field, value, expires_at FROM hashes", "h|f|v|"},
		{"SELECT key, member, expires_at, db FROM sets", "s|m||0"},
		{"SELECT key, member, score, expires_at FROM sorted_sets", "z|m|1.5|"},
		{"SELECT idx, value, 1, 1 FROM messages", "0|first|1|1 1|second|1|1 2|third|1|1"},
		{"SELECT key, value, expires_at, 1 FROM session", "session:1|alice|2100-01-01 00:00:00.123|1"},
	} {
		got, err := rows.Rows(c.sql, 4)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		var lines []string
		for _, row := range got {
			lines = append(lines, strings.Join(row, "|"))
		}
		if text := strings.Join(lines, " "); c.want != "" && !sameWords(text, c.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.sql, text, c.want)
		}
	}
	var version int64
	awkward := []store.View{{Name: "Keys", Pattern: "*", Type: "string"}, {Name: "lists", Pattern: "messages:*", Type: "list"},
		{Name: `a "b`, Pattern: "it's", Type: "hyperloglog"}, {Name: "doc", Pattern: "*", Type: "json"}, {Name: "sqlite_x", Pattern: `h\[`, Type: "hash"}}
	for i, want := range []string{"family_Keys", "family_lists", `a "b`, "doc", "family_sqlite_x"} {
		if name, ok := sqlite.ViewName(awkward[i]); name != want || !ok {
			t.Errorf("the view of %s is said to be %q, %v", awkward[i].Name, name, ok)
		}
	}
	for i := 0; i < 2; i++ { // the second time changes nothing
		if err := h.DefineViews(awkward); err != nil {
			t.Fatal(err)
		}
		if n, err := rows.CountRows("SELECT count(*) FROM sqlite_schema WHERE name IN ('family_Keys', 'family_lists', 'a \"b', 'family_sqlite_x')"); n != 4 || err != nil {
			t.Errorf("%d awkward views, %v", n, err)
		}
		for sql, want := range map[string]int64{"SELECT count(*) FROM family_lists": 3, `SELECT count(*) FROM "a ""b"`: 1, "PRAGMA schema_version": version} {
			n, err := rows.CountRows(sql)
			if strings.HasPrefix(sql, "PRAGMA") && i == 0 {
				version = n
				continue
			}
			if n != want || err != nil {
				t.Errorf("%s: %d, %v; want %d", sql, n, err, want)
			}
		}
	}
}

// sameWords compares lines whose order SQLite is free to choose.
func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Split(a, " ") {
		count[w]++
	}
	for _, w := range strings.Split(b, " ") {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestStreamEntriesAreReadable(t *testing.T) {
	rows := sqlite.New(filepath.Join(t.TempDir(), "x.db"), sqlite.SyncOff)
	if _, err := rows.Open(); err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	id := "\x00\x00\x01\x8b\xcf\xe5\x68\x00\x00\x00\x00\x00\x00\x00\x00\x07"
	if err := rows.Commit(&engine.Change{Seq: 1, NextID: 2, Ops: []engine.Op{
		{Kind: engine.OpPutKey, Header: engine.Header{Hash: engine.KeyHash("s"), Key: "s", Type: engine.TypeStream, ID: 1}},
		{Kind: engine.OpPutItem, Type: engine.TypeStream, ID: 1, Item: engine.Item{Field: id, Value: "12;4:name3:A:b5:empty0:"}},
		{Kind: engine.OpPutItem, Type: engine.TypeStream, ID: 1, Item: engine.Item{Kind: 2, Field: "group", Value: "0-0 0"}},
	}}); err != nil {
		t.Fatal(err)
	}
	got, err := rows.Rows("SELECT key, id, fields FROM streams", 3)
	if err != nil || len(got) != 1 || got[0][1] != "1700000000000-7" || got[0][2] != `{"name":"A:b","empty":""}` {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestSameFileIsOneStoreInAProcess(t *testing.T) {
	dir := t.TempDir()
	before, err := os.Getwd()
	if err == nil {
		err = os.Chdir(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chdir(before) })
	b, s := open(t, "file:x.db")
	_, other := open(t, "file:"+filepath.Join(dir, ".", "x.db"))
	if b.URL() != "file:x.db" {
		t.Errorf("URL %q", b.URL())
	}
	if _, err := s.Execute(context.Background(), []resp.Command{{"SET", "k", "v"}}); err != nil {
		t.Fatal(err)
	}
	if r, err := other.Execute(context.Background(), []resp.Command{{"GET", "k"}}); err != nil || r[0].Str != "v" {
		t.Errorf("the other: %+v, %v", r, err)
	}
	if _, err := store.Open("file:x.db?durability=off"); err == nil || !strings.Contains(err.Error(), "already open") {
		t.Errorf("other settings: %v", err)
	}
}

func TestDataSurvivesReopening(t *testing.T) {
	url := "file:" + filepath.Join(t.TempDir(), "x.db")
	for _, level := range []string{"", "?durability=behind", "?durability=off"} {
		b, err := store.Open(url + level)
		if err != nil {
			t.Fatal(err)
		}
		s, err := b.NewSession(store.SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Execute(context.Background(), []resp.Command{{"RPUSH", "l", "x\x00\xff"}, {"FLUSHDB"}, {"INCR", "n"}, {"SWAPDB", "0", "1"}}); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b, err = store.Open(url)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = b.NewSession(store.SessionOptions{DB: 1}); err != nil {
			t.Fatal(err)
		}
		r, err := s.Execute(context.Background(), []resp.Command{{"GET", "n"}, {"DBSIZE"}, {"FLUSHALL"}})
		if err != nil || r[0].Str != "1" || r[1].Int != 1 {
			t.Errorf("%q: %+v, %v", level, r, err)
		}
		b.Close()
	}
}
