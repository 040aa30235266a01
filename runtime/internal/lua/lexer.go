package lua

import (
	"fmt"
	"strconv"
	"strings"
)

// A tokenKind is a character for itself, or one of these.
type tokenKind int

const (
	tokenAnd tokenKind = iota + 257
	tokenBreak
	tokenDo
	tokenElse
	tokenElseif
	tokenEnd
	tokenFalse
	tokenFor
	tokenFunction
	tokenIf
	tokenIn
	tokenLocal
	tokenNil
	tokenNot
	tokenOr
	tokenRepeat
	tokenReturn
	tokenThen
	tokenTrue
	tokenUntil
	tokenWhile
	tokenConcat
	tokenDots
	tokenEq
	tokenGe
	tokenLe
	tokenNe
	tokenNumber
	tokenName
	tokenString
	tokenEOF
)

var tokenTexts = []string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not",
	"or", "repeat", "return", "then", "true", "until", "while",
	"..", "...", "==", ">=", "<=", "~=", "<number>", "<name>", "<string>", "<eof>",
}

var keywords = func() map[string]tokenKind {
	m := map[string]tokenKind{}
	for i, s := range tokenTexts[:tokenConcat-tokenAnd] {
		m[s] = tokenAnd + tokenKind(i)
	}
	return m
}()

func (k tokenKind) String() string {
	switch {
	case k >= tokenAnd:
		return tokenTexts[k-tokenAnd]
	case k < ' ' || k == 127:
		return fmt.Sprintf("char(%d)", int(k))
	}
	return string([]byte{byte(k)})
}

type token struct {
	kind tokenKind
	num  float64
	text string
}

// A SyntaxError says why a text is no program, in Lua's words.
type SyntaxError struct{ Message string }

func (e *SyntaxError) Error() string { return e.Message }

// A lexer cuts a program's text into tokens.
type lexer struct {
	text     string
	at       int
	chunk    string // the name by which messages call the text
	line     int
	lastLine int // of the token that was taken last
	tok      token
	ahead    token
	hasAhead bool
	raw      []byte // the token's own text, for messages
	meter    *meter // that pays for the work, or nil
}

func (x *lexer) errorAt(msg string, kind tokenKind) {
	msg = x.chunk + ":" + strconv.Itoa(x.line) + ": " + msg
	if kind != 0 {
		near := kind.String()
		switch kind {
		case tokenName, tokenString, tokenNumber:
			near, _, _ = strings.Cut(string(x.raw), "\x00")
		}
		msg += " near '" + near + "'"
	}
	panic(&SyntaxError{msg})
}

func (x *lexer) syntaxError(msg string) { x.errorAt(msg, x.tok.kind) }

// next takes a token.
func (x *lexer) next() {
	x.lastLine = x.line
	if x.hasAhead {
		x.tok, x.hasAhead = x.ahead, false
		return
	}
	x.tok = x.scan()
}

// peek looks at the token behind the current one.
func (x *lexer) peek() tokenKind {
	x.ahead, x.hasAhead = x.scan(), true
	return x.ahead.kind
}

const eof = -1

func (x *lexer) char() int {
	if x.at < len(x.text) {
		return int(x.text[x.at])
	}
	return eof
}

func (x *lexer) save() {
	x.raw = append(x.raw, x.text[x.at])
	x.at++
}

func isNewline(c int) bool { return c == '\n' || c == '\r' }

// newline skips \n, \r, \r\n or \n\r.
func (x *lexer) newline() {
	c := x.char()
	x.at++
	if n := x.char(); isNewline(n) && n != c {
		x.at++
	}
	x.line++
}

// accept saves the current character if it is one of a set.
func (x *lexer) accept(set string) bool {
	if c := x.char(); c == eof || strings.IndexByte(set, byte(c)) < 0 {
		return false
	}
	x.save()
	return true
}

func (x *lexer) scan() token {
	if x.meter != nil {
		x.meter.Walk(10) // and what the parser and the compiler do with it
		x.meter.Grow(64)
	}
	x.raw = x.raw[:0]
	for {
		switch c := x.char(); c {
		case '\n', '\r':
			x.newline()
		case '-':
			x.at++
			if x.char() != '-' {
				return token{kind: '-'}
			}
			x.at++
			x.comment()
		case '[':
			level := x.brackets()
			if level >= 0 {
				return token{kind: tokenString, text: x.long(level, true)}
			} else if level == -1 {
				return token{kind: '['}
			}
			x.errorAt("invalid long string delimiter", tokenString)
		case '=':
			return x.either('=', '=', tokenEq)
		case '<':
			return x.either('<', '=', tokenLe)
		case '>':
			return x.either('>', '=', tokenGe)
		case '~':
			return x.either('~', '=', tokenNe)
		case '"', '\'':
			return token{kind: tokenString, text: x.quoted(byte(c))}
		case '.':
			x.save()
			if x.accept(".") {
				if x.accept(".") {
					return token{kind: tokenDots}
				}
				return token{kind: tokenConcat}
			}
			if n := x.char(); n == eof || !isDigit(byte(n)) {
				return token{kind: '.'}
			}
			return x.number()
		case eof:
			return token{kind: tokenEOF}
		default:
			switch {
			case isSpace(byte(c)):
				x.at++
			case isDigit(byte(c)):
				return x.number()
			case isLetter(byte(c)) || c == '_':
				return x.name()
			default:
				x.at++
				return token{kind: tokenKind(c)}
			}
		}
	}
}

