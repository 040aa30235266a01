package project

import "strings"

// trimSQL takes the comments and spaces off the end of a file of statements: SQLite,
// asked for what comes after the last one, says that there is no statement.
func trimSQL(sql string) string {
	end := 0 // behind the last byte that counts
	for i := 0; i < len(sql); {
		rest := sql[i:]
		switch c := sql[i]; {
		case strings.HasPrefix(rest, "--"):
			i = skipPast(sql, i, "\n")
		case strings.HasPrefix(rest, "/*"):
			i = skipPast(sql, i+2, "*/")
		case c == '\'' || c == '"' || c == '`':
			i = skipPast(sql, i+1, string(c)) // two of them begin a new text, which is as good
			end = i
		case c == '[':
			i = skipPast(sql, i+1, "]")
			end = i
		default:
			i++
			if !strings.ContainsRune(" \t\r\n\f;", rune(c)) {
				end = i
			}
		}
	}
	if end == 0 {
		return ""
	}
	return sql[:end]
}

// skipPast is the index behind the next end at or after from.
func skipPast(s string, from int, end string) int {
	i := strings.Index(s[from:], end)
	if i < 0 {
		return len(s)
	}
	return from + i + len(end)
}
