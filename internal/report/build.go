package report

import (
	"go/token"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Input is what a report is made of.
type Input struct {
	Root     string // directory of the module
	Module   string
	GoRedis  []Dep
	Planned  bool // the plan's file exists
	Plan     *plan.Plan
	Problems []plan.Problem
	Sites    []analyzer.Site
	Servers  []analyzer.Server
	Blockers []Blocker
	Cuts     []CutAt
	// Outcome of a site, by its index, when a rewrite has decided it; nil, or an
	// empty Status, leaves it to what the table and the plan say.
	Outcome func(site int) Outcome
}

// An Outcome is what becomes of a site.
type Outcome struct {
	Status Status
	Code   string // why it stays, or has no view
	Detail string // the same for this site, in one line
	Group  int    // of Blocker
}

// New makes a report.
func New(in Input) *Report {
	r := &Report{
		Version: Version, Module: in.Module, GoRedis: in.GoRedis,
		Plan: plan.FileName, Planned: in.Planned, Package: in.Plan.Package,
	}
	for i := range in.Plan.Families {
		f := &in.Plan.Families[i]
		if f.Sites == 0 && f.IsDefault() {
			continue
		}
		r.Families = append(r.Families, Family{
			Pattern: f.Pattern, Name: f.Name, Type: string(f.Type), Store: string(f.Store), TTL: f.TTL, Sites: f.Sites,
			Commands: f.Commands, Reason: f.Reason, Alternative: f.Alternative, Group: f.Group, TestOnly: f.TestOnly,
			Consistency: f.Consistency, Client: f.Client, Meets: f.Meets,
			Effects: effectsOf(f, in.Plan), Places: placesOf(f), Cost: costOf(in.Plan, f),
		})
	}
	for i := range in.Sites {
		r.Sites = append(r.Sites, in.site(i))
	}
	sort.SliceStable(r.Sites, func(i, j int) bool {
		a, b := &r.Sites[i], &r.Sites[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	for _, c := range in.Cuts {
		r.Cuts = append(r.Cuts, in.cut(c))
	}
	for _, p := range in.Problems {
		out := Problem{Code: p.Code, Family: p.Family, Message: p.Message}
		for _, pos := range p.Pos {
			out.At = append(out.At, in.place(pos))
		}
		r.Problems = append(r.Problems, out)
	}
	r.Count()
	r.Work = in.work(r)
	r.Effort = sum(r.Work)
	r.Bill = billOf(in.Plan)
	r.Guide = in.guide(r)
	return r
}

// rel is a file's path relative to the module, with forward slashes.
func (in *Input) rel(file string) string {
	if rel, err := filepath.Rel(in.Root, file); err == nil {
		file = rel
	}
	return filepath.ToSlash(file)
}

func (in *Input) place(pos token.Position) string {
	return strings.Join([]string{in.rel(pos.Filename), strconv.Itoa(pos.Line), strconv.Itoa(pos.Column)}, ":")
}

func (in *Input) site(i int) Site {
	s := &in.Sites[i]
	out := Site{
		File: in.rel(s.Position.Filename), Line: s.Position.Line, Column: s.Position.Column,
		Package: s.Package, Test: s.Test, Method: s.Row.Method, Command: s.Command, Type: string(s.Type),
		Shape: string(s.Shape), Recv: s.Recv,
	}
	for _, k := range s.Keys {
		out.Keys = append(out.Keys, Key{Patterns: k.Patterns, Type: string(k.Type), Code: k.Code, Why: k.Why, Assumed: k.Assumed})
	}
	f := in.Plan.FamilyOf(s)
	if f != nil {
		out.Family, out.Store = f.Pattern, string(f.Store)
	}
	out.group = -1
	if in.Outcome != nil {
		o := in.Outcome(i)
		out.Status, out.Code, out.Detail, out.group = o.Status, o.Code, o.Detail, o.Group
	}
	if out.Status == "" {
		out.Status, out.Code = expected(s, f)
	}
	if c, ok := spec.CodeOf(out.Code); ok && out.Status != StatusDone {
		out.Title, out.Advice, out.Effort = c.Title, c.Do, string(c.Effort)
	}
	if s.Row.Advice != "" && out.Status == StatusStays {
		out.Advice = s.Row.Advice
	}
	return out
}

// expected says what will become of a site that nothing unforeseen happens to.
func expected(s *analyzer.Site, f *plan.Family) (Status, string) {
	code := s.Code
	for _, k := range s.Keys {
		if code == "" {
			code = k.Code
		}
	}
	switch {
	case s.Row.Verdict != spec.Served:
		if code == "" {
			code = s.Row.Code
		}
		return StatusStays, code
	case s.Migrated:
		return StatusDone, ""
	case s.Shape == analyzer.ShapeSymbol:
		return StatusStays, code
	case f != nil && s.ViewOK && f.Serves(s):
		return StatusView, ""
	}
	if code == "" && f == nil && severalFamilies(s) {
		code = spec.SeveralFamilies
	}
	return StatusPlain, code
}

// severalFamilies says whether the site's keys are known; that there is no
// family then means that there are several.
func severalFamilies(s *analyzer.Site) bool {
	for _, k := range s.Keys {
		if len(k.Patterns) == 0 {
			return false
		}
	}
	return len(s.Keys) > 0 && s.Type != spec.PubSub && s.Row.Keys.Kind != spec.KeysChannels && s.Row.Keys.Kind != spec.KeysPattern
}
