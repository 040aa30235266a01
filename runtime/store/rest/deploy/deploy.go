// Package deploy uploads Workers over the REST API: modules, bindings, Durable Object
// migrations and secrets. It decides nothing about a project; redis2cf worker does.
package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"path"
	"regexp"
	"strings"

	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/workers"

	"github.com/redis2cf/redis2cf/runtime/store/rest"
)

// A Worker is what is uploaded.
type Worker struct {
	Name               string
	Main               string // name of the main module
	Modules            []Module
	CompatibilityDate  string
	CompatibilityFlags []string
	Bindings           []Binding
	// Migrations are all that the Worker has ever had, in order. Those that Cloudflare has run
	// already are left out.
	Migrations []Migration
	// Logs turns Workers Logs on.
	Logs bool
}

// A Module is a file of a Worker.
type Module struct {
	Name string // as the others import it, without "./"
	Data []byte
}

// A Binding gives the Worker a name for something. Make one with KV, D1, R2,
// DurableObject, Text or JSON.
type Binding map[string]interface{}

// KV binds a KV namespace.
func KV(name, namespaceID string) Binding {
	return Binding{"type": "kv_namespace", "name": name, "namespace_id": namespaceID}
}

// D1 binds a database.
func D1(name, databaseID string) Binding {
	return Binding{"type": "d1", "name": name, "database_id": databaseID}
}

// R2 binds a bucket.
func R2(name, bucket string) Binding {
	return Binding{"type": "r2_bucket", "name": name, "bucket_name": bucket}
}

// DurableObject binds a class of the Worker itself.
func DurableObject(name, class string) Binding {
	return Binding{"type": "durable_object_namespace", "name": name, "class_name": class}
}

// Text binds a string that everybody may see.
func Text(name, text string) Binding {
	return Binding{"type": "plain_text", "name": name, "text": text}
}

// JSON binds a value that everybody may see.
func JSON(name string, value json.RawMessage) Binding {
	return Binding{"type": "json", "name": name, "json": value}
}

// A Migration says what becomes of Durable Object classes.
type Migration struct {
	Tag              string // its own among those of the Worker
	NewSQLiteClasses []string
	DeletedClasses   []string
}

// Uploaded is what Cloudflare says of an upload.
type Uploaded struct {
	ETag         string
	StartupMs    int64 // what the Worker's global code took
	MigrationTag string
	Migrated     int // migrations that were run
}

// workerName is Cloudflare's rule.
var workerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Upload makes a Worker or replaces it. Secrets of an earlier version stay. It is not
// repeated after a fault; to run it once more by hand does no harm.
func Upload(ctx context.Context, c *rest.Client, w Worker) (Uploaded, error) {
	if err := w.check(); err != nil {
		return Uploaded{}, err
	}
	exists, tag, err := migrationTag(ctx, c, w.Name)
	if err != nil {
		return Uploaded{}, err
	}
	steps, err := w.after(tag)
	if err != nil {
		return Uploaded{}, err
	}
	meta := metadata{
		MainModule: w.Main, CompatibilityDate: w.CompatibilityDate, CompatibilityFlags: w.CompatibilityFlags, Bindings: w.Bindings,
		Observability: &observability{Enabled: w.Logs},
	}
	if exists {
		meta.KeepBindings = []string{"secret_text", "secret_key"}
	}
	if meta.Bindings == nil {
		meta.Bindings = []Binding{}
	}
	if len(steps) > 0 {
		m := &migrations{OldTag: tag, NewTag: steps[len(steps)-1].Tag}
		for _, s := range steps {
			m.Steps = append(m.Steps, step{NewSQLiteClasses: s.NewSQLiteClasses, DeletedClasses: s.DeletedClasses})
		}
		meta.Migrations = m
	}
	body, contentType, err := w.form(&meta)
	if err != nil {
		return Uploaded{}, err
	}
	out := Uploaded{Migrated: len(steps)}
	err = c.Do(ctx, "uploading the Worker "+w.Name, false, func(ctx context.Context) error {
		var q workers.ScriptUpdateParams
		q.AccountID.Value, q.AccountID.Present = c.Account(), true
		res, err := workers.NewScriptService(c.RequestOptions()...).Update(ctx, w.Name, q, option.WithRequestBody(contentType, body))
		if err != nil {
			return err
		}
		out.ETag, out.StartupMs, out.MigrationTag = res.Etag, res.StartupTimeMs, res.MigrationTag
		return nil
	})
	return out, err
}

