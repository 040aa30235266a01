package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

var (
	//go:embed page/page.tmpl
	pageText string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
)

// How much of a diff the page has. Generated files are long and nobody reads them
// whole; redis2cf -d has every line.
const (
	maxFileLines = 3000
	maxDiffLines = 60_000
)

// firstRows is how many calls are shown before somebody asks for more: page.js has
// the same number.
const firstRows = 200

// WriteHTML writes the report as one page that needs nothing beside it: styles and
// script are in it, and its policy allows no others. The changes are what a rewrite
// makes, or made when written is set.
func WriteHTML(w io.Writer, r *Report, changes []Change, version string, written bool) error {
	return pageTemplate.Execute(w, newPage(r, changes, version, written))
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"p":         oneLine,
	"money":     money,
	"thousands": func(n int) string { return thousands(float64(n)) },
	"millions":  millions,
	"holds":     holds,
	"join":      func(s []string) string { return oneLine(strings.Join(s, ", ")) },
}).Parse(pageText))

// A page is what the template shows.
type page struct {
	*Report
	Version  string
	CSS      template.CSS
	JS       template.JS
	CSP      string
	Headline string
	Bar      []barPart
	ByReason []pageFamily
	Dearest  []pageFamily
	Rates    []string
	Todo     []pageReason
	Rest     []pageReason
	Rows     []pageRow
	CutKinds []pageCutKind
	CutRows  []pageCut
	Assumed  []*assumption
	Confirm  string
	Worse    []worseFor
	Files    []pageFile
	DiffNote string

	BridgesAre, StoresAre, ViewIs                          string
	MostOfAll                                              string
	Statuses, Packages, FamilyChoices, Reasons, CutReasons []choice
}

type barPart struct {
	Class   string
	From, N int
}

type pageFamily struct {
	*Family
	Where  string
	Places []pagePlace
	Cost   pageCost
	Most   string
	Alone  float64
}

type pagePlace struct{ Label, Read string }

type pageCost struct {
	Month, Object []Month
	Parts         []pagePart
}

type pagePart struct {
	Part
	Uses string
}

type pageReason struct {
	*reason
	First *Work
	Holds int
	Work  []*Work
	URL   string
}

type pageRow struct {
	Later                                            bool
	At, Call, Family, Package, Label, Code, Why, URL string
	Status                                           Status
}

// A choice is one entry of a filter.
type choice struct{ Value, Label string }

var statusLabels = []struct {
	status Status
	label  string
}{{StatusView, "view"}, {StatusPlain, "by key"}, {StatusStays, "stays"}, {StatusDone, "done before"}}

var placeLabels = map[string]string{"object": "The object", "file": "The embedded file", "d1": "D1", "kv": "KV", "r2": "R2"}

