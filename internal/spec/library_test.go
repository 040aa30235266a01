package spec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	importPath = regexp.MustCompile(`^[a-z0-9.-]+\.[a-z]+(/[A-Za-z0-9._-]+)+$`)
	inLibrary  = regexp.MustCompile(`^(\.|[A-Z]\w*\.)?[A-Z]\w*$`)
	readAt     = regexp.MustCompile(`^(v\d+\.\d+\.\d+|[0-9a-f]{7})(, (v\d+\.\d+\.\d+))?$`)
	majors     = regexp.MustCompile(`^(none|v8|v9|v8 v9)$`)
)

func TestTheTableOfLibrariesIsWellFormed(t *testing.T) {
	rows := Libraries()
	if len(rows) < 35 {
		t.Errorf("%d rows", len(rows))
	}
	for i, l := range rows {
		where := l.Path + " " + l.Names
		if !importPath.MatchString(l.Path) {
			t.Errorf("%s: no import path", where)
		}
		for _, name := range strings.Fields(l.Names) {
			if !inLibrary.MatchString(name) {
				t.Errorf("%s: %s is no name, Type.Method or .Field", where, name)
			}
		}
		if !majors.MatchString(l.Redis) || l.Redis == "none" && l.Use != UseNone {
			t.Errorf("%s: go-redis is %q", where, l.Redis)
		}
		if !readAt.MatchString(l.Read) {
			t.Errorf("%s: read at %q, which is neither a version nor a commit", where, l.Read)
		}
		if _, ok := libraryUses[l.Use]; !ok {
			t.Errorf("%s: %s", where, l.Use)
		}
		if l.Why == "" || strings.HasSuffix(l.Why, ".") || l.Why[0] < 'a' || l.Why[0] > 'z' || strings.HasSuffix(l.Do, ".") {
			t.Errorf("%s: why and what to do are parts of a sentence: %q, %q", where, l.Why, l.Do)
		}
		if (l.Counterpart != "") != (l.Use == UseMoves) {
			t.Errorf("%s: a call moves to a counterpart, and only then: %q", where, l.Counterpart)
		}
		if i > 0 && strings.Compare(rows[i-1].Path, l.Path) > 0 {
			t.Errorf("%s does not stand behind %s", l.Path, rows[i-1].Path)
		}
		if code := l.Use.Code(); code != "" {
			if _, ok := CodeOf(code); !ok {
				t.Errorf("%s: no reason code %s", where, code)
			}
		}
	}
}

// A name of a package has one row: which of two would hold is nobody's guess.
func TestNoTwoRowsOfLibrariesContradict(t *testing.T) {
	seen := map[string]*Library{}
	for _, l := range Libraries() {
		names := strings.Fields(l.Names)
		if len(names) == 0 {
			names = []string{""}
		}
		for _, name := range names {
			if seen[l.Path+" "+name] != nil {
				t.Errorf("%s has two rows for %q", l.Path, name)
			}
			seen[l.Path+" "+name] = l
			if rest := seen[l.Path+" "]; name != "" && rest != nil {
				t.Errorf("%s: the row of %s stands behind the one for all other names", l.Path, name)
			}
			if got, ok := LibraryOf(l.Path, name); !ok || got != l {
				t.Errorf("LibraryOf(%q, %q) is another row", l.Path, name)
			}
		}
	}
	for use := range libraryUses {
		if !slices.ContainsFunc(Libraries(), func(l *Library) bool { return l.Use == use }) {
			t.Errorf("no library %s", use)
		}
	}
}

func TestALibraryIsFoundByItsWholePath(t *testing.T) {
	const lock = "github.com/bsm/redislock"
	if l, ok := LibraryOf(lock, "New"); !ok || l.Use != UseSends {
		t.Errorf("%s: %v %v", lock, l, ok)
	}
	for _, path := range []string{"example.com/redislock", lock + "/v2", lock + "/internal", "redislock", ""} {
		if l, ok := LibraryOf(path, "New"); ok {
			t.Errorf("%s is taken for %s", path, l.Path)
		}
	}
	const traced = "github.com/DataDog/dd-trace-go/contrib/redis/go-redis.v9/v2"
	for name, use := range map[string]LibraryUse{"NewClient": UseConnects, "WrapClient": UseObserves, "NewClientX": UseObserves} {
		if l, ok := LibraryOf(traced, name); !ok || l.Use != use {
			t.Errorf("%s: %v %v", name, l, ok)
		}
	}
	if to := CounterpartOf("github.com/redis/go-redis/extra/redisotel/v9"); to != runtimeOtel {
		t.Errorf("redisotel's counterpart is %q", to)
	}
	if to := CounterpartOf(lock); to != "" {
		t.Errorf("redislock has the counterpart %q", to)
	}
}
