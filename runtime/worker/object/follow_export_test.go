package object

// LowLimits has little done at once, so that every bound is met, until the function
// is called that it returns.
func LowLimits(flushRows, outboxOps, loads, window int) (restore func()) {
	old := limits
	limits.flushRows, limits.outboxOps, limits.loads, limits.window = flushRows, outboxOps, loads, window
	limits.look = flushRows
	limits.outboxBytes, limits.behind = 40*outboxOps, int64(4000*outboxOps)
	return func() { limits = old }
}

// D1Statements are the texts of the statements for D1.
func D1Statements() (list []string) {
	for _, t := range d1Texts {
		list = append(list, t.sql)
	}
	return list
}

// CheckOutbox reads a row of the outbox, as bytes may stand there.
func CheckOutbox(b []byte) error {
	return readOps(b, func(op *rowOp) {
		if op.kind < rowName {
			var s rowSet
			s.add(op)
			s.write(new(Program), "x")
		}
	})
}

// CheckReceipts reads receipts, as bytes may stand there.
func CheckReceipts(b []byte) {
	_, _ = readReceiptD1(b)
	_, _ = readReceiptKV(b)
}

// Held is how many answers wait for D1.
func (o *Object) Held() (n int) {
	for _, h := range o.follow.held {
		n += int(h.sends)
	}
	return n
}
