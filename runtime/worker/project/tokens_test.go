package project

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestTokensAreStoredAsDigestsOnly(t *testing.T) {
	dir := t.TempDir()
	if _, err := MakeToken(dir, Token{Name: "app", Write: true}); err == nil || !strings.Contains(err.Error(), "redis2cf worker -o") {
		t.Errorf("without a project: %v", err)
	}
	write(t, dir, planWith("do"))
	app, err := MakeToken(dir, Token{Name: "app", Write: true})
	if err != nil {
		t.Fatal(err)
	}
	reports, err := MakeToken(dir, Token{Name: "reports", Namespace: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if app == reports || len(app) < 43+len(tokenPrefix) {
		t.Errorf("%q and %q", app, reports)
	}
	list, err := Tokens(dir)
	if err != nil || len(list) != 2 || list[0] != (Token{"app", Digest(app), "main", true}) || list[1] != (Token{"reports", Digest(reports), "shop", false}) {
		t.Fatalf("%+v, %v", list, err)
	}
	name := filepath.Join(dir, TokensFile)
	data, err := os.ReadFile(name)
	if err != nil || strings.Contains(string(data), app) || strings.Contains(string(data), reports) {
		t.Errorf("%s, %v", data, err)
	}
	if fi, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}

	rotated, err := RotateToken(dir, "app")
	if err != nil || rotated == app {
		t.Fatalf("%q, %v", rotated, err)
	}
	if err := RevokeToken(dir, "reports"); err != nil {
		t.Fatal(err)
	}
	if list, err = Tokens(dir); err != nil || len(list) != 1 || list[0] != (Token{"app", Digest(rotated), "main", true}) {
		t.Errorf("%+v, %v", list, err)
	}
	if err := RevokeToken(dir, "app"); err != nil {
		t.Fatal(err)
	}
	if data, err = os.ReadFile(name); err != nil || string(data) != "[]\n" {
		t.Errorf("without a token: %s, %v", data, err)
	}
}

func TestTokensThatCannotBeAreRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, planWith("do"))
	if _, err := MakeToken(dir, Token{Name: "app"}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		do   func() error
		want string
	}{
		"a name twice":    {func() error { _, err := MakeToken(dir, Token{Name: "app"}); return err }, "already"},
		"no name":         {func() error { _, err := MakeToken(dir, Token{}); return err }, "no name for a token"},
		"a name of lines": {func() error { _, err := MakeToken(dir, Token{Name: "a\nb"}); return err }, `"a\nb" is no name for a token`},
		"a bad namespace": {func() error { _, err := MakeToken(dir, Token{Name: "b", Namespace: "../x"}); return err }, "no namespace"},
		"rotate nothing":  {func() error { _, err := RotateToken(dir, "none"); return err }, "has no token none"},
		"revoke nothing":  {func() error { return RevokeToken(dir, "none") }, "has no token none"},
	} {
		if err := c.do(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	var none *NoProjectError
	if _, err := Tokens(t.TempDir()); !errors.As(err, &none) {
		t.Errorf("tokens of no project: %v", err)
	}
	for i := 0; ; i++ {
		_, err := MakeToken(dir, Token{Name: strings.Repeat("n", 60) + string(rune('a'+i))})
		if err == nil {
			continue
		}
		if i < 10 || !strings.Contains(err.Error(), "a secret holds") {
			t.Errorf("%d tokens: %v", i, err)
		}
		break
	}
	for text, want := range map[string]string{
		`[{"name":"x","digest":"` + Digest("") + `","namespace":"main"}]`: "anybody",
		`[{"name":"x","digest":"abc","namespace":"main"}]`:                "no digest",
		`{}`: "reading",
	} {
		if err := os.WriteFile(filepath.Join(dir, TokensFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if list, err := Tokens(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", text, list, err)
		}
	}
}

// Of two at once, what one has printed would be missing in what the other writes.
func TestTokensAreChangedByOneAtATime(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, planWith("do"))
	lock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if lock == nil {
		t.Skip("directories cannot be locked here")
	}
	if token, err := MakeToken(dir, Token{Name: "app"}); err == nil || token != "" || !strings.Contains(err.Error(), "is being changed by another") {
		t.Errorf("%q, %v", token, err)
	}
	lock.free()
	if _, err := MakeToken(dir, Token{Name: "app"}); err != nil {
		t.Error(err)
	}
}
