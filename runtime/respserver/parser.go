package respserver

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Limits of the protocol, Redis's own.
const (
	maxBulk       = 512 << 20 // bytes of one argument
	maxArgs       = 1<<31 - 1 // arguments of one command
	maxInline     = 64 << 10  // bytes of an inline command, or of a length line
	maxBulkNoAuth = 16 << 10  // bytes of one argument before AUTH
	maxArgsNoAuth = 10        // arguments before AUTH
)

// A protocolError ends the connection after its text was sent.
type protocolError string

func (e protocolError) Error() string { return "ERR Protocol error: " + string(e) }

// errMore says that the command is not whole yet.
var errMore = errors.New("more bytes are needed")

// A parser cuts commands out of a stream. It keeps its place in a command that
// is not whole yet, so that a command of many arguments is read once. Redcon's
// parser starts over with each read, knows no limits, and its server runs
// commands one by one; a frame is all commands that came together.
type parser struct {
	buf     []byte
	start   int   // of the command
	pos     int   // read so far
	left    int   // arguments still to come; -1 between commands
	offsets []int // start and end of each argument, in bytes from start
	bulk    int   // length of the argument that comes now; -1: its length line comes
	strict  bool  // before AUTH
}

func newParser() *parser { return &parser{left: -1, bulk: -1} }

// space returns room to read into.
func (p *parser) space() []byte {
	if p.start > 0 {
		n := copy(p.buf, p.buf[p.start:])
		p.buf, p.pos, p.start = p.buf[:n], p.pos-p.start, 0
	}
	want := 16 << 10
	if p.bulk >= 0 {
		want = max(want, p.pos+p.bulk+2-len(p.buf))
	}
	if cap(p.buf)-len(p.buf) < min(want, 4<<10) || p.bulk >= 0 && cap(p.buf)-len(p.buf) < want {
		grown := make([]byte, len(p.buf), max(len(p.buf)+want, 2*len(p.buf)))
		copy(grown, p.buf)
		p.buf = grown
	} else if len(p.buf) == 0 && cap(p.buf) > 1<<20 {
		p.buf = make([]byte, 0, 16<<10) // a large command does not hold its memory for ever
	}
	return p.buf[len(p.buf):cap(p.buf)]
}

// filled says that n bytes were read into space.
func (p *parser) filled(n int) { p.buf = p.buf[:len(p.buf)+n] }

// line returns the bytes up to the next line break, which it passes.
func (p *parser) line() ([]byte, error) {
	i := bytes.IndexByte(p.buf[p.pos:], '\n')
	switch {
	case i > maxInline, i < 0 && len(p.buf)-p.pos > maxInline:
		return nil, protocolError("too big inline request")
	case i < 0:
		return nil, errMore
	}
	line := p.buf[p.pos : p.pos+i]
	p.pos += i + 1
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

// length reads the number of a length line, which ends with CR and any byte, and
// passes the line. kind is what Redis calls the number when the line has no end.
func (p *parser) length(kind string) (n int64, ok bool, err error) {
	i := bytes.IndexByte(p.buf[p.pos:], '\r')
	switch {
	case i < 0 && len(p.buf)-p.pos > maxInline:
		return 0, false, protocolError("too big " + kind + " count string")
	case i < 0, p.pos+i+2 > len(p.buf):
		return 0, false, errMore
	}
	digits := string(p.buf[p.pos+1 : p.pos+i])
	p.pos += i + 2
	n, err = strconv.ParseInt(digits, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == digits, nil
}

// next returns the next command. An empty command (an empty line, *0) is
// skipped.
func (p *parser) next() (resp.Command, error) {
	for {
		cmd, err := p.command()
		if err != nil {
			return nil, err
		}
		p.start, p.left, p.bulk, p.offsets = p.pos, -1, -1, p.offsets[:0]
		if len(cmd) > 0 {
			return cmd, nil
		}
	}
}

func (p *parser) command() (resp.Command, error) {
	if p.left < 0 {
		if p.pos == len(p.buf) {
			return nil, errMore
		}
		if p.buf[p.pos] != '*' {
			line, err := p.line()
			if err != nil {
				return nil, err
			}
			return splitInline(string(line))
		}
		n, ok, err := p.length("mbulk")
		switch {
		case err != nil:
			return nil, err
		case !ok || n > maxArgs:
			return nil, protocolError("invalid multibulk length")
		case p.strict && n > maxArgsNoAuth:
			return nil, protocolError("unauthenticated multibulk length")
		}
		p.left = int(max(n, 0))
	}
	for p.left > 0 {
		if p.bulk < 0 {
			if p.pos == len(p.buf) {
				return nil, errMore
			}
			if p.buf[p.pos] != '$' {
				// Redis looks for the line's end first.
				if got := p.buf[p.pos]; bytes.IndexByte(p.buf[p.pos:], '\r') >= 0 {
					return nil, protocolError(fmt.Sprintf("expected '$', got '%s'", printable(got)))
				}
			}
			n, ok, err := p.length("bulk")
			switch {
			case err != nil:
				return nil, err
			case !ok || n < 0 || n > maxBulk:
				return nil, protocolError("invalid bulk length")
			case p.strict && n > maxBulkNoAuth:
				return nil, protocolError("unauthenticated bulk length")
			}
			p.bulk = int(n)
		}
		if len(p.buf)-p.pos < p.bulk+2 {
			return nil, errMore
		}
		p.offsets = append(p.offsets, p.pos-p.start, p.pos-p.start+p.bulk)
		p.pos += p.bulk + 2
		p.bulk = -1
		p.left--
	}
	// Each argument is a string of its own: a stored value must not keep its
	// neighbours, or this buffer, alive.
	cmd := make(resp.Command, len(p.offsets)/2)
	for i := range cmd {
		cmd[i] = string(p.buf[p.start+p.offsets[2*i] : p.start+p.offsets[2*i+1]])
	}
	return cmd, nil
}

// printable is a byte of an error text, which is one line.
func printable(c byte) string {
	if c == '\r' || c == '\n' {
		return " "
	}
	return string([]byte{c})
}

// splitInline splits a command typed by hand: words, or quoted strings with
// escapes.
func splitInline(line string) (resp.Command, error) {
	var cmd resp.Command
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' {
			i++
			continue
		}
		var word []byte
		for i < len(line) && line[i] != ' ' && line[i] != '\t' {
			if line[i] != '"' && line[i] != '\'' {
				word = append(word, line[i])
				i++
				continue
			}
			quoted, n, ok := unquote(line[i:])
			i += n
			if !ok || i < len(line) && line[i] != ' ' && line[i] != '\t' {
				return nil, protocolError("unbalanced quotes in request")
			}
			word = append(word, quoted...)
		}
		cmd = append(cmd, string(word))
	}
	return cmd, nil
}

var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'a': '\a'}

// unquote reads a quoted string and returns how many bytes it took.
func unquote(s string) (text []byte, n int, ok bool) {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return text, i + 1, true
		case s[i] != '\\' || i+1 == len(s):
			text = append(text, s[i])
		case quote == '\'':
			if s[i+1] != '\'' {
				text = append(text, '\\')
				continue
			}
			i++
			text = append(text, '\'')
		default:
			i++
			if s[i] == 'x' && i+2 < len(s) {
				if b, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
					text = append(text, byte(b))
					i += 2
					continue
				}
			}
			if c, special := escapes[s[i]]; special {
				text = append(text, c)
			} else {
				text = append(text, s[i])
			}
		}
	}
	return nil, len(s), false
}
