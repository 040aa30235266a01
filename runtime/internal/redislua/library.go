package redislua

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/lua"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Library is the code of one FUNCTION LOAD with the functions that it
// registered. What its code keeps in local variables lives as long as it does.
type Library struct {
	Name      string
	Code      string
	Functions []*Function // in the order in which they were registered
}

// A Function is one function of a library. It runs in the State that loaded it.
type Function struct {
	Name        string
	Description string
	Described   bool
	Flags       []string // in Redis's order
	callback    *lua.Function
}

// Has reports whether the function was registered with a flag.
func (f *Function) Has(flag string) bool { return slices.Contains(f.Flags, flag) }

// functionFlags are the flags of functions, in the order in which FUNCTION LIST
// names them.
var functionFlags = []string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"}

// NewLibraries returns a state that runs functions of libraries.
func NewLibraries() *State {
	s := newState(libraries)
	api := s.g.NewTable(0, 0)
	s.openLog(api)
	api.SetText("register_function", s.g.Func(s.registerFunction).Value())
	api.SetMeta(s.missing)
	s.loader = s.g.NewTable(0, 0)
	s.loader.SetText("redis", api.Value())
	s.loader.SetMeta(s.missing)
	protect(s.loader)
	return s
}

// Load runs the code of a library, which begins with "#!lua name=…". Its errors
// have Redis's text, without the code ERR. While it runs, the code sees nothing
// but redis.register_function and what writes log lines, as in Redis.
func (s *State) Load(code string, budget Budget) (*Library, error) {
	name, body, err := libraryName(code)
	if err != nil {
		return nil, err
	}
	p, err := s.unit.compile(body)
	if err != nil {
		return nil, err
	}
	lib := &Library{Name: name, Code: code}
	globals := s.g.Globals.Meta()
	globals.SetText("__index", s.loader.Value())
	s.loading = lib
	r, _ := s.run(budget, nil, s.g.Load(p.proto))
	globals.SetText("__index", s.real.Value())
	s.loading = nil
	if r.Kind == resp.Error {
		return nil, fmt.Errorf("Error registering functions: %s", r.Str)
	}
	if len(lib.Functions) == 0 {
		return nil, errors.New("No functions registered")
	}
	return lib, nil
}

// Call runs a function as Run runs a program.
func (s *State) Call(f *Function, keys, argv []string, budget Budget, call func(args []string) resp.Reply) (resp.Reply, string) {
	return s.run(budget, call, f.callback, s.strings(keys).Value(), s.strings(argv).Value())
}

// LibraryName is the name that a library's first line gives it.
func LibraryName(code string) (string, error) {
	name, _, err := libraryName(code)
	return name, err
}

// libraryName reads the first line of a library. The body has an empty line in
// its place, so that the numbers of lines stay.
func libraryName(code string) (name, body string, err error) {
	if !strings.HasPrefix(code, "#!") {
		return "", "", errors.New("Missing library metadata")
	}
	line, rest, ok := strings.Cut(code, "\n")
	words, balanced := splitArgs(line)
	if !ok || !balanced || len(words) == 0 {
		return "", "", errors.New("Invalid library metadata")
	}
	named := false
	for _, w := range words[1:] {
		if len(w) < 5 || !strings.EqualFold(w[:5], "name=") {
			return "", "", fmt.Errorf("Invalid metadata value given: %s", oneLine(w))
		}
		if named {
			return "", "", errors.New("Invalid metadata value, name argument was given multiple times")
		}
		name, named = w[5:], true
	}
	switch engine := words[0][min(2, len(words[0])):]; {
	case !named:
		return "", "", errors.New("Library name was not given")
	case !isName(name):
		return "", "", errBadName
	case !strings.EqualFold(engine, "lua"):
		return "", "", fmt.Errorf("Engine '%s' not found", oneLine(engine))
	}
	return name, "\n" + rest, nil
}

var errBadName = errors.New("Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")

// isName reports whether a library or a function may have a name.
func isName(name string) bool {
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_':
		default:
			return false
		}
	}
	return name != ""
}

// registerFunction is redis.register_function, with a table of named arguments
// or with a name and a callback.
func (s *State) registerFunction(l *lua.Thread) int {
	f := &Function{}
	var err error
	switch l.Args() {
	case 1:
		t := l.Arg(1).AsTable()
		if t == nil {
			err = errors.New("calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).")
			break
		}
		err = f.named(t)
	case 2:
		var ok bool
		if f.Name, ok = l.Arg(1).ToString(); !ok {
			err = errors.New("first argument to redis.register_function must be a string")
		} else if f.callback = l.Arg(2).AsFunction(); f.callback == nil {
			err = errors.New("second argument to redis.register_function must be a function")
		}
	default:
		err = errors.New("wrong number of arguments to redis.register_function")
	}
	if err == nil {
		err = s.add(f)
	}
	if err != nil {
		return s.fail(l, "ERR "+err.Error())
	}
	return 0
}

