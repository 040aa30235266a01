package runtime

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// FunctionListQuery says what FUNCTION LIST shows: the libraries whose names
// match a pattern, or all, with or without their code.
type FunctionListQuery struct {
	LibraryNamePattern string
	WithCode           bool
}

// Library is a library of functions in FUNCTION LIST.
type Library struct {
	Name      string
	Engine    string
	Functions []Function
	Code      string
}

// Function is a function of a library.
type Function struct {
	Name        string
	Description string
	Flags       []string
}

// FunctionListCmd is the result of FUNCTION LIST.
type FunctionListCmd struct{ valueCmd[[]Library] }

// NewFunctionListCmd returns a command that was not sent yet.
func NewFunctionListCmd(ctx context.Context, args ...interface{}) *FunctionListCmd {
	return &FunctionListCmd{valueCmd[[]Library]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeFunctionList}}}
}

// First is the first library, or Nil.
func (cmd *FunctionListCmd) First() (*Library, error) {
	libs, err := cmd.Result()
	switch {
	case err != nil:
		return nil, err
	case len(libs) == 0:
		return nil, Nil
	}
	return &libs[0], nil
}

func (cmd *FunctionListCmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readEach(r, proto, func(r resp.Reply, proto int) (lib Library, err error) {
		err = readKnown(r, proto, "function list unexpected key", map[string]fieldReader{
			"library_name": into(&lib.Name, readString), "engine": into(&lib.Engine, readString),
			"library_code": into(&lib.Code, readString), "functions": into(&lib.Functions, readFunctions),
		})
		return lib, err
	})
	return err
}

func readFunctions(r resp.Reply, proto int) ([]Function, error) {
	return readEach(r, proto, func(r resp.Reply, proto int) (f Function, err error) {
		err = readKnown(r, proto, "function list unexpected key", map[string]fieldReader{
			"name": into(&f.Name, readString), "description": nullable(&f.Description, readString), "flags": into(&f.Flags, readStrings),
		})
		return f, err
	})
}

// Clone copies the command and its result.
func (cmd *FunctionListCmd) Clone() Cmder {
	cmd.await()
	libs := slices.Clone(cmd.val)
	for i := range libs {
		libs[i].Functions = slices.Clone(libs[i].Functions)
		for j := range libs[i].Functions {
			libs[i].Functions[j].Flags = slices.Clone(libs[i].Functions[j].Flags)
		}
	}
	return &FunctionListCmd{valueCmd[[]Library]{baseCmd: cmd.cloneBase(), val: libs}}
}

// FunctionStats is the answer of FUNCTION STATS. A store never has a script that
// is running while another command is answered.
type FunctionStats struct {
	Engines []Engine

	isRunning bool
	rs        RunningScript
	allrs     []RunningScript
}

// Running reports whether a script is running.
func (fs *FunctionStats) Running() bool { return fs.isRunning }

// RunningScript is the script that is running, if one is.
func (fs *FunctionStats) RunningScript() (RunningScript, bool) { return fs.rs, fs.isRunning }

// AllRunningScripts are those of all shards, which only Redis Enterprise tells.
func (fs *FunctionStats) AllRunningScripts() []RunningScript { return fs.allrs }

// RunningScript is a script that is running.
type RunningScript struct {
	Name     string
	Command  []string
	Duration time.Duration
}

// Engine counts what an engine for functions has.
type Engine struct {
	Language       string
	LibrariesCount int64
	FunctionsCount int64
}

// FunctionStatsCmd is the result of FUNCTION STATS.
type FunctionStatsCmd struct{ valueCmd[FunctionStats] }

// NewFunctionStatsCmd returns a command that was not sent yet.
func NewFunctionStatsCmd(ctx context.Context, args ...interface{}) *FunctionStatsCmd {
	return &FunctionStatsCmd{valueCmd[FunctionStats]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeFunctionStats}}}
}

func (cmd *FunctionStatsCmd) readReply(r resp.Reply, proto int) error {
	var fs FunctionStats
	err := readKnown(r, proto, "function stats unexpected key", map[string]fieldReader{
		"engines": into(&fs.Engines, readEngines),
		"running_script": func(r resp.Reply, proto int) (err error) {
			fs.rs, fs.isRunning, err = readRunningScript(r, proto)
			return err
		},
		"all_running_scripts": func(r resp.Reply, proto int) (err error) {
			fs.allrs, err = readEach(r, proto, func(r resp.Reply, proto int) (RunningScript, error) {
				rs, _, err := readRunningScript(r, proto)
				return rs, err
			})
			fs.isRunning = len(fs.allrs) > 0
			return err
		},
	})
	if err == nil {
		cmd.val = fs
	}
	return err
}

func readRunningScript(r resp.Reply, proto int) (rs RunningScript, running bool, err error) {
	if r.IsNil() {
		return rs, false, nil
	}
	if err := fixedMap(r, proto, 3); err != nil {
		return rs, false, err
	}
	err = readKnown(r, proto, "function stats unexpected running_script key", map[string]fieldReader{
		"name": into(&rs.Name, readString), "duration_ms": into(&rs.Duration, readMillis), "command": into(&rs.Command, readStrings),
	})
	return rs, err == nil, err
}

// readKnown reads a map whose fields are all known; another is an error that
// begins with what.
func readKnown(r resp.Reply, proto int, what string, fields map[string]fieldReader) error {
	elems, err := readMap(r, proto)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(elems); i += 2 {
		name, err := readString(elems[i], proto)
		if err != nil {
			return err
		}
		read := fields[name]
		if read == nil {
			return fmt.Errorf("redis: %s %s", what, name)
		}
		if err := read(elems[i+1], proto); err != nil {
			return err
		}
	}
	return nil
}

// fixedMap checks how many fields a map has.
func fixedMap(r resp.Reply, proto, fields int) error {
	elems, err := readMap(r, proto)
	if err == nil && len(elems) != 2*fields {
		err = fmt.Errorf("redis: got %d elements in the map, wanted %d", len(elems)/2, fields)
	}
	return err
}

func readEngines(r resp.Reply, proto int) ([]Engine, error) {
	elems, err := readMap(r, proto)
	if err != nil {
		return nil, err
	}
	engines := make([]Engine, 0, len(elems)/2)
	for i := 0; i+1 < len(elems); i += 2 {
		var e Engine
		if e.Language, err = readString(elems[i], proto); err != nil {
			return nil, err
		}
		if fixedMap(elems[i+1], proto, 2) != nil {
			return nil, fmt.Errorf("redis: function stats unexpected %s engine map length", e.Language)
		}
		err = readFields(elems[i+1], proto, map[string]fieldReader{
			"libraries_count": into(&e.LibrariesCount, readInt), "functions_count": into(&e.FunctionsCount, readInt),
		})
		if err != nil {
			return nil, err
		}
		engines = append(engines, e)
	}
	return engines, nil
}

// Clone copies the command and its result.
func (cmd *FunctionStatsCmd) Clone() Cmder {
	cmd.await()
	val := cmd.val
	val.Engines = slices.Clone(val.Engines)
	val.allrs = slices.Clone(val.allrs)
	for i := range val.allrs {
		val.allrs[i].Command = slices.Clone(val.allrs[i].Command)
	}
	return &FunctionStatsCmd{valueCmd[FunctionStats]{baseCmd: cmd.cloneBase(), val: val}}
}