func (x *lexer) either(one tokenKind, second int, both tokenKind) token {
	x.at++
	if x.char() != second {
		return token{kind: one}
	}
	x.at++
	return token{kind: both}
}

func (x *lexer) comment() {
	if x.char() == '[' {
		level := x.brackets()
		x.raw = x.raw[:0]
		if level >= 0 {
			x.long(level, false)
			x.raw = x.raw[:0]
			return
		}
	}
	for c := x.char(); c != eof && !isNewline(c); c = x.char() {
		x.at++
	}
}

func (x *lexer) name() token {
	start := x.at
	for c := x.char(); c != eof && (isLetter(byte(c)) || isDigit(byte(c)) || c == '_'); c = x.char() {
		x.at++
	}
	name := x.text[start:x.at]
	x.raw = append(x.raw, name...)
	if k, ok := keywords[name]; ok {
		return token{kind: k}
	}
	return token{kind: tokenName, text: name}
}

func (x *lexer) number() token {
	for c := x.char(); c != eof && (isDigit(byte(c)) || c == '.'); c = x.char() {
		x.save()
	}
	if x.accept("Ee") {
		x.accept("+-")
	}
	for c := x.char(); c != eof && (isLetter(byte(c)) || isDigit(byte(c)) || c == '_'); c = x.char() {
		x.save()
	}
	f, ok := ParseNumber(string(x.raw))
	if !ok {
		x.errorAt("malformed number", tokenNumber)
	}
	return token{kind: tokenNumber, num: f}
}

// brackets reads [, = and [ and returns how many = there are; -1 for a single
// bracket, less for a bracket followed by = only.
func (x *lexer) brackets() int {
	c := x.char()
	x.save()
	n := 0
	for x.char() == '=' {
		x.save()
		n++
	}
	if x.char() == c {
		return n
	}
	return -n - 1
}

// long reads a long string or comment up to its closing brackets.
func (x *lexer) long(level int, keep bool) string {
	x.save()
	if isNewline(x.char()) {
		x.newline()
	}
	body := len(x.raw)
	for {
		switch c := x.char(); c {
		case eof:
			what := "unfinished long comment"
			if keep {
				what = "unfinished long string"
			}
			x.errorAt(what, tokenEOF)
		case '[':
			if x.brackets() == level {
				x.save()
				if level == 0 {
					x.errorAt("nesting of [[...]] is deprecated", '[')
				}
			}
		case ']':
			if x.brackets() == level {
				x.save()
				return string(x.raw[body : len(x.raw)-level-2])
			}
		case '\n', '\r':
			x.raw = append(x.raw, '\n')
			x.newline()
			if !keep {
				x.raw = x.raw[:body]
			}
		default:
			x.save()
		}
	}
}

var escapes = map[int]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

func (x *lexer) quoted(delimiter byte) string {
	x.save()
	for {
		switch c := x.char(); c {
		case int(delimiter):
			x.save()
			return string(x.raw[1 : len(x.raw)-1])
		case eof:
			x.errorAt("unfinished string", tokenEOF)
		case '\n', '\r':
			x.errorAt("unfinished string", tokenString)
		case '\\':
			x.at++
			x.escape()
		default:
			x.save()
		}
	}
}

// escape reads what follows a backslash.
func (x *lexer) escape() {
	c := x.char()
	switch {
	case c == eof: // the loop tells
	case isNewline(c):
		x.raw = append(x.raw, '\n')
		x.newline()
	case escapes[c] != 0:
		x.raw = append(x.raw, escapes[c])
		x.at++
	case !isDigit(byte(c)):
		x.save()
	default:
		n := 0
		for i := 0; i < 3 && x.char() != eof && isDigit(byte(x.char())); i++ {
			n = n*10 + x.char() - '0'
			x.at++
		}
		if n > 255 {
			x.errorAt("escape sequence too large", tokenString)
		}
		x.raw = append(x.raw, byte(n))
	}
}

// How long a chunk's name may be in messages, with a byte for C's end of a
// string: Lua has two sizes.
const (
	maxSyntaxName  = 80 // when it does not compile
	maxRuntimeName = 60
)

// chunkName is how messages call a text: the rest of a source that begins with @
// or =, or the beginning of the text itself.
func chunkName(source string, most int) string {
	if strings.HasPrefix(source, "=") {
		return source[1:min(len(source), most)]
	}
	if strings.HasPrefix(source, "@") {
		name := source[1:]
		if most -= len(" '...' ") + 1; len(name) > most {
			return "..." + name[len(name)-most:]
		}
		return name
	}
	source, _, _ = strings.Cut(source, "\x00")
	n := strings.IndexAny(source, "\n\r")
	if n < 0 {
		n = len(source)
	}
	n = min(n, most-len(` [string "..."] `)-1)
	if n < len(source) {
		return `[string "` + source[:n] + `..."]`
	}
	return `[string "` + source + `"]`
}
