package spec

// Publishing and its inspection. Columns: see row.
var pubsubRows = []row{
	{"Publish", "PUBLISH", "", "channels:channel", "channel string, message interface{}", "*IntCmd", `"publish" channel message`, served},
	{"SPublish", "SPUBLISH", "", "channels:channel", "channel string, message interface{}", "*IntCmd", `"spublish" channel message`, served},
	{"PubSubChannels", "PUBSUB CHANNELS", "", "", "pattern string", "*StringSliceCmd", `"pubsub" "channels" [pattern!="*": pattern]`, served},
	{"PubSubNumSub", "PUBSUB NUMSUB", "", "channels:channels", "channels ...string", "*MapStringIntCmd", `"pubsub" "numsub" each(channels)`, served},
	{"PubSubShardChannels", "PUBSUB SHARDCHANNELS", "", "", "pattern string", "*StringSliceCmd", `"pubsub" "shardchannels" [pattern!="*": pattern]`, served},
	{"PubSubShardNumSub", "PUBSUB SHARDNUMSUB", "", "channels:channels", "channels ...string", "*MapStringIntCmd", `"pubsub" "shardnumsub" each(channels)`, served},
	{"PubSubNumPat", "PUBSUB NUMPAT", "", "", "", "*IntCmd", `"pubsub" "numpat"`, served},
}
