package transfer

import (
	"errors"
	"regexp"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/value"
)

// advices are what to do about errors that a server answers to everything, by their first
// word.
var advices = map[string]string{
	"READONLY":   "it is a replica: give the URL of the server that it follows (INFO replication names it)",
	"OOM":        "its maxmemory is reached: raise it with CONFIG SET maxmemory, or make room",
	"MISCONF":    "it cannot save its data and takes no writes until it can: its log says why",
	"NOPERM":     "its user may not do that: ACL SETUSER gives the right",
	"NOAUTH":     "it asks for a password now: put it into the URL, redis://USER:PASSWORD@HOST",
	"LOADING":    "it is reading its data: try again in a while",
	"BUSY":       "a script keeps it busy: try again, or end the script with SCRIPT KILL",
	"MASTERDOWN": "it is a replica without its primary: give the URL of another server",
	"CROSSSLOT":  "it is a cluster that was opened as a single server, behind a proxy maybe: give the URL of one of the cluster's own servers",
}

// Advice is what to do about an error that a server has answered; "" where its own words
// have to do.
func Advice(err error) string {
	text := ""
	var key *KeyError
	var reply *value.ReplyError
	switch {
	case errors.As(err, &key):
		text = key.Text
	case errors.As(err, &reply):
		text = reply.Text
	}
	word, _, _ := strings.Cut(text, " ")
	return advices[word]
}

// inScript is what Redis adds to an error of a command that a script has run.
var inScript = regexp.MustCompile(`\.? script: [0-9a-f]{40}, on @user_script:[0-9]+\.$`)

// plain is an error's text without the place in a script of ours.
func plain(text string) string { return strings.TrimSuffix(inScript.ReplaceAllString(text, ""), ".") }
