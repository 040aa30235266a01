package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"unicode/utf8"

	"github.com/cloudflare/cloudflare-go/v7/kv"
	"github.com/cloudflare/cloudflare-go/v7/option"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
)

// A KV is one KV namespace. Names are checked and escaped here.
type KV struct {
	c  *Client
	id string
}

// KV is the namespace with an id, which is checked when something is asked of it.
func (c *Client) KV(namespaceID string) *KV { return &KV{c: c, id: namespaceID} }

// do runs a request on the namespace. No error repeats what is in hide.
func (k *KV) do(ctx context.Context, what string, t *trace, send func(ctx context.Context) error) error {
	if err := checkID("KV namespace", k.id); err != nil {
		return err
	}
	return k.c.do(ctx, what+" the KV namespace "+k.id, t, send)
}

// A Pair is a value with its name, for writing.
type Pair struct {
	Name  string
	Value string // any bytes
	// TTL is in seconds from when Cloudflare gets it; At is in Unix seconds, and counts where
	// TTL is 0. 0 and 0: it does not expire. 60 s from then are the least; Cloudflare refuses a
	// whole request for an At that is nearer.
	TTL, At  int64
	Metadata json.RawMessage // at most 1,024 bytes; nil: none
}

// An Entry is a name of a listing, or a value that was read.
type Entry struct {
	Name     string
	Value    string          // not in a listing
	At       int64           // Unix seconds at which it expires; 0: never
	Metadata json.RawMessage // nil: none, or not asked for: Get has none
}

// maxMetadata is in bytes (Cloudflare's limit, 2026-07).
const maxMetadata = 1024

func checkName(name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return errors.New("rest: KV has no names that are empty, . or ..")
	case len(name) > kvprimary.MaxName:
		return fmt.Errorf("rest: a name of %d bytes, and KV has none above %d", len(name), kvprimary.MaxName)
	case !utf8.ValidString(name): // JSON would make it another name
		return errors.New("rest: KV has no names that are no UTF-8")
	}
	return nil
}

func (p *Pair) check() error {
	switch {
	case len(p.Value) > kvprimary.MaxValue:
		return fmt.Errorf("rest: a value of %d bytes, and KV keeps none above %d", len(p.Value), kvprimary.MaxValue)
	case len(p.Metadata) > maxMetadata:
		return fmt.Errorf("rest: metadata of %d bytes, and KV keeps none above %d", len(p.Metadata), maxMetadata)
	case p.Metadata != nil && !json.Valid(p.Metadata):
		return errors.New("rest: the metadata of a value is no JSON")
	case p.At < 0:
		return fmt.Errorf("rest: an expiry at %d s, and time begins at 0", p.At)
	case p.TTL != 0 && p.TTL < kvprimary.MinExpiry:
		return fmt.Errorf("rest: an expiry of %d s, and KV keeps nothing for less than %d s", p.TTL, kvprimary.MinExpiry)
	}
	return checkName(p.Name)
}

// Get reads a value, all its bytes as they are. ok is false when there is none.
func (k *KV) Get(ctx context.Context, name string) (e Entry, ok bool, err error) {
	if err := checkName(name); err != nil {
		return e, false, err
	}
	err = k.do(ctx, "reading a value of", &trace{reads: true, raw: true, hide: []string{name}}, func(ctx context.Context) error {
		var q kv.NamespaceValueGetParams
		q.AccountID.Value, q.AccountID.Present = k.c.account, true
		res, err := kv.NewNamespaceValueService(k.c.opts...).Get(ctx, k.id, escape(name), q)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		data, err := io.ReadAll(io.LimitReader(res.Body, kvprimary.MaxValue+1))
		if err != nil {
			return err
		}
		if len(data) > kvprimary.MaxValue {
			return fmt.Errorf("the answer is larger than a value may be (%d bytes)", kvprimary.MaxValue)
		}
		e = Entry{Name: name, Value: string(data)}
		if at := res.Header.Get("expiration"); at != "" {
			e.At, _ = strconv.ParseInt(at, 10, 64)
		}
		return nil
	})
	if keyMissing(err) {
		return Entry{}, false, nil
	}
	return e, err == nil, err
}

