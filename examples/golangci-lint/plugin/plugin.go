// Package plugin makes redis2cf a linter of golangci-lint, as its module plugin system
// has them. It holds no logic.
package plugin

import (
	"fmt"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"github.com/redis2cf/redis2cf/vet"
)

// Name is what the linter is called in .golangci.yml.
const Name = "redis2cf"

func init() { register.Plugin(Name, New) }

// New makes the plugin. It takes no settings: redis2cf.yaml has them.
func New(settings any) (register.LinterPlugin, error) {
	if m, ok := settings.(map[string]any); settings != nil && (!ok || len(m) > 0) {
		return nil, fmt.Errorf("%s takes no settings in .golangci.yml: redis2cf.yaml says what it does", Name)
	}
	return plugin{}, nil
}

type plugin struct{}

// BuildAnalyzers gives the one analyzer.
func (plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	return []*analysis.Analyzer{vet.Analyzer}, nil
}

// GetLoadMode says that types are needed.
func (plugin) GetLoadMode() string { return register.LoadModeTypesInfo }
