package rest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/cloudflare/cloudflare-go/v7/kv"
	"github.com/cloudflare/cloudflare-go/v7/option"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
)

// bulkPair is a pair as the API takes it in numbers.
type bulkPair struct {
	Key      string          `json:"key"`
	Value    string          `json:"value"`
	Base64   bool            `json:"base64,omitempty"`
	TTL      int64           `json:"expiration_ttl,omitempty"`
	At       int64           `json:"expiration,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// bulkBytes is what the pairs of a request may have: the limit less some for what is
// around them.
const bulkBytes = kvprimary.BulkPutBytes - 1<<20

// BulkPut writes pairs, 10,000 or 100 MB in a request. done is how many of them, from the
// first, were in requests that were answered; failed are names among those that KV did not
// store, and that may be written again. Nothing is repeated after a fault: err is then about
// the next pairs, and those behind them were not sent.
func (k *KV) BulkPut(ctx context.Context, pairs []Pair) (done int, failed []string, err error) {
	for i := range pairs {
		if err := pairs[i].check(); err != nil {
			return 0, nil, err
		}
	}
	var body bytes.Buffer
	var hide []string
	count := 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		body.WriteByte(']')
		missed, err := k.bulkPut(ctx, body.Bytes(), hide)
		if err != nil {
			return err
		}
		done, failed = done+count, append(failed, missed...)
		body, hide = bytes.Buffer{}, nil // the old one may still be read
		count = 0
		return nil
	}
	for i := range pairs {
		one, err := encodePair(&pairs[i])
		if err != nil {
			return done, failed, err
		}
		if len(one) > bulkBytes || base64.StdEncoding.EncodedLen(len(pairs[i].Value)) > kvprimary.MaxValue && !utf8.ValidString(pairs[i].Value) {
			// In bulk a value has its length in base64, or as JSON writes it, which may be six
			// times its own: this one goes by itself.
			if err := flush(); err != nil {
				return done, failed, err
			}
			if err := k.Put(ctx, pairs[i]); err != nil {
				return done, failed, err
			}
			done++
			continue
		}
		if count == kvprimary.BulkPut || count > 0 && body.Len()+len(one) > bulkBytes {
			if err := flush(); err != nil {
				return done, failed, err
			}
		}
		sep := byte(',')
		if count == 0 {
			sep = '['
		}
		body.WriteByte(sep)
		body.Write(one)
		hide = append(hide, pairs[i].Name, pairs[i].Value)
		count++
	}
	err = flush()
	return done, failed, err
}

func encodePair(p *Pair) ([]byte, error) {
	b := bulkPair{Key: p.Name, Value: p.Value, TTL: p.TTL, Metadata: p.Metadata}
	if p.TTL == 0 {
		b.At = p.At
	}
	if !utf8.ValidString(p.Value) {
		b.Value, b.Base64 = base64.StdEncoding.EncodeToString([]byte(p.Value)), true
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&b); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func (k *KV) bulkPut(ctx context.Context, body []byte, hide []string) (failed []string, err error) {
	err = k.do(ctx, "writing in bulk to", &trace{hide: hide}, func(ctx context.Context) error {
		var q kv.NamespaceBulkUpdateParams
		q.AccountID.Value, q.AccountID.Present = k.c.account, true
		res, err := kv.NewNamespaceService(k.c.opts...).BulkUpdate(ctx, k.id, q, option.WithRequestBody("application/json", body))
		if err != nil {
			return err
		}
		failed = res.UnsuccessfulKeys
		return nil
	})
	return failed, err
}

// BulkDelete removes values, 10,000 in a request. done and failed are as for BulkPut.
func (k *KV) BulkDelete(ctx context.Context, names []string) (done int, failed []string, err error) {
	for _, name := range names {
		if err := checkName(name); err != nil {
			return 0, nil, err
		}
	}
	for len(names) > 0 {
		part := names[:min(len(names), kvprimary.BulkPut)]
		err := k.do(ctx, "deleting in bulk from", &trace{hide: part}, func(ctx context.Context) error {
			var q kv.NamespaceBulkDeleteParams
			q.AccountID.Value, q.AccountID.Present = k.c.account, true
			q.Body = part
			res, err := kv.NewNamespaceService(k.c.opts...).BulkDelete(ctx, k.id, q)
			if err != nil {
				return err
			}
			failed = append(failed, res.UnsuccessfulKeys...)
			return nil
		})
		if err != nil {
			return done, failed, err
		}
		done += len(part)
		names = names[len(part):]
	}
	return done, failed, nil
}

// BulkGet reads values, 100 in a request; names without a value are not in the result.
// The API answers text alone: a value that is none is read once more by itself. One that
// begins with a byte order mark loses it, unless its metadata says {"binary":true}.
func (k *KV) BulkGet(ctx context.Context, names []string) (map[string]Entry, error) {
	for _, name := range names {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	found := make(map[string]Entry, len(names))
	for len(names) > 0 {
		part := names[:min(len(names), kvprimary.BulkGet)]
		if err := k.bulkGet(ctx, part, found); err != nil {
			return nil, err
		}
		names = names[len(part):]
	}
	return found, nil
}

// binary marks values that do not survive being read as text.
var binary = json.RawMessage(`{"binary":true}`)

// bulkGet reads one request's names into found.
func (k *KV) bulkGet(ctx context.Context, names []string, found map[string]Entry) error {
	var answer struct {
		Result struct {
			Values map[string]json.RawMessage `json:"values"`
		} `json:"result"`
	}
	err := k.do(ctx, "reading in bulk from", &trace{reads: true, hide: names}, func(ctx context.Context) error {
		var q kv.NamespaceBulkGetParams
		q.AccountID.Value, q.AccountID.Present = k.c.account, true
		q.Keys.Value, q.Keys.Present = names, true
		q.Type.Value, q.Type.Present = kv.NamespaceBulkGetParamsTypeText, true
		q.WithMetadata.Value, q.WithMetadata.Present = true, true
		_, err := kv.NewNamespaceService(k.c.opts...).BulkGet(ctx, k.id, q, option.WithResponseBodyInto(&answer))
		return err
	})
	var e *Error
	switch {
	case errors.As(err, &e) && e.Status == http.StatusRequestEntityTooLarge && len(names) == 1:
		return k.getWhole(ctx, names[0], found)
	case errors.As(err, &e) && e.Status == http.StatusRequestEntityTooLarge:
		half := len(names) / 2
		if err := k.bulkGet(ctx, names[:half], found); err != nil {
			return err
		}
		return k.bulkGet(ctx, names[half:], found)
	case err != nil:
		return err
	}
	for _, name := range names {
		raw, ok := answer.Result.Values[name]
		if !ok || string(raw) == "null" {
			continue
		}
		entry, exact, err := bulkEntry(name, raw)
		if err != nil {
			return err
		}
		if exact {
			found[name] = entry
			continue
		}
		one, ok, err := k.Get(ctx, name)
		if err != nil {
			return err
		}
		if ok {
			one.Metadata = entry.Metadata
			found[name] = one
		}
	}
	return nil
}

// getWhole reads a value that is too large for an answer with others, and its metadata.
func (k *KV) getWhole(ctx context.Context, name string, found map[string]Entry) error {
	e, ok, err := k.Get(ctx, name)
	if err != nil || !ok {
		return err
	}
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	err = k.do(ctx, "reading the metadata of a value of", &trace{reads: true, hide: []string{name}}, func(ctx context.Context) error {
		var q kv.NamespaceMetadataGetParams
		q.AccountID.Value, q.AccountID.Present = k.c.account, true
		_, err := kv.NewNamespaceMetadataService(k.c.opts...).Get(ctx, k.id, escape(name), q, option.WithResponseBodyInto(&answer))
		return err
	})
	if keyMissing(err) { // it was removed in the meantime
		return nil
	}
	if len(answer.Result) > 0 && string(answer.Result) != "null" {
		e.Metadata = answer.Result
	}
	found[name] = e
	return err
}

// bulkEntry reads a value of a bulk answer: with its metadata, or, where the API knows no
// metadata in bulk, as a string. exact is false when its bytes may have been others.
func bulkEntry(name string, raw json.RawMessage) (e Entry, exact bool, err error) {
	e.Name = name
	var value interface{}
	if raw[0] == '{' {
		var full struct {
			Value      interface{}     `json:"value"`
			Metadata   json.RawMessage `json:"metadata"`
			Expiration float64         `json:"expiration"`
		}
		if err := json.Unmarshal(raw, &full); err != nil {
			return e, false, fmt.Errorf("rest: reading in bulk: %w", err)
		}
		value, e.At = full.Value, int64(full.Expiration)
		if len(full.Metadata) > 0 && string(full.Metadata) != "null" {
			e.Metadata = full.Metadata
		}
	} else if err := json.Unmarshal(raw, &value); err != nil {
		return e, false, fmt.Errorf("rest: reading in bulk: %w", err)
	}
	text, ok := value.(string)
	e.Value = text
	if !ok {
		return e, false, nil
	}
	var mark struct {
		Binary bool `json:"binary"`
	}
	_ = json.Unmarshal(e.Metadata, &mark) // other metadata than ours may be of any shape
	return e, !mark.Binary && !strings.ContainsRune(text, utf8.RuneError), nil
}
