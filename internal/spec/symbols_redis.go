package spec

// The exported names of go-redis itself that are no methods, by fate and kind.
var symbolRows = []symbolRow{
	{"", "type", served, `
		AutoPipelineOptions BitCount BitMapCmdable BoolCmd BoolSliceCmd CSCStrategy Cache ChannelOption
		Client ClientFlags ClientInfo ClientInfoCmd ClientSideCacheConfig ClusterClient ClusterNode
		ClusterOptions ClusterSlot Cmd CmdType CmdTyper Cmdable Cmder CommandInfo CommandsInfoCmd Conn
		ConsistentHash DialHook DurationCmd Error FailoverOptions FilterBy FloatCmd FloatSliceCmd
		GenericCmdable HashCmdable Hook InfoCmd IntCmd IntSliceCmd KeyFlags KeyFlagsCmd KeyValue
		KeyValueSliceCmd KeyValuesCmd LCSCmd LCSMatch LCSMatchedPosition LCSPosition LCSQuery LPosArgs
		LibraryInfo Limiter ListCmdable MapStringIntCmd MapStringInterfaceCmd MapStringStringCmd Message
		Options Pipeline Pipeliner Pong PoolStats ProcessHook ProcessPipelineHook PubSub PubSubCmdable Ring
		RingOptions ScanCmd ScanIterator Scanner Script Scripter ScriptingFunctionsCmdable SetArgs
		SetCmdable SliceCmd Sort SortedSetCmdable StatefulCmdable StatusCmd StringCmd StringCmdable
		StringSliceCmd StringStructMapCmd Subscription TimeCmd Tx UniversalClient UniversalOptions Z
		ZAddArgs ZRangeArgs ZRangeBy ZSliceCmd ZSliceWithKeyCmd ZStore ZWithKey ZWithKeyCmd
		ZeroCopyStringCmd`},
	{"", "func", served, `
		DialRetryBackoffConstant DialRetryBackoffExponential HasErrorPrefix IsAskError IsAuthError
		IsClusterDownError IsExecAbortError IsLoadingError IsMasterDownError IsMaxClientsError IsMovedError
		IsNoReplicasError IsOOMError IsPermissionError IsReadOnlyError IsTryAgainError NewBoolCmd
		NewBoolResult NewBoolSliceCmd NewBoolSliceResult NewClient NewClientInfoCmd NewClusterClient NewCmd
		NewCmdResult NewCommandsInfoCmd NewCommandsInfoCmdResult NewDurationCmd NewDurationResult
		NewFailoverClient NewFailoverClusterClient NewFloatCmd NewFloatResult NewFloatSliceCmd
		NewFloatSliceResult NewInfoCmd NewIntCmd NewIntResult NewIntSliceCmd NewKeyFlagsCmd
		NewKeyValueSliceCmd NewKeyValuesCmd NewLCSCmd NewMapStringIntCmd NewMapStringIntCmdResult
		NewMapStringInterfaceCmd NewMapStringStringCmd NewMapStringStringResult NewRing NewScanCmd
		NewScanCmdResult NewScript NewScriptServerSHA NewSliceCmd NewSliceResult NewStatusCmd
		NewStatusResult NewStringCmd NewStringResult NewStringSliceCmd NewStringSliceResult
		NewStringStructMapCmd NewTimeCmd NewTimeCmdResult NewUniversalClient NewZSliceCmd NewZSliceCmdResult
		NewZSliceWithKeyCmd NewZWithKeyCmd NewZWithKeyCmdResult NewZeroCopyStringCmd ParseClusterURL
		ParseFailoverURL ParseURL SetLogLevel SetLogger Version WithChannelHealthCheckInterval
		WithChannelPingTimeout WithChannelReconnectTimeout WithChannelSendTimeout WithChannelSize
		WithLibraryName WithLibraryVersion`},
	{"", "const", served, `
		BitCountIndexBit BitCountIndexByte CSCStrategySharedTracking ClientAllowOOM ClientAsking
		ClientBlocked ClientCloseASAP ClientCloseAfterCommand ClientCloseAfterReply ClientDenyBlocking
		ClientDirtyCAS ClientDirtyExec ClientExecutingCommand ClientForceAOF ClientForceRepl
		ClientInTimeoutTable ClientLuaDebug ClientLuaDebugSync ClientMaster ClientMasterForceReply
		ClientModule ClientMonitor ClientMulti ClientNoEvict ClientNoTouch ClientPendingCommand
		ClientPendingWrite ClientPrePSync ClientPreventAOFProp ClientPreventProp ClientPreventReplProp
		ClientProtected ClientProtocolError ClientPubSub ClientPushing ClientReadOnly ClientReplRDBOnly
		ClientReplyOff ClientReplySkip ClientReplySkipNext ClientScript ClientSlave ClientTracking
		ClientTrackingBCAST ClientTrackingBrokenRedir ClientTrackingCaching ClientTrackingNoLoop
		ClientTrackingOptIn ClientTrackingOptOut ClientUnBlocked ClientUnixSocket CmdTypeACLLog CmdTypeBool
		CmdTypeBoolSlice CmdTypeClientInfo CmdTypeClusterLinks CmdTypeClusterShards CmdTypeClusterSlots
		CmdTypeCommandsInfo CmdTypeDuration CmdTypeFloat CmdTypeFloatSlice CmdTypeFunctionList
		CmdTypeFunctionStats CmdTypeGeneric CmdTypeGeoLocation CmdTypeGeoPos CmdTypeGeoSearchLocation
		CmdTypeInfo CmdTypeInt CmdTypeIntPointerSlice CmdTypeIntSlice CmdTypeJSON CmdTypeJSONSlice
		CmdTypeKeyFlags CmdTypeKeyValueSlice CmdTypeKeyValues CmdTypeLCS CmdTypeMapMapStringInterface
		CmdTypeMapStringInt CmdTypeMapStringInterface CmdTypeMapStringInterfaceSlice CmdTypeMapStringString
		CmdTypeMapStringStringSlice CmdTypeMonitor CmdTypeRankWithScore CmdTypeScan CmdTypeSlice
		CmdTypeSlowLog CmdTypeStatus CmdTypeString CmdTypeStringSlice CmdTypeStringStructMap CmdTypeTime
		CmdTypeXAutoClaim CmdTypeXAutoClaimJustID CmdTypeXAutoClaimWithDeleted CmdTypeXInfoConsumers
		CmdTypeXInfoGroups CmdTypeXInfoStream CmdTypeXInfoStreamFull CmdTypeXMessageSlice CmdTypeXPending
		CmdTypeXPendingExt CmdTypeXStreamSlice CmdTypeZSlice CmdTypeZSliceWithKey CmdTypeZWithKey Inf
		KeepTTL NInf NaN Nil TxFailedErr`},
	{"", "var", served, `
		ErrClosed ErrCrossSlot ErrInvalidCommand ErrNoScript ErrPoolExhausted ErrPoolTimeout`},
	{"", "type", served, `
		Engine Function FunctionListCmd FunctionListQuery FunctionStats FunctionStatsCmd Library
		RunningScript`},
	{"", "func", served, `
		NewFunctionListCmd NewFunctionStatsCmd`},
	{"", "type", served, `
		GeoCmdable GeoLocation GeoLocationCmd GeoPos GeoPosCmd GeoRadiusQuery GeoSearchLocationCmd
		GeoSearchLocationQuery GeoSearchQuery GeoSearchStoreQuery`},
	{"", "func", served, `
		NewGeoLocationCmd NewGeoLocationCmdResult NewGeoPosCmd NewGeoPosCmdResult NewGeoSearchLocationCmd`},
	{"", "type", served, `
		HExpireArgs HGetEXExpirationType HGetEXOptions HSetEXCondition HSetEXExpirationType HSetEXOptions`},
	{"", "const", served, `
		HGetEXExpirationEX HGetEXExpirationEXAT HGetEXExpirationPERSIST HGetEXExpirationPX
		HGetEXExpirationPXAT HSetEXExpirationEX HSetEXExpirationEXAT HSetEXExpirationKEEPTTL
		HSetEXExpirationPX HSetEXExpirationPXAT HSetEXFNX HSetEXFXX`},
	{"", "type", served, `
		HyperLogLogCmdable`},
	{"", "type", served, `
		FPHAType IntPointerSliceCmd JSONArrIndexArgs JSONArrTrimArgs JSONCmd JSONCmdable JSONGetArgs
		JSONSetArgs JSONSetArgsOptions JSONSliceCmd`},
	{"", "func", served, `
		NewIntPointerSliceCmd NewJSONSliceCmd`},
	{"", "const", served, `
		FPHATypeBF16 FPHATypeFP16 FPHATypeFP32 FPHATypeFP64`},
	{"", "type", newer, `
		DelExArgs DigestCmd ExpirationMode ExpirationOption HImportDiscardAllCmd HImportDiscardCmd
		HImportPrepareCmd HImportSetCmd IncrEXFloatArgs IncrEXFloatCmd IncrEXFloatResult IncrEXIntArgs
		IncrEXIntCmd IncrEXIntResult LMoveMArgs LMoveMMode LMoveMOrder MSetEXArgs RankScore RankWithScoreCmd
		SDiffCardOptions SUnionCardOptions SetCondition XCfgSetArgs XNackArgs`},
	{"", "func", newer, `
		NewDigestCmd NewHImportDiscardAllCmd NewHImportDiscardCmd NewHImportPrepareCmd NewHImportSetCmd
		NewIncrEXFloatCmd NewIncrEXIntCmd NewRankWithScoreCmd`},
	{"", "const", newer, `
		EX EXAT KEEPTTL LMoveMBulk LMoveMCount LMoveMExactly LMoveMOBO NX PERSIST PX PXAT XNackModeFail
		XNackModeFatal XNackModeSilent XX`},
	{"", "const", served, `
		XTrimLimitDisabled`},
	{"", "type", served, `
		StreamCmdable XAddArgs XAutoClaimArgs XAutoClaimCmd XAutoClaimJustIDCmd XAutoClaimWithDeletedCmd
		XClaimArgs XInfoConsumer XInfoConsumersCmd XInfoGroup XInfoGroupsCmd XInfoStream XInfoStreamCmd
		XInfoStreamConsumer XInfoStreamConsumerPending XInfoStreamFull XInfoStreamFullCmd XInfoStreamGroup
		XInfoStreamGroupPending XMessage XMessageSliceCmd XPending XPendingCmd XPendingExt XPendingExtArgs
		XPendingExtCmd XReadArgs XReadGroupArgs XStream XStreamSliceCmd`},
	{"", "func", served, `
		NewXAutoClaimCmd NewXAutoClaimJustIDCmd NewXAutoClaimWithDeletedCmd NewXInfoConsumersCmd
		NewXInfoGroupsCmd NewXInfoStreamCmd NewXInfoStreamFullCmd NewXMessageSliceCmd
		NewXMessageSliceCmdResult NewXPendingCmd NewXPendingExtCmd NewXPendingResult NewXStreamSliceCmd
		NewXStreamSliceCmdResult`},
	{"", "type", served, `
		AutoFuture AutoPipeliner`},
	{"", "func", served, `
		DefaultAutoPipelineOptions DefaultBlockingAutoPipelineOptions`},
	{"", "var", served, `
		ErrAutoPipelineTimeout ErrRingAutoPipelineUnsupported ErrSubmitBlockingFace`},
	{"", "type", bridge(NotOnFacade, advCmdType), `
		CmdTypeGetter CmdTypeKeyValuesValue CmdTypeScanValue CmdTypeXAutoClaimJustIDValue
		CmdTypeXAutoClaimValue CmdTypeXAutoClaimWithDeletedValue CmdTypeZSliceWithKeyValue`},
	{"", "func", bridge(NotOnFacade, advCmdType), `
		ExtractCommandValue`},
	{"", "const", bridge(NotOnFacade, advCmdType), `
		CmdTypeAREntrySlice CmdTypeAggregate CmdTypeBFInfo CmdTypeCFInfo CmdTypeCMSInfo CmdTypeFTInfo
		CmdTypeFTSearch CmdTypeFTSpellCheck CmdTypeFTSynDump CmdTypeHotKeys CmdTypeIncrEXFloat
		CmdTypeIncrEXInt CmdTypeScanDump CmdTypeTDigestInfo CmdTypeTSNRangePivotRowSlice
		CmdTypeTSTimestampValue CmdTypeTSTimestampValueSlice CmdTypeTopKInfo CmdTypeUint CmdTypeUintSlice`},
	{"", "type", bridge(NotOnFacade, advPool), `
		ConnInfo Pooler PubSubPooler`},
	{"", "var", bridge(NotOnFacade, advPool), `
		ErrInvalidPool`},
	{"", "type", served, `
		RawCmd RawWriteToCmd`},
	{"", "func", served, `
		NewRawCmd NewRawWriteToCmd`},
	{"", "type", manual(ACLAdmin, advACL), `
		ACLCatArgs ACLCmdable ACLLogCmd ACLLogEntry`},
	{"", "func", manual(ACLAdmin, advACL), `
		NewACLLogCmd`},
	{"", "type", manual(ClientCache, advClientCache), `
		CSCStats CacheConfig CacheSizer ClientTrackingOptions LocalCache`},
	{"", "func", manual(ClientCache, advClientCache), `
		NewLocalCache`},
	{"", "type", manual(ClusterAdmin, advCluster), `
		ClusterCmdable ClusterLink ClusterLinksCmd ClusterShard ClusterShardsCmd ClusterSlotsCmd
		CommandInfoResolveFunc Node SlotRange`},
	{"", "func", manual(ClusterAdmin, advCluster), `
		NewClusterLinksCmd NewClusterShardsCmd NewClusterSlotsCmd NewClusterSlotsCmdResult
		NewCommandInfoResolver NewDefaultCommandPolicyResolver`},
	{"", "type", manual(CommandNotServed, advArray), `
		AREntry AREntrySliceCmd ARGrepArgs ARGrepPredicate ARGrepPredicateType ARRange ARScanArgs
		ArrayCmdable UintCmd UintSliceCmd`},
	{"", "func", manual(CommandNotServed, advArray), `
		NewAREntrySliceCmd NewUintCmd NewUintSliceCmd`},
	{"", "const", manual(CommandNotServed, advArray), `
		ARGrepExact ARGrepGlob ARGrepMatch ARGrepRegex`},
	{"", "type", manual(NotOnFacade, advOTel), `
		OTelConnectionCounter OTelPoolRegistrar OTelRecorder`},
	{"", "func", manual(NotOnFacade, advOTel), `
		SetOTelRecorder`},
	{"", "func", manual(OptionUnsupported, advDialer), `
		NewDialer`},
	{"", "type", manual(Probabilistic, advProbabilistic), `
		BFInfo BFInfoCmd BFInsertOptions BFReserveOptions CFInfo CFInfoCmd CFInsertOptions CFReserveOptions
		CMSInfo CMSInfoCmd ProbabilisticCmdable ScanDump ScanDumpCmd TDigestInfo TDigestInfoCmd
		TDigestMergeOptions TopKInfo TopKInfoCmd`},
	{"", "func", manual(Probabilistic, advProbabilistic), `
		NewBFInfoCmd NewCFInfoCmd NewCMSInfoCmd NewTDigestInfoCmd NewTopKInfoCmd`},
	{"", "func", manual(PushNotifications, advPush), `
		NewPushNotificationProcessor NewVoidPushNotificationProcessor`},
	{"", "type", manual(Search, advSearch), `
		AggregateBuilder AggregateCmd AggregateQuery AggregateRow AliasBuilder CollectColumn CollectEntry
		CreateIndexBuilder CursorBuilder CursorStats DictBuilder Document DropIndexBuilder ExplainBuilder
		FTAggregateApply FTAggregateCollect FTAggregateCollectLimit FTAggregateGroupBy FTAggregateLoad
		FTAggregateOptions FTAggregateReducer FTAggregateResult FTAggregateSortBy FTAggregateSortByStep
		FTAggregateStep FTAggregateWithCursor FTAttribute FTCreateOptions FTDropIndexOptions
		FTExplainOptions FTFlatOptions FTHNSWOptions FTHybridApply FTHybridCmd FTHybridCombineMethod
		FTHybridCombineOptions FTHybridCursorResult FTHybridGroupBy FTHybridOptions FTHybridResult
		FTHybridSearchExpression FTHybridVectorExpression FTHybridVectorMethod FTHybridWithCursor
		FTInfoBuilder FTInfoCmd FTInfoResult FTSearchCmd FTSearchFilter FTSearchGeoFilter FTSearchOptions
		FTSearchResult FTSearchReturn FTSearchSortBy FTSpellCheckCmd FTSpellCheckOptions FTSpellCheckTerms
		FTSynDumpCmd FTSynDumpResult FTSynUpdateOptions FTVamanaOptions FTVectorArgs FieldSchema
		FieldStatistic GCStats IndexDefinition IndexErrors MapMapStringInterfaceCmd
		MapStringInterfaceSliceCmd SearchAggregator SearchBuilder SearchCmdable SearchFieldType SearchQuery
		SpellCheckBuilder SpellCheckResult SpellCheckSuggestion SpellCheckTerms SynUpdateBuilder
		TagValsBuilder`},
	{"", "func", manual(Search, advSearch), `
		FTAggregateQuery FTSearchQuery NewAggregateCmd NewCollectReducer NewFTSynDumpCmd
		NewMapMapStringInterfaceCmd NewMapStringInterfaceSliceCmd ProcessAggregateResult`},
	{"", "const", manual(Search, advSearch), `
		FTHybridCombineFunction FTHybridCombineLinear FTHybridCombineRRF KNN RANGE SearchAvg SearchCollect
		SearchCount SearchCountDistinct SearchCountDistinctish SearchFieldTypeGeo SearchFieldTypeGeoShape
		SearchFieldTypeInvalid SearchFieldTypeNumeric SearchFieldTypeTag SearchFieldTypeText
		SearchFieldTypeVector SearchFirstValue SearchInvalid SearchMax SearchMin SearchQuantile
		SearchRandomSample SearchStdDev SearchSum SearchToList`},
	{"", "type", manual(Sentinel, advSentinel), `
		MapStringStringSliceCmd SentinelClient`},
	{"", "func", manual(Sentinel, advSentinel), `
		NewMapStringStringSliceCmd NewSentinelClient`},
	{"", "type", manual(ServerAdmin, advModules), `
		ModuleLoadexConfig`},
	{"", "type", manual(ServerAdmin, advObserve), `
		HotKeysCmd HotKeysKeyEntry HotKeysMetric HotKeysResult HotKeysSlotRange HotKeysStartArgs Latency
		LatencyCmd MonitorCmd MonitorStatus SlowLog SlowLogCmd`},
	{"", "func", manual(ServerAdmin, advObserve), `
		NewHotKeysCmd NewLatencyCmd NewSlowLogCmd`},
	{"", "const", manual(ServerAdmin, advObserve), `
		HotKeysMetricCPU HotKeysMetricNET`},
	{"", "var", manual(ServerAdmin, advObserve), `
		ErrHotKeysNoMetrics`},
	{"", "type", manual(TimeSeries, advTimeSeries), `
		Aggregator MapStringSliceInterfaceCmd TSAlterOptions TSCreateRuleOptions TSGetOptions
		TSIncrDecrOptions TSInfoOptions TSMGetOptions TSMRangeOptions TSMRevRangeOptions TSNRangeOptions
		TSNRangePivotRow TSNRangePivotRowSliceCmd TSNRevRangeOptions TSOptions TSRangeOptions TSReadOptions
		TSRevRangeOptions TSTimestampValue TSTimestampValueCmd TSTimestampValueSliceCmd TimeseriesCmdable`},
	{"", "func", manual(TimeSeries, advTimeSeries), `
		NewMapStringSliceInterfaceCmd`},
	{"", "const", manual(TimeSeries, advTimeSeries), `
		Avg Count CountAll CountNaN First Invalid Last Max Min Range StdP StdS Sum TSReadEarliest
		TSReadLatest TSReadNew Twa VarP VarS`},
	{"", "type", manual(VectorSet, advVectors), `
		StringSliceSliceCmd VAddArgs VSimArgs Vector VectorAttrib VectorAttribSliceCmd VectorBFloat16
		VectorFP32 VectorFloat16 VectorFloat64 VectorInt8 VectorRef VectorScore VectorScoreAttrib
		VectorScoreAttribSliceCmd VectorScoreSliceCmd VectorScoreSliceSliceCmd VectorSetCmdable VectorUint8
		VectorValues`},
	{"", "func", manual(VectorSet, advVectors), `
		NewStringSliceSliceCmd NewVectorAttribSliceCmd NewVectorInfoSliceCmd NewVectorScoreAttribSliceCmd
		NewVectorScoreSliceCmd NewVectorScoreSliceSliceCmd`},
}
