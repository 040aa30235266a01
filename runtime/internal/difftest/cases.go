package difftest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Cases reads scripts that once showed a difference: commands as redis-cli reads
// them, one on a line, a blank line between two scripts, "#" before a remark.
func Cases(text string) (scripts [][]resp.Command, err error) {
	var script []resp.Command
	for i, line := range strings.Split(text+"\n", "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "" && len(script) > 0:
			scripts, script = append(scripts, script), nil
		case line != "":
			cmd, err := parseLine(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			script = append(script, cmd)
		}
	}
	return scripts, nil
}

// parseLine reads what Line writes.
func parseLine(line string) (cmd resp.Command, err error) {
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			cmd, line = append(cmd, word), rest
			continue
		}
		var word []byte
		i := 1
		for ; i < len(line) && line[i] != '"'; i++ {
			c := line[i]
			if c == '\\' && i+1 < len(line) {
				if i++; line[i] == 'x' && i+2 < len(line) {
					if _, err := fmt.Sscanf(line[i+1:i+3], "%02x", &c); err != nil {
						return nil, fmt.Errorf("escape in %q: %w", line, err)
					}
					i += 2
				} else {
					c = line[i]
				}
			}
			word = append(word, c)
		}
		if i == len(line) {
			return nil, fmt.Errorf("%q has no closing quote", line)
		}
		cmd, line = append(cmd, string(word)), line[i+1:]
	}
	return cmd, nil
}

// Record runs random commands on redis-server and returns them with its replies,
// in the protocol's form: Recorded reads them where there is no server. now is the
// Unix time in milliseconds of the recording.
func Record(opt Options, now int64) ([]byte, error) {
	served, err := known(opt)
	if err != nil {
		return nil, err
	}
	gen, err := NewGen(opt.Seed, now, served)
	if err != nil {
		return nil, err
	}
	var cmds []resp.Command
	for len(cmds) < opt.Commands {
		for _, cmd := range gen.Next() {
			if !alone(cmd) { // what depends on a reply cannot be repeated
				cmds = append(cmds, cmd)
			}
		}
	}
	c, err := Dial(opt.Addr, opt.Proto)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Do([]resp.Command{{"FLUSHALL"}, {"SCRIPT", "FLUSH"}, {"FUNCTION", "FLUSH"}}); err != nil {
		return nil, err
	}
	replies, err := c.Do(cmds)
	if err != nil {
		return nil, err
	}
	b := resp.AppendReply(nil, 3, resp.NewInt(now))
	for i, cmd := range cmds {
		b = resp.AppendReply(resp.AppendCommand(b, cmd), 3, replies[i])
	}
	return b, nil
}

// Recorded runs what Record wrote on a subject and returns the first difference,
// and how many commands there were.
func Recorded(subject Subject, recording []byte) (n int, d *Difference, err error) {
	in := readConn(bytes.NewReader(recording))
	head, err := in.read()
	if err != nil {
		return 0, nil, err
	}
	subject.Reset(3)
	p := &pairing{subject: subject, proto: 3}
	for in.more() {
		args, err := in.read()
		if err != nil {
			return n, nil, err
		}
		want, err := in.read()
		if err != nil {
			return n, nil, err
		}
		cmd := make(resp.Command, len(args.Elems))
		for i, a := range args.Elems {
			cmd[i] = a.Str
		}
		n++
		p.done = append(p.done, cmd)
		got := onWire(subject.Exec(head.Int*1000, uint64(n)*0x9e3779b97f4a7c15, []resp.Command{cmd})[0], 3)
		if !p.compare(cmd, want, got) {
			return n, &Difference{Cmds: p.done, Redis: want, Got: got}, nil
		}
	}
	return n, nil, nil
}
