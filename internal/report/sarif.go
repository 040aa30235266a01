package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

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
	message := c.Title + ": " + strings.TrimSuffix(c.behind(), ".")
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
