package runtime

import (
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A decoder of this file turns a reply into the value of one result type; the
// generated result types name theirs.

// readReplyBool is readBool with nil for false: SET … NX answers nil where
// SETNX answers 0.
func readReplyBool(r resp.Reply, proto int) (bool, error) {
	if r.IsNil() {
		return false, nil
	}
	return readBool(r, proto)
}

// readList reads an array whose null elements are zero values.
func readList[T any](read func(resp.Reply, int) (T, error)) func(resp.Reply, int) ([]T, error) {
	return func(r resp.Reply, proto int) ([]T, error) {
		elems, err := readArray(r, proto)
		if err != nil {
			return nil, err
		}
		out := make([]T, len(elems))
		for i, e := range elems {
			if e.IsNil() {
				continue
			}
			if out[i], err = read(e, proto); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
}

var (
	readInts   = readList(readInt)
	readFloats = readList(readFloat)
	readBools  = readList(readBool)
)

// readStrings is readList of readString, written out because lists of strings
// are what most programs read.
func readStrings(r resp.Reply, proto int) ([]string, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(elems))
	for i := range elems {
		if e := &elems[i]; e.Kind == resp.Bulk {
			out[i] = e.Str
		} else if !e.IsNil() {
			if out[i], err = readString(*e, proto); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func readTime(r resp.Reply, proto int) (time.Time, error) {
	elems, err := readFixed(r, proto, 2)
	if err != nil {
		return time.Time{}, err
	}
	sec, err := readInt(elems[0], proto)
	if err != nil {
		return time.Time{}, err
	}
	micro, err := readInt(elems[1], proto)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(sec, micro*1000), nil
}

func readStringMap[T any](r resp.Reply, proto int, read func(resp.Reply, int) (T, error)) (map[string]T, error) {
	elems, err := readMap(r, proto)
	if err != nil {
		return nil, err
	}
	m := make(map[string]T, len(elems)/2)
	for i := 0; i+1 < len(elems); i += 2 {
		k, err := readString(elems[i], proto)
		if err != nil {
			return nil, err
		}
		if m[k], err = read(elems[i+1], proto); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func readMapStringString(r resp.Reply, proto int) (map[string]string, error) {
	return readStringMap(r, proto, readString)
}

func readMapStringInt(r resp.Reply, proto int) (map[string]int64, error) {
	return readStringMap(r, proto, readInt)
}

// readMapStringAny keeps nulls and errors as values: Nil and the error.
func readMapStringAny(r resp.Reply, proto int) (map[string]interface{}, error) {
	return readStringMap(r, proto, func(r resp.Reply, proto int) (interface{}, error) {
		v, err := readAny(r, proto)
		if err != nil && isRedisError(err) {
			return err, nil
		}
		return v, err
	})
}

func readStringSet(r resp.Reply, proto int) (map[string]struct{}, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return nil, err
	}
	m := make(map[string]struct{}, len(elems))
	for _, e := range elems {
		s, err := readString(e, proto)
		if err != nil {
			return nil, err
		}
		m[s] = struct{}{}
	}
	return m, nil
}

func readKeyValues(r resp.Reply, proto int) ([]KeyValue, error) {
	flat, err := readPairs(r, proto, "key-value")
	if err != nil {
		return nil, err
	}
	out := make([]KeyValue, len(flat)/2)
	for i := range out {
		if out[i].Key, err = readString(flat[2*i], proto); err != nil {
			return nil, err
		}
		if out[i].Value, err = readString(flat[2*i+1], proto); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readZs(r resp.Reply, proto int) ([]Z, error) {
	flat, err := readPairs(r, proto, "sorted set")
	if err != nil {
		return nil, err
	}
	out := make([]Z, len(flat)/2)
	for i := range out {
		member, err := readString(flat[2*i], proto)
		if err != nil {
			return nil, err
		}
		out[i].Member = member
		if out[i].Score, err = readFloat(flat[2*i+1], proto); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readZWithKey(r resp.Reply, proto int) (*ZWithKey, error) {
	elems, err := readFixed(r, proto, 3)
	if err != nil {
		return nil, err
	}
	z := &ZWithKey{}
	if z.Key, err = readString(elems[0], proto); err != nil {
		return z, err
	}
	member, err := readString(elems[1], proto)
	if err != nil {
		return z, err
	}
	z.Member = member
	z.Score, err = readFloat(elems[2], proto)
	return z, err
}

func readRankScore(r resp.Reply, proto int) (RankScore, error) {
	elems, err := readFixed(r, proto, 2)
	if err != nil {
		return RankScore{}, err
	}
	rank, err := readInt(elems[0], proto)
	if err != nil {
		return RankScore{}, err
	}
	score, err := readFloat(elems[1], proto)
	return RankScore{Rank: rank, Score: score}, err
}

func readKeyFlags(r resp.Reply, proto int) ([]KeyFlags, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return nil, err
	}
	out := make([]KeyFlags, len(elems))
	for i, e := range elems {
		pair, err := readFixed(e, proto, 2)
		if err != nil {
			return nil, err
		}
		if out[i].Key, err = readString(pair[0], proto); err != nil {
			return nil, err
		}
		if out[i].Flags, err = readStrings(pair[1], proto); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readInfo splits INFO's text into its sections.
func readInfo(r resp.Reply, proto int) (map[string]map[string]string, error) {
	text, err := readString(r, proto)
	if err != nil {
		return nil, err
	}
	var info map[string]map[string]string
	section := ""
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.HasPrefix(line, "#") {
			if info == nil {
				info = make(map[string]map[string]string)
			}
			section = strings.TrimPrefix(line, "# ")
			info[section] = make(map[string]string)
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if section == "Modules" {
			// module:name=…,rest
			key, value, ok = strings.Cut(strings.TrimPrefix(line, "module:name="), ",")
		}
		if m := info[section]; ok && m != nil {
			m[key] = value
		}
	}
	return info, nil
}

func readCommandsInfo(r resp.Reply, proto int) (map[string]*CommandInfo, error) {
	elems, err := readArray(r, proto)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*CommandInfo, len(elems))
	for _, e := range elems {
		info, err := readCommandInfo(e, proto)
		if err != nil {
			return nil, err
		}
		out[info.Name] = info
	}
	return out, nil
}
