package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/internal/transfer"
)

// compareMetrics are what comparisons found, for Prometheus: a comparison runs now and
// then, and what reads its file remembers it in between.
type compareMetrics struct{ list []comparedDatabase }

// A comparedDatabase is what one comparison found.
type comparedDatabase struct {
	from, to                           string
	db                                 int
	keys, skipped, different, repaired int64
}

func (m *compareMetrics) add(from, to string, db int, c *transfer.Compared) {
	d := comparedDatabase{from: from, to: to, db: db, keys: c.Keys, skipped: c.Skipped}
	for i := range c.Differences {
		if c.Differences[i].Repaired {
			d.repaired++
		} else {
			d.different++
		}
	}
	m.list = append(m.list, d)
}

// comparedMetrics are the metrics of a comparison, all of them gauges.
var comparedMetrics = []struct {
	name, help string
	of         func(d *comparedDatabase) int64
}{
	{"redis2cf_compare_keys", "Keys that were compared.", func(d *comparedDatabase) int64 { return d.keys }},
	{"redis2cf_compare_skipped", "Keys that the sample left out.", func(d *comparedDatabase) int64 { return d.skipped }},
	{"redis2cf_compare_different", "Keys that differ.", func(d *comparedDatabase) int64 { return d.different }},
	{"redis2cf_compare_repaired", "Keys that differed, and were made like the source.", func(d *comparedDatabase) int64 { return d.repaired }},
}

// write writes the file at one go: whoever reads it has the old one or the new one.
func (m *compareMetrics) write(file string, now time.Time) error {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	line := func(name string, d *comparedDatabase, n int64) {
		fmt.Fprintf(&b, "%s{from=\"%s\",to=\"%s\",database=\"%d\"} %d\n", name, escape.Replace(d.from), escape.Replace(d.to), d.db, n)
	}
	for _, metric := range comparedMetrics {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", metric.name, metric.help, metric.name)
		for i := range m.list {
			line(metric.name, &m.list[i], metric.of(&m.list[i]))
		}
	}
	const when = "redis2cf_compare_timestamp_seconds"
	fmt.Fprintf(&b, "# HELP %s When the comparison ended.\n# TYPE %s gauge\n", when, when)
	for i := range m.list {
		line(when, &m.list[i], now.Unix())
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone when all went well
	if _, err := f.WriteString(b.String()); err != nil {
		_ = f.Close() // the first error says more
		return err
	}
	if err := f.Chmod(0o644); err != nil { // another user reads it
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
