package analyzer

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// Analyzer reports the calls of a package that are still on go-redis: the
// category is the reason code, MIGRATABLE where nothing stands against moving the
// call, and the URL leads to what redis2cf explain says of it. Of migrated calls it
// reports only those that the facade cannot answer or whose key is another family's,
// so that a finished module is silent. Its result is a *Result.
var Analyzer = &analysis.Analyzer{
	Name:       "redis2cf",
	Doc:        "report calls of go-redis: the command, its key patterns, and the store they would move to",
	URL:        "https://github.com/redis2cf/redis2cf",
	ResultType: reflect.TypeFor[*Result](),
	Run:        run,
}

func run(pass *analysis.Pass) (any, error) {
	path, _, _ := strings.Cut(pass.Pkg.Path(), " ")
	res := Find(pass.Fset, []Unit{{
		Path:  path,
		Types: pass.Pkg,
		Info:  pass.TypesInfo,
		Files: pass.Files,
		// Other packages of the module call this one, and are not in sight.
		Closed: false,
	}})
	for i := range res.Sites {
		if d, ok := res.Sites[i].Diagnostic(); ok {
			pass.Report(d)
		}
	}
	return res, nil
}

// Diagnostic is what vet says of the site; ok is false for a migrated site that
// needs no word.
func (s *Site) Diagnostic() (d analysis.Diagnostic, ok bool) {
	if s.Migrated && s.Served() && !s.misplaced() {
		return d, false
	}
	code := s.Code
	switch {
	case s.Migrated && s.Served():
		code = spec.NotInFamily
	case code == "":
		code = spec.Migratable
	}
	d = analysis.Diagnostic{Pos: s.Pos, End: s.Selector.Sel.End(), Category: code, Message: s.Message()}
	if c, ok := spec.CodeOf(code); ok {
		d.URL = c.URL()
	}
	return d, true
}

// misplaced tells whether a viewed site's keys are known and are not of the
// view's family.
func (s *Site) misplaced() bool {
	if s.ViewPattern == "" {
		return false
	}
	for _, k := range s.Keys {
		for _, p := range k.Patterns {
			if !covers(s.ViewPattern, p) {
				return true
			}
		}
	}
	return false
}

// covers tells whether every key of pattern p is one of family f: f's literal
// prefix, up to its first hole, begins p. It errs on the side of silence.
func covers(f, p string) bool {
	prefix, _, _ := strings.Cut(f, "*")
	own, _, holes := strings.Cut(p, "*")
	return strings.HasPrefix(own, prefix) || holes && strings.HasPrefix(prefix, own)
}

// Message is the site in one line: LPush on "messages:*" (list): goes to D1.
func (s *Site) Message() string {
	var b strings.Builder
	b.WriteString(s.Row.Method)
	if s.Shape == ShapeDo && s.Command != "" {
		b.WriteString(" " + s.Command)
	}
	code, why := "", ""
	var patterns []string
	for _, k := range s.Keys {
		if k.Code != "" && code == "" {
			code, why = k.Code, k.Why
		}
		for _, p := range k.Patterns {
			q := strconv.Quote(p)
			if !slices.Contains(patterns, q) {
				patterns = append(patterns, q)
			}
		}
	}
	switch {
	case len(patterns) > 0:
		b.WriteString(" on " + strings.Join(patterns, ", "))
	case len(s.Keys) > 0:
		b.WriteString(" on unknown key")
	}
	if s.Type != spec.None {
		b.WriteString(" (" + string(s.Type) + ")")
	}
	b.WriteString(": ")
	switch {
	case s.Row.Verdict != spec.Served:
		b.WriteString(s.Row.Code)
		if s.Row.Advice != "" {
			b.WriteString(": " + s.Row.Advice)
		}
	case rawProblem(s.Code):
		b.WriteString(s.Code)
		if c, ok := spec.CodeOf(s.Code); ok {
			b.WriteString(": " + c.Title)
		}
	case s.misplaced():
		b.WriteString("not a key of the view's family " + strconv.Quote(s.ViewPattern))
	case code != "" && len(patterns) == 0:
		b.WriteString(code)
		if why != "" {
			b.WriteString(": " + why)
		}
	default:
		b.WriteString(place(s))
	}
	return b.String()
}
