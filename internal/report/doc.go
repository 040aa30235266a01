// Package report turns what a run found and did into text for people, JSON for
// programs and diffs for git. It decides nothing and writes only to the writer
// it is given.
//
// # JSON
//
// WriteJSON writes one Report object. Its "version" is 1 and changes when a
// field is renamed, removed or changes its meaning; new fields may come without
// it. The fields are those of the types Report, Family, Site, Key, Problem and
// Counts, under the names of their json tags; positions are 1-based, files are
// relative to the module's root with forward slashes, lists are never null.
package report
