package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// The log may have a million entries, if they are short.
func TestTheSlowLogIsBoundedInBytes(t *testing.T) {
	e, err := Open(failing{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession(0, 3, "")
	run := func(cmd ...string) resp.Reply {
		return e.Exec(1, 1, Frame{Session: s, Commands: []resp.Command{cmd}}).Replies[0]
	}
	run("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1048576")
	long := []string{"MGET"}
	for i := 0; i < 40; i++ {
		long = append(long, fmt.Sprint(i, strings.Repeat("x", 200)))
	}
	for i := 0; i < 5000; i++ {
		run(long...)
	}
	if n := run("SLOWLOG", "LEN").Int; n < 700 || n > 1100 {
		t.Errorf("%d entries of 5 KB", n)
	}
	for i := 0; i < 30_000; i++ {
		run("GET", "k")
	}
	if n := run("SLOWLOG", "LEN").Int; n < 20_000 {
		t.Errorf("%d short entries", n)
	}
	if r := run("SLOWLOG", "GET", "1").Elems[0]; show(r.Elems[3]) != `["SLOWLOG" "LEN"]` {
		t.Errorf("the last one is %s", show(r.Elems[3]))
	}
	run("SLOWLOG", "RESET")
	run("CONFIG", "SET", "slowlog-max-len", "2")
	for i := 0; i < 5; i++ {
		run("GET", "k")
	}
	if n := run("SLOWLOG", "LEN").Int; n != 2 {
		t.Errorf("%d of 2 entries", n)
	}
}
