package runtime

// IsStale reports whether the result of a command is one that was remembered: the store
// did not answer, and its URL or the program asks for that in place of an error, as
// package fault describes. Hooks may ask once the command is processed.
func IsStale(cmd Cmder) bool {
	b := cmd.base()
	b.await()
	return b.stale
}
