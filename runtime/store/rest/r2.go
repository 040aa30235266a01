package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/r2"
)

// An R2 is one bucket.
type R2 struct {
	c      *Client
	bucket string
}

// R2 is the bucket with a name.
func (c *Client) R2(bucket string) *R2 { return &R2{c: c, bucket: bucket} }

// MaxUpload is how many bytes an object may have that is put over REST (Cloudflare's
// limit of 300 MB, as wrangler counts it, 2026-07); larger ones need the S3 API or a Worker.
const MaxUpload = 300 << 20

// maxObjectKey is in bytes.
const maxObjectKey = 1024

// An Object is what a listing says of one.
type Object struct {
	Key  string
	Size int64
	ETag string // without quotes
}

// do runs a request on the bucket.
func (r *R2) do(ctx context.Context, what string, t *trace, send func(ctx context.Context) error) error {
	if err := checkID("bucket", r.bucket); err != nil {
		return err
	}
	return r.c.do(ctx, what+" the bucket "+r.bucket, t, send)
}

// objectPath escapes a key for a path. Slashes stay as they are: Cloudflare wants them
// literally.
func objectPath(key string) (string, error) {
	if key == "" || len(key) > maxObjectKey {
		return "", fmt.Errorf("rest: an object's key has 1 to %d bytes, not %d", maxObjectKey, len(key))
	}
	parts := strings.Split(key, "/")
	for i, p := range parts {
		if p == "." || p == ".." || p == "" {
			return "", errors.New("rest: the API cannot name an object whose key has an empty part, . or .. between slashes")
		}
		parts[i] = escape(p)
	}
	return strings.Join(parts, "/"), nil
}

// Put writes an object of at most 300 MiB, all of body from its beginning, in pieces: it is
// never in memory as a whole. body stays open, and is not read any more when Put returns.
// It is not repeated after a fault.
func (r *R2) Put(ctx context.Context, key string, body io.ReadSeeker) (etag string, err error) {
	path, err := objectPath(key)
	if err != nil {
		return "", err
	}
	up, err := newUpload(body)
	switch {
	case err != nil:
		return "", fmt.Errorf("rest: putting an object into the bucket %s: %w", r.bucket, err)
	case up.size > MaxUpload:
		return "", fmt.Errorf("rest: an object of %d bytes, and the API takes none above %d", up.size, int64(MaxUpload))
	}
	defer up.end()
	err = r.do(ctx, "putting an object into", &trace{upload: up, hide: []string{key}}, func(ctx context.Context) error {
		var q r2.BucketObjectUploadParams
		q.AccountID.Value, q.AccountID.Present = r.c.account, true
		res, err := r2.NewBucketObjectService(r.c.opts...).Upload(ctx, r.bucket, path, http.NoBody, q)
		if err != nil {
			return err
		}
		etag = res.Etag
		return nil
	})
	return etag, err
}

// Get opens an object; the caller closes it. ok is false when there is none. The size, in
// bytes, is -1 when the answer does not say it. The context bounds the reading as well.
func (r *R2) Get(ctx context.Context, key string) (body io.ReadCloser, size int64, ok bool, err error) {
	path, err := objectPath(key)
	if err != nil {
		return nil, 0, false, err
	}
	var res *http.Response
	err = r.do(ctx, "reading an object of", &trace{reads: true, raw: true, stream: true, hide: []string{key}}, func(ctx context.Context) (err error) {
		var q r2.BucketObjectGetParams
		q.AccountID.Value, q.AccountID.Present = r.c.account, true
		// Compressed on its way it would have no length, and what was stored compressed would not come as it is.
		res, err = r2.NewBucketObjectService(r.c.opts...).Get(ctx, r.bucket, path, q, option.WithHeader("Accept-Encoding", "identity"))
		return err
	})
	if err != nil {
		if objectMissing(err) {
			return nil, 0, false, nil
		}
		return nil, 0, false, err
	}
	size = -1
	if n, err := strconv.ParseInt(res.Header.Get("Content-Length"), 10, 64); err == nil {
		size = n
	}
	return res.Body, size, true, nil
}

// objectMissing tells a missing object from a missing bucket, by Cloudflare's code.
func objectMissing(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status != 404 {
		return false
	}
	for _, c := range e.Codes {
		if c.Code == 10006 { // there is no such bucket
			return false
		}
	}
	return true
}

// Delete removes an object. A key without one is no error.
func (r *R2) Delete(ctx context.Context, key string) error {
	path, err := objectPath(key)
	if err != nil {
		return err
	}
	err = r.do(ctx, "deleting an object of", &trace{hide: []string{key}}, func(ctx context.Context) error {
		var q r2.BucketObjectDeleteParams
		q.AccountID.Value, q.AccountID.Present = r.c.account, true
		_, err := r2.NewBucketObjectService(r.c.opts...).Delete(ctx, r.bucket, path, q)
		return err
	})
	if objectMissing(err) {
		return nil
	}
	return err
}

// List reads a page of objects, in order, whose keys begin with prefix: at most limit of
// them. The cursor of the first page is empty; an empty one is returned with the last.
func (r *R2) List(ctx context.Context, prefix, cursor string, limit int) (page []Object, next string, err error) {
	err = r.do(ctx, "listing", &trace{reads: true, hide: []string{prefix}}, func(ctx context.Context) error {
		var q r2.BucketObjectListParams
		q.AccountID.Value, q.AccountID.Present = r.c.account, true
		q.PerPage.Value, q.PerPage.Present = int64(limit), true
		if prefix != "" {
			q.Prefix.Value, q.Prefix.Present = prefix, true
		}
		if cursor != "" {
			q.Cursor.Value, q.Cursor.Present = cursor, true
		}
		res, err := r2.NewBucketObjectService(r.c.opts...).List(ctx, r.bucket, q)
		if err != nil {
			return err
		}
		page = make([]Object, len(res.Result))
		for i, o := range res.Result {
			page[i] = Object{Key: o.Key, Size: o.Size, ETag: o.Etag}
		}
		next = res.ResultInfo.Cursor
		return nil
	})
	return page, next, err
}
