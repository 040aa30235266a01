package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// WriteWork writes what needs a person, by reason. It writes nothing when nothing
// stays and nothing is wrong.
func WriteWork(w io.Writer, r *Report, o Options) { o.work(w, r) }

// A reason is the work of one code.
type reason struct {
	work  []*Work
	holds int
}

// reasons puts the work of one code together, in the order of Report.Work.
func reasons(work []Work, wanted func(*Work) bool) []*reason {
	by := map[string]*reason{}
	var out []*reason
	for i := range work {
		w := &work[i]
		if !wanted(w) {
			continue
		}
		r := by[w.Code]
		if r == nil {
			r = &reason{}
			by[w.Code] = r
			out = append(out, r)
		}
		r.work = append(r.work, w)
		r.holds = max(r.holds, w.Holds)
	}
	return out
}

func (o Options) work(w io.Writer, r *Report) {
	todo := reasons(r.Work, func(w *Work) bool { return w.Effort != string(spec.EffortNone) })
	if len(todo) > 0 {
		head := fmt.Sprintf("Needs a person: %s, %s (%s)", count(r.Effort.Places, "place"), r.Effort.About(), r.Effort.Sizes())
		fmt.Fprintf(w, "\n%s\n", o.Style.Bold(head))
		shown, more := o.shorten(len(todo), maxCodes, "reasons")
		for _, reason := range todo[:shown] {
			o.reason(w, reason)
		}
		o.more(w, "  ", more)
	}
	rest := reasons(r.Work, func(w *Work) bool { return w.Effort == string(spec.EffortNone) })
	if len(rest) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold("Stays as it is: chosen, or it follows from the above"))
	for _, reason := range rest {
		first := reason.work[0]
		n := 0
		for _, one := range reason.work {
			n = max(n, one.Holds)
		}
		o.wrap(w, "  ", first.Code+" ", count(len(reason.work), "place")+holds(n)+brackets(first.Title))
		same := reason.same()
		o.same(w, same)
		shown, more := o.shorten(len(reason.work), maxPlaces)
		for _, one := range reason.work[:shown] {
			o.place(w, one, same)
		}
		o.more(w, "      ", more)
	}
}

// reason writes one code: what it is, where, and what to do about it.
func (o Options) reason(w io.Writer, r *reason) {
	first := r.work[0]
	code := o.Style.Warn(first.Code)
	if first.Fatal {
		code = o.Style.Bad(first.Code)
	}
	each := ""
	if len(r.work) > 1 {
		each = " each"
	}
	fmt.Fprintf(w, "  %s: %s %s\n", code, oneLine(first.Title), o.Style.Faint("("+first.Effort+each+")"))
	same := r.same()
	o.same(w, same)
	shown, more := o.shorten(len(r.work), maxWork)
	for _, one := range r.work[:shown] {
		o.place(w, one, same)
	}
	o.more(w, "      ", more)
	if first.Do != "" {
		o.wrap(w, "      ", "To do: ", first.Do)
	}
}

// same is what the details of several places have in common behind their names.
func (r *reason) same() string {
	details := make([]string, len(r.work))
	for i, one := range r.work {
		details[i] = one.Detail
	}
	return sameTail(details)
}

// sameTail is what stands behind "name: " in several texts, if it is the same in all of
// them: it is told once, and the names then suffice. It is "" otherwise.
func sameTail(texts []string) string {
	if len(texts) < 2 {
		return ""
	}
	_, tail, _ := strings.Cut(texts[0], ": ")
	for _, text := range texts {
		if _, t, ok := strings.Cut(text, ": "); !ok || t != tail || strings.Contains(t, "\n") {
			return ""
		}
	}
	return tail
}

// same writes what is said once for all places below it.
func (o Options) same(w io.Writer, text string) {
	if text != "" {
		o.wrap(w, "      ", "", strings.TrimSuffix(text, ".")+":")
	}
}

// place writes one place and what stands in the way there; same was said before.
func (o Options) place(w io.Writer, one *Work, same string) {
	at := one.Family
	if len(one.At) > 0 {
		at = one.At[0]
	}
	detail, lines, _ := strings.Cut(one.Detail, "\n")
	if same != "" {
		detail = strings.TrimSuffix(detail, ": "+same)
	}
	var parts []string
	for _, p := range []string{detail, strings.TrimPrefix(holds(one.Holds), ", ")} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	o.wrap(w, "      ", at+" ", strings.Join(parts, "; "))
	for line := range strings.Lines(lines) { // of a file, to be copied as they are
		fmt.Fprintf(w, "        %s\n", printable(strings.TrimSuffix(line, "\n")))
	}
	if o.All {
		for _, more := range one.At[min(1, len(one.At)):] {
			fmt.Fprintf(w, "        also %s\n", printable(more))
		}
	}
}

func holds(n int) string {
	if n == 0 {
		return ""
	}
	return ", keeps " + count(n, "call") + " on go-redis"
}
