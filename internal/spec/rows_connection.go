package spec

// The connection and the client that holds it. Columns: see row.
var connectionRows = []row{
	{"ClientGetName", "CLIENT GETNAME", "", "", "", "*StringCmd", `"client" "getname"`, served},
	{"Echo", "ECHO", "", "", "message interface{}", "*StringCmd", `"echo" message`, served},
	{"Ping", "PING", "", "", "", "*StatusCmd", `"ping"`, served},
	{"Quit", "QUIT", "", "", "", "*StatusCmd", "", manual(NotInGoRedis, advPanics)},
	{"ClientKill", "CLIENT KILL", "", "", "ipPort string", "*StatusCmd", `"client" "kill" ipPort`, served},
	{"ClientKillByFilter", "CLIENT KILL", "", "", "keys ...string", "*IntCmd", `"client" "kill" each(keys)`, served},
	{"ClientList", "CLIENT LIST", "", "", "", "*StringCmd", `"client" "list"`, served},
	{"ClientPause", "CLIENT PAUSE", "", "", "dur time.Duration", "*BoolCmd", `"client" "pause" millis(dur)`, served},
	{"ClientUnpause", "CLIENT UNPAUSE", "", "", "", "*BoolCmd", `"client" "unpause"`, served},
	{"ClientID", "CLIENT ID", "", "", "", "*IntCmd", `"client" "id"`, served},
	{"ClientUnblock", "CLIENT UNBLOCK", "", "", "id int64", "*IntCmd", `"client" "unblock" id`, served},
	{"ClientUnblockWithError", "CLIENT UNBLOCK", "", "", "id int64", "*IntCmd", `"client" "unblock" id "error"`, served},
	{"ClientInfo", "CLIENT INFO", "", "", "", "*ClientInfoCmd", `"client" "info"`, served},
	{"ClientMaintNotifications", "CLIENT MAINT_NOTIFICATIONS", "", "", "enabled bool, endpointType string", "*StatusCmd", "", manual(ServerAdmin, advConnections)},
	{"ClientTracking", "CLIENT TRACKING", "", "", "on bool, opt *ClientTrackingOptions", "*StatusCmd", "", manual(ClientCache, advClientCache)},
	{"ClientTrackingOn", "CLIENT TRACKING", "", "", "opt *ClientTrackingOptions", "*StatusCmd", "", manual(ClientCache, advClientCache)},
	{"ClientTrackingOff", "CLIENT TRACKING", "", "", "", "*StatusCmd", `"client" "tracking" "off"`, manual(ClientCache, advClientCache)},
}
