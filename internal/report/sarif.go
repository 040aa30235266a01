package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// A SARIF says what the report's results refer to.
type SARIF struct {
	Version string // of redis2cf
	// Prefix is the module's directory below the repository's root, with forward
	// slashes; empty when it is that root. Locations are relative to the root,
	// because that is where code scanning looks.
	Prefix string
	// Source gives a file by its path below the module; nil when it is not known.
	Source func(file string) []byte
	Edits  []Edit
}

// An Edit is one replacement in a file as it was.
type Edit struct {
	File       string // below the module, with forward slashes
	Start, End int    // bytes
	New        string
	Group      int // edits of one group only make sense together; -1: whatever else happens in the file
}

// The parts of SARIF 2.1.0 that are written, under its own names.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool                `json:"tool"`
		Automation  sarifID                  `json:"automationDetails"`
		Invocations []sarifInvocation        `json:"invocations"`
		Bases       map[string]sarifArtifact `json:"originalUriBaseIds"`
		ColumnKind  string                   `json:"columnKind"`
		Results     []sarifResult            `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Version        string      `json:"version,omitempty"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifID struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful bool `json:"executionSuccessful"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifRule struct {
		ID       string         `json:"id"`
		Name     string         `json:"name"`
		Short    sarifText      `json:"shortDescription"`
		Full     sarifText      `json:"fullDescription"`
		Help     sarifText      `json:"help"`
		HelpURI  string         `json:"helpUri"`
		Defaults sarifDefaults  `json:"defaultConfiguration"`
		Props    map[string]any `json:"properties"`
	}
	sarifDefaults struct {
		Level string `json:"level"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Fixes        []sarifFix        `json:"fixes,omitempty"`
		Props        map[string]any    `json:"properties,omitempty"`
	}
	sarifLocation struct {
		ID       int           `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI         string     `json:"uri,omitempty"`
		Base        string     `json:"uriBaseId,omitempty"`
		Description *sarifText `json:"description,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted *sarifText  `json:"insertedContent,omitempty"`
	}
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	sarifRoot   = "%SRCROOT%"
	homePage    = "https://github.com/redis2cf/redis2cf"
	fingerprint = "redis2cf/v1"
)

