package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Rows pass through JavaScript, whose numbers are doubles: none of Redis's may change
// on that way.
func TestNumbersAreInRowsAsTheyWere(t *testing.T) {
	r := newRig(t)
	r.opt.ResidentRows = 1
	l := r.lane(1)
	times := []int64{1_700_000_900_001, 1<<53 - 1, 1 << 53, 1<<53 + 1, 1<<62 + 1, 1<<63 - 512, 1<<63 - 1}
	var lines, asked []string
	for i, at := range times {
		lines = append(lines, fmt.Sprintf("SET far%d v PXAT %d", i, at), fmt.Sprintf("RPUSH list%d v", i), fmt.Sprintf("PEXPIREAT list%d %d", i, at))
		asked = append(asked, fmt.Sprint("PEXPIRETIME far", i), fmt.Sprint("PEXPIRETIME list", i), fmt.Sprint("GET far", i), fmt.Sprint("LLEN list", i))
	}
	long := strings.Repeat("x", 100) // Redis keeps the sign of zero in sets that are not compact
	for i, score := range strings.Fields("-0 0 5e-324 -1.7976931348623157e308 inf -inf 9007199254740993 0.1 3.0") {
		lines = append(lines, fmt.Sprintf("ZADD z %s m%d%s", score, i, long))
		asked = append(asked, fmt.Sprint("ZSCORE z m", i, long))
	}
	lines = append(lines, "HSET h f 1", fmt.Sprint("HPEXPIREAT h ", 1<<46-2, " FIELDS 1 f"), "XADD x 18446744073709551615-18446744073709551614 f v", "SET n 9223372036854775807", "HSET h n -9223372036854775808")
	asked = append(asked, "HPEXPIRETIME h FIELDS 1 f", "XRANGE x - +", "GET n", "HGET h n", "ZRANGE z 0 -1 WITHSCORES", "DBSIZE")
	if got := l.do(lines...); strings.Contains(got, "ERR") {
		t.Fatal(got)
	}
	ask := func() string {
		replies := l.frame(frame.Group{Client: 1, Protocol: 3, Commands: commands(asked...)})[0].Replies
		var scores []float64 // as Go writes them, which is with the sign of zero
		for _, r := range replies {
			if r.Kind == resp.Double {
				scores = append(scores, r.Float())
			}
		}
		return show(replies) + fmt.Sprint(scores)
	}
	want := ask()
	r.restart(1)
	if got := ask(); got != want {
		t.Errorf("after a restart %s\nbefore %s", got, want)
	}
	r.now += 1_000_000
	r.take(r.object().Tick(r.now, 1))
	if got := l.do("DBSIZE"); got != fmt.Sprintf("(integer) %d", 2*len(times)+4) {
		t.Errorf("%s keys after a tick", got)
	}
	for _, at := range times[1:] { // nobody wakes an object for what is over after the end of time
		r := newRig(t)
		r.lane(1).do(fmt.Sprint("SET k v PXAT ", at))
		if r.last.Alarm != 0 {
			t.Errorf("%d: an alarm at %v", at, r.last.Alarm)
		}
	}
	if !strings.Contains(want, "9223372036854775807") || !strings.Contains(want, "[-0 0 ") {
		t.Error(want)
	}
}
