package worker

// A Config is what the deployed project says of the plan: plan.json of the
// project. JavaScript reads Groups, and of Families which are in KV alone; the engine's side reads all of it.
type Config struct {
	Version  int      `json:"version"` // 1
	Module   string   `json:"module"`  // module path of the program
	Families []Family `json:"families"`
	Groups   []Group  `json:"groups"`
	// MemoryBytes bounds the data that all objects of an isolate keep in memory; 0 means
	// 48 MB, which leaves room for garbage below the 96 MB of linear memory.
	MemoryBytes int64 `json:"memoryBytes,omitempty"`
}

// A Family is a key family of the plan, in the words of redis2cf.yaml.
type Family struct {
	Pattern     string `json:"pattern"` // Redis glob; the longest literal match wins
	Name        string `json:"name"`
	Type        string `json:"type"`
	Store       string `json:"store"`       // do, kv, d1, r2
	Consistency string `json:"consistency"` // follow, sync (d1), primary (kv)
	Group       string `json:"group,omitempty"`
	Client      string `json:"client,omitempty"` // the namespace it is in; empty: any
}

// A Group is a placement group: one object, or Shards of them by hash tag.
type Group struct {
	Name   string `json:"name"` // "" is the module's only or first one
	Shards int    `json:"shards"`
}
