package runtime_test

import (
	goruntime "runtime"
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
)

func TestClientsAreKnownByTheirLibrary(t *testing.T) {
	c := client(t, &runtime.Options{Addr: "memory://" + t.Name()})
	for _, tc := range []struct {
		opt       runtime.Options
		name, ver string
	}{
		{runtime.Options{}, "go-redis(," + goruntime.Version() + ")", "9.22.0"},
		{runtime.Options{IdentitySuffix: "billing"}, "go-redis(billing," + goruntime.Version() + ")", "9.22.0"},
		{runtime.Options{IdentitySuffix: "two words"}, "", "9.22.0"}, // as a server refuses it
		{runtime.Options{DisableIdentity: true}, "", ""},
		{runtime.Options{DisableIndentity: true, IdentitySuffix: "billing"}, "", ""},
	} {
		opt := tc.opt
		opt.Addr = c.Options().Addr
		known := client(t, &opt)
		info, err := known.Conn().ClientInfo(ctx).Result()
		if err != nil || info.LibName != tc.name || info.LibVer != tc.ver {
			t.Errorf("%q: %+v, %v", tc.opt.IdentitySuffix, info, err)
		}
	}
	// The program's own word comes last.
	conn := c.Conn()
	if err := conn.ClientSetInfo(ctx, runtime.WithLibraryVersion("1.0")).Err(); err != nil {
		t.Fatal(err)
	}
	if info := conn.ClientInfo(ctx).Val(); info.LibVer != "1.0" {
		t.Errorf("%+v", info)
	}
}
