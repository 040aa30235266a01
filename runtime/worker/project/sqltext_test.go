package project

import "testing"

func TestOnlyWhatComesAfterTheLastStatementIsTakenOff(t *testing.T) {
	for sql, want := range map[string]string{
		"":                                     "",
		"-- nothing\n/* at all */ ;;":          "",
		"a; b;\n-- end":                        "a; b",
		"-- first\na /* in */ ; /* last */\n;": "-- first\na",
		"SELECT '-- no comment'":               "SELECT '-- no comment'",
		"SELECT 'it''s; --' ; -- x":            "SELECT 'it''s; --'",
		`SELECT "/*" , [--] /* ; `:             `SELECT "/*" , [--]`,
		"a --":                                 "a",
	} {
		if got := trimSQL(sql); got != want {
			t.Errorf("%q became %q, want %q", sql, got, want)
		}
	}
}
