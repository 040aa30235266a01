package report

import (
	"fmt"
	"go/token"
	"io"
	"strings"

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
	Code   string `json:"code"`   // CUT_METHOD and its kin
	Bridge string `json:"bridge"` // function of the generated package that stands there; may be empty
	Reason string `json:"reason"` // code of what lies behind it
	Detail string `json:"detail"` // the same for this place, in one line
	Title  string `json:"title"`  // the code in a few words
	Why    string `json:"why"`    // what the cut is and costs
	Do     string `json:"do"`     // what a person can do
}

func (in *Input) cut(c CutAt) Cut {
	out := Cut{At: in.place(c.Pos), Code: c.Code, Bridge: c.Bridge, Reason: c.Reason, Detail: c.Text}
	if code, ok := spec.CodeOf(c.Code); ok {
		out.Title, out.Why, out.Do = code.Title, code.Why, code.Do
	}
	return out
}

// behind says what lies behind the cut.
func (c *Cut) behind() string {
	return strings.TrimPrefix(c.Reason+": "+c.Detail, ": ")
}

// bridgesAre says what a bridge is and costs.
const bridgesAre = "Here the generated package and go-redis meet. go-redis stays linked, and what passes is written and read in Redis's protocol, within the process."

// WriteCuts lists where go-redis and the facade meet. It writes nothing when
// nowhere.
func WriteCuts(w io.Writer, r *Report, o Options) { o.cuts(w, r) }

func (o Options) cuts(w io.Writer, r *Report) {
	if len(r.Cuts) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", o.Style.Bold(fmt.Sprintf("%s to go-redis", count(len(r.Cuts), "bridge"))))
	o.wrap(w, "  ", "", bridgesAre)
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
		fmt.Fprintf(w, "  %s %s%s\n", o.Style.Warn(code), count(len(list), "place"), o.Style.Faint(brackets(list[0].Title)))
		behind := make([]string, len(list))
		for i, c := range list {
			behind[i] = c.Detail
		}
		same := sameTail(behind)
		o.same(w, same)
		shown, more := o.shorten(len(list), maxWork)
		for _, c := range list[:shown] {
			text := c.behind()
			if same != "" {
				text = strings.TrimSuffix(text, ": "+same)
			}
			o.wrap(w, "      ", c.At+" ", text)
		}
		o.more(w, "      ", more)
		o.wrap(w, "      ", "What to do: ", list[0].Do)
	}
}
