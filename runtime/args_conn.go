package runtime

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
)

// LibraryInfo names the library or its version for CLIENT SETINFO; one of the
// two is set.
type LibraryInfo struct {
	LibName *string
	LibVer  *string
}

// WithLibraryName returns a LibraryInfo with the library's name.
func WithLibraryName(libName string) LibraryInfo { return LibraryInfo{LibName: &libName} }

// WithLibraryVersion returns a LibraryInfo with the library's version.
func WithLibraryVersion(libVer string) LibraryInfo { return LibraryInfo{LibVer: &libVer} }

// Validate reports whether exactly one of the two is set.
func (info LibraryInfo) Validate() error {
	switch {
	case info.LibName != nil && info.LibVer != nil:
		return errors.New("both LibName and LibVer cannot be set at the same time")
	case info.LibName == nil && info.LibVer == nil:
		return errors.New("at least one of LibName and LibVer should be set")
	}
	return nil
}

// libraryName is the name by which go-redis is known to the server.
func libraryName(suffix string) string {
	return fmt.Sprintf("go-redis(%s,%s)", suffix, strings.ReplaceAll(goruntime.Version(), " ", "-"))
}

// ClientSetInfo tells the store which library speaks. As go-redis does, it
// panics when info says nothing or too much.
func (c statefulCmdable) ClientSetInfo(ctx context.Context, info LibraryInfo) *StatusCmd {
	if err := info.Validate(); err != nil {
		panic(err.Error())
	}
	cmd := NewStatusCmd(ctx, "client", "setinfo", "LIB-VER", "")
	if info.LibName != nil {
		cmd.args[2], cmd.args[3] = "LIB-NAME", libraryName(*info.LibName)
	} else {
		cmd.args[3] = *info.LibVer
	}
	_ = c(ctx, cmd)
	return cmd
}

// Hello sets protocol, user and name of the connection.
func (c statefulCmdable) Hello(ctx context.Context, ver int, username string, password string, clientName string) *MapStringInterfaceCmd {
	args := []interface{}{"hello", ver}
	if password != "" {
		if username == "" {
			username = "default"
		}
		args = append(args, "auth", username, password)
	}
	if clientName != "" {
		args = append(args, "setname", clientName)
	}
	cmd := NewMapStringInterfaceCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}
