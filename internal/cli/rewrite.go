package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/report"
	"github.com/redis2cf/redis2cf/rewrite"
)

// runRewrite is the command without a name: report, -d and -w.
func runRewrite(e *env, o *options) (int, error) {
	switch {
	case o.api != "" && o.api != plan.APISwap && o.api != plan.APIKeep:
		return exitError, usagef("", "-api %s: swap gives exported signatures the generated package's types, keep leaves go-redis's", o.api)
	case o.diff && o.write:
		return exitError, usagef("", "-d and -w exclude each other: -d shows what -w would write")
	case o.diff && o.json:
		return exitError, usagef("", "-d and -json exclude each other: each has standard output for itself")
	case o.check && (o.diff || o.write):
		return exitError, usagef("", "-check changes nothing and has standard output for itself: leave -d and -w out")
	case o.dual && !o.diff && !o.write:
		return exitError, usagef("", "-dual belongs to -w and -d: it adds a file to the generated package")
	case o.budget != 0 && !o.check:
		return exitError, usagef("", "-budget N belongs to -check")
	case o.budget < 0:
		return exitError, usagef("", "-budget %d: name a number from 0 on", o.budget)
	}
	if code, ok, err := e.eachModule(o, nil, nil, func(o *options) (int, error) { return runRewrite(e, o) }); ok {
		return code, err
	}
	if err := checkOutputs(o); err != nil {
		return exitError, err
	}
	j, err := newJob(e, o)
	if err != nil {
		return exitError, err
	}
	err = j.analyze()
	var nothing *errNothing
	if errors.As(err, &nothing) {
		return j.nothing(nothing)
	}
	if err != nil {
		return exitError, err
	}
	if o.diff || o.write {
		return j.migrate()
	}
	// What can't move is only known after the attempt.
	res, err := j.rewrite(true)
	if err != nil {
		return exitError, err
	}
	e.ui.done()
	rep := j.report(res)
	if err := j.writeOutputs(rep, res); err != nil {
		return exitError, err
	}
	if o.check {
		return j.check(res, rep)
	}
	return exitDone, j.writeReport(rep)
}

// nothing answers for a module without go-redis.
func (j *job) nothing(reason *errNothing) (int, error) {
	j.ui.done()
	empty := &report.Report{Module: modulePath(j.root), Plan: plan.FileName}
	if err := j.writeOutputs(empty, &result{Result: &rewrite.Result{}}); err != nil {
		return exitError, err
	}
	switch {
	case j.opt.json:
		return exitDone, report.WriteJSON(j.stdout, empty)
	case j.opt.diff:
		return exitDone, nil // an empty diff
	}
	_, err := fmt.Fprintf(j.stdout, "%s\n", reason)
	return exitDone, err
}

func (j *job) writeReport(r *report.Report) error {
	if j.opt.json {
		return report.WriteJSON(j.stdout, r)
	}
	if err := report.WriteText(j.stdout, r, j.text()); err != nil {
		return err
	}
	var last []string
	for _, file := range []string{j.opt.html, j.opt.sarif} {
		if file != "" {
			last = append(last, "Wrote "+file+".")
		}
	}
	if r.Counts.View+r.Counts.Plain > 0 {
		last = append(last, "Nothing was changed. redis2cf -d ./... shows the diff, redis2cf -w ./... writes it.")
	}
	if len(last) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(j.stdout, "\n%s\n", strings.Join(last, "\n"))
	return err
}

// text says how text for people is written here.
func (j *job) text() report.Options {
	return report.Options{Style: j.ui.style, Width: j.ui.width, All: j.opt.all}
}
