package runtime

// LPosArgs are the options of LPOS.
type LPosArgs struct {
	Rank, MaxLen int64
}
