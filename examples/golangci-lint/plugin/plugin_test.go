package plugin_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/golangci/plugin-module-register/register"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/redis2cf/redis2cf/examples/golangci-lint/plugin"
)

// built is the plugin as golangci-lint gets it: by the name that it has registered.
func built(t *testing.T, settings any) register.LinterPlugin {
	t.Helper()
	make, err := register.GetPlugin(plugin.Name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := make(settings)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThePluginIsRegisteredAndFinds(t *testing.T) {
	p := built(t, nil)
	if mode := p.GetLoadMode(); mode != register.LoadModeTypesInfo {
		t.Errorf("load mode %s: the analyzer needs types", mode)
	}
	list, err := p.BuildAnalyzers()
	if err != nil || len(list) != 1 {
		t.Fatalf("analyzers %v, %v", list, err)
	}
	dir, err := filepath.Abs(filepath.Join("testdata", "page"))
	if err != nil {
		t.Fatal(err)
	}
	download := exec.Command("go", "mod", "download") // analysistest looks into the cache only
	download.Dir, download.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := download.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	analysistest.Run(t, dir, list[0], "./...")
}

func TestThePluginTakesNoSettings(t *testing.T) {
	built(t, map[string]any{})
	if _, err := plugin.New(map[string]any{"budget": 3}); err == nil {
		t.Error("a setting that nothing reads is accepted")
	}
}

// TestTheExamplesNameThePlugin holds the two files to what the code says.
func TestTheExamplesNameThePlugin(t *testing.T) {
	var custom struct {
		Version string
		Plugins []struct{ Module, Import, Path string }
	}
	read(t, ".custom-gcl.yml", &custom)
	if len(custom.Plugins) == 0 || custom.Plugins[0].Import != custom.Plugins[0].Module+"/plugin" ||
		custom.Plugins[0].Module != "github.com/redis2cf/redis2cf/examples/golangci-lint" {
		t.Errorf(".custom-gcl.yml has %+v", custom)
	}
	// golangci-lint's module has no other replacements than these: each that the example's
	// own go.mod has must be among them, at the same place of the checkout.
	gomod, err := os.ReadFile(filepath.Join("..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, p := range custom.Plugins {
		at[p.Module] = p.Path
	}
	replaced := regexp.MustCompile(`(?m)^\t(\S+) => \.\./\.\.(\S*)$`).FindAllStringSubmatch(string(gomod), -1)
	if len(replaced)+1 != len(custom.Plugins) {
		t.Errorf("go.mod replaces %d modules, .custom-gcl.yml names %d", len(replaced), len(custom.Plugins))
	}
	for _, r := range replaced {
		if at[r[1]] != "../redis2cf"+r[2] {
			t.Errorf("%s is at %q", r[1], at[r[1]])
		}
	}
	var config struct {
		Version string
		Linters struct {
			Enable   []string
			Settings struct {
				Custom map[string]struct {
					Type        string
					Description string
					OriginalURL string `yaml:"original-url"`
				}
			}
		}
	}
	read(t, ".golangci.yml", &config)
	l := config.Linters
	if len(l.Enable) != 1 || l.Enable[0] != plugin.Name || l.Settings.Custom[plugin.Name].Type != "module" {
		t.Errorf(".golangci.yml has %+v", config)
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
