package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/redis2cf/redis2cf/internal/bill"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/report"
	"github.com/redis2cf/redis2cf/internal/transfer"
)

// keysPerFrame is about how many keys a copy writes at once.
const keysPerFrame = 200

// dryRun says what a copy would bring, how long it takes and what it costs.
func (e *env) dryRun(o *options, from string, dbs []int) (int, error) {
	t := &o.transfer
	p, err := plan.Read(filepath.Join(dirOr(o.dir), plan.FileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return exitError, err
	}
	known := err == nil
	if !known {
		p = &plan.Plan{}
	}
	router := p.Router()
	label := func(key, typ string) string {
		if f := router.Of(key); f != nil {
			return f.Pattern
		}
		return ""
	}
	groups := map[string]*transfer.Group{}
	var took time.Duration
	for _, db := range dbs {
		end, err := transfer.Open(e.ctx, from, db)
		if err != nil {
			return exitError, fmt.Errorf("the source: %w", err)
		}
		s, err := e.survey(end, t, label)
		if err = errors.Join(err, end.Close()); err != nil {
			return exitError, err
		}
		took += s.Took
		for name, g := range s.Groups {
			if groups[name] == nil {
				groups[name] = g
				continue
			}
			add(groups[name], g)
		}
	}
	return exitDone, e.writeDryRun(p, known, groups, took, t.rate)
}

func add(to, g *transfer.Group) {
	to.Keys, to.Elements, to.Bytes, to.Expiring = to.Keys+g.Keys, to.Elements+g.Elements, to.Bytes+g.Bytes, to.Expiring+g.Expiring
	for typ, n := range g.Types {
		to.Types[typ] += n
	}
}

func (e *env) survey(end transfer.End, t *transferOptions, label func(key, typ string) string) (transfer.Surveyed, error) {
	total, err := end.Size(e.ctx)
	if err != nil {
		return transfer.Surveyed{}, err
	}
	defer e.ui.done()
	return transfer.Survey(e.ctx, transfer.SurveyOptions{
		From: end, Match: t.match, Type: t.typ, Rate: t.rate, Label: label, Progress: e.transferProgress("counting", total),
	})
}

func (e *env) writeDryRun(p *plan.Plan, known bool, groups map[string]*transfer.Group, took time.Duration, rate float64) error {
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "family\tstore\ttypes\tkeys\telements\texpiring\tbytes\t")
	var keys int64
	var u bill.Usage
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		g := groups[name]
		keys += g.Keys
		f := familyOf(p, name)
		u = u.Plus(report.Writing(f, float64(g.Elements), float64(g.Keys)/keysPerFrame))
		shown, store := f.Pattern, string(f.Store)
		if name == "" {
			shown = "(no family: " + short(g.Example) + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t\n", shown, store, strings.Join(slices.Sorted(maps.Keys(g.Types)), ","), g.Keys, g.Elements, g.Expiring, byteCount(g.Bytes))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !known {
		fmt.Fprintf(e.stdout, "There is no %s here: every key is counted for an object alone. -C names the module.\n", plan.FileName)
	}
	_, dollars := bill.Of(u)
	how := "As fast as the source could be read now"
	need := took
	if rate > 0 {
		how = fmt.Sprintf("With -rate %g", rate)
		need = time.Duration(float64(keys) / rate * float64(time.Second))
	}
	_, err := fmt.Fprintf(e.stdout, "%s. %s a copy takes %s at least.\nWriting them once costs %s on Cloudflare, beyond the plan's price and what it includes in a month.\nNothing was written.\n",
		keyCount(keys), how, need.Round(time.Second), bill.Dollars(dollars-bill.Base))
	return err
}

// familyOf is the family with a pattern; what no family has is in an object alone.
func familyOf(p *plan.Plan, pattern string) *plan.Family {
	for i := range p.Families {
		if p.Families[i].Pattern == pattern {
			return &p.Families[i]
		}
	}
	return &plan.Family{Store: plan.StoreDO}
}

// short is a key for a table.
func short(key string) string {
	if len(key) > 30 {
		key = key[:30] + "…"
	}
	return fmt.Sprintf("%q", key)
}

// byteCount writes a size for people.
func byteCount(n int64) string {
	const unit = 1024
	f, names := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for f >= unit && i < len(names)-1 {
		f /= unit
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, names[i])
}
