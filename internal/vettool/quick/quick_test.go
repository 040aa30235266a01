package quick

import (
	"os"
	"path/filepath"
	"testing"
)

const plain = `"ID": "x", "ImportPath": "example.com/x", "Compiler": "gc", "ImportMap": {"example.com/y": "example.com/y"}, "PackageFile": {"example.com/y": "y.a"}`

func TestDescriptionsOfAnotherGoCommandAreRefused(t *testing.T) {
	for text, want := range map[string]bool{
		"{" + plain + "}":                                       true,
		"{" + plain + `, "Module": {}}`:                         false, // a field of a later Go
		"{" + plain + `, "Compiler": "gccgo"`:                   false,
		`{"Compiler": "gc", "ImportMap": {"fmt": "fmt"}}`:       false, // no export data
		`{"Compiler": "gc", "ImportMap": {"unsafe": "unsafe"}}`: true,
	} {
		if _, ok := Decode([]byte(text)); ok != want {
			t.Errorf("Decode(%s) = %v", text, ok)
		}
	}
}

func TestReachesGoesByTheAnswersForDependencies(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	yes, no, other := file("yes", Yes), file("no", No), file("other", "vetx")
	for name, c := range map[string]struct {
		config Config
		want   bool
	}{
		"go-redis itself":             {Config{ImportPath: goRedis + "/internal/pool"}, true},
		"another module's like name":  {Config{ImportPath: goRedis + "x"}, false},
		"imports go-redis":            {Config{ImportMap: map[string]string{goRedis: goRedis}}, true},
		"imports the facade":          {Config{ImportMap: map[string]string{facade: facade}}, true},
		"imports one that reaches it": {Config{ImportMap: map[string]string{"y": "y"}, PackageVetx: map[string]string{"y": yes}}, true},
		"imports one that does not":   {Config{ImportMap: map[string]string{"y": "y"}, PackageVetx: map[string]string{"y": no}}, false},
		"an answer of another tool":   {Config{ImportMap: map[string]string{"y": "y"}, PackageVetx: map[string]string{"y": other}}, true},
		"no answer":                   {Config{ImportMap: map[string]string{"y": "y"}}, true},
		"the standard library":        {Config{ImportMap: map[string]string{"fmt": "fmt"}, Standard: map[string]bool{"fmt": true}}, false},
	} {
		if got := c.config.Reaches(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
