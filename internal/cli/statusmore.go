package cli

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/redis2cf/redis2cf/internal/bill"
	"github.com/redis2cf/redis2cf/internal/transfer"
	"github.com/redis2cf/redis2cf/runtime/phase"
)

// statusCompared is what a store remembers of its last comparison.
type statusCompared struct {
	Time    time.Time `json:"time"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Keys    int64     `json:"keys"`
	Skipped int64     `json:"skipped"` // that a sample left out
	Differ  int64     `json:"differ"`
	Unread  int64     `json:"unread"` // of types that cannot be compared
}

// statusUsed is what an object of the store has used since it was started, and what a
// month costs at the rate between two looks of -watch.
type statusUsed struct {
	Object      string `json:"object"`
	Requests    uint64 `json:"requests"`
	Messages    uint64 `json:"messages"`
	Alarms      uint64 `json:"alarms"`
	RowsRead    uint64 `json:"rowsRead"`
	RowsWritten uint64 `json:"rowsWritten"`
}

// statusLoad is what a program has done in the last seconds. Times are in microseconds.
type statusLoad struct {
	Seconds   float64 `json:"seconds"`
	Commands  uint64  `json:"commands"`
	Failed    uint64  `json:"failed"`
	P50       int64   `json:"p50"`
	P99       int64   `json:"p99"`
	Retries   uint64  `json:"retries"`
	Fallbacks uint64  `json:"fallbacks"`
	Breaker   string  `json:"breaker,omitempty"`
}

func loadOf(l *phase.Load) *statusLoad {
	if l == nil {
		return nil
	}
	return &statusLoad{l.Over.Seconds(), l.Commands, l.Failed, l.P50.Microseconds(), l.P99.Microseconds(), l.Retries, l.Fallbacks, l.Breaker}
}

// writeLoads prints what the programs say of themselves.
func (st *status) writeLoads(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := false
	for _, p := range st.Programs {
		l := p.Load
		if l == nil || l.Seconds <= 0 {
			continue
		}
		if !head {
			head = true
			fmt.Fprintln(t, "\nPROGRAM\tCOMMANDS/S\tFAILED\tP50\tP99\tRETRIES\tFALLBACKS\tBREAKER")
		}
		breaker := l.Breaker
		if breaker == "" {
			breaker = "-"
		}
		fmt.Fprintf(t, "%s\t%.1f\t%d\t%v\t%v\t%d\t%d\t%s\n", p.ID, float64(l.Commands)/l.Seconds, l.Failed,
			time.Duration(l.P50)*time.Microsecond, time.Duration(l.P99)*time.Microsecond, l.Retries, l.Fallbacks, breaker)
	}
	return t.Flush()
}

// compared reads the last comparison; nil is that there was none.
func (e *env) compared(end transfer.End) (*statusCompared, error) {
	n, ok, err := transfer.LastComparison(e.ctx, end)
	if err != nil || !ok {
		return nil, err
	}
	return &statusCompared{n.Time.UTC(), n.From, n.To, n.Keys, n.Skipped, n.Differ, n.Unread}, nil
}

// used asks the store's objects what they have used; nil is a store that is not billed.
func (e *env) used(end transfer.End) ([]statusUsed, error) {
	list, err := transfer.Usage(e.ctx, end)
	if errors.Is(err, transfer.ErrNotBilled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := []statusUsed{}
	for _, u := range list {
		out = append(out, statusUsed{Object: u.Object, Requests: u.Requests, Messages: u.Messages, Alarms: u.Alarms, RowsRead: u.RowsRead, RowsWritten: u.RowsWritten})
	}
	return out, nil
}

// month is what the objects of a store cost in a month, the plan's own price included,
// when they go on as between two looks. ok is false without two, or where an object was
// started in between.
func month(before, now *status) (dollars float64, ok bool) {
	if before == nil || now.Used == nil || len(before.Used) != len(now.Used) || !now.Time.After(before.Time) {
		return 0, false
	}
	var u bill.Usage
	for i, n := range now.Used {
		b := before.Used[i]
		if b.Object != n.Object || b.Requests > n.Requests || b.Messages > n.Messages || b.RowsRead > n.RowsRead || b.RowsWritten > n.RowsWritten {
			return 0, false
		}
		requests := float64(n.Requests-b.Requests) + float64(n.Messages-b.Messages)/bill.MessagesPerRequest
		u[bill.ObjectRequests] += requests + float64(n.Alarms-b.Alarms)
		u[bill.WorkerRequests] += requests
		u[bill.ObjectRowsRead] += float64(n.RowsRead - b.RowsRead)
		u[bill.ObjectRowsWritten] += float64(n.RowsWritten - b.RowsWritten)
	}
	_, dollars = bill.Of(u.Times(bill.Month / now.Time.Sub(before.Time).Seconds()))
	return dollars, true
}

// writeMore prints the comparison and what is billed.
func (st *status) writeMore(w io.Writer) error {
	switch c := st.Compared; {
	case c == nil:
		fmt.Fprintf(w, "\nnever compared: redis2cf compare -from redis://HOST:PORT -to %s\n", st.Store)
	default:
		fmt.Fprintf(w, "\ncompared %s with %s: %s, ", c.Time.Format("2006-01-02 15:04:05 MST"), c.From, keyCount(c.Keys))
		switch {
		case c.Differ > 0:
			fmt.Fprintf(w, "%d differ", c.Differ)
		default:
			fmt.Fprint(w, "no difference")
		}
		if c.Unread > 0 {
			fmt.Fprintf(w, ", %d cannot be compared", c.Unread)
		}
		if c.Skipped > 0 {
			fmt.Fprintf(w, ", %d left out by a sample", c.Skipped)
		}
		fmt.Fprintln(w)
	}
	if st.Used == nil {
		return nil // a store of this machine costs nothing
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nBILLED SINCE ITS START\tREQUESTS\tMESSAGES\tALARMS\tROWS READ\tROWS WRITTEN\t")
	for _, u := range st.Used {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t\n", u.Object, u.Requests, u.Messages, u.Alarms, u.RowsRead, u.RowsWritten)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if st.Month != nil {
		fmt.Fprintf(w, "at this rate %s a month, the plan's %s among them and KV, D1 and R2 not; prices of 2026-07\n", bill.Dollars(*st.Month), bill.Dollars(bill.Base))
	}
	return nil
}