func newPage(r *Report, changes []Change, version string, written bool) *page {
	p := &page{Report: r, Version: version, CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Headline: strings.TrimPrefix(headline(r), printable(r.Module)+": "), MostOfAll: mostOf(r.Bill.Month)}
	p.CSP = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", digest(pageCSS), digest(pageJS))
	at := 0
	for _, b := range []barPart{{"view", 0, r.Counts.View}, {"plain", 0, r.Counts.Plain}, {"stays", 0, r.Counts.Stays}, {"done", 0, r.Counts.Done}} {
		b.From = at
		at += b.N
		p.Bar = append(p.Bar, b)
	}
	for _, f := range byReason(r.Families) {
		p.ByReason = append(p.ByReason, pageFamilyOf(f))
	}
	for _, f := range p.ByReason {
		if f.Sites > 0 && !f.TestOnly && len(f.Family.Cost.Month) > 0 {
			p.Dearest = append(p.Dearest, f)
		}
	}
	sort.SliceStable(p.Dearest, func(i, j int) bool { return p.Dearest[i].Family.Cost.last() > p.Dearest[j].Family.Cost.last() })
	for _, rate := range Rates {
		p.Rates = append(p.Rates, thousands(float64(rate)))
	}
	p.Todo = pageReasons(r.Work, func(w *Work) bool { return w.Effort != string(spec.EffortNone) })
	p.Rest = pageReasons(r.Work, func(w *Work) bool { return w.Effort == string(spec.EffortNone) })
	p.calls()
	p.bridges()
	p.Assumed, p.Confirm, p.BridgesAre = assumptions(r), confirm, bridgesAre
	p.StoresAre, p.ViewIs = storesAre(r.Families), r.viewIs()
	var used []*Family
	for _, f := range p.Dearest {
		used = append(used, f.Family)
	}
	p.Worse = worse(used)
	p.diff(changes, written)
	return p
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func pageFamilyOf(f *Family) pageFamily {
	out := pageFamily{Family: f, Where: f.where(), Most: mostOf(f.Cost.Month), Cost: pageCost{Month: f.Cost.Month, Object: f.Cost.Object}}
	if out.Most == "" {
		out.Most = "within what the plan includes"
	}
	if n := len(f.Cost.Object); n > 0 {
		out.Alone = f.Cost.Object[n-1].Dollars
	}
	for _, place := range f.Places {
		out.Places = append(out.Places, pagePlace{placeLabels[place.Store], place.Read})
	}
	for _, part := range f.Cost.Parts {
		var uses []string
		if part.PerWrite > 0 {
			uses = append(uses, fmt.Sprintf("%g for each", part.PerWrite))
		}
		if part.PerFrame > 0 {
			uses = append(uses, fmt.Sprintf("%g for its frame", part.PerFrame))
		}
		out.Cost.Parts = append(out.Cost.Parts, pagePart{part, strings.Join(uses, " and ")})
	}
	return out
}

func pageReasons(work []Work, wanted func(*Work) bool) []pageReason {
	var out []pageReason
	for _, r := range reasons(work, wanted) {
		out = append(out, pageReason{reason: r, First: r.work[0], Work: r.work, Holds: r.holds, URL: urlOf(r.work[0].Code)})
	}
	return out
}

// calls fills in the rows and what they can be filtered by.
func (p *page) calls() {
	label := map[Status]string{}
	used := map[Status]bool{}
	for _, s := range statusLabels {
		label[s.status] = s.label
	}
	packages, families, codes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range p.Report.Sites {
		s := &p.Report.Sites[i]
		row := pageRow{
			Later: i >= firstRows, At: oneLine(s.Place()), Call: oneLine(s.Method + keysOf(s)), Family: oneLine(s.Family), Package: oneLine(s.Package),
			Status: s.Status, Label: label[s.Status], Code: oneLine(s.Code), Why: oneLine(strings.TrimPrefix(why(s), ": ")),
		}
		if s.Status == StatusDone || s.Status == StatusView {
			row.Code, row.Why = "", ""
		}
		if row.Code != "" {
			if row.Why == "" {
				row.Why = oneLine(s.Title)
			}
			row.URL = urlOf(row.Code)
		}
		used[s.Status], packages[row.Package], families[row.Family], codes[row.Code] = true, true, true, true
		p.Rows = append(p.Rows, row)
	}
	for _, s := range statusLabels {
		if used[s.status] {
			p.Statuses = append(p.Statuses, choice{string(s.status), s.label})
		}
	}
	p.Packages, p.FamilyChoices, p.Reasons = choices(packages, ""), choices(families, "no single one"), choices(codes, "none")
}

// choices are a filter's entries in order; none is what the empty one is called.
func choices(values map[string]bool, none string) []choice {
	var out []choice
	for v := range values {
		if v != "" {
			out = append(out, choice{v, v})
		}
	}
	slices.SortFunc(out, func(a, b choice) int { return strings.Compare(a.Value, b.Value) })
	if values[""] && none != "" {
		out = append(out, choice{"", none})
	}
	return out
}

// millions writes a large number for people.
func millions(n float64) string {
	if n >= 1e6 {
		return thousands(n/1e6) + " million"
	}
	return thousands(n)
}
