package project

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// errEnded is what the inspector says after Kill or Stop.
var errEnded = errors.New("the local Worker does not run")

// Migrate applies the project's D1 migrations that are not applied yet, each in one
// transaction, in the order of their names; Start does it too.
func (l *Local) Migrate(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.migrate(ctx)
}

func (l *Local) migrate(ctx context.Context) error {
	if len(l.project.wrangler.D1) == 0 {
		return nil
	}
	db := l.project.wrangler.D1[0]
	dir := filepath.Join(l.project.dir, filepath.FromSlash(first(db.MigrationsDir, MigrationsDir)))
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	type migration struct {
		Name string `json:"name"`
		SQL  string `json:"sql"`
	}
	var list []migration
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".sql") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		list = append(list, migration{e.Name(), trimSQL(string(text))})
	}
	if len(list) == 0 {
		return nil
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	if err := l.ask(ctx, "migrate", map[string]any{"migrations": list}, nil); err != nil {
		return fmt.Errorf("applying %s to the local D1: %w", dir, err)
	}
	return nil
}

// A Row is a row of D1: numbers are float64, blobs []byte.
type Row map[string]any

// Query runs a statement on the local D1, past the faults that Fault sets, and
// returns its rows. Parameters are nil, numbers, strings and []byte.
func (l *Local) Query(ctx context.Context, sql string, params ...any) ([]Row, error) {
	args := make([]any, len(params))
	for i, p := range params {
		if b, ok := p.([]byte); ok {
			p = map[string]string{"blob": base64.StdEncoding.EncodeToString(b)}
		}
		args[i] = p
	}
	var rows []Row
	if err := l.inspect(ctx, "query", map[string]any{"sql": sql, "params": args}, &rows); err != nil {
		return nil, err
	}
	for _, row := range rows {
		for name, v := range row {
			blob, ok := v.(map[string]any)
			if !ok {
				continue
			}
			text, _ := blob["blob"].(string)
			data, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", name, err)
			}
			row[name] = data
		}
	}
	return rows, nil
}

// A Stored is a value of KV or an object of R2.
type Stored struct {
	Value    []byte          `json:"value"`
	Metadata json.RawMessage `json:"metadata"`
}

// A Key is a key of KV or R2 as a list has it.
type Key struct {
	Name       string          `json:"name"`
	Expiration int64           `json:"expiration"` // of KV, in Unix seconds; 0: none
	Metadata   json.RawMessage `json:"metadata"`   // of KV
	Size       int64           `json:"size"`       // of R2, in bytes
}

// KVGet reads a value of the local KV, past faults; nil when there is none.
func (l *Local) KVGet(ctx context.Context, key string) (*Stored, error) {
	return inspectAs[*Stored](ctx, l, "kvGet", map[string]any{"key": key})
}

// KVList lists the keys of the local KV that begin with prefix.
func (l *Local) KVList(ctx context.Context, prefix string) ([]Key, error) {
	return inspectAs[[]Key](ctx, l, "kvList", map[string]any{"prefix": prefix})
}

// R2Get reads an object of the local R2, past faults; nil when there is none.
func (l *Local) R2Get(ctx context.Context, key string) (*Stored, error) {
	return inspectAs[*Stored](ctx, l, "r2Get", map[string]any{"key": key})
}

// R2List lists the objects of the local R2 whose keys begin with prefix.
func (l *Local) R2List(ctx context.Context, prefix string) ([]Key, error) {
	return inspectAs[[]Key](ctx, l, "r2List", map[string]any{"prefix": prefix})
}

// A Store is one of those beside the object.
type Store string

// The stores that Fault knows.
const (
	KV Store = "KV"
	D1 Store = "D1"
	R2 Store = "R2"
)

// A Fault is how a store behaves that should fail. The zero value is a store
// without faults.
type Fault struct {
	// Mode is "fail": not done; "lost": done, and the answer says that it failed;
	// "": done.
	Mode string `json:"mode,omitempty"`
	// Status is the HTTP status of a failure, such as 429; 0 means 500.
	Status int `json:"status,omitempty"`
	// Delay is how many milliseconds pass before anything is done.
	Delay int `json:"delay,omitempty"`
	// Count is how many requests it is for; 0 means until it is changed.
	Count int `json:"count,omitempty"`
	// Match limits it to requests whose method, URL or body contains this text.
	Match string `json:"match,omitempty"`
}

// Fault makes a store of the Worker behave so from now on, until the next call or
// the next restart. It returns how many requests there were since the last call.
func (l *Local) Fault(ctx context.Context, s Store, f Fault) (requests int, err error) {
	requests, err = l.Requests(ctx, s)
	if err != nil {
		return 0, err
	}
	return requests, l.inspect(ctx, "fault", map[string]any{"store": s, "fault": f}, nil)
}

// Requests is how many requests a store got from the Worker since its faults were set.
func (l *Local) Requests(ctx context.Context, s Store) (int, error) {
	n, err := inspectAs[struct {
		Requests int `json:"requests"`
	}](ctx, l, "requests", map[string]any{"store": s})
	return n.Requests, err
}

func inspectAs[T any](ctx context.Context, l *Local, action string, in any) (T, error) {
	var out T
	err := l.inspect(ctx, action, in, &out)
	return out, err
}

// inspect asks the inspector of the workerd that runs.
func (l *Local) inspect(ctx context.Context, action string, in, out any) error {
	l.mu.Lock()
	p := l.proc
	l.mu.Unlock()
	if p == nil {
		return errEnded
	}
	return askAt(ctx, p.inspect, l.config.secret, action, in, out)
}

// ask is inspect for those that hold the lock.
func (l *Local) ask(ctx context.Context, action string, in, out any) error {
	if l.proc == nil {
		return errEnded
	}
	return askAt(ctx, l.proc.inspect, l.config.secret, action, in, out)
}

func askAt(ctx context.Context, addr, secret, action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/"+action, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // it was read to its end
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", res.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