// WriteSARIF writes what a person or a program can do something about as SARIF
// 2.1.0: the work, bridges to go-redis, calls that move without a view and why, and the
// edits of a rewrite as fixes. The rules are the reason codes.
func WriteSARIF(w io.Writer, r *Report, in SARIF) error {
	s := &sarifWriter{in: in, index: map[string]int{}, seen: map[string]int{}}
	run := sarifRun{
		Tool: sarifTool{sarifDriver{Name: "redis2cf", InformationURI: homePage, Version: in.Version, Rules: s.rules()}},
		// Several modules of a repository are several analyses.
		Automation:  sarifID{"redis2cf/" + path.Clean(r.Module) + "/"},
		Invocations: []sarifInvocation{{true}},
		Bases:       map[string]sarifArtifact{sarifRoot: {Description: &sarifText{Text: "The root of the repository, or of the module when it is in none."}}},
		ColumnKind:  "utf16CodeUnits",
		Results:     []sarifResult{},
	}
	for i := range r.Work {
		run.Results = append(run.Results, s.work(r, &r.Work[i]))
	}
	for i := range r.Cuts {
		run.Results = append(run.Results, s.cut(&r.Cuts[i]))
	}
	for i := range r.Sites {
		if site := &r.Sites[i]; site.Status == StatusPlain && site.Code != "" {
			run.Results = append(run.Results, s.site(site))
		}
	}
	run.Results = append(run.Results, s.fixes(r)...)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

type sarifWriter struct {
	in    SARIF
	index map[string]int // of rules by code
	seen  map[string]int // results by what their fingerprint is made of
}

// level is a code's: nothing has to be done about a note.
func level(effort string) string {
	if spec.Effort(effort) == spec.EffortNone {
		return "note"
	}
	return "warning"
}

func (s *sarifWriter) rules() []sarifRule {
	var out []sarifRule
	for i, c := range spec.Codes() {
		s.index[c.Code] = i
		out = append(out, sarifRule{
			ID: c.Code, Name: pascal(c.Code), Short: sarifText{Text: c.Title}, Full: sarifText{Text: c.Why},
			Help: sarifText{
				Text:     c.Why + "\n\nWhat to do: " + c.Do,
				Markdown: fmt.Sprintf("%s\n\n**What to do** (%s): %s\n\n[%s](%s)", c.Why, c.Effort, c.Do, c.Code, c.URL()),
			},
			HelpURI: c.URL(), Defaults: sarifDefaults{level(string(c.Effort))},
			Props: map[string]any{"effort": string(c.Effort), "tags": []string{"redis", "migration"}},
		})
	}
	return out
}

// pascal writes a code as viewers show names: KeyFromData.
func pascal(code string) string {
	var b strings.Builder
	for _, word := range strings.Split(strings.ToLower(code), "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// result begins a result. What its fingerprint is made of stays the same when
// lines move: no position is in it, and results that say the same in one file are
// told apart by their order.
func (s *sarifWriter) result(code, level, message, file string, same ...string) sarifResult {
	key := strings.Join(append([]string{code, file}, same...), "\x00")
	key = numbers.ReplaceAllString(key, "")
	sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(s.seen[key])))
	s.seen[key]++
	return sarifResult{
		RuleID: code, RuleIndex: s.index[code], Level: level, Message: sarifText{Text: oneLine(message)},
		Fingerprints: map[string]string{fingerprint: hex.EncodeToString(sum[:16])},
	}
}

// numbers are the positions that stand in texts for people.
var numbers = regexp.MustCompile(`:\d+(:\d+)?`)

func (s *sarifWriter) work(r *Report, w *Work) sarifResult {
	message := w.Title
	if w.Detail != "" {
		message += ": " + w.Detail
	}
	if w.Holds > 0 {
		message += "; " + strings.TrimPrefix(holds(w.Holds), ", ")
	}
	lvl := level(w.Effort)
	if w.Fatal {
		lvl = "error"
	}
	first, rest := "", []string(nil)
	if len(w.At) > 0 {
		first, rest = w.At[0], w.At[1:]
	}
	file, _, _ := cutPlace(first)
	out := s.result(w.Code, lvl, message+".", file, w.Family, w.Detail)
	if first == "" { // a problem of the plan itself
		out.Locations = []sarifLocation{{Physical: sarifPhysical{Artifact: s.artifact(r.Plan)}}}
	} else {
		out.Locations = []sarifLocation{s.location(first)}
	}
	for i, at := range rest[:min(len(rest), maxRelated)] {
		l := s.location(at)
		l.ID, l.Message = i+1, &sarifText{Text: "the same"}
		out.Related = append(out.Related, l)
	}
	out.Props = map[string]any{"effort": w.Effort, "holds": w.Holds}
	if w.Family != "" {
		out.Props["family"] = w.Family
	}
	return out
}

// maxRelated bounds what is listed beside a result: viewers show a few.
const maxRelated = 50

// cut is a note: what takes work at it is among the work.
func (s *sarifWriter) cut(c *Cut) sarifResult {
	file, _, _ := cutPlace(c.At)
	message := c.Title + ": " + c.behind()
	if c.Bridge != "" {
		message += "; " + c.Bridge + " of the generated package stands there"
	}
	out := s.result(c.Code, level(string(spec.EffortNone)), message+".", file, c.Bridge, c.Reason, c.Detail)
	out.Locations = []sarifLocation{s.location(c.At)}
	out.Props = map[string]any{"bridge": c.Bridge, "reason": c.Reason}
	return out
}

func (s *sarifWriter) site(site *Site) sarifResult {
	out := s.result(site.Code, level(site.Effort), site.Method+keysOf(site)+": "+site.Title+strings.Replace(why(site), ": ", ", ", 1)+".",
		site.File, site.Package, site.Recv, site.Method, keysOf(site))
	out.Locations = []sarifLocation{s.location(site.Place())}
	return out
}

// fixes are the edits, those that only make sense together as one result.
func (s *sarifWriter) fixes(r *Report) []sarifResult {
	var out []sarifResult
	for _, edits := range together(s.in.Edits) {
		byFile := map[string][]Edit{}
		var files []string
		for _, e := range edits {
			if byFile[e.File] == nil {
				files = append(files, e.File)
			}
			byFile[e.File] = append(byFile[e.File], e)
		}
		sort.Strings(files)
		fix := sarifFix{Description: sarifText{Text: fmt.Sprintf("Use %s in place of go-redis. redis2cf -w does it, with the package itself and go.mod.", path.Base(r.Package))}}
		var first *sarifRegion
		for _, file := range files {
			src := s.source(file)
			if src == nil {
				continue
			}
			change := sarifChange{Artifact: s.artifact(file)}
			for _, e := range byFile[file] {
				region := span16(src, e.Start, e.End)
				rep := sarifReplacement{Deleted: region}
				if e.New != "" {
					rep.Inserted = &sarifText{Text: e.New}
				}
				change.Replacements = append(change.Replacements, rep)
				if first == nil {
					first = &region
				}
			}
			fix.Changes = append(fix.Changes, change)
		}
		if first == nil {
			continue
		}
		res := s.result(spec.Migratable, "note", fmt.Sprintf("%s in %s can move to %s.", count(len(edits), "use"), count(len(files), "file"), r.Package), files[0])
		res.Locations = []sarifLocation{{Physical: sarifPhysical{Artifact: fix.Changes[0].Artifact, Region: first}}}
		res.Fixes = []sarifFix{fix}
		out = append(out, res)
	}
	return out
}

// together puts edits into sets that have nothing to do with each other: those of
// one group, and groups that meet in the imports of a file.
func together(edits []Edit) [][]Edit {
	parent := map[string]string{}
	var find func(string) string
	find = func(x string) string {
		if p, ok := parent[x]; ok && p != x {
			parent[x] = find(p)
			return parent[x]
		}
		parent[x] = x
		return x
	}
	shared := map[string]bool{} // files with an edit of no group
	for _, e := range edits {
		shared[e.File] = shared[e.File] || e.Group < 0
	}
	of := func(e Edit) string {
		if e.Group < 0 {
			return "file " + e.File
		}
		return "group " + strconv.Itoa(e.Group)
	}
	for _, e := range edits {
		if shared[e.File] {
			parent[find(of(e))] = find("file " + e.File)
		}
	}
	sets := map[string][]Edit{}
	var order []string
	for _, e := range edits {
		root := find(of(e))
		if sets[root] == nil {
			order = append(order, root)
		}
		sets[root] = append(sets[root], e)
	}
	var out [][]Edit
	for _, root := range order {
		out = append(out, sets[root])
	}
	return out
}

func (s *sarifWriter) source(file string) []byte {
	if s.in.Source == nil {
		return nil
	}
	return s.in.Source(file)
}

// artifact names a file relative to the root.
func (s *sarifWriter) artifact(file string) sarifArtifact {
	return sarifArtifact{URI: (&url.URL{Path: path.Join(s.in.Prefix, file)}).String(), Base: sarifRoot}
}

// location is file:line:column. The column is left out where the file is not
// known: SARIF counts in UTF-16, Go in bytes.
func (s *sarifWriter) location(place string) sarifLocation {
	file, line, column := cutPlace(place)
	region := &sarifRegion{StartLine: max(line, 1)}
	if src := s.source(file); src != nil {
		for n := 1; n < line; n++ {
			_, src, _ = bytes.Cut(src, []byte("\n"))
		}
		text, _, _ := bytes.Cut(src, []byte("\n"))
		region.StartColumn = units(text[:min(max(column-1, 0), len(text))]) + 1
	}
	return sarifLocation{Physical: sarifPhysical{Artifact: s.artifact(file), Region: region}}
}

// cutPlace takes file:line:column apart.
func cutPlace(place string) (file string, line, column int) {
	var n [2]int
	for i := range n {
		at := strings.LastIndexByte(place, ':')
		if at < 0 {
			break
		}
		v, err := strconv.Atoi(place[at+1:])
		if err != nil {
			break
		}
		n[1-i], place = v, place[:at]
	}
	return place, n[0], n[1]
}

// span16 is a range of bytes in lines and columns of UTF-16.
func span16(src []byte, start, end int) sarifRegion {
	at := func(offset int) (line, column int) {
		before := src[:min(offset, len(src))]
		line = bytes.Count(before, []byte("\n")) + 1
		return line, units(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	}
	var r sarifRegion
	r.StartLine, r.StartColumn = at(start)
	r.EndLine, r.EndColumn = at(end)
	return r
}

// units counts UTF-16 code units.
func units(text []byte) int {
	n := 0
	for _, r := range string(text) {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
