package report

import "github.com/redis2cf/redis2cf/internal/spec"

// A pageCutKind is what is said of all bridges of one code.
type pageCutKind struct {
	*Cut
	N   int
	URL string
}

// A pageCut is one row of the bridges.
type pageCut struct {
	Later                                 bool
	At, Bridge, Code, Reason, Detail, URL string
}

// bridges fills in where the facade and go-redis meet.
func (p *page) bridges() {
	at := map[string]int{}
	reasons := map[string]bool{}
	for i := range p.Cuts {
		c := &p.Cuts[i]
		n, ok := at[c.Code]
		if !ok {
			n = len(p.CutKinds)
			at[c.Code] = n
			p.CutKinds = append(p.CutKinds, pageCutKind{Cut: c, URL: urlOf(c.Code)})
		}
		p.CutKinds[n].N++
		row := pageCut{
			Later: i >= firstRows, At: oneLine(c.At), Bridge: oneLine(c.Bridge), Code: oneLine(c.Code),
			Reason: oneLine(c.Reason), Detail: oneLine(c.Detail), URL: urlOf(c.Reason),
		}
		reasons[row.Reason] = true
		p.CutRows = append(p.CutRows, row)
	}
	p.CutReasons = choices(reasons, "nothing named")
}

// urlOf is where a reason code is explained; empty for what is none.
func urlOf(code string) string {
	c, ok := spec.CodeOf(code)
	if !ok {
		return ""
	}
	return c.URL()
}
