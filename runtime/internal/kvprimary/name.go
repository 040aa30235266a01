package kvprimary

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Name is the name under which a key stands in KV. A key of database 0 of the
// namespace "" has its own name, so that a Worker at the edge reads "session:42" as the
// program wrote it. Every other one is written out:
//
//	@NAMESPACE/DB/KEY      any database and namespace, which has no slash
//	@NAMESPACE/DB#HEX      a key with bytes that a name in KV cannot have
//
// That is also the name of a key of database 0 that begins with @, that is empty, "." or
// "..", which KV refuses, or that has white space, control or format characters or bytes
// that are no UTF-8. The error of a name above MaxName says how long it is.
func Name(namespace string, db int, key string) (string, error) {
	plain := printable(key)
	name := key
	switch {
	case !plain:
		name = "@" + namespace + "/" + strconv.Itoa(db) + "#" + hex.EncodeToString([]byte(key))
	case namespace != "" || db != 0 || key == "" || key == "." || key == ".." || key[0] == '@':
		name = "@" + namespace + "/" + strconv.Itoa(db) + "/" + key
	}
	if len(name) > MaxName {
		return "", fmt.Errorf("the key has %d bytes in KV, which keeps none above %d", len(name), MaxName)
	}
	return name, nil
}

// Key takes a name apart again.
func Key(name string) (namespace string, db int, key string, err error) {
	if !strings.HasPrefix(name, "@") {
		return "", 0, name, nil
	}
	bad := fmt.Errorf("a name of %d bytes in KV begins with @ and is none of redis2cf's", len(name))
	namespace, rest, ok := strings.Cut(name[1:], "/") // a namespace below another is behind a colon
	i := strings.IndexAny(rest, "/#")
	if !ok || i < 1 {
		return "", 0, "", bad
	}
	if db, err = strconv.Atoi(rest[:i]); err != nil || db < 0 {
		return "", 0, "", bad
	}
	if key = rest[i+1:]; rest[i] == '#' {
		raw, err := hex.DecodeString(key)
		if err != nil {
			return "", 0, "", bad
		}
		key = string(raw)
	}
	return namespace, db, key, nil
}

// hidden are the characters that do not show: white space, control and format characters.
// They are written out because Unicode's tables are others in each version of Go, and a
// key must have one name in all of them. What Unicode assigns next shows.
var hidden = [...][2]rune{
	{0, ' '}, {0x7f, 0xa0}, {0xad, 0xad}, {0x600, 0x605}, {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f}, {0x890, 0x891}, {0x8e2, 0x8e2}, {0x1680, 0x1680}, {0x180e, 0x180e},
	{0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff},
	{0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
}

// printable reports whether a key can be written into a name: all of it is UTF-8 that
// shows.
func printable(key string) bool {
	if !utf8.ValidString(key) {
		return false
	}
	for _, r := range key {
		if r > ' ' && r < 0x7f {
			continue
		}
		for _, h := range hidden {
			if r >= h[0] && r <= h[1] {
				return false
			}
		}
	}
	return true
}
