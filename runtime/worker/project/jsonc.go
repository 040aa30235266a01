package project

import (
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

// parseWrangler reads a wrangler.jsonc.
func parseWrangler(text []byte) (*wranglerConfig, error) {
	plain, err := stripJSONC(text)
	if err != nil {
		return nil, err
	}
	w := new(wranglerConfig)
	if err := json.Unmarshal(plain, w); err != nil {
		return nil, err
	}
	return w, nil
}

// stripJSONC turns JSON with comments and trailing commas into JSON of the same
// length: what goes is replaced by spaces, so that positions in errors stay right.
func stripJSONC(text []byte) ([]byte, error) {
	out := append([]byte(nil), text...)
	comma := -1 // a comma after which no value has come yet
	for i := 0; i < len(out); {
		switch c := out[i]; {
		case c == '"':
			comma = -1
			start := i
			for i++; ; i++ {
				if i >= len(out) {
					return nil, fmt.Errorf("the string that begins at byte %d does not end", start)
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
					return nil, fmt.Errorf("the comment that begins at byte %d does not end", start)
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
	wanted := false // the last text was the key, and its colon has been seen or not yet
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
				rest := strings.TrimSpace(string(plain[i+1:]))
				wanted = string(plain[start+1:i]) == key && strings.HasPrefix(rest, ":")
			}
		case '{', '[':
			if depth == 0 {
				if c != '{' || open >= 0 {
					return 0, 0, errors.New("it is no object")
				}
				open = i
			} else if depth == 1 && wanted {
				if c != '[' {
					return 0, 0, fmt.Errorf("%s is no list", key)
				}
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