// keyMissing tells a missing key from a missing namespace, by Cloudflare's code.
func keyMissing(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound {
		return false
	}
	for _, c := range e.Codes {
		if c.Code == 10009 {
			return true
		}
	}
	return len(e.Codes) == 0
}

// Put writes a value. It is not repeated after a fault.
func (k *KV) Put(ctx context.Context, p Pair) error {
	if err := p.check(); err != nil {
		return err
	}
	var q kv.NamespaceValueUpdateParams
	q.AccountID.Value, q.AccountID.Present = k.c.account, true
	switch {
	case p.TTL > 0:
		q.ExpirationTTL.Value, q.ExpirationTTL.Present = float64(p.TTL), true
	case p.At > 0:
		q.Expiration.Value, q.Expiration.Present = float64(p.At), true
	}
	body, contentType := []byte(p.Value), "application/octet-stream"
	if p.Metadata != nil {
		body, contentType = withMetadata(&p)
	}
	return k.do(ctx, "putting a value into", &trace{hide: []string{p.Name, p.Value}}, func(ctx context.Context) error {
		_, err := kv.NewNamespaceValueService(k.c.opts...).Update(ctx, k.id, escape(p.Name), q, option.WithRequestBody(contentType, body))
		return err
	})
}

// withMetadata is the body of a value with metadata: a form of two files.
func withMetadata(p *Pair) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, part := range []struct{ name, kind, data string }{
		{"value", "application/octet-stream", p.Value}, {"metadata", "application/json", string(p.Metadata)},
	} {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", `form-data; name="`+part.name+`"; filename="`+part.name+`"`)
		h.Set("Content-Type", part.kind)
		f, err := w.CreatePart(h)
		if err == nil {
			_, err = io.WriteString(f, part.data)
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

// Delete removes a value. A name without one is no error.
func (k *KV) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	err := k.do(ctx, "deleting a value of", &trace{hide: []string{name}}, func(ctx context.Context) error {
		var q kv.NamespaceValueDeleteParams
		q.AccountID.Value, q.AccountID.Present = k.c.account, true
		_, err := kv.NewNamespaceValueService(k.c.opts...).Delete(ctx, k.id, escape(name), q)
		return err
	})
	if keyMissing(err) {
		return nil
	}
	return err
}

// List reads a page of names, in order, that begin with prefix: at most limit of them, 10
// to 1,000. The cursor of the first page is empty; an empty one is returned with the last.
func (k *KV) List(ctx context.Context, prefix, cursor string, limit int) (page []Entry, next string, err error) {
	err = k.do(ctx, "listing", &trace{reads: true, hide: []string{prefix}}, func(ctx context.Context) error {
		var q kv.NamespaceKeyListParams
		q.AccountID.Value, q.AccountID.Present = k.c.account, true
		q.Limit.Value, q.Limit.Present = float64(limit), true
		if prefix != "" {
			q.Prefix.Value, q.Prefix.Present = prefix, true
		}
		if cursor != "" {
			q.Cursor.Value, q.Cursor.Present = cursor, true
		}
		res, err := kv.NewNamespaceKeyService(k.c.opts...).List(ctx, k.id, q)
		if err != nil {
			return err
		}
		page = make([]Entry, len(res.Result))
		for i, key := range res.Result {
			page[i] = Entry{Name: key.Name, At: int64(key.Expiration)}
			if raw := key.JSON.Metadata.Raw(); raw != "" && raw != "null" {
				page[i].Metadata = json.RawMessage(raw)
			}
		}
		next = res.ResultInfo.Cursor
		return nil
	})
	return page, next, err
}
