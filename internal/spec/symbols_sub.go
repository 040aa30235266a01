package spec

// The exported names of go-redis's public sub-packages.
var subPackageRows = []symbolRow{
	{"auth", "type", served, `
		Credentials CredentialsListener StreamingCredentialsProvider UnsubscribeFunc`},
	{"auth", "func", manual(OptionUnsupported, advToken), `
		NewBasicCredentials NewReAuthCredentialsListener`},
	{"auth", "type", manual(OptionUnsupported, advToken), `
		ReAuthCredentialsListener`},
	{"helper", "func", newer, `
		DigestBytes DigestString`},
	{"helper", "func", manual(NotOnFacade, advHelper), `
		MustParseFloat ParseFloat`},
	{"logging", "func", served, `
		Disable Enable NewBlacklistLogger NewWhitelistLogger SetLogLevel`},
	{"logging", "const", served, `
		LogLevelDebug LogLevelError LogLevelInfo LogLevelWarn`},
	{"logging", "type", served, `
		LogLevelT VoidLogger`},
	{"maintnotifications", "type", manual(PushNotifications, advPush), `
		CircuitBreaker CircuitBreakerEntry CircuitBreakerManager CircuitBreakerState CircuitBreakerStats
		ClusterStateReloadCallback HandoffRequest LoggingHook Manager MetricsHook MovingOperation
		MovingOperationKey NotificationHandler NotificationHook OperationsManagerInterface PoolHook State`},
	{"maintnotifications", "const", manual(PushNotifications, advPush), `
		CircuitBreakerClosed CircuitBreakerHalfOpen CircuitBreakerOpen NotificationFailedOver
		NotificationFailingOver NotificationMigrated NotificationMigrating NotificationMoving
		NotificationSMigrated NotificationSMigrating PoolNameMain StateIdle StateMoving`},
	{"maintnotifications", "type", served, `
		Config EndpointType Mode`},
	{"maintnotifications", "func", served, `
		DefaultConfig`},
	{"maintnotifications", "func", manual(PushNotifications, advPush), `
		DetectEndpointType ExampleCircuitBreakerMonitor NewLoggingHook NewManager NewMetricsHook NewPoolHook
		NewPoolHookWithPoolSize`},
	{"maintnotifications", "const", served, `
		EndpointTypeAuto EndpointTypeExternalFQDN EndpointTypeExternalIP EndpointTypeInternalFQDN
		EndpointTypeInternalIP EndpointTypeNone ModeAuto ModeDisabled ModeEnabled`},
	{"maintnotifications", "var", manual(PushNotifications, advPush), `
		ErrCircuitBreakerOpen ErrConnectionInvalidHandoffState ErrConnectionMarkedForHandoff
		ErrConnectionMarkedForHandoffWithState ErrHandoffQueueFull ErrInvalidCircuitBreakerFailureThreshold
		ErrInvalidCircuitBreakerMaxRequests ErrInvalidCircuitBreakerResetTimeout ErrInvalidClient
		ErrInvalidEndpointType ErrInvalidHandoffQueueSize ErrInvalidHandoffRetries ErrInvalidHandoffTimeout
		ErrInvalidHandoffWorkers ErrInvalidMaintNotifications ErrInvalidNotification
		ErrInvalidPostHandoffRelaxedDuration ErrInvalidRelaxedTimeout ErrMaxHandoffRetriesReached
		ErrShutdown`},
	{"maintnotifications/e2e", "const", manual(PushNotifications, advPush), `
		ActionBind ActionClusterAddNode ActionClusterFailover ActionClusterMigrate ActionClusterRemoveNode
		ActionClusterReshard ActionConfigChange ActionCreateDatabase ActionDeleteDatabase
		ActionExecuteCommand ActionFailover ActionMaintenanceMode ActionMigrate ActionNetworkBandwidth
		ActionNetworkLatency ActionNetworkPacketLoss ActionNetworkPartition ActionNetworkRestore
		ActionNodeKill ActionNodeRestart ActionNodeStart ActionNodeStop ActionSequence ActionSlotMigrate
		ActionSlotMigration SlotMigrateEffectAdd SlotMigrateEffectRemove SlotMigrateEffectRemoveAdd
		SlotMigrateEffectSlotShuffle SlotMigrateVariantDefault SlotMigrateVariantFailover
		SlotMigrateVariantMigrate StatusCancelled StatusFailed StatusFinished StatusPending StatusRunning
		StatusSuccess`},
	{"maintnotifications/e2e", "type", manual(PushNotifications, advPush), `
		ActionListItem ActionRequest ActionResponse ActionStatus ActionStatusResponse ActionType
		ActionsListResponse DatabaseConfig DatabaseModule FaultInjectorClient ProxyFaultInjectorServer
		SequenceAction ShardKeyRegexPattern SlotMigrateEffect SlotMigrateRequest SlotMigrateTrigger
		SlotMigrateTriggerRequirement SlotMigrateTriggersResponse SlotMigrateVariant WaitOption`},
	{"maintnotifications/e2e", "func", manual(PushNotifications, advPush), `
		DebugE2E FormatSlotRange GetClusterNodes GetMasterNodes GetSlaveNodes NewFaultInjectorClient
		NewProxyFaultInjectorServer NewProxyFaultInjectorServerWithURL ParseNodeID WithMaxWaitTime
		WithPollInterval`},
	{"push", "func", manual(PushNotifications, advPush), `
		ErrHandlerExists ErrProtectedHandler ErrVoidProcessorRegister ErrVoidProcessorUnregister
		IsHandlerExistsError IsHandlerNilError IsProtectedHandlerError IsVoidProcessorError NewHandlerError
		NewProcessor NewProcessorError NewRegistry NewVoidProcessor`},
	{"push", "var", manual(PushNotifications, advPush), `
		ErrHandlerNil`},
	{"push", "type", manual(PushNotifications, advPush), `
		HandlerError NotificationHandler NotificationHandlerContext Processor ProcessorError
		ProcessorOperation ProcessorType Registry VoidProcessor`},
	{"push", "type", served, `
		NotificationProcessor`},
	{"push", "const", manual(PushNotifications, advPush), `
		ProcessorOperationProcess ProcessorOperationRegister ProcessorOperationUnknown
		ProcessorOperationUnregister ProcessorTypeCustom ProcessorTypeProcessor ProcessorTypeVoidProcessor
		ReasonHandlerExists ReasonHandlerNil ReasonHandlerProtected ReasonPushNotificationsDisabled`},
}
