// Package cfcmd writes commands as text, for hooks that trace and log. Its functions
// are those of go-redis's rediscmd and write the same. It changes no command.
package cfcmd

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

// CmdString is a command with its arguments, and its error behind a colon if it has one.
func CmdString(cmd runtime.Cmder) string { return string(AppendCmd(nil, cmd)) }

// maxNames bounds the names in the summary of a pipeline.
const maxNames = 10

// CmdsString is the names of several commands, each once and ten at most, and the
// commands line by line.
func CmdsString(cmds []runtime.Cmder) (summary, text string) {
	var names []string
	var b []byte
	seen := map[string]bool{}
	for i, cmd := range cmds {
		if i > 0 {
			b = append(b, '\n')
		}
		b = AppendCmd(b, cmd)
		if name := cmd.FullName(); !seen[name] && len(names) < maxNames {
			seen[name] = true
			names = append(names, name)
		}
	}
	return strings.Join(names, " "), string(b)
}

// AppendCmd is CmdString, appended to b. Passwords are left out.
func AppendCmd(b []byte, cmd runtime.Cmder) []byte {
	args := cmd.Args()
	secret := secrets(args)
	for i, arg := range args {
		if i > 0 {
			b = append(b, ' ')
		}
		if secret[i] {
			b = append(b, "<redacted>"...)
			continue
		}
		b = appendArg(b, arg)
	}
	if err := cmd.Err(); err != nil {
		b = append(b, ": "...)
		b = append(b, err.Error()...)
	}
	return b
}

// secretParameters are those of CONFIG SET.
var secretParameters = map[string]bool{
	"requirepass": true, "masterauth": true, "tls-key-file-pass": true, "tls-client-key-file-pass": true,
}

// secrets finds the arguments that are credentials; nil for none.
func secrets(args []interface{}) map[int]bool {
	word := func(i int) string {
		if i < len(args) {
			switch v := args[i].(type) {
			case string:
				return strings.ToLower(v)
			case []byte:
				return strings.ToLower(string(v))
			}
		}
		return ""
	}
	var found map[int]bool
	add := func(i int) {
		if i > 0 && i < len(args) {
			if found == nil {
				found = map[int]bool{}
			}
			found[i] = true
		}
	}
	switch word(0) {
	case "auth": // [user] password
		add(len(args) - 1)
	case "hello": // version AUTH user password
		if word(2) == "auth" {
			add(4)
		}
	case "config": // SET parameter value …
		for i := 2; word(1) == "set" && i+1 < len(args); i += 2 {
			if secretParameters[word(i)] {
				add(i + 1)
			}
		}
	case "acl": // SETUSER user rule …
		for i := 3; word(1) == "setuser" && i < len(args); i++ {
			if rule := word(i); len(rule) > 1 && strings.ContainsRune("><#!", rune(rule[0])) {
				add(i)
			}
		}
	case "migrate": // host port key db timeout … AUTH password, AUTH2 user password
		for i := 6; i < len(args) && word(i) != "keys"; i++ {
			switch word(i) {
			case "auth":
				add(i + 1)
			case "auth2":
				add(i + 2)
			}
		}
	}
	return found
}

func appendArg(b []byte, v interface{}) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "<nil>"...)
	case string:
		return appendText(b, v)
	case []byte:
		return appendText(b, string(v))
	case float32:
		return strconv.AppendFloat(b, float64(v), 'f', -1, 64)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case time.Time:
		return v.AppendFormat(b, time.RFC3339Nano)
	}
	return fmt.Append(b, v)
}

// appendText writes what is not printable ASCII in hexadecimal digits.
func appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return append(b, hex.EncodeToString([]byte(s))...)
		}
	}
	return append(b, s...)
}
