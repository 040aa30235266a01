package runtime

import (
	"context"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// ScanCmd is one page of SCAN, HSCAN, SSCAN or ZSCAN.
type ScanCmd struct {
	baseCmd
	page    []string
	cursor  uint64
	process cmdable
}

// NewScanCmd returns a command that was not sent yet; its iterator sends the
// later pages through process.
func NewScanCmd(ctx context.Context, process cmdable, args ...interface{}) *ScanCmd {
	return &ScanCmd{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeScan}, process: process}
}

// NewScanCmdResult returns a command with a result, for tests.
func NewScanCmdResult(keys []string, cursor uint64, err error) *ScanCmd {
	var cmd ScanCmd
	cmd.page, cmd.cursor, cmd.err = keys, cursor, err
	return &cmd
}

// SetVal sets the page and the cursor of the next one.
func (cmd *ScanCmd) SetVal(page []string, cursor uint64) { cmd.page, cmd.cursor = page, cursor }

// Val is the page and the cursor of the next one, 0 after the last.
func (cmd *ScanCmd) Val() (keys []string, cursor uint64) {
	cmd.await()
	return cmd.page, cmd.cursor
}

// Result is the page, the cursor of the next one, and the error.
func (cmd *ScanCmd) Result() (keys []string, cursor uint64, err error) {
	cmd.await()
	return cmd.page, cmd.cursor, cmd.err
}

// String shows the command and its page.
func (cmd *ScanCmd) String() string {
	cmd.await()
	return cmdString(&cmd.baseCmd, cmd.page)
}

func (cmd *ScanCmd) readReply(r resp.Reply, proto int) error {
	elems, err := readFixed(r, proto, 2)
	if err != nil {
		return err
	}
	if cmd.cursor, err = readUint(elems[0], proto); err != nil {
		return err
	}
	page := elems[1]
	if page.Kind == resp.Pairs || page.Kind == resp.Map {
		// HSCAN and ZSCAN answer flat lists under both protocols.
		page = resp.Reply{Kind: resp.Array, Elems: page.Elems}
	}
	cmd.page, err = readStrings(page, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *ScanCmd) Clone() Cmder {
	cmd.await()
	return &ScanCmd{baseCmd: cmd.cloneBase(), page: cloneSlice(cmd.page), cursor: cmd.cursor, process: cmd.process}
}

// Iterator walks over this page and all that follow.
func (cmd *ScanCmd) Iterator() *ScanIterator { return &ScanIterator{cmd: cmd} }

// ScanIterator walks over the elements of a scan. It is not safe for
// concurrent use.
type ScanIterator struct {
	cmd *ScanCmd
	pos int
}

// Err is the error that ended the walk, if one did.
func (it *ScanIterator) Err() error { return it.cmd.err }

// Next moves to the next element and reports whether there is one. It asks for
// the next page when this one is used up; pages may be empty.
func (it *ScanIterator) Next(ctx context.Context) bool {
	if it.cmd.err != nil {
		return false
	}
	if it.pos < len(it.cmd.page) {
		it.pos++
		return true
	}
	for it.cmd.cursor != 0 {
		at := 2 // behind the key
		if it.cmd.args[0] == "scan" {
			at = 1
		}
		it.cmd.args[at] = it.cmd.cursor
		if err := it.cmd.process(ctx, it.cmd); err != nil {
			return false
		}
		it.pos = 1
		if len(it.cmd.page) > 0 {
			return true
		}
	}
	return false
}

// Val is the element that Next moved to.
func (it *ScanIterator) Val() string {
	if it.cmd.err != nil || it.pos == 0 || it.pos > len(it.cmd.page) {
		return ""
	}
	return it.cmd.page[it.pos-1]
}