func checkName(worker string) error {
	if !workerName.MatchString(worker) {
		return fmt.Errorf("deploy: %q is no name of a Worker: 1 to 63 of a-z, 0-9 and -, no - at the ends", worker)
	}
	return nil
}

func (w *Worker) check() error {
	if err := checkName(w.Name); err != nil {
		return err
	}
	main := false
	seen := map[string]bool{"metadata": true}
	for _, m := range w.Modules {
		if m.Name == "" || path.Clean(m.Name) != m.Name || strings.HasPrefix(m.Name, "/") || strings.HasPrefix(m.Name, "..") || strings.ContainsAny(m.Name, "\"\r\n") || seen[m.Name] {
			return fmt.Errorf("deploy: a Worker has no module, or has another one, by the name %q", m.Name)
		}
		seen[m.Name] = true
		main = main || m.Name == w.Main
	}
	if !main {
		return fmt.Errorf("deploy: the main module %q is not among the modules", w.Main)
	}
	tags := map[string]bool{}
	for _, m := range w.Migrations {
		if m.Tag == "" || tags[m.Tag] { // what Cloudflare has run is found by its tag
			return fmt.Errorf("deploy: a migration has no tag, or has another one's: %q", m.Tag)
		}
		tags[m.Tag] = true
	}
	return nil
}

// after are the migrations behind the one with a tag.
func (w *Worker) after(tag string) ([]Migration, error) {
	if tag == "" {
		return w.Migrations, nil
	}
	for i, m := range w.Migrations {
		if m.Tag == tag {
			return w.Migrations[i+1:], nil
		}
	}
	return nil, fmt.Errorf("deploy: Cloudflare has run the migration %q of the Worker %s, which the project does not have: it was deployed from a newer or another project", tag, w.Name)
}

// metadata is the part of the form that says what the others are.
type metadata struct {
	MainModule         string         `json:"main_module"`
	CompatibilityDate  string         `json:"compatibility_date,omitempty"`
	CompatibilityFlags []string       `json:"compatibility_flags,omitempty"`
	Bindings           []Binding      `json:"bindings"`
	KeepBindings       []string       `json:"keep_bindings,omitempty"`
	Migrations         *migrations    `json:"migrations,omitempty"`
	Observability      *observability `json:"observability,omitempty"`
}

type migrations struct {
	OldTag string `json:"old_tag,omitempty"`
	NewTag string `json:"new_tag"`
	Steps  []step `json:"steps"`
}

type step struct {
	NewSQLiteClasses []string `json:"new_sqlite_classes,omitempty"`
	DeletedClasses   []string `json:"deleted_classes,omitempty"`
}

type observability struct {
	Enabled bool `json:"enabled"`
}

// moduleTypes are the content types of modules by their ending.
var moduleTypes = map[string]string{
	".js": "application/javascript+module", ".mjs": "application/javascript+module",
	".wasm": "application/wasm", ".json": "text/plain", ".sql": "text/plain", ".txt": "text/plain", ".map": "application/source-map",
}

