package runtime

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// The functions of this file read a reply as go-redis reads the bytes of the
// connection: which kinds of reply pass for a string, an integer, an array, and
// which shape a value has under protocol 2 and 3.

// replyError is the error that a reply stands for, nil for a value.
func replyError(r resp.Reply) error {
	switch r.Kind {
	case resp.Nil, resp.NilArray:
		return Nil
	case resp.Error:
		return redisError(r.Str)
	}
	return nil
}

// describe names a reply of the wrong kind as its first line on the wire would.
func describe(r resp.Reply) string {
	var line string
	switch r.Kind {
	case resp.Status:
		line = "+" + r.Str
	case resp.Int:
		line = ":" + strconv.FormatInt(r.Int, 10)
	case resp.Bulk:
		line = "$" + strconv.Itoa(len(r.Str))
	case resp.Double:
		line = "," + formatDouble(r.Float())
	case resp.Bool:
		line = "#" + strconv.FormatBool(r.Int != 0)[:1]
	case resp.BigNumber:
		line = "(" + r.Str
	case resp.Verbatim:
		line = "=" + strconv.Itoa(len(r.Str))
	case resp.Array, resp.Pairs:
		line = "*" + strconv.Itoa(len(r.Elems))
	case resp.Map:
		line = "%" + strconv.Itoa(len(r.Elems)/2)
	case resp.Set:
		line = "~" + strconv.Itoa(len(r.Elems))
	case resp.Push:
		line = ">" + strconv.Itoa(len(r.Elems))
	}
	return fmt.Sprintf("%.100q", line)
}

// formatDouble writes a float64 as Redis does.
func formatDouble(f float64) string { return string(resp.AppendDouble(nil, f)) }

// verbatim is a verbatim string without its format.
func verbatim(r resp.Reply) string {
	if len(r.Str) >= 4 && r.Str[3] == ':' {
		return r.Str[4:]
	}
	return r.Str
}

// plain is a reply as protocol 2 has it, which knows only strings and integers.
func plain(r resp.Reply, proto int) resp.Reply {
	if proto == 2 {
		switch r.Kind {
		case resp.Double:
			return resp.NewBulk(formatDouble(r.Float()))
		case resp.BigNumber:
			return resp.NewBulk(r.Str)
		case resp.Verbatim:
			return resp.NewBulk(verbatim(r))
		case resp.Bool:
			return resp.NewInt(r.Int)
		}
	}
	return r
}

func readString(r resp.Reply, proto int) (string, error) {
	if r.Kind == resp.Bulk || r.Kind == resp.Status {
		return r.Str, nil
	}
	switch r = plain(r, proto); r.Kind {
	case resp.Bulk, resp.Status, resp.BigNumber:
		return r.Str, nil
	case resp.Int:
		return strconv.FormatInt(r.Int, 10), nil
	case resp.Double:
		return formatDouble(r.Float()), nil
	case resp.Bool:
		return strconv.FormatBool(r.Int != 0), nil
	case resp.Verbatim:
		return verbatim(r), nil
	}
	if err := replyError(r); err != nil {
		return "", err
	}
	return "", fmt.Errorf("redis: can't parse reply=%s reading string", describe(r))
}

func readInt(r resp.Reply, proto int) (int64, error) {
	if r.Kind == resp.Int {
		return r.Int, nil
	}
	switch r = plain(r, proto); r.Kind {
	case resp.Int:
		return r.Int, nil
	case resp.Status, resp.Bulk:
		return strconv.ParseInt(r.Str, 10, 64)
	case resp.BigNumber:
		b, ok := new(big.Int).SetString(r.Str, 10)
		if !ok {
			return 0, fmt.Errorf("redis: can't parse bigInt reply: %s", describe(r))
		}
		if !b.IsInt64() {
			return 0, fmt.Errorf("bigInt(%s) value out of range", b.String())
		}
		return b.Int64(), nil
	}
	if err := replyError(r); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("redis: can't parse int reply: %s", describe(r))
}

func readUint(r resp.Reply, proto int) (uint64, error) {
	switch r = plain(r, proto); r.Kind {
	case resp.Int:
		if r.Int >= 0 {
			return uint64(r.Int), nil
		}
		return strconv.ParseUint(strconv.FormatInt(r.Int, 10), 10, 64)
	case resp.Status, resp.Bulk, resp.BigNumber:
		return strconv.ParseUint(r.Str, 10, 64)
	}
	if err := replyError(r); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("redis: can't parse uint reply: %s", describe(r))
}

func readFloat(r resp.Reply, proto int) (float64, error) {
	switch r = plain(r, proto); r.Kind {
	case resp.Double:
		return r.Float(), nil
	case resp.Status, resp.Bulk:
		return strconv.ParseFloat(r.Str, 64)
	}
	if err := replyError(r); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("redis: can't parse float reply: %s", describe(r))
}

func readBool(r resp.Reply, proto int) (bool, error) {
	if r.Kind == resp.Int {
		return r.Int == 1, nil
	}
	s, err := readString(r, proto)
	if err != nil {
		return false, err
	}
	return s == "OK" || s == "1" || s == "true", nil
}

