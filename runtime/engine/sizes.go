package engine

// textBytes is about what the allocator gives to the bytes of a string: its size
// classes are 8 bytes apart up to 32, 16 up to 256, then an eighth.
func textBytes(s string) int64 {
	n := int64(len(s))
	switch {
	case n <= 32:
		return (n + 7) &^ 7
	case n <= 256:
		return (n + 15) &^ 15
	}
	return n + n/16
}
