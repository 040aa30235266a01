package cli

import (
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// tokenName is the name of a token that nobody named.
const tokenName = "app"

// runToken makes, lists, rotates and revokes tokens of a project.
func runToken(e *env, o *options) (int, error) {
	w := &o.worker
	action := "make"
	if len(o.args) > 1 {
		action = o.args[1]
	}
	switch {
	case len(o.args) > 2:
		return exitError, usagef("worker", "worker token takes one of make, list, rotate and revoke, and -name NAME")
	case o.out != "" || w.run != "" || w.state != "" || w.tokens:
		return exitError, usagef("worker", "-o, -run, -state and -tokens are not for worker token; -project names the project")
	case action != "make" && (w.namespace != "" || w.readOnly):
		return exitError, usagef("worker", "-namespace and -read-only are for a new token")
	case action == "list" && w.name != "":
		return exitError, usagef("worker", "list takes no -name")
	case (action == "rotate" || action == "revoke") && w.name == "":
		return exitError, usagef("worker", "say which token to %s: -name NAME; redis2cf worker token list shows them", action)
	}
	dir := dirOr(inDir(o, w.project))
	switch action {
	case "make":
		if w.name == "" {
			w.name = tokenName
		}
		token, err := project.MakeToken(dir, project.Token{Name: w.name, Namespace: w.namespace, Write: !w.readOnly})
		if err != nil {
			return exitError, err
		}
		return e.printToken(dir, w.name, token)
	case "rotate":
		token, err := project.RotateToken(dir, w.name)
		if err != nil {
			return exitError, err
		}
		return e.printToken(dir, w.name, token)
	case "revoke":
		if err := project.RevokeToken(dir, w.name); err != nil {
			return exitError, err
		}
		fmt.Fprintf(e.stdout, "Revoked the token %s.\n", w.name)
		return e.printSecret(dir)
	case "list":
		return e.listTokens(dir)
	}
	return exitError, usagef("worker", "there is no worker token %s: make, list, rotate or revoke", action)
}

// printToken shows a token, the only time.
func (e *env) printToken(dir, name, token string) (int, error) {
	fmt.Fprintf(e.stdout, "%s\n\n", token)
	fmt.Fprintf(e.stdout, "This is the token %s, and the only time that it is shown: it is stored nowhere. The\nprogram takes it from the URL (%s=https://:TOKEN@HOST), from $CFSTORE_TOKEN, or as\nits Redis password.\n", name, runtime.StoreVariable)
	return e.printSecret(dir)
}

// printSecret says how tokens.json gets where it counts.
func (e *env) printSecret(dir string) (int, error) {
	_, err := fmt.Fprintf(e.stdout, "\nIt counts from then on, in %s:\n  npx wrangler secret put REDIS2CF_TOKENS < %s\n", dir, project.TokensFile)
	return exitDone, err
}

// listTokens shows what is known of the tokens.
func (e *env) listTokens(dir string) (int, error) {
	list, err := project.Tokens(dir)
	if err != nil {
		return exitError, err
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(e.stdout, "There is no token in %s.\n", filepath.Join(dir, project.TokensFile))
		return exitDone, err
	}
	tw := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "NAME\tNAMESPACE\tMAY\tDIGEST")
	for _, t := range list {
		may := "read"
		if t.Write {
			may = "read and write"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s…\n", t.Name, t.Namespace, may, t.Digest[:12])
	}
	return exitDone, tw.Flush()
}
