package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// administration is what the engine keeps about its own running: counts, settings,
// and who looks on. Its zero value is that of a new engine.
type administration struct {
	// watching says that before has something to do: a pause, a monitor. It keeps
	// both out of the way of every command.
	watching bool
	pause    pause
	monitors []*session

	hits, misses int64 // keys that the running command found and did not find

	calls  []callCount      // by command.number
	errors map[string]int64 // by the error's first word
	slow   slowLog
	rate   rate
	peak   int64 // most bytes in use that were seen

	notify noteClass // what notify-keyspace-events asks for; 0: nothing
	notes  []note    // keys that the running command changed
}

// callCount is what INFO commandstats tells of a command.
type callCount struct{ calls, failed, rejected int64 }

// rate measures commands per second over sixteen steps of a tenth of a second,
// as Redis does.
type rate struct {
	at      int64 // Unix milliseconds of the last step
	count   int64 // commands by then
	steps   [16]int64
	current int
}

const rateStep = 100 // milliseconds

// step takes a measure.
func (r *rate) step(nowMs, commands int64) {
	if r.at != 0 {
		r.steps[r.current%len(r.steps)] = (commands - r.count) * 1000 / (nowMs - r.at)
		r.current++
	}
	r.at, r.count = nowMs, commands
}

// takeRate is called with each frame; it does something ten times a second.
func (e *Engine) takeRate() {
	if e.nowMs-e.admin.rate.at < rateStep {
		return
	}
	e.admin.rate.step(e.nowMs, e.stats.commands)
	if !e.volatile { // else it would be reckoned: see memoryUsed
		e.admin.peak = max(e.admin.peak, e.memoryUsed())
	}
}

// perSecond is the mean of the steps.
func (r *rate) perSecond() int64 {
	sum := int64(0)
	for _, n := range r.steps {
		sum += n
	}
	return sum / int64(len(r.steps))
}

// before is called before each command that a client, a transaction or a script
// runs.
func (c *call) before() {
	if len(c.e.admin.monitors) > 0 && c.cmd.runsScript() {
		c.show()
	}
}

// runsScript reports whether the command runs others: monitors see it before
// them, and every other command after it ran.
func (cmd *command) runsScript() bool {
	switch cmd.name {
	case "eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro":
		return true
	}
	return false
}

// after is called after each of them: it counts, and tells those who listen to
// changes of keys.
func (c *call) after(r resp.Reply) {
	a := &c.e.admin
	c.e.stats.commands++
	if a.calls == nil {
		a.calls = make([]callCount, numbered)
	}
	a.calls[c.cmd.number].calls++
	c.s.last, c.s.seen = c.cmd, c.e.nowMs
	if c.s.since == 0 {
		c.s.since = c.e.nowMs
	}
	if a.hits+a.misses > 0 {
		if c.cmd.reads() {
			c.e.stats.hits += a.hits
			c.e.stats.misses += a.misses
		}
		a.hits, a.misses = 0, 0
	}
	if r.Kind == resp.Error {
		a.calls[c.cmd.number].failed++
		c.e.countError(r)
	}
	if len(a.monitors) > 0 && !c.cmd.runsScript() {
		c.show()
	}
	if len(a.notes) > 0 {
		c.notify()
	}
	if a.slow.all {
		a.slow.add(c)
	}
}

// missed notes that a key was looked for that is not there.
func (a *administration) missed(k dbKey) {
	a.misses++
	if a.notify&noteMiss != 0 {
		if last := len(a.notes) - 1; last >= 0 && a.notes[last] == (note{dbKey: k, what: keyMissed}) {
			return // the same look-up, done twice
		}
		a.notes = append(a.notes, note{dbKey: k, what: keyMissed})
	}
}

// maxErrorWords bounds the words by which errors are counted, since scripts make
// them up. Others are counted together, under the name that Redis 8 has for it.
const (
	maxErrorWords   = 128
	otherErrorWords = "ERRORSTATS_OVERFLOW"
)

// countError counts an error reply by its first word.
func (e *Engine) countError(r resp.Reply) {
	if e.admin.errors == nil {
		e.admin.errors = map[string]int64{}
	}
	word, _, _ := strings.Cut(r.Str, " ")
	if _, known := e.admin.errors[word]; !known && len(e.admin.errors) >= maxErrorWords {
		word = otherErrorWords
	}
	e.admin.errors[word]++
}

// rejected counts a command that was refused before it ran; cmd is nil when
// there is none of that name.
func (e *Engine) rejected(cmd *command, r resp.Reply) {
	if cmd != nil {
		if e.admin.calls == nil {
			e.admin.calls = make([]callCount, numbered)
		}
		e.admin.calls[cmd.number].rejected++
	}
	e.countError(r)
}

// resetStats is CONFIG RESETSTAT.
func (e *Engine) resetStats() {
	e.stats = stats{}
	e.admin.calls, e.admin.errors, e.admin.rate = nil, nil, rate{}
	e.admin.peak = 0
}

// cmdMonitor shows the client every command that runs from now on.
func cmdMonitor(c *call) resp.Reply {
	if !c.block {
		return resp.NewError("ERR MONITOR isn't allowed for DENY BLOCKING client")
	}
	if !c.s.monitor {
		c.s.monitor = true
		c.e.admin.monitors = append(c.e.admin.monitors, c.s)
		c.e.admin.watching = true
	}
	return resp.OK
}

func (e *Engine) unmonitor(s *session) {
	if i := slices.Index(e.admin.monitors, s); i >= 0 {
		s.monitor = false
		e.admin.monitors = slices.Delete(e.admin.monitors, i, i+1)
	}
}

// show sends the command to the monitors, as Redis writes it. Administration and
// passwords are not shown.
func (c *call) show() {
	if c.cmd.flags&flagAdmin != 0 || c.cmd.name == "auth" || c.cmd.name == "hello" {
		return
	}
	from := c.s.peer.Addr
	if c.script {
		from = "lua"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d.%06d [%d %s]", c.e.now/1e6, c.e.now%1e6, c.s.db, from)
	for _, a := range c.args {
		b.WriteByte(' ')
		appendQuoted(&b, a)
	}
	line := resp.NewStatus(b.String())
	for _, s := range c.e.admin.monitors {
		c.e.pushes = append(c.e.pushes, Push{s.id, line})
	}
}

// appendQuoted writes a string as Redis shows it to people.
func appendQuoted(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' || c == '"':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\a':
			b.WriteString(`\a`)
		case c == '\b':
			b.WriteString(`\b`)
		case c < ' ' || c > '~':
			fmt.Fprintf(b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}
