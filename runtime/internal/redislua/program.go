package redislua

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"
)

// A Program is a compiled script. It may run in any State.
type Program struct {
	proto *lua.Proto
	// NoWrites is set by the flag no-writes of a "#!lua" line.
	NoWrites bool
	// MayWrite is set by a "#!lua" line without that flag.
	MayWrite bool
}

// Compile compiles a script's text. Its errors have Redis's text, without the
// code ERR.
func Compile(text string) (*Program, error) { return scripts.compile(text) }

// A unit is a kind of text: the name of its chunk, by which errors give their
// place, and what Redis puts before an error of Lua's compiler.
type unit struct{ chunk, compiling string }

var (
	scripts   = unit{"user_script", "Error compiling script (new function): "}
	libraries = unit{"user_function", "Error compiling function: "}
)

func (u unit) compile(text string) (*Program, error) {
	p := &Program{}
	if u == scripts && strings.HasPrefix(text, "#!") {
		line, rest, ok := strings.Cut(text, "\n")
		if !ok {
			return nil, errors.New("Invalid script shebang")
		}
		if err := p.shebang(line); err != nil {
			return nil, err
		}
		text = "\n" + rest // line numbers stay
	}
	var err error
	if p.proto, err = lua.Compile(text, "@"+u.chunk); err != nil {
		return nil, fmt.Errorf("%s%s", u.compiling, err)
	}
	return p, nil
}

// shebang reads the first line of a script that begins with "#!".
func (p *Program) shebang(line string) error {
	words, balanced := splitArgs(line)
	if !balanced || len(words) == 0 {
		return errors.New("Invalid engine in script shebang")
	}
	if words[0] != "#!lua" {
		return fmt.Errorf("Unexpected engine in script shebang: %s", words[0])
	}
	for _, w := range words[1:] {
		flags, ok := strings.CutPrefix(w, "flags=")
		if !ok {
			return fmt.Errorf("Unknown lua shebang option: %s", w)
		}
		if flags == "" {
			continue
		}
		for _, f := range strings.Split(flags, ",") {
			if !slices.Contains(functionFlags, f) {
				return fmt.Errorf("Unexpected flag in script shebang: %s", f)
			}
			p.NoWrites = p.NoWrites || f == "no-writes"
		}
	}
	p.MayWrite = !p.NoWrites
	return nil
}