// form is the body of an upload: one file for each module. cloudflare-go would write the
// metadata field by field, which Cloudflare does not take.
func (w *Worker) form(meta *metadata) (body []byte, contentType string, err error) {
	text, err := json.Marshal(meta)
	if err != nil {
		return nil, "", fmt.Errorf("deploy: a binding's value: %w", err)
	}
	var b bytes.Buffer
	f := multipart.NewWriter(&b)
	add := func(name, kind string, file bool, data []byte) error {
		h := textproto.MIMEHeader{}
		disposition := `form-data; name="` + name + `"`
		if file {
			disposition += `; filename="` + name + `"`
		}
		h.Set("Content-Disposition", disposition)
		h.Set("Content-Type", kind)
		part, err := f.CreatePart(h)
		if err == nil {
			_, err = io.Copy(part, bytes.NewReader(data))
		}
		return err
	}
	if err := add("metadata", "application/json", false, text); err != nil {
		return nil, "", err
	}
	for _, m := range w.Modules {
		kind := moduleTypes[path.Ext(m.Name)]
		if kind == "" {
			kind = "application/octet-stream"
		}
		if err := add(m.Name, kind, true, m.Data); err != nil {
			return nil, "", err
		}
	}
	if err := f.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), f.FormDataContentType(), nil
}

// migrationTag is the last migration that Cloudflare has run for a Worker.
func migrationTag(ctx context.Context, c *rest.Client, name string) (exists bool, tag string, err error) {
	err = c.Do(ctx, "listing the account's Workers", true, func(ctx context.Context) error {
		var q workers.ScriptListParams
		q.AccountID.Value, q.AccountID.Present = c.Account(), true
		res, err := workers.NewScriptService(c.RequestOptions()...).List(ctx, q)
		if err != nil {
			return err
		}
		for _, s := range res.Result {
			if s.ID == name {
				exists, tag = true, s.MigrationTag
			}
		}
		return nil
	})
	return exists, tag, err
}

// PutSecret sets a secret of a Worker. It is not repeated after a fault; to run it once
// more by hand does no harm.
func PutSecret(ctx context.Context, c *rest.Client, worker, name, text string) error {
	if name == "" || text == "" {
		return errors.New("deploy: a secret has a name and a text")
	}
	if err := checkName(worker); err != nil {
		return err
	}
	return c.Do(rest.Hide(ctx, text), fmt.Sprintf("setting the secret %s of the Worker %s", name, worker), false, func(ctx context.Context) error {
		var secret workers.ScriptSecretUpdateParamsBodyWorkersBindingKindSecretText
		secret.Name.Value, secret.Name.Present = name, true
		secret.Text.Value, secret.Text.Present = text, true
		secret.Type.Value, secret.Type.Present = workers.ScriptSecretUpdateParamsBodyWorkersBindingKindSecretTextTypeSecretText, true
		q := workers.ScriptSecretUpdateParams{Body: secret}
		q.AccountID.Value, q.AccountID.Present = c.Account(), true
		_, err := workers.NewScriptSecretService(c.RequestOptions()...).Update(ctx, worker, q)
		return err
	})
}

// Publish makes a Worker answer at its workers.dev address, and returns that. An account
// without a workers.dev subdomain is an error.
func Publish(ctx context.Context, c *rest.Client, worker string) (url string, err error) {
	if err := checkName(worker); err != nil {
		return "", err
	}
	err = c.Do(ctx, "opening workers.dev for the Worker "+worker, false, func(ctx context.Context) error {
		var q workers.ScriptSubdomainNewParams
		q.AccountID.Value, q.AccountID.Present = c.Account(), true
		q.Enabled.Value, q.Enabled.Present = true, true
		_, err := workers.NewScriptSubdomainService(c.RequestOptions()...).New(ctx, worker, q)
		return err
	})
	if err != nil {
		return "", err
	}
	err = c.Do(ctx, "reading the account's workers.dev subdomain", true, func(ctx context.Context) error {
		var q workers.SubdomainGetParams
		q.AccountID.Value, q.AccountID.Present = c.Account(), true
		res, err := workers.NewSubdomainService(c.RequestOptions()...).Get(ctx, q)
		if err != nil {
			return err
		}
		if res.Subdomain != "" {
			url = "https://" + worker + "." + res.Subdomain + ".workers.dev"
		}
		return nil
	})
	if err == nil && url == "" {
		err = errors.New("deploy: the account has no workers.dev subdomain yet: choose one in the dashboard, at Workers & Pages")
	}
	return url, err
}
