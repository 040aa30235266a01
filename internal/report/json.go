package report

import (
	"encoding/json"
	"io"
)

// WriteJSON writes the report as one JSON object, indented.
func WriteJSON(w io.Writer, r *Report) error {
	out := *r
	out.Version = Version
	out.GoRedis = list(out.GoRedis)
	out.Families = append([]Family{}, out.Families...)
	for i := range out.Families {
		f := &out.Families[i]
		f.Commands, f.Meets = list(f.Commands), list(f.Meets)
		f.Effects, f.Places = list(f.Effects), list(f.Places)
		f.Cost = Cost{Month: bills(f.Cost.Month), Parts: list(f.Cost.Parts), Object: bills(f.Cost.Object)}
	}
	out.Sites = append([]Site{}, out.Sites...)
	for i := range out.Sites {
		s := &out.Sites[i]
		s.Keys = append([]Key{}, s.Keys...)
		for j := range s.Keys {
			s.Keys[j].Patterns = list(s.Keys[j].Patterns)
		}
	}
	out.Problems = append([]Problem{}, out.Problems...)
	for i := range out.Problems {
		out.Problems[i].At = list(out.Problems[i].At)
	}
	out.Cuts = append([]Cut{}, out.Cuts...)
	out.Work = append([]Work{}, out.Work...)
	for i := range out.Work {
		out.Work[i].At = list(out.Work[i].At)
	}
	out.Bill.Month, out.Bill.Assumes = bills(out.Bill.Month), list(out.Bill.Assumes)
	out.Guide = append([]Topic{}, out.Guide...)
	for i := range out.Guide {
		out.Guide[i].Lines, out.Guide[i].Code = list(out.Guide[i].Lines), list(out.Guide[i].Code)
	}
	if out.Counts.Codes == nil {
		out.Counts.Codes = map[string]int{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(&out)
}

// list turns nil into an empty list, which JSON writes as [] and not as null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// bills is list for months and their lines.
func bills(months []Month) []Month {
	out := append([]Month{}, months...)
	for i := range out {
		out[i].Lines = list(out[i].Lines)
	}
	return out
}
