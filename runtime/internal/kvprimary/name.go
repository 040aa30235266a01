package kvprimary

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
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
// "..", which KV refuses, or that has white space, control characters or bytes that are
// no UTF-8. The error of a name above MaxName says how long it is.
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

// printable reports whether a key can be written into a name: all of it is UTF-8 that
// shows.
func printable(key string) bool {
	if !utf8.ValidString(key) {
		return false
	}
	for _, r := range key {
		if r <= ' ' || r == 0x7f || r == '\ufeff' || r >= 0x80 && !unicode.IsGraphic(r) || unicode.IsSpace(r) {
			return false
		}
	}
	return true
}
