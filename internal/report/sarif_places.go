package report

import (
	"bytes"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf16"
)

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
