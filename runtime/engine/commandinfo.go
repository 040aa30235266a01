package engine

// commandInfo is what the command table says of a Redis command. The values are
// generated from internal/spec into commandTable, a map[string]commandInfo by
// lower-case name.
type commandInfo struct {
	name  string // lower case; a sub-command as "script|load"
	arity int    // arguments with the name; negative: at least so many
	flags cmdFlag
	first int // position of the first key, 0: none
	last  int // position of the last key; negative counts from the end
	step  int
}

// cmdFlag is a set of a command's properties, in Redis's words.
type cmdFlag uint16

const (
	flagWrite     cmdFlag = 1 << iota // may change data
	flagReadonly                      // reads data
	flagDenyOOM                       // refused when memory is full
	flagBlocking                      // may wait
	flagNoScript                      // refused in scripts
	flagNoMulti                       // refused in transactions
	flagPubSub                        // allowed to a RESP2 subscriber
	flagFast                          // constant or logarithmic time
	flagMovable                       // keys are found by the command's own rules
	flagAdmin                         // administration
	flagContainer                     // has sub-commands; it does nothing by itself
	flagSub                           // is a sub-command
)