// add gives the library that is being loaded one more function.
func (s *State) add(f *Function) error {
	switch {
	case s.loading == nil:
		return errors.New("redis.register_function can only be called on FUNCTION LOAD command")
	case !isName(f.Name):
		return errBadName
	}
	for _, have := range s.loading.Functions {
		if have.Name == f.Name {
			return errors.New("Function already exists in the library")
		}
	}
	s.g.Grow(replyBytes)
	s.loading.Functions = append(s.loading.Functions, f)
	return nil
}

// named reads the table of named arguments.
func (f *Function) named(t *lua.Table) (err error) {
	hasName := false
	t.Each(func(k, v lua.Value) bool {
		key, ok := k.ToString()
		if !ok {
			err = errors.New("named argument key given to redis.register_function is not a string")
			return false
		}
		switch strings.ToLower(key) {
		case "function_name":
			if f.Name, hasName = v.ToString(); !hasName {
				err = errors.New("function_name argument given to redis.register_function must be a string")
			}
		case "description":
			if f.Description, f.Described = v.ToString(); !f.Described {
				err = errors.New("description argument given to redis.register_function must be a string")
			}
		case "callback":
			if f.callback = v.AsFunction(); f.callback == nil {
				err = errors.New("callback argument given to redis.register_function must be a function")
			}
		case "flags":
			err = f.setFlags(v)
		default:
			err = errors.New("unknown argument given to redis.register_function")
		}
		return err == nil
	})
	switch {
	case err != nil:
		return err
	case !hasName:
		return errors.New("redis.register_function must get a function name argument")
	case f.callback == nil:
		return errors.New("redis.register_function must get a callback argument")
	}
	return nil
}

func (f *Function) setFlags(v lua.Value) error {
	t := v.AsTable()
	if t == nil {
		return errors.New("flags argument to redis.register_function must be a table representing function flags")
	}
	given := map[string]bool{}
	for i := 1; !t.GetInt(i).IsNil(); i++ {
		flag, _ := t.GetInt(i).ToString()
		if flag = strings.ToLower(flag); !slices.Contains(functionFlags, flag) {
			return errors.New("unknown flag given")
		}
		given[flag] = true
	}
	for _, flag := range functionFlags {
		if given[flag] {
			f.Flags = append(f.Flags, flag)
		}
	}
	return nil
}

// splitArgs splits a line into words as redis-cli and Redis's metadata do: words
// in double quotes know \n, \r, \t, \b, \a and \xff, words in single quotes only
// \'. balanced is false when a quote has no end or no space follows it.
func splitArgs(line string) (words []string, balanced bool) {
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i >= len(line) {
			return words, true
		}
		var word strings.Builder
		for i < len(line) && !isSpace(line[i]) {
			q := line[i]
			if q != '"' && q != '\'' {
				if q == 0 {
					return append(words, word.String()), true
				}
				word.WriteByte(q)
				i++
				continue
			}
			end := false
			for i++; i < len(line) && !end; {
				switch c := line[i]; {
				case c == q:
					end = true
					i++
				case c == '\\' && q == '\'' && strings.HasPrefix(line[i:], `\'`):
					word.WriteByte('\'')
					i += 2
				case c == '\\' && q == '"' && i+1 < len(line):
					n := unescape(&word, line[i:])
					i += n
				default:
					word.WriteByte(c)
					i++
				}
			}
			if !end || i < len(line) && !isSpace(line[i]) {
				return nil, false
			}
		}
		words = append(words, word.String())
	}
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// unescape writes what an escape in double quotes stands for and returns its
// length.
func unescape(b *strings.Builder, s string) int {
	if s[1] == 'x' && len(s) >= 4 {
		var c byte
		if n, _ := fmt.Sscanf(s[2:4], "%02x", &c); n == 1 && strings.Trim(s[2:4], "0123456789abcdefABCDEF") == "" {
			b.WriteByte(c)
			return 4
		}
	}
	if i := strings.IndexByte("nrtba", s[1]); i >= 0 {
		b.WriteByte("\n\r\t\b\a"[i])
	} else {
		b.WriteByte(s[1])
	}
	return 2
}
