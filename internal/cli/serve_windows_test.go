package cli

import "syscall"

// terminate sends Ctrl-Break to this process and its console.
func terminate() error {
	const ctrlBreak = 1
	send := syscall.NewLazyDLL("kernel32.dll").NewProc("GenerateConsoleCtrlEvent")
	if ok, _, err := send.Call(ctrlBreak, 0); ok == 0 {
		return err
	}
	return nil
}
