package cli

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/internal/transfer"
)

// A jsonDifference is a difference as compare -json prints it. A key that is no UTF-8 is
// in keyBase64 alone.
type jsonDifference struct {
	DB        int    `json:"db"`
	Key       string `json:"key,omitempty"`
	KeyBase64 string `json:"keyBase64,omitempty"`
	Kind      string `json:"kind"`
	From      string `json:"from"`
	To        string `json:"to"`
	Repaired  bool   `json:"repaired,omitempty"`
}

// writeDifferences prints what a comparison found.
func (e *env) writeDifferences(t *transferOptions, db int, c *transfer.Compared) error {
	if t.json {
		enc := json.NewEncoder(e.stdout)
		for _, d := range c.Differences {
			j := jsonDifference{DB: db, Key: d.Key, Kind: d.Kind, From: d.From, To: d.To, Repaired: d.Repaired}
			if !utf8.ValidString(d.Key) {
				j.Key, j.KeyBase64 = "", base64.StdEncoding.EncodeToString([]byte(d.Key))
			}
			if err := enc.Encode(j); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	repaired := 0
	for _, d := range c.Differences {
		kind := d.Kind
		if d.Repaired {
			repaired++
			kind += ", repaired"
		}
		fmt.Fprintf(w, "%s\t%q\t%s\t%s\n", kind, d.Key, d.From, d.To)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	of := fmt.Sprintf("database %d: %s compared", db, keyCount(c.Keys))
	if c.Skipped > 0 {
		of += fmt.Sprintf(", a sample (-sample %g -seed %d)", t.sample, t.seed)
	}
	for typ, n := range c.Unreadable {
		of += fmt.Sprintf(", %d of type %s not", n, typ)
	}
	switch n := len(c.Differences); {
	case n == 0:
		of += ", no difference"
	case repaired > 0:
		of += fmt.Sprintf(", %d differ, %d repaired", n, repaired)
	default:
		of += fmt.Sprintf(", %d differ", n)
	}
	if c.Written > 0 {
		of += fmt.Sprintf("\n  %s written all the time: both ends had changed at each look, and were not the same in any", were(c.Written))
	}
	_, err := fmt.Fprintln(e.stdout, of)
	return err
}
