// Write writes the API stub of the runtime to a file.
package main

import (
	"fmt"
	"os"

	"github.com/redis2cf/redis2cf/internal/gen/stub"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: write FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "write: %v\n", err)
		os.Exit(1)
	}
}

func write(path string) error {
	pkg, err := stub.Load(".")
	if err != nil {
		return err
	}
	src, err := stub.Generate(pkg)
	if err != nil {
		return err
	}
	return os.WriteFile(path, src, 0o644)
}