// readArray is the elements of an array, set or push. Pairs are an array of
// two-element arrays under protocol 3 and flat under protocol 2, where maps are
// flat arrays as well.
func readArray(r resp.Reply, proto int) ([]resp.Reply, error) {
	switch r.Kind {
	case resp.Array, resp.Set, resp.Push:
		return r.Elems, nil
	case resp.Pairs:
		if proto == 2 {
			return r.Elems, nil
		}
		pairs := make([]resp.Reply, len(r.Elems)/2)
		for i := range pairs {
			pairs[i] = resp.Reply{Kind: resp.Array, Elems: r.Elems[2*i : 2*i+2]}
		}
		return pairs, nil
	case resp.Map:
		if proto == 2 {
			return r.Elems, nil
		}
	}
	if err := replyError(r); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("redis: can't parse array/set/push reply: %s", describe(r))
}

// readFixed is readArray for arrays of one known length.
func readFixed(r resp.Reply, proto, n int) ([]resp.Reply, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return nil, err
	}
	if len(elems) != n {
		return nil, fmt.Errorf("redis: got %d elements in the array, wanted %d", len(elems), n)
	}
	return elems, nil
}

// readMap is the keys and values of a map in turn; a flat array passes for one.
func readMap(r resp.Reply, proto int) ([]resp.Reply, error) {
	switch r.Kind {
	case resp.Map:
		return r.Elems, nil
	case resp.Array, resp.Set, resp.Push, resp.Pairs:
		elems, err := readArray(r, proto)
		if err == nil && len(elems)%2 != 0 {
			err = fmt.Errorf("redis: the length of the array must be a multiple of 2, got: %d", len(elems))
		}
		return elems, err
	}
	if err := replyError(r); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("redis: can't parse map reply: %s", describe(r))
}

// readPairs is the halves of pairs in turn, whether they came nested or flat.
func readPairs(r resp.Reply, proto int, what string) ([]resp.Reply, error) {
	if r.Kind == resp.Pairs {
		return r.Elems, nil
	}
	elems, err := readArray(r, proto)
	if err != nil || len(elems) == 0 {
		return nil, err
	}
	if k := elems[0].Kind; k != resp.Array && k != resp.NilArray {
		if len(elems)%2 != 0 {
			return nil, fmt.Errorf("redis: got %d elements in the %s array, wanted a multiple of 2", len(elems), what)
		}
		return elems, nil
	}
	flat := make([]resp.Reply, 0, 2*len(elems))
	for _, e := range elems {
		pair, err := readFixed(e, proto, 2)
		if err != nil {
			return nil, err
		}
		flat = append(flat, pair...)
	}
	return flat, nil
}

// readAny is a reply as the value that Do and Lua results have.
func readAny(r resp.Reply, proto int) (interface{}, error) {
	switch r = plain(r, proto); r.Kind {
	case resp.Status, resp.Bulk:
		return r.Str, nil
	case resp.Int:
		return r.Int, nil
	case resp.Verbatim:
		return verbatim(r), nil
	case resp.Double:
		return r.Float(), nil
	case resp.Bool:
		return r.Int != 0, nil
	case resp.BigNumber:
		b, ok := new(big.Int).SetString(r.Str, 10)
		if !ok {
			return nil, fmt.Errorf("redis: can't parse bigInt reply: %s", describe(r))
		}
		return b, nil
	case resp.Array, resp.Set, resp.Push, resp.Pairs:
		return readSlice(r, proto)
	case resp.Map:
		if proto == 2 {
			return readSlice(r, proto)
		}
		return readAnyMap(r, proto)
	}
	return nil, replyError(r)
}

// readSlice is an array of any values; nulls are nil, errors are elements.
func readSlice(r resp.Reply, proto int) ([]interface{}, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		// go-redis takes the length of whatever stands there; a map counts its
		// pairs, which would leave half of it unread, so only arrays pass.
		return nil, err
	}
	out := make([]interface{}, len(elems))
	for i, e := range elems {
		v, err := readAny(e, proto)
		if err != nil {
			if v, err = element(err); err != nil {
				return nil, err
			}
		}
		out[i] = v
	}
	return out, nil
}

// element turns the error of an element into the element: nil for a null, the
// error itself when the store answered it.
func element(err error) (interface{}, error) {
	if err == Nil {
		return nil, nil
	}
	if isRedisError(err) {
		return err, nil
	}
	return nil, err
}

func readAnyMap(r resp.Reply, proto int) (map[interface{}]interface{}, error) {
	m := make(map[interface{}]interface{}, len(r.Elems)/2)
	for i := 0; i+1 < len(r.Elems); i += 2 {
		k, err := readAny(r.Elems[i], proto)
		if err != nil {
			return nil, err
		}
		switch k.(type) {
		case []interface{}, map[interface{}]interface{}:
			return nil, fmt.Errorf("redis: RESP3 map key must be a scalar type, got %T", k)
		}
		v, err := readAny(r.Elems[i+1], proto)
		if err != nil {
			if v, err = element(err); err != nil {
				return nil, err
			}
		}
		m[k] = v
	}
	return m, nil
}

// lower is strings.ToLower without an allocation for names that are lower case.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'A' <= c && c <= 'Z' || c >= 0x80 {
			return strings.ToLower(s)
		}
	}
	return s
}
