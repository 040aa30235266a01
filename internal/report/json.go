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
		out.Families[i].Commands = list(out.Families[i].Commands)
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
