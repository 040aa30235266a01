// Package vettool answers the go command when it runs redis2cf as a vet tool,
// one package at a time. It never loads a dependency's source, and most
// packages not even their own: one that cannot reach go-redis is answered from
// its description.
//
// The go command describes a package by a .cfg file and runs the tool on every
// dependency first. A dependency's answer is a file that its dependents are
// given, in which this tool writes whether the package reaches go-redis, so
// that a package which holds go-redis's values without importing it is found
// too. Types come from the compiler's export data.
//
// Under go fix, or go vet -fix, the tool writes what the fixes of a package make of its
// files into an archive; the go command puts them into their places when all packages
// are done.
//
// A .cfg with a field that is not known here is of another go command, and may
// mean something else by the fields that are known. The whole build is then left
// to unitchecker, which is slower by the type-checking of every dependency.
package vettool

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/redis2cf/redis2cf/internal/vettool/quick"
)

// Called tells whether the arguments are the go command's and not a person's:
// -V=full, -flags, or flags and one .cfg file.
func Called(args []string) bool {
	if len(args) == 0 {
		return false
	}
	last := args[len(args)-1]
	if len(args) == 1 && (last == "-V=full" || last == "-flags") {
		return true
	}
	if !strings.HasSuffix(last, ".cfg") {
		return false
	}
	for _, a := range args[:len(args)-1] {
		if !strings.HasPrefix(a, "-") {
			return false
		}
	}
	return true
}

// Main answers the go command and gives the exit code. The arguments are those
// that Called has accepted. It may end the process itself where unitchecker
// answers.
func Main(args []string, a *analysis.Analyzer, stdout, stderr io.Writer) int {
	name := args[len(args)-1]
	if !strings.HasSuffix(name, ".cfg") {
		unitchecker.Main(a) // prints and exits
	}
	data, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintf(stderr, "redis2cf: reading the go command's description of a package: %v\n", err)
		return 1
	}
	cfg, ok := quick.Decode(data)
	if !ok {
		unitchecker.Main(a)
	}
	if err := cfg.Answer(); err != nil {
		fmt.Fprintf(stderr, "redis2cf: answering for %s: %v\n", cfg.ImportPath, err)
		return 1
	}
	out := stdout
	if cfg.Stdout != "" {
		f, err := os.Create(cfg.Stdout)
		if err != nil {
			fmt.Fprintf(stderr, "redis2cf: answering for %s: %v\n", cfg.ImportPath, err)
			return 1
		}
		defer f.Close()
		out = f
	}
	if cfg.Reaches() && !cfg.VetxOnly && !slices.Contains(args, "-"+a.Name+"=false") {
		return check(cfg, a, options{
			json: flag(args, "json"),
			fix:  flag(args, "fix"),
			diff: flag(args, "diff"),
		}, out, stderr)
	}
	if flag(args, "json") {
		fmt.Fprintln(out, "{}")
	}
	return 0
}

func flag(args []string, name string) bool {
	for _, a := range args {
		a = strings.TrimPrefix(a, "-")
		if a == "-"+name || a == name || a == name+"=true" || a == "-"+name+"=true" {
			return true
		}
	}
	return false
}
