package report

import "fmt"

// Version is the version of the JSON format.
const Version = 1

// Status says what becomes, or became, of a site.
type Status string

const (
	StatusView  Status = "view"  // migrates, and its call goes through the view of its family
	StatusPlain Status = "plain" // migrates without a view: routed by its key at run time
	StatusStays Status = "stays" // stays on go-redis
	StatusDone  Status = "done"  // was migrated by an earlier run
)

// A Report is what is known of a module.
type Report struct {
	Version  int       `json:"version"`  // of this format: 1
	Module   string    `json:"module"`   // module path
	GoRedis  []Dep     `json:"goRedis"`  // the go-redis modules it requires
	Plan     string    `json:"plan"`     // file of the plan, relative; it may not exist yet
	Planned  bool      `json:"planned"`  // the plan's file exists
	Package  string    `json:"package"`  // directory of the generated package
	Families []Family  `json:"families"` // in the order of the plan
	Sites    []Site    `json:"sites"`    // by file and position
	Problems []Problem `json:"problems"` // what else a person should look at
	Cuts     []Cut     `json:"cuts"`     // where the facade and go-redis meet
	Counts   Counts    `json:"counts"`
	Work     []Work    `json:"work"`   // what a person has to do, the most rewarding first
	Effort   Effort    `json:"effort"` // of Work
	Bill     Bill      `json:"bill"`
	Guide    []Topic   `json:"guide"` // answers for the time after the migration
}

// A Dep is a required module.
type Dep struct {
	Path    string `json:"path"`
	Version string `json:"version"`
}

// A Family is a set of keys with one meaning.
type Family struct {
	Pattern     string   `json:"pattern"`
	Name        string   `json:"name"` // of the view
	Type        string   `json:"type"`
	Store       string   `json:"store"`
	TTL         string   `json:"ttl"`
	Sites       int      `json:"sites"`
	Commands    []string `json:"commands"`
	Reason      string   `json:"reason"`      // why this store
	Alternative string   `json:"alternative"` // the other store worth a thought; may be empty
	Group       string   `json:"group"`       // placement group
	TestOnly    bool     `json:"testOnly"`
	Consistency string   `json:"consistency"` // follow, primary (kv) or sync (d1); empty: nothing follows
	Client      string   `json:"client"`      // namespace it is in, when the module talks to several servers
	Meets       []string `json:"meets"`       // names of families that it shares a transaction, script or command with
	Effects     []Effect `json:"effects"`     // what gets staler, slower or dearer than with Redis
	Places      []Place  `json:"places"`      // where its data is, and how it is read there
	Cost        Cost     `json:"cost"`
}

// A Site is one use of a go-redis command.
type Site struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"` // in bytes
	Package string `json:"package"`
	Test    bool   `json:"test"`
	Method  string `json:"method"`
	Command string `json:"command"` // Redis command; empty for methods that send none of their own
	Type    string `json:"type"`    // data type that the command implies
	Shape   string `json:"shape"`
	Recv    string `json:"receiver"`
	Keys    []Key  `json:"keys"`
	Family  string `json:"family"` // pattern, when every key belongs to one family
	Store   string `json:"store"`  // of that family
	Status  Status `json:"status"`
	Code    string `json:"code"`   // why it stays, or has no view
	Title   string `json:"title"`  // the code in a few words
	Detail  string `json:"detail"` // what stands in the way here, in one line
	Advice  string `json:"advice"` // what a person can do
	Effort  string `json:"effort"` // of the code: none, minutes, small, medium, large; empty without a code

	group int // of its receiver, as Blocker.Group
}

// Place is file:line:column.
func (s *Site) Place() string { return fmt.Sprintf("%s:%d:%d", s.File, s.Line, s.Column) }

// A Key is what is known of one key argument.
type Key struct {
	Patterns []string `json:"patterns"`
	Type     string   `json:"type"` // of this key alone: what the text of a script says of it; else empty
	Code     string   `json:"code"`
	Why      string   `json:"why"`
	// Assumed says what may set another key where the patterns are defaults.
	Assumed string `json:"assumed"`
}

// A Problem is something a person should look at that is not one site.
type Problem struct {
	Code    string   `json:"code"`
	Family  string   `json:"family"`
	Message string   `json:"message"`
	At      []string `json:"at"` // file:line:column
}

// Counts sums the sites up.
type Counts struct {
	Sites int            `json:"sites"`
	Tests int            `json:"tests"` // of Sites, those in test files
	View  int            `json:"view"`
	Plain int            `json:"plain"`
	Stays int            `json:"stays"`
	Done  int            `json:"done"`
	Codes map[string]int `json:"codes"` // of plain and stays, by code
}

// Count fills Counts from Sites.
func (r *Report) Count() {
	c := Counts{Codes: map[string]int{}}
	for i := range r.Sites {
		s := &r.Sites[i]
		c.Sites++
		if s.Test {
			c.Tests++
		}
		switch s.Status {
		case StatusView:
			c.View++
		case StatusPlain:
			c.Plain++
		case StatusStays:
			c.Stays++
		case StatusDone:
			c.Done++
		}
		if s.Code != "" && (s.Status == StatusPlain || s.Status == StatusStays) {
			c.Codes[s.Code]++
		}
	}
	r.Counts = c
}
