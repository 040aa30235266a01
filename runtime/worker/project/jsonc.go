package project

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A wranglerConfig is what a local run reads of wrangler.jsonc: people edit that
// file, and a run honours what they wrote.
type wranglerConfig struct {
	Name               string                     `json:"name"`
	Main               string                     `json:"main"`
	CompatibilityDate  string                     `json:"compatibility_date"`
	CompatibilityFlags []string                   `json:"compatibility_flags"`
	Vars               map[string]json.RawMessage `json:"vars"`
	DurableObjects     struct {
		Bindings []struct {
			Name      string `json:"name"`
			ClassName string `json:"class_name"`
		} `json:"bindings"`
	} `json:"durable_objects"`
	KV []struct {
		Binding   string `json:"binding"`
		ID        string `json:"id"`
		PreviewID string `json:"preview_id"`
	} `json:"kv_namespaces"`
	D1 []struct {
		Binding       string `json:"binding"`
		DatabaseName  string `json:"database_name"`
		DatabaseID    string `json:"database_id"`
		PreviewID     string `json:"preview_database_id"`
		MigrationsDir string `json:"migrations_dir"`
	} `json:"d1_databases"`
	R2 []struct {
		Binding           string `json:"binding"`
		BucketName        string `json:"bucket_name"`
		PreviewBucketName string `json:"preview_bucket_name"`
	} `json:"r2_buckets"`
}

// parseWrangler reads a wrangler.jsonc. Errors say in which line.
func parseWrangler(text []byte) (*wranglerConfig, error) {
	plain, err := stripJSONC(text)
	if err != nil {
		return nil, err
	}
	w := new(wranglerConfig)
	err = json.Unmarshal(plain, w)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("line %d: %w", lineOf(text, syntax.Offset), err)
	case errors.As(err, &kind):
		return nil, fmt.Errorf("line %d: %s cannot be a JSON %s", lineOf(text, kind.Offset), kind.Field, kind.Value)
	case err != nil:
		return nil, err
	}
	return w, nil
}

// lineOf is the line of a byte, from 1 on; bytes behind the end are in the last one.
func lineOf(text []byte, at int64) int {
	return 1 + bytes.Count(text[:min(at, int64(len(text)))], []byte("\n"))
}

// stripJSONC turns JSON with comments and trailing commas into JSON of the same
// length: what goes is replaced by spaces, so that positions in errors stay right. So is
// the byte order mark that some editors write.
func stripJSONC(text []byte) ([]byte, error) {
	out := append([]byte(nil), text...)
	if bytes.HasPrefix(out, []byte("\ufeff")) {
		copy(out, "   ")
	}
	comma := -1 // a comma after which no value has come yet
	for i := 0; i < len(out); {
		switch c := out[i]; {
		case c == '"':
			comma = -1
			start := i
			for i++; ; i++ {
				if i >= len(out) {
					return nil, fmt.Errorf("line %d: the string does not end that begins here", lineOf(text, int64(start)))
				}
				if out[i] == '\\' {
					i++
				} else if out[i] == '"' {
					i++
					break
				}
			}
		case c == '/' && i+1 < len(out) && out[i+1] == '/':
			for i < len(out) && out[i] != '\n' {
				out[i] = ' '
				i++
			}
		case c == '/' && i+1 < len(out) && out[i+1] == '*':
			start := i
			for {
				if i+1 >= len(out) {
					return nil, fmt.Errorf("line %d: the comment does not end that begins here", lineOf(text, int64(start)))
				}
				end := out[i] == '*' && out[i+1] == '/' && i > start+1
				if out[i] != '\n' {
					out[i] = ' '
				}
				i++
				if end {
					out[i] = ' '
					i++
					break
				}
			}
		default:
			switch c {
			case ' ', '\t', '\r', '\n':
			case ',':
				comma = i
			case '}', ']':
				if comma >= 0 {
					out[comma] = ' '
				}
				comma = -1
			default:
				comma = -1
			}
			i++
		}
	}
	return out, nil
}

// addToList adds an entry to a list of the outermost object, which is made, with a
// comment, when it is not there. Everything else stays as it is, comments included.
func addToList(text []byte, key, entry, comment string) ([]byte, error) {
	plain, err := stripJSONC(text)
	if err != nil {
		return nil, err
	}
	open, list, err := findList(plain, key)
	if err != nil {
		return nil, err
	}
	insert := func(at int, s string) []byte {
		return []byte(string(text[:at]) + s + string(text[at:]))
	}
	if list < 0 {
		comma := ","
		if rest := strings.TrimSpace(string(plain[open+1:])); rest == "}" {
			comma = "" // it is the only member
		}
		return insert(open+1, fmt.Sprintf("\n  // %s\n  %q: [%s]%s\n", comment, key, entry, comma)), nil
	}
	if rest := strings.TrimSpace(string(plain[list+1:])); strings.HasPrefix(rest, "]") {
		return insert(list+1, entry), nil
	}
	return insert(list+1, entry+", "), nil
}

// findList finds where the outermost object begins, and where the list that is one
// of its members does; -1 when it has no such member.
func findList(plain []byte, key string) (open, list int, err error) {
	open, list = -1, -1
	depth := 0
	wanted := false // the last text was the key, and its list has not come yet
	for i := 0; i < len(plain); i++ {
		switch c := plain[i]; c {
		case '"':
			start := i
			for i++; i < len(plain) && plain[i] != '"'; i++ {
				if plain[i] == '\\' {
					i++
				}
			}
			if i >= len(plain) {
				return 0, 0, errors.New("a string does not end")
			}
			if depth == 1 {
				rest, isKey := strings.CutPrefix(strings.TrimSpace(string(plain[i+1:])), ":")
				if wanted = isKey && string(plain[start+1:i]) == key; wanted && !strings.HasPrefix(strings.TrimSpace(rest), "[") {
					return 0, 0, fmt.Errorf("%s is no list", key)
				}
			}
		case '{', '[':
			if depth == 0 {
				if c != '{' || open >= 0 {
					return 0, 0, errors.New("it is no object")
				}
				open = i
			} else if depth == 1 && wanted {
				list, wanted = i, false
			}
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 1 {
				wanted = false
			}
		}
	}
	if open < 0 {
		return 0, 0, errors.New("it is no object")
	}
	return open, list, nil
}
