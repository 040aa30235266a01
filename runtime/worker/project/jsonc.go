package project

import (
	"encoding/json"
	"fmt"
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
