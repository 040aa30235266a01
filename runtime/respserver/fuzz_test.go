package respserver

import (
	"errors"
	"fmt"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// FuzzParser reads a stream at once and in pieces: the commands are the same, and
// so is the error that ends it.
func FuzzParser(f *testing.F) {
	for _, s := range []string{
		"*1\r\n$4\r\nPING\r\n", "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*0\r\n\r\nPING x\r\n", "SET a \"b\\x00\\n\" 'c d'\r\n",
		"*-1\r\n", "*1\r\n$-1\r\n", "*a\r\n", "*1\r\n:1\r\n", "*1\r\n$3\r\nabcdefg", "*3\r\n$0\r\n\r\n$1\r\nx\r\n$2\r\nyy\r\nset \"a\"b\r\n", "*99999999999\r\n",
	} {
		f.Add([]byte(s), uint8(3), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint8, strict bool) {
		whole, errWhole := parseAll(data, len(data), strict)
		pieces, errPieces := parseAll(data, int(piece)%7+1, strict)
		if fmt.Sprintf("%q %v", whole, errWhole) != fmt.Sprintf("%q %v", pieces, errPieces) {
			t.Fatalf("at once %q, %v\nin pieces %q, %v", whole, errWhole, pieces, errPieces)
		}
		for _, cmd := range whole {
			again, err := parseAll(resp.AppendCommand(nil, cmd), 4096, false)
			if err != nil || len(again) != 1 || fmt.Sprintf("%q", again[0]) != fmt.Sprintf("%q", cmd) {
				t.Fatalf("%q came back as %q, %v", cmd, again, err)
			}
		}
	})
}

// parseAll feeds a parser and returns the commands up to an error; nil means that
// the stream may go on.
func parseAll(data []byte, piece int, strict bool) (cmds []resp.Command, err error) {
	p := newParser()
	p.strict = strict
	for {
		cmd, err := p.next()
		switch {
		case err == nil:
			cmds = append(cmds, cmd)
			continue
		case !errors.Is(err, errMore):
			return cmds, err
		case len(data) == 0:
			return cmds, nil
		case p.bulk > 1<<20:
			return cmds, nil // it would wait for more than there is
		}
		n := copy(p.space(), data[:min(max(piece, 1), len(data))])
		p.filled(n)
		data = data[n:]
	}
}
