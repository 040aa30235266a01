package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

const (
	// blobWhole is how many bytes one request brings: Cloudflare takes bodies of 100 MB
	// on its smaller plans. Larger values come in parts.
	blobWhole = 64 << 20
	// blobPart is how many bytes a part has: R2 wants 5 MB at least, and all parts but
	// the last equal.
	blobPart = 32 << 20
	// blobsAtOnce is how many requests of one frame are under way.
	blobsAtOnce = 4
	// blobTries is how often a request is sent that failed on its way.
	blobTries = 4
)

// several does n things, a few at a time. The first error ends it.
func several(n int, do func(i int) error) error {
	if n == 1 {
		return do(0)
	}
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		next  int
		first error
	)
	for w := 0; w < min(n, blobsAtOnce); w++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for {
				mu.Lock()
				i := next
				next++
				over := i >= n || first != nil
				mu.Unlock()
				if over {
					return
				}
				if err := do(i); err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
				}
			}
		}()
	}
	wait.Wait()
	return first
}

// putBlob brings a value to R2. A request may be sent several times: what it stored
// before is an orphan then, which the object removes.
func (sp *space) putBlob(ctx context.Context, o *object, value string) (engine.Ref, error) {
	var made struct {
		ID     string `json:"id"`
		Size   int64  `json:"size"`
		Upload string `json:"upload"`
	}
	err := error(nil)
	if len(value) <= blobWhole {
		err = sp.blob(ctx, o, http.MethodPut, "", nil, value, &made)
	} else if err = sp.blob(ctx, o, http.MethodPost, "", nil, "", &made); err == nil {
		err = sp.putParts(ctx, o, made.ID, made.Upload, value)
		made.Size = int64(len(value))
	}
	if err != nil {
		return engine.Ref{}, err
	}
	if !engine.ValidRefID(made.ID) || made.Size != int64(len(value)) {
		return engine.Ref{}, fmt.Errorf("%s did not store it whole", sp.b.url)
	}
	return engine.Ref{ID: made.ID, Size: made.Size}, nil
}

// putParts brings a value in parts.
func (sp *space) putParts(ctx context.Context, o *object, id, upload, value string) error {
	if !engine.ValidRefID(id) {
		return fmt.Errorf("%s began no upload", sp.b.url)
	}
	n := (len(value) + blobPart - 1) / blobPart
	parts := make([]json.RawMessage, n)
	err := several(n, func(i int) error {
		part := value[i*blobPart : min((i+1)*blobPart, len(value))]
		query := url.Values{"upload": {upload}, "part": {strconv.Itoa(i + 1)}}
		return sp.blob(ctx, o, http.MethodPut, id, query, part, &parts[i])
	})
	if err != nil {
		return err
	}
	end, err := json.Marshal(map[string]interface{}{"size": len(value), "parts": parts})
	if err != nil {
		return err
	}
	var whole struct{}
	return sp.blob(ctx, o, http.MethodPost, id, url.Values{"upload": {upload}}, string(end), &whole)
}

// blob sends a request about a value and reads the answer's JSON.
func (sp *space) blob(ctx context.Context, o *object, method, id string, query url.Values, body string, into interface{}) error {
	return sp.blobTry(ctx, o, method, id, query, nil, body, func(response *http.Response) error {
		text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
		if err != nil {
			return err
		}
		return json.Unmarshal(text, into)
	})
}

// getBlob fetches what a reply refers to.
func (sp *space) getBlob(ctx context.Context, o *object, r *resp.Reply) (value string, found bool, err error) {
	id, from, part := strings.Cut(r.Str, "@")
	if !engine.ValidRefID(id) || r.Int < 0 || r.Int > 512<<20 {
		return "", false, errors.New("the object answered a reference that is none")
	}
	header := http.Header{}
	if part {
		at, err := strconv.ParseInt(from, 10, 64)
		if err != nil {
			return "", false, errors.New("the object answered a reference that is none")
		}
		header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, at+r.Int-1))
	}
	var b strings.Builder
	err = sp.blobTry(ctx, o, http.MethodGet, id, nil, header, "", func(response *http.Response) error {
		b.Reset()
		b.Grow(int(r.Int))
		n, err := io.Copy(&b, io.LimitReader(response.Body, r.Int+1))
		if err == nil && n != r.Int {
			err = fmt.Errorf("of %d bytes %d came", r.Int, n)
		}
		return err
	})
	var missing *missingBlob
	if errors.As(err, &missing) {
		return "", false, nil
	}
	return b.String(), err == nil, err
}

// missingBlob is the error of a value that is not there.
type missingBlob struct{ error }

// blobTry sends a request until it is answered, or an error comes that another try
// would not change.
func (sp *space) blobTry(ctx context.Context, o *object, method, id string, query url.Values, header http.Header, body string, read func(*http.Response) error) error {
	b := newBackoff()
	for try := 1; ; try++ {
		err := sp.blobOnce(ctx, o, method, id, query, header, body, read)
		var missing *missingBlob
		if err == nil || ctx.Err() != nil || isRefusal(err) || errors.As(err, &missing) || try == blobTries {
			return err
		}
		select {
		case <-time.After(b.NextBackOff()):
		case <-ctx.Done():
			return fmt.Errorf("%w (%v)", ctx.Err(), err)
		case <-sp.b.ctx.Done():
			return errClosed
		}
	}
}

func (sp *space) blobOnce(ctx context.Context, o *object, method, id string, query url.Values, header http.Header, body string, read func(*http.Response) error) error {
	at := sp.b.base.JoinPath("v1", "blob")
	if id != "" {
		at = at.JoinPath(id)
	}
	at.RawQuery = query.Encode()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, at.String(), content)
	if err != nil {
		return refuse("gateway: %s is no URL to ask", sp.b.url)
	}
	req.Header = sp.header(o)
	for name, values := range header {
		req.Header[name] = values
	}
	response, err := sp.client.Do(req)
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if err != nil {
		err = sp.dialError(err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // what is left of it is of no use
	switch response.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
		return read(response)
	}
	return sp.blobError(response)
}

// blobError says what an answer means that is none of the value.
func (sp *space) blobError(response *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return err
	}
	var said struct {
		Code frame.Code `json:"code"`
		Text string     `json:"text"`
	}
	_ = json.Unmarshal(text, &said) // a page of somebody else's has no code
	switch {
	case response.StatusCode == http.StatusNotFound && said.Code == frame.CodeNotFound:
		return &missingBlob{errors.New(clip(said.Text))}
	case response.StatusCode == http.StatusForbidden && said.Code == frame.CodeToken:
		return &refusal{errors.New(clip(said.Text))} // the token may only read
	case response.StatusCode == http.StatusRequestEntityTooLarge:
		return refuse("gateway: %s takes no request of this size (%s)", sp.b.url, clip(response.Status))
	}
	response.Body = io.NopCloser(bytes.NewReader(text))
	err = sp.statusError(response)
	if response.StatusCode >= 500 && !isRefusal(err) || response.StatusCode == http.StatusTooManyRequests {
		return err
	}
	if isRefusal(err) {
		return err
	}
	return &refusal{err}
}
