package spec

import (
	"regexp"
	"strings"
	"testing"
)

var paramName = regexp.MustCompile(`(?:^|, )(\w+) `)

func paramNames(params string) map[string]bool {
	// Parameters of function types are not ours.
	if i := strings.Index(params, "func("); i >= 0 {
		if j := strings.Index(params[i:], ")"); j >= 0 {
			params = params[:i] + "F" + params[i+j+1:]
		}
	}
	out := map[string]bool{}
	for _, m := range paramName.FindAllStringSubmatch(params, -1) {
		out[m[1]] = true
	}
	return out
}

func TestEveryTemplateParsesAndNamesItsParameters(t *testing.T) {
	with, all := 0, 0
	for _, r := range Rows() {
		if r.Verdict == Served && r.Redis != "" && r.On == OnCmdable {
			all++
			if r.Args != "" {
				with++
			}
		}
		args, err := ParseArgs(r.Args)
		if err != nil {
			t.Errorf("%s: %v", r.Method, err)
			continue
		}
		params := paramNames(r.Params)
		for _, a := range args {
			for _, n := range a.Names() {
				if !params[n] {
					t.Errorf("%s: template names %q, which is not among %q", r.Method, n, r.Params)
				}
			}
		}
		for _, p := range r.Keys.Params {
			name, _, _ := strings.Cut(p, ".")
			if !params[name] {
				t.Errorf("%s: key parameter %q is not among %q", r.Method, p, r.Params)
			}
		}
		if r.Args == "" || r.Redis == "" {
			continue
		}
		var words []string
		for _, a := range args {
			if a.Kind == ArgLiteral {
				words = append(words, strings.ToUpper(a.Text))
			} else if a.Kind != ArgUnit {
				break
			}
		}
		if s := strings.Join(words, " "); s != r.Redis && !strings.HasPrefix(s, r.Redis+" ") {
			t.Errorf("%s: template starts with %q, the row says %q", r.Method, s, r.Redis)
		}
	}
	if with*100 < all*70 {
		t.Errorf("%d of %d served commands have a template, want 70 %%", with, all)
	}
	t.Logf("%d of %d served commands have a template", with, all)
}

func TestParseArgsRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, s := range []string{`"open`, `frob(key)`, `[key "x"]`, `[key!="": ]`, `[key!="": "x"`, `"get" unit:s`, `unit:h "x"`, `each(keys`, `a+b`, `eachopt(get,x)`} {
		if args, err := ParseArgs(s); err == nil {
			t.Errorf("%s is accepted as %v", s, args)
		}
	}
}
