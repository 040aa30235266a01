package runtime

import (
	"context"
	"encoding/json"
	"strings"
)

// JSONSetArgs is a value and where JSONMSetArgs puts it.
type JSONSetArgs struct {
	Key   string
	Path  string
	Value interface{}
}

// JSONArrIndexArgs are the bounds of a search in an array. A Stop of nil or 0 is
// the array's end.
type JSONArrIndexArgs struct {
	Start int
	Stop  *int
}

// JSONArrTrimArgs are the first and the last element that stay.
type JSONArrTrimArgs struct {
	Start int
	Stop  *int
}

// FPHAType is how an array of floating-point numbers is to be stored. The engine
// keeps numbers at full precision whatever it says.
type FPHAType string

// The storage types of arrays of floating-point numbers.
const (
	FPHATypeBF16 FPHAType = "BF16"
	FPHATypeFP16 FPHAType = "FP16"
	FPHATypeFP32 FPHAType = "FP32"
	FPHATypeFP64 FPHAType = "FP64"
)

// JSONSetArgsOptions are the options of JSON.SET. Mode is NX, XX or empty.
type JSONSetArgsOptions struct {
	Mode string
	FPHA FPHAType
}

// JSONGetArgs is how JSON.GET lays a document out.
type JSONGetArgs struct {
	Indent  string
	Newline string
	Space   string
}

// JSONArrIndexWithArgs looks for a value in a part of the arrays at a path.
func (c cmdable) JSONArrIndexWithArgs(ctx context.Context, key string, path string, options *JSONArrIndexArgs, value ...interface{}) *IntSliceCmd {
	args := append([]interface{}{"JSON.ARRINDEX", key, path}, value...)
	if options != nil {
		args = appendBounds(args, options.Start, options.Stop)
	}
	cmd := NewIntSliceCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// JSONArrTrimWithArgs cuts the arrays at a path down to a range.
func (c cmdable) JSONArrTrimWithArgs(ctx context.Context, key string, path string, options *JSONArrTrimArgs) *IntSliceCmd {
	args := []interface{}{"JSON.ARRTRIM", key, path}
	if options != nil {
		args = appendBounds(args, options.Start, options.Stop)
	}
	cmd := NewIntSliceCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

func appendBounds(args []interface{}, start int, stop *int) []interface{} {
	args = append(args, start)
	if stop != nil {
		args = append(args, *stop)
	}
	return args
}

// JSONGet reads what stands at the paths as JSON text.
func (c cmdable) JSONGet(ctx context.Context, key string, paths ...string) *JSONCmd {
	return c.jsonGet(ctx, []interface{}{"JSON.GET", key}, paths)
}

// JSONGetWithArgs is JSONGet with line breaks and indentation. Without options it
// reads the whole document, as go-redis does.
func (c cmdable) JSONGetWithArgs(ctx context.Context, key string, options *JSONGetArgs, paths ...string) *JSONCmd {
	args := []interface{}{"JSON.GET", key}
	if options == nil {
		return c.jsonGet(ctx, args, nil)
	}
	for _, o := range [...][2]string{{"INDENT", options.Indent}, {"NEWLINE", options.Newline}, {"SPACE", options.Space}} {
		if o[1] != "" {
			args = append(args, o[0], o[1])
		}
	}
	return c.jsonGet(ctx, args, paths)
}

func (c cmdable) jsonGet(ctx context.Context, args []interface{}, paths []string) *JSONCmd {
	for _, p := range paths {
		args = append(args, p)
	}
	cmd := newJSONCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// JSONMSetArgs sets several values, all or none.
func (c cmdable) JSONMSetArgs(ctx context.Context, docs []JSONSetArgs) *StatusCmd {
	args := make([]interface{}, 1, 1+3*len(docs))
	args[0] = "JSON.MSET"
	for _, d := range docs {
		args = append(args, d.Key, d.Path, d.Value)
	}
	cmd := NewStatusCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// JSONNumIncrBy adds to the numbers at a path.
func (c cmdable) JSONNumIncrBy(ctx context.Context, key, path string, value float64) *JSONCmd {
	cmd := newJSONCmd(ctx, "JSON.NUMINCRBY", key, path, value)
	_ = c(ctx, cmd)
	return cmd
}

// JSONSet sets the values at a path. A string or []byte is JSON text, anything
// else is marshalled by encoding/json.
func (c cmdable) JSONSet(ctx context.Context, key, path string, value interface{}) *StatusCmd {
	return c.JSONSetMode(ctx, key, path, value, "")
}

// JSONSetMode is JSONSet for values that exist (XX) or don't (NX). It panics at
// another mode.
func (c cmdable) JSONSetMode(ctx context.Context, key, path string, value interface{}, mode string) *StatusCmd {
	return c.JSONSetWithArgs(ctx, key, path, value, &JSONSetArgsOptions{Mode: mode})
}

// JSONSetWithArgs is JSONSet with options. It panics when the mode is neither XX
// nor NX.
func (c cmdable) JSONSetWithArgs(ctx context.Context, key, path string, value interface{}, options *JSONSetArgsOptions) *StatusCmd {
	var text string
	var err error
	switch v := value.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	default:
		var b []byte
		b, err = json.Marshal(v)
		text = string(b)
	}
	args := []interface{}{"JSON.SET", key, path, text}
	if options != nil {
		switch mode := strings.ToUpper(options.Mode); mode {
		case "":
		case "XX", "NX":
			args = append(args, mode)
		default:
			panic("redis: JSON.SET mode must be NX or XX")
		}
		if options.FPHA != "" {
			args = append(args, "FPHA", string(options.FPHA))
		}
	}
	cmd := NewStatusCmd(ctx, args...)
	if err != nil {
		cmd.SetErr(err)
		return cmd
	}
	_ = c(ctx, cmd)
	return cmd
}
