// Package ci holds examples of workflows that keep a module where redis2cf has brought
// it. It has no code; its tests read the files as their platform does.
package ci
