package js_test

import (
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

//go:embed testdata/pieces.js
var pieces string

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// The modules that need no engine have their tests in testdata/pieces.js.
func TestModulesOnWorkerd(t *testing.T) {
	l := workerdtest.Start(t, workerdtest.Options{Entry: pieces, NoEngine: true})
	_, list := get(t, l.URL()+"/names")
	var names []string
	if err := json.Unmarshal(list, &names); err != nil || len(names) < 10 {
		t.Fatalf("%q: %v", list, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if status, text := get(t, l.URL()+"/run/"+name); status != http.StatusOK {
				t.Errorf("%s", text)
			}
		})
	}
	t.Run("theProtocolIsThatOfGo", func(t *testing.T) { sameProtocol(t, l) })
	t.Run("theNamesInKVAreThoseOfGo", func(t *testing.T) { sameNames(t, l) })
}

// What the modules repeat of the frame protocol is what Go says.
func sameProtocol(t *testing.T, l *project.Local) {
	var got struct {
		Version     int
		Subprotocol string
		MaxMessage  int
		Codes       map[string]frame.Code
		Error       string
		Parts       string
	}
	_, body := get(t, l.URL()+"/constants")
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != frame.Version || got.Subprotocol != frame.Subprotocol || got.MaxMessage != frame.MaxMessage {
		t.Errorf("%+v", got)
	}
	want := map[string]frame.Code{
		"PROTOCOL": frame.CodeProtocol, "VERSION": frame.CodeVersion, "TOKEN": frame.CodeToken, "OUTCOME": frame.CodeOutcome,
		"TOO_LARGE": frame.CodeTooLarge, "OVERLOAD": frame.CodeOverload, "FAULT": frame.CodeFault, "REPLACED": frame.CodeReplaced,
		"ROTATED": frame.CodeRotated, "NOT_FOUND": frame.CodeNotFound, "UNSERVED": frame.CodeUnserved,
	}
	for name, code := range want {
		if got.Codes[name] != code {
			t.Errorf("the code %s is %d, not %d", name, got.Codes[name], code)
		}
	}
	if len(got.Codes) != len(want) {
		t.Errorf("codes: %v", got.Codes)
	}
	if e := (&frame.Error{Code: frame.CodeOutcome, Seq: 300, Fatal: true, Text: "ERR é"}); hex.EncodeToString(e.Append(nil)) != got.Error {
		t.Errorf("an error is %s", got.Error)
	}
	parts := frame.AppendPart(frame.AppendPart(frame.AppendPart(nil, []byte{1, 2}), nil), make([]byte, 200))
	if hex.EncodeToString(parts) != got.Parts {
		t.Errorf("parts are %s", got.Parts)
	}
}

// The types in the comments hold: tsc, with the platform's own types.
func TestModulesPassTheTypeChecker(t *testing.T) {
	modules := filepath.Join(os.Getenv(project.NPMVariable), "node_modules")
	tsc := filepath.Join(modules, "typescript", "bin", "tsc")
	types := filepath.Join(modules, "@cloudflare", "workers-types")
	for _, need := range []string{tsc, types} {
		if _, err := os.Stat(need); os.Getenv(project.NPMVariable) == "" || err != nil {
			testneed.Missing(t, "tsc", "npm ci in runtime/worker/project/npm, and set "+project.NPMVariable+" to it")
		}
	}
	node := filepath.Join(modules, "node", "bin", "node")
	if _, err := os.Stat(node); err != nil {
		if node, err = exec.LookPath("node"); errors.Is(err, exec.ErrNotFound) {
			testneed.Missing(t, "node", "https://nodejs.org")
		}
	}
	if out, err := exec.Command(node, tsc, "-p", "tsconfig.json", "--typeRoots", modules).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
