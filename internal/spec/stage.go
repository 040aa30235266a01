package spec

// pending names the groups, and the parts of groups, that the engine does not
// serve yet, with what to tell who asks. Removing a line here is all that it
// takes to have the facade generate a group's methods and the tool migrate
// their calls.
var pending = map[string]string{
	"getkeys": "Nothing asks for it at run time: the plan knows which arguments are keys.",
	"help":    "Read the documentation: texts for redis-cli are not answered.",
	"newer":   "Redis 7.0 does not have this command; say it with the older commands, in a transaction or a script where it must be atomic.",
}

// pendingPart says why something that a part of the engine serves is not
// served yet.
func pendingPart(v Verdict, group, needs string) (advice string, ok bool) {
	if v != Served {
		return "", false
	}
	if advice, ok = pending[needs]; ok {
		return advice, true
	}
	advice, ok = pending[group]
	return advice, ok
}
