package spec

// DefaultsSince is the go-redis whose defaults the facade has.
const DefaultsSince = "v9.22.0"

// ChangedDefault says what an option was before DefaultsSince for a program that
// does not set it, and what it is since; both are empty for those that stayed.
func ChangedDefault(option string) (was, is string) {
	d := changedDefaults[option]
	return d[0], d[1]
}

// Of these WriteTimeout and PoolTimeout follow ReadTimeout.
var changedDefaults = map[string][2]string{
	"ReadTimeout":     {"3s", "5s"},
	"WriteTimeout":    {"3s", "5s"},
	"PoolTimeout":     {"4s", "6s"},
	"MinRetryBackoff": {"8ms", "10ms"},
	"MaxRetryBackoff": {"512ms", "1s"},
}
