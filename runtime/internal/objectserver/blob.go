package objectserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// blobs is R2, when Options.R2 is set: a bucket for each object.
type blobs struct {
	buckets map[string]*objecttest.Bucket
	uploads map[string]*upload // by name
}

// An upload is a value that comes in parts.
type upload struct {
	id    string
	parts map[int]string
}

// Bucket is the part of R2 that an object has.
func (s *Server) Bucket(namespace, name string) *objecttest.Bucket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bucket(namespace + ":" + name)
}

// bucket is Bucket for who holds mu.
func (s *Server) bucket(object string) *objecttest.Bucket {
	if s.blobs.buckets == nil {
		s.blobs = blobs{buckets: map[string]*objecttest.Bucket{}, uploads: map[string]*upload{}}
	}
	b := s.blobs.buckets[object]
	if b == nil {
		b = &objecttest.Bucket{}
		s.blobs.buckets[object] = b
	}
	return b
}

// blob serves /v1/blob for an object.
func (s *Server) blob(w http.ResponseWriter, r *http.Request, object string, write bool) {
	if !s.opt.R2 {
		refuse(w, http.StatusNotImplemented, frame.CodeUnserved, "ERR this Worker has no R2 bucket")
		return
	}
	s.mu.Lock()
	bucket, now := s.bucket(object), s.opt.Now()/1000
	s.mu.Unlock()
	id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/v1/blob"), "/")
	switch {
	case id != "" && !engine.ValidRefID(id):
		refuse(w, http.StatusNotFound, frame.CodeNotFound, "ERR this names no value")
	case r.Method == http.MethodGet && id != "":
		s.getBlob(w, r, bucket, id)
	case r.Method != http.MethodPut && r.Method != http.MethodPost:
		refuse(w, http.StatusMethodNotAllowed, frame.CodeNotFound, "ERR that is asked otherwise")
	case !write:
		refuse(w, http.StatusForbidden, frame.CodeToken, "NOPERM this token may only read")
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		most := s.opt.MaxBody
		s.mu.Unlock()
		if most > 0 && len(body) > most {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		answer, err := s.putBlob(r, bucket, now, id, string(body))
		if err != nil {
			refuse(w, http.StatusInternalServerError, frame.CodeFault, "ERR "+err.Error())
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func (s *Server) getBlob(w http.ResponseWriter, r *http.Request, bucket *objecttest.Bucket, id string) {
	value, found, err := bucket.Get(id)
	switch {
	case err != nil:
		refuse(w, http.StatusInternalServerError, frame.CodeFault, "ERR "+err.Error())
		return
	case !found:
		refuse(w, http.StatusNotFound, frame.CodeNotFound, "ERR the value is not in R2")
		return
	}
	if asked := r.Header.Get("Range"); asked != "" {
		var from, to int
		if _, err := fmt.Sscanf(asked, "bytes=%d-%d", &from, &to); err != nil || from > to || to >= len(value) {
			refuse(w, http.StatusRequestedRangeNotSatisfiable, frame.CodeProtocol, "ERR a range is bytes=FIRST-LAST")
			return
		}
		w.WriteHeader(http.StatusPartialContent)
		value = value[from : to+1]
	}
	_, _ = io.WriteString(w, value)
}

// putBlob takes a value, or what belongs to one that comes in parts.
func (s *Server) putBlob(r *http.Request, bucket *objecttest.Bucket, now int64, id, body string) (map[string]interface{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := r.URL.Query().Get("upload")
	up := s.blobs.uploads[name]
	switch {
	case id == "" && r.Method == http.MethodPut:
		made, err := bucket.Put(now, body)
		return map[string]interface{}{"id": made, "size": len(body)}, err
	case id == "":
		made, err := bucket.Put(now, "")
		bucket.Remove(made) // until it is whole there is nothing
		name := "upload-" + strconv.Itoa(len(s.blobs.uploads))
		s.blobs.uploads[name] = &upload{id: made, parts: map[int]string{}}
		return map[string]interface{}{"id": made, "upload": name}, err
	case up == nil || up.id != id:
		return nil, fmt.Errorf("there is no such upload")
	case r.Method == http.MethodPut:
		n, err := strconv.Atoi(r.URL.Query().Get("part"))
		up.parts[n] = body
		return map[string]interface{}{"partNumber": n, "etag": strconv.Itoa(len(body))}, err
	}
	var end struct {
		Size  int
		Parts []struct{ PartNumber int }
	}
	if err := json.Unmarshal([]byte(body), &end); err != nil {
		return nil, err
	}
	var whole strings.Builder
	for _, p := range end.Parts {
		whole.WriteString(up.parts[p.PartNumber])
	}
	if whole.Len() != end.Size {
		return nil, fmt.Errorf("of %d bytes %d came", end.Size, whole.Len())
	}
	bucket.Store(id, whole.String())
	delete(s.blobs.uploads, name)
	return map[string]interface{}{"id": id, "size": end.Size}, nil
}

// sweepBlobs carries out what the object wants done with its bucket. The caller holds mu.
func (h *host) sweepBlobs() {
	if h.sweepsBlobs || !h.s.opt.R2 {
		return
	}
	h.sweepsBlobs = true
	go func() {
		for h.sweepBlobsOnce() {
		}
	}()
}

// sweepBlobsOnce carries one task out; false: there is none.
func (h *host) sweepBlobsOnce() (more bool) {
	const page = 1000
	bucket := (*objecttest.Bucket)(nil)
	var task []byte
	h.call(func(o *object.Object) []byte {
		bucket = h.s.bucket(h.name)
		out, found, err := objecttest.SplitTask(o.FollowR2(h.s.opt.Now()))
		if err != nil {
			panic(err)
		}
		if task = found; task[0] == 0 {
			h.sweepsBlobs = false
		}
		return out
	})
	if task == nil || task[0] == 0 {
		return false
	}
	receipt, _, err := bucket.Carry(task, page)
	if err != nil {
		panic(err)
	}
	h.call(func(o *object.Object) []byte { return o.FollowedR2(h.s.opt.Now(), receipt) })
	return true
}

// SetMaxBody changes Options.MaxBody.
func (s *Server) SetMaxBody(bytes int) {
	s.mu.Lock()
	s.opt.MaxBody = bytes
	s.mu.Unlock()
}
