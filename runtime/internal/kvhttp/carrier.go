// Package kvhttp carries reads and writes of families in KV alone to the Worker's
// POST /v1/kv. It knows neither addresses nor tokens: a function posts for it.
package kvhttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
)

// Path is the Worker's.
const Path = "/v1/kv"

// Limits of a request. The Worker takes maxBody bytes; writes are gathered up to maxBytes.
const (
	maxOperations = 800
	maxBytes      = 12 << 20
	maxBody       = 16 << 20
)

// A Post posts a JSON body to Path with the client's token and namespace, and returns the
// answer. Its error says that none came; then it is not known what was written.
type Post func(ctx context.Context, body []byte) (status int, answer []byte, err error)

// New makes what a kvprimary.Client reads and writes by.
func New(post Post) kvprimary.KV { return carrier{post} }

type carrier struct{ post Post }

type write struct {
	Name   string  `json:"name"`
	Text   *string `json:"text,omitempty"`
	Base64 *string `json:"base64,omitempty"`
	Delete bool    `json:"delete,omitempty"`
	TTL    int64   `json:"ttl,omitempty"`
	At     int64   `json:"at,omitempty"`
	Binary bool    `json:"binary,omitempty"`
}

type request struct {
	Read  []string          `json:"read,omitempty"`
	Write []json.RawMessage `json:"write,omitempty"`
}

type answer struct {
	Read []*struct {
		Text   *string `json:"text"`
		Base64 *string `json:"base64"`
		Error  string  `json:"error"`
		Again  bool    `json:"again"` // it did not fit into this answer
	} `json:"read"`
	Write []*string `json:"write"`
}

// ask sends one request.
func (c carrier) ask(ctx context.Context, r request) (answer, error) {
	var a answer
	body, err := marshal(r)
	if err != nil {
		return a, err
	}
	status, text, err := c.post(ctx, body)
	if err != nil {
		return a, err
	}
	if status != http.StatusOK {
		var refusal struct{ Text string }
		if json.Unmarshal(text, &refusal) == nil && refusal.Text != "" {
			return a, kvprimary.ReplyError(refusal.Text)
		}
		return a, fmt.Errorf("the Worker answers with status %d", status)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, errors.New("the Worker's answer is no JSON")
	}
	if len(a.Read) != len(r.Read) || len(a.Write) != len(r.Write) {
		return a, errors.New("the Worker answers another number of reads and writes than it was asked for")
	}
	return a, nil
}

// marshal is json.Marshal without what HTML needs.
func marshal(v interface{}) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Read reads names, 800 in a request. What does not fit into an answer is asked for again.
func (c carrier) Read(ctx context.Context, names []string) ([]kvprimary.Value, error) {
	values := make([]kvprimary.Value, len(names))
	left := make([]int, len(names)) // indexes of the names that were not read yet
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		part := left[:min(len(left), maxOperations)]
		left = left[len(part):]
		r := request{Read: make([]string, len(part))}
		for i, at := range part {
			r.Read[i] = names[at]
		}
		a, err := c.ask(ctx, r)
		if _, refused := err.(kvprimary.ReplyError); err != nil && !refused && ctx.Err() == nil {
			a, err = c.ask(ctx, r) // a connection may have ended; what is only read may be asked for twice
		}
		if refused, ok := err.(kvprimary.ReplyError); ok {
			for _, at := range part { // the commands are answered, not the connection
				values[at].Err = refused
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		var again []int
		some := false // what does not fit by itself is an error
		for _, r := range a.Read {
			some = some || r != nil && (r.Text != nil || r.Base64 != nil)
		}
		for i, r := range a.Read {
			v := &values[part[i]]
			switch {
			case r == nil:
			case r.Again && some:
				again = append(again, part[i])
			case r.Error != "" || r.Again:
				v.Err = errors.New(r.Error)
			case r.Text != nil:
				v.Data, v.Found = *r.Text, true
			case r.Base64 != nil:
				raw, err := base64.StdEncoding.DecodeString(*r.Base64)
				if err != nil {
					return nil, errors.New("the Worker's answer has a value that is no base64")
				}
				v.Data, v.Found = string(raw), true
			}
		}
		left = append(again, left...)
	}
	return values, nil
}

// Write writes, 800 or 12 MB in a request. What the Worker would not take is not sent. A
// request that fails does not keep the next ones from being sent.
func (c carrier) Write(ctx context.Context, writes []kvprimary.Write) ([]error, error) {
	errs := make([]error, len(writes))
	for from := 0; from < len(writes); {
		var r request
		var sent []int // the writes of r
		size, to := 0, from
		for ; to < len(writes) && to-from < maxOperations; to++ {
			one, err := encode(&writes[to])
			if err != nil {
				return nil, err
			}
			if len(one) > maxBody-len(`{"write":[]}`) {
				errs[to] = fmt.Errorf("the write has %d bytes as it is sent, and the Worker takes none above %d", len(one), maxBody)
				continue
			}
			if size += len(one) + 1; size > maxBytes && len(sent) > 0 {
				break
			}
			r.Write, sent = append(r.Write, one), append(sent, to)
		}
		from = to
		if len(sent) == 0 {
			continue
		}
		a, err := c.ask(ctx, r)
		for i, at := range sent {
			switch {
			case err != nil:
				errs[at] = err
			case a.Write[i] != nil:
				errs[at] = errors.New(*a.Write[i])
			}
		}
	}
	return errs, nil
}

func encode(w *kvprimary.Write) ([]byte, error) {
	out := write{Name: w.Name, Delete: w.Delete, TTL: w.TTL, At: w.At}
	switch {
	case w.Delete:
	case utf8.ValidString(w.Data):
		out.Text = &w.Data
	default:
		text := base64.StdEncoding.EncodeToString([]byte(w.Data))
		out.Base64 = &text
	}
	out.Binary = !w.Delete && kvprimary.Binary(w.Data)
	return marshal(out)
}
