package project

// Names of the project's files.
const (
	WranglerFile  = "wrangler.jsonc"
	MigrationsDir = "migrations"
)
