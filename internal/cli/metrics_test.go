package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/internal/transfer"
)

func TestComparisonsAsMetrics(t *testing.T) {
	var m compareMetrics
	m.add("redis://a", `file:b"c.db`, 0, &transfer.Compared{Keys: 10, Skipped: 3, Differences: []transfer.Difference{{Repaired: true}, {}, {}}})
	m.add("redis://a", `file:b"c.db`, 2, &transfer.Compared{Keys: 1})
	file := filepath.Join(t.TempDir(), "compare.prom")
	for range 2 { // over the one before
		if err := m.write(file, time.Unix(1700000000, 0)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const want = `# HELP redis2cf_compare_keys Keys that were compared.
# TYPE redis2cf_compare_keys gauge
redis2cf_compare_keys{from="redis://a",to="file:b\"c.db",database="0"} 10
redis2cf_compare_keys{from="redis://a",to="file:b\"c.db",database="2"} 1
# HELP redis2cf_compare_skipped Keys that the sample left out.
# TYPE redis2cf_compare_skipped gauge
redis2cf_compare_skipped{from="redis://a",to="file:b\"c.db",database="0"} 3
redis2cf_compare_skipped{from="redis://a",to="file:b\"c.db",database="2"} 0
# HELP redis2cf_compare_different Keys that differ.
# TYPE redis2cf_compare_different gauge
redis2cf_compare_different{from="redis://a",to="file:b\"c.db",database="0"} 2
redis2cf_compare_different{from="redis://a",to="file:b\"c.db",database="2"} 0
# HELP redis2cf_compare_repaired Keys that differed, and were made like the source.
# TYPE redis2cf_compare_repaired gauge
redis2cf_compare_repaired{from="redis://a",to="file:b\"c.db",database="0"} 1
redis2cf_compare_repaired{from="redis://a",to="file:b\"c.db",database="2"} 0
# HELP redis2cf_compare_timestamp_seconds When the comparison ended.
# TYPE redis2cf_compare_timestamp_seconds gauge
redis2cf_compare_timestamp_seconds{from="redis://a",to="file:b\"c.db",database="0"} 1700000000
redis2cf_compare_timestamp_seconds{from="redis://a",to="file:b\"c.db",database="2"} 1700000000
`
	if string(got) != want {
		t.Errorf("%s", got)
	}
	if files, _ := filepath.Glob(filepath.Dir(file) + "/*"); len(files) != 1 {
		t.Error("left:", files)
	}
	if err := m.write(filepath.Join(file, "x.prom"), time.Now()); err == nil {
		t.Error("a file below a file was written")
	}
}
