package main

import (
	"fmt"
	"slices"

	"github.com/redis2cf/redis2cf/internal/report"
)

// sites are redis2cf's own figures.
type sites struct {
	Found     int            `json:"found"`
	Done      int            `json:"done"`      // were migrated before
	Keyed     int            `json:"keyed"`     // have keys
	Typed     int            `json:"typed"`     // of them, with known data type
	Outside   int            `json:"outside"`   // of them, with a key from importers or data
	Family    int            `json:"family"`    // of them, with one family
	Several   int            `json:"several"`   // of them, with a family for each key, but not the same
	Migrated  int            `json:"migrated"`  // of found, on the facade
	View      int            `json:"view"`      //
	Stays     map[string]int `json:"stays"`     // by code
	Plain     map[string]int `json:"plain"`     // without a view, by code
	Families  int            `json:"families"`  //
	Promised  int            `json:"promised"`  // what the report said would migrate
	Calls     int            `json:"calls"`     // of the count's calls, those that are sites
	Interface int            `json:"interface"` // of its calls through interfaces
}

// sites sums the report up and holds it against the count.
func (r *result) sites(rep *report.Report) {
	r.Module = rep.Module
	s := &r.Sites
	s.Found, s.Done, s.View = rep.Counts.Sites, rep.Counts.Done, rep.Counts.View
	s.Migrated = rep.Counts.View + rep.Counts.Plain + rep.Counts.Done
	s.Stays, s.Plain = map[string]int{}, map[string]int{}
	types := map[string]string{}
	for _, f := range rep.Families {
		types[f.Pattern] = f.Type
		if f.Pattern != "*" { // the default family has no view
			s.Families++
		}
	}
	there := map[string]bool{}
	for _, site := range rep.Sites {
		there[fmt.Sprintf("%s:%d:%d", site.File, site.Line, site.Column)] = true
		switch site.Status {
		case report.StatusStays:
			s.Stays[site.Code]++
		case report.StatusPlain:
			s.Plain[site.Code]++
		}
		if site.Code == "VERIFY_FAILED" {
			r.TakenBack = append(r.TakenBack, fmt.Sprintf("%s:%d %s: %s", site.File, site.Line, site.Method, site.Detail))
		}
		if len(site.Keys) == 0 || site.Type == "pubsub" {
			continue
		}
		s.Keyed++
		if known(site.Type) || known(types[site.Family]) || every(site.Keys, func(k report.Key) bool { return known(k.Type) }) {
			s.Typed++
		}
		switch {
		case site.Family != "":
			s.Family++
		case every(site.Keys, func(k report.Key) bool { return len(k.Patterns) > 0 && !slices.Contains(k.Patterns, "*") }):
			s.Several++
		case !every(site.Keys, func(k report.Key) bool { return k.Code != "KEY_FROM_IMPORTER" && k.Code != "KEY_FROM_DATA" }):
			s.Outside++
		}
	}
	for _, c := range r.Count.calls {
		switch {
		case !there[c.At]:
			r.Missing = append(r.Missing, c)
		case c.User:
			s.Interface++
		default:
			s.Calls++
		}
	}
	if n := len(r.Missing); n > 0 {
		r.lose("%d calls were not found, %s first", n, r.Missing[0].At)
	}
	r.NoSites = map[string]int{}
	for _, c := range r.Count.other {
		if !there[c.At] {
			r.NoSites[c.Method]++
		}
	}
}

func every(keys []report.Key, holds func(report.Key) bool) bool {
	return !slices.ContainsFunc(keys, func(k report.Key) bool { return !holds(k) })
}

func known(t string) bool { return t != "" && t != "any" && t != "other" && t != "script" }
