package report

import (
	"fmt"
	"go/token"
	"io"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// A CutAt is a place where a value changes sides between the facade and go-redis.
type CutAt struct {
	Pos    token.Position
	Code   string // CUT_METHOD and its kin
	Bridge string // function of the generated package; empty where only errors cross
	Reason string // code of what lies behind it
	Text   string // and in one line
}

// A Cut is the same in the report.
type Cut struct {
	At     string `json:"at"`     // file:line:column
	Code   string `json:"code"`   // CUT_METHOD, CUT_LIBRARY, CUT_VALUE, CUT_FROM_LIBRARY or CUT_ERRORS
	Bridge string `json:"bridge"` // function of the generated package that stands there; may be empty
	Reason string `json:"reason"` // code of what lies behind it
	Detail string `json:"detail"` // the same for this place, in one line
	Why    string `json:"why"`    // what the cut is and costs
	Do     string `json:"do"`     // what a person can do
}

func (in *Input) cut(c CutAt) Cut {
	out := Cut{At: in.place(c.Pos), Code: c.Code, Bridge: c.Bridge, Reason: c.Reason, Detail: c.Text}
	if code, ok := spec.CodeOf(c.Code); ok {
		out.Why, out.Do = code.Why, code.Do
	}
	return out
}

// WriteCuts lists where go-redis and the facade meet. It writes nothing when
// nowhere.
func WriteCuts(w io.Writer, r *Report, o Options) { o.cuts(w, r) }

func (o Options) cuts(w io.Writer, r *Report) {
	if len(r.Cuts) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold(fmt.Sprintf("%s to go-redis", count(len(r.Cuts), "bridge"))))
	o.wrap(w, "  ", "", "go-redis stays linked for them. Each costs RESP within the process.")
	by := map[string][]*Cut{}
	var codes []string
	for i := range r.Cuts {
		c := &r.Cuts[i]
		if by[c.Code] == nil {
			codes = append(codes, c.Code)
		}
		by[c.Code] = append(by[c.Code], c)
	}
	for _, code := range codes {
		list := by[code]
		title := ""
		if c, ok := spec.CodeOf(code); ok {
			title = c.Title
		}
		fmt.Fprintf(w, "  %s %s%s\n", o.Style.Warn(code), count(len(list), "place"), o.Style.Faint(" ("+title+")"))
		shown := list
		if !o.All {
			shown = list[:min(maxWork, len(list))]
		}
		for _, c := range shown {
			o.wrap(w, "      ", "", printable(c.At+" "+c.Reason+": "+c.Detail))
		}
		if more := len(list) - len(shown); more > 0 {
			fmt.Fprintf(w, "      %s\n", o.Style.Faint(fmt.Sprintf("and %d more; -json lists them", more)))
		}
		o.wrap(w, "      ", "", "What to do: "+list[0].Do)
	}
}
