package spec

// Users and their rights. Columns: see row.
var aclRows = []row{
	{"ACLDryRun", "ACL DRYRUN", "", "", "username string, command ...interface{}", "*StringCmd", `"acl" "dryrun" username each(command)`, manual(ACLAdmin, advACL)},
	{"ACLLog", "ACL LOG", "", "", "count int64", "*ACLLogCmd", `"acl" "log" [count>0: count]`, manual(ACLAdmin, advACL)},
	{"ACLLogReset", "ACL LOG", "", "", "", "*StatusCmd", `"acl" "log" "reset"`, manual(ACLAdmin, advACL)},
	{"ACLDelUser", "ACL DELUSER", "", "", "username string", "*IntCmd", `"acl" "deluser" username`, manual(ACLAdmin, advACL)},
	{"ACLSetUser", "ACL SETUSER", "", "", "username string, rules ...string", "*StatusCmd", `"acl" "setuser" username each(rules)`, manual(ACLAdmin, advACL)},
	{"ACLGenPass", "ACL GENPASS", "", "", "bit int", "*StringCmd", `"acl" "genpass" [bit>0: bit]`, manual(ACLAdmin, advACL)},
	{"ACLUsers", "ACL USERS", "", "", "", "*StringSliceCmd", `"acl" "users"`, manual(ACLAdmin, advACL)},
	{"ACLWhoAmI", "ACL WHOAMI", "", "", "", "*StringCmd", `"acl" "whoami"`, manual(ACLAdmin, advACL)},
	{"ACLList", "ACL LIST", "", "", "", "*StringSliceCmd", `"acl" "list"`, manual(ACLAdmin, advACL)},
	{"ACLCat", "ACL CAT", "", "", "", "*StringSliceCmd", `"acl" "cat"`, manual(ACLAdmin, advACL)},
	{"ACLCatArgs", "ACL CAT", "", "", "options *ACLCatArgs", "*StringSliceCmd", "", manual(ACLAdmin, advACL)},
}
