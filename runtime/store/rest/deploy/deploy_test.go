package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store/rest"
	"github.com/redis2cf/redis2cf/runtime/store/rest/internal/fakeapi"
)

var ctx = context.Background()

func start(t *testing.T) (*fakeapi.Server, *rest.Client) {
	t.Helper()
	s := fakeapi.Start(t)
	c, err := rest.New(rest.Options{Account: fakeapi.Account, Token: fakeapi.Token, BaseURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func worker() Worker {
	return Worker{
		Name: "chat", Main: "worker.js", CompatibilityDate: "2026-07-01", CompatibilityFlags: []string{"nodejs_compat"}, Logs: true,
		Modules: []Module{{"worker.js", []byte("export default {}")}, {"lib/program.js", []byte("// \x00 \r\n--boundary")}, {"engine.wasm", []byte("\x00asm\x01\x00\x00\x00")}, {"plan.json", []byte("{}")}},
		Bindings: []Binding{KV("KV", strings.Repeat("a", 32)), D1("D1", "00000000-0000-4000-8000-000000000001"), R2("R2", "chat-large"),
			DurableObject("OBJECT", "Redis"), Text("VERSION", "1"), JSON("PLAN", json.RawMessage(`{"a":[1]}`))},
		Migrations: []Migration{{Tag: "v1", NewSQLiteClasses: []string{"Redis"}}},
	}
}

func TestUploadCarriesModulesBindingsAndMigrations(t *testing.T) {
	s, c := start(t)
	w := worker()
	up, err := Upload(ctx, c, w)
	if err != nil {
		t.Fatal(err)
	}
	if up.Migrated != 1 || up.MigrationTag != "v1" || up.ETag == "" || up.StartupMs != 12 {
		t.Errorf("%+v", up)
	}
	got := s.Workers["chat"]
	for _, m := range w.Modules {
		if string(got.Modules[m.Name]) != string(m.Data) {
			t.Errorf("module %s arrived as %q", m.Name, got.Modules[m.Name])
		}
	}
	if got.Kinds["engine.wasm"] != "application/wasm" || got.Kinds["worker.js"] != "application/javascript+module" || got.Kinds["plan.json"] != "text/plain" {
		t.Errorf("kinds %v", got.Kinds)
	}
	want := `{"main_module":"worker.js","compatibility_date":"2026-07-01","compatibility_flags":["nodejs_compat"],"bindings":[` +
		`{"name":"KV","namespace_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","type":"kv_namespace"},` +
		`{"database_id":"00000000-0000-4000-8000-000000000001","name":"D1","type":"d1"},` +
		`{"bucket_name":"chat-large","name":"R2","type":"r2_bucket"},` +
		`{"class_name":"Redis","name":"OBJECT","type":"durable_object_namespace"},` +
		`{"name":"VERSION","text":"1","type":"plain_text"},{"json":{"a":[1]},"name":"PLAN","type":"json"}],` +
		`"migrations":{"new_tag":"v1","steps":[{"new_sqlite_classes":["Redis"]}]},"observability":{"enabled":true}}`
	if string(got.Metadata) != want {
		t.Errorf("metadata\n%s\nwant\n%s", got.Metadata, want)
	}
}

func TestSecondUploadKeepsSecretsAndRunsNewMigrationsAlone(t *testing.T) {
	s, c := start(t)
	w := worker()
	if _, err := Upload(ctx, c, w); err != nil {
		t.Fatal(err)
	}
	if err := PutSecret(ctx, c, "chat", "TOKENS", "digests"); err != nil {
		t.Fatal(err)
	}
	url, err := Publish(ctx, c, "chat")
	if err != nil || url != "https://chat.fake.workers.dev" {
		t.Errorf("%q %v", url, err)
	}
	if up, err := Upload(ctx, c, w); err != nil || up.Migrated != 0 || up.MigrationTag != "v1" {
		t.Errorf("the same again: %+v %v", up, err)
	}
	w.Migrations = append(w.Migrations, Migration{Tag: "v2", NewSQLiteClasses: []string{"Other"}}, Migration{Tag: "v3", DeletedClasses: []string{"Other"}})
	up, err := Upload(ctx, c, w)
	if err != nil || up.Migrated != 2 || up.MigrationTag != "v3" {
		t.Errorf("with two more: %+v %v", up, err)
	}
	got := s.Workers["chat"]
	if got.Secrets["TOKENS"] != "digests" || !got.Published {
		t.Errorf("after three uploads: %+v", got)
	}
	if m := string(got.Metadata); !strings.Contains(m, `"old_tag":"v1","new_tag":"v3","steps":[{"new_sqlite_classes":["Other"]},{"deleted_classes":["Other"]}]`) || !strings.Contains(m, `"keep_bindings":["secret_text","secret_key"]`) {
		t.Errorf("%s", m)
	}
	w.Migrations = w.Migrations[:1]
	if _, err := Upload(ctx, c, w); err == nil || !strings.Contains(err.Error(), `has run the migration "v3"`) {
		t.Errorf("an older project: %v", err)
	}
}

func TestWrongProjectsAreRefusedBeforeTheyAreSent(t *testing.T) {
	s, c := start(t)
	for want, change := range map[string]func(*Worker){
		"no name of a Worker":    func(w *Worker) { w.Name = "Chat!" },
		"main module":            func(w *Worker) { w.Main = "other.js" },
		`the name "metadata"`:    func(w *Worker) { w.Modules = append(w.Modules, Module{Name: "metadata"}) },
		`the name "worker.js"`:   func(w *Worker) { w.Modules = append(w.Modules, Module{Name: "worker.js"}) },
		`the name "../up.js"`:    func(w *Worker) { w.Modules = append(w.Modules, Module{Name: "../up.js"}) },
		`the name "a\"b.js"`:     func(w *Worker) { w.Modules = append(w.Modules, Module{Name: `a"b.js`}) },
		`has no tag, or has`:     func(w *Worker) { w.Migrations = append(w.Migrations, Migration{NewSQLiteClasses: []string{"B"}}) },
		`another one's: "v1"`:    func(w *Worker) { w.Migrations = append(w.Migrations, w.Migrations[0]) },
		"deploy: a secret has a": nil,
	} {
		w := worker()
		var err error
		if change == nil {
			err = PutSecret(ctx, c, "chat", "", "x")
		} else {
			change(&w)
			_, err = Upload(ctx, c, w)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for _, name := range []string{"", "a/../b", "Chat"} {
		if err := PutSecret(ctx, c, name, "TOKENS", "x"); err == nil || !strings.Contains(err.Error(), "no name of a Worker") {
			t.Errorf("a secret of %q: %v", name, err)
		}
		if _, err := Publish(ctx, c, name); err == nil || !strings.Contains(err.Error(), "no name of a Worker") {
			t.Errorf("publishing %q: %v", name, err)
		}
	}
	if r := s.Requests(); len(r) != 0 {
		t.Errorf("sent %q", r)
	}
}

func TestAccountWithoutSubdomain(t *testing.T) {
	s, c := start(t)
	if _, err := Upload(ctx, c, worker()); err != nil {
		t.Fatal(err)
	}
	s.Subdomain = ""
	if url, err := Publish(ctx, c, "chat"); err == nil || url != "" || !strings.Contains(err.Error(), "no workers.dev subdomain") {
		t.Errorf("%q, %v", url, err)
	}
}

// What Cloudflare refuses of an upload is an error, and changes nothing.
func TestClassesComeFromMigrations(t *testing.T) {
	s, c := start(t)
	w := worker()
	w.Bindings = append(w.Bindings, DurableObject("OTHER", "Other"))
	if _, err := Upload(ctx, c, w); err == nil || !strings.Contains(err.Error(), "class Other") || s.Workers["chat"] != nil {
		t.Errorf("a class that no migration makes: %v", err)
	}
	w.Migrations = append(w.Migrations, Migration{Tag: "v2", NewSQLiteClasses: []string{"Other"}})
	if up, err := Upload(ctx, c, w); err != nil || up.Migrated != 2 {
		t.Errorf("%+v, %v", up, err)
	}
}

func TestSecretsAreNotInErrors(t *testing.T) {
	s, c := start(t)
	err := PutSecret(ctx, c, "absent", "TOKENS", "the-secret-text")
	if err == nil || strings.Contains(err.Error(), "the-secret-text") || !rest.NotFound(err) {
		t.Errorf("%v", err)
	}
	s.Fail(fakeapi.Fault{Method: "PUT"})
	if err := PutSecret(ctx, c, "absent", "TOKENS", "the-secret-text"); err == nil || strings.Contains(err.Error(), "the-secret-text") {
		t.Errorf("%v", err)
	}
	s.Fail(fakeapi.Fault{Method: "PUT", Status: 400, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"success":false,"errors":[{"code":10053,"message":"the-secret-text is no text"}],"messages":[],"result":null}`})
	if err := PutSecret(ctx, c, "absent", "TOKENS", "the-secret-text"); err == nil || strings.Contains(err.Error(), "the-secret-text") || !strings.Contains(err.Error(), "is no text") {
		t.Errorf("an answer that repeats it: %v", err)
	}
}

// Nothing that changes a Worker is sent twice; that it is not known what became of it, the error says.
func TestChangesAreNotRepeated(t *testing.T) {
	for what, run := range map[string]func(*rest.Client) error{
		"PUT workers/scripts/chat":            func(c *rest.Client) error { _, err := Upload(ctx, c, worker()); return err },
		"PUT workers/scripts/chat/secrets":    func(c *rest.Client) error { return PutSecret(ctx, c, "chat", "TOKENS", "x") },
		"POST workers/scripts/chat/subdomain": func(c *rest.Client) error { _, err := Publish(ctx, c, "chat"); return err },
	} {
		s, c := start(t)
		if _, err := Upload(ctx, c, worker()); err != nil {
			t.Fatal(err)
		}
		s.Requests()
		method, path, _ := strings.Cut(what, " ")
		s.Fail(fakeapi.Fault{Method: method, Contains: path, After: true})
		err := run(c)
		sent := 0
		for _, r := range s.Requests() {
			if r == method+" /"+path {
				sent++
			}
		}
		var failed *rest.Error
		if !errors.As(err, &failed) || failed.Outcome != rest.Unknown || sent != 1 {
			t.Errorf("%s was sent %d times: %v", what, sent, err)
		}
	}
}
