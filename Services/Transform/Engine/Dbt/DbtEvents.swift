/// dbt's events: the names by which `--warn-error-options` speaks of them, and their codes, which logs in JSON have.
enum DbtEvents {
    static func code(of name: String) -> String { codes[name] ?? "" }
    /// Also `Deprecations`, which stands for all of them.
    static func isName(_ name: String) -> Bool { codes[name] != nil || name == deprecations }
    static func isDeprecation(_ name: String) -> Bool { codes[name]?.hasPrefix("D") ?? false }
    static let deprecations = "Deprecations"
    /// Which say nothing but their name.
    static func isBare(_ name: String) -> Bool { bare.contains(name) }
    private static let bare: Set<String> = [
        "BuildingCatalog", "DepsNoPackagesFound", "DepsUpToDate", "FinishedCleanPaths", "FreshnessCheckComplete", "MFCumulativeTypeParamsDeprecation",
        "MFTimespineWithoutYamlConfigurationDeprecation", "MicrobatchMacroOutsideOfBatchesDeprecation", "ModelParamUsageDeprecation", "ModulesItertoolsUsageDeprecation", "NoNodesSelected", "NothingToDo",
    ]

    private static let codes = Dictionary(
        uniqueKeysWithValues: table.split { $0 == " " || $0 == "\n" }.map { entry in
            let parts = entry.split(separator: ":")
            return (String(parts[0]), String(parts[1]))
        })

    /// Of dbt 1.11, with its adapters' and its library's.
    private static let table = """
        AdapterDeprecationWarning:D005 AdapterEventDebug:E001 AdapterEventError:E004 AdapterEventInfo:E002 AdapterEventWarning:E003 AdapterImportError:E035
        AdapterRegistered:E034 ArgumentsPropertyInGenericTestDeprecation:D038 ArtifactUploadError:Z061 ArtifactUploadSkipped:Z063 ArtifactUploadSuccess:Z062
        ArtifactWritten:P001 BehaviorChangeEvent:D000 BuildingCatalog:E044 CacheAction:E022 CacheDumpGraph:E031 CacheMiss:E013 CannotGenerateDocs:E043
        CatalogGenerationError:E040 CatalogWritten:E042 CatchableExceptionOnRun:W002 CheckCleanPath:Z012 CheckNodeTestFailure:Z027 CodeExecution:E038
        CodeExecutionStatus:E039 ColTypeChange:E019 CollectFreshnessReturnSignature:D012 CommandCompleted:Q039 CompileComplete:Q002 CompiledNode:Q042
        ConcurrencyLine:Q027 ConfigDataPathDeprecation:D004 ConfigFolderDirectory:A018 ConfigLogPathDeprecation:D010 ConfigSourcePathDeprecation:D003
        ConfigTargetPathDeprecation:D011 ConfirmCleanPath:Z013 ConnectionClosed:E010 ConnectionClosedInCleanup:E008 ConnectionLeftOpen:E011
        ConnectionLeftOpenInCleanup:E007 ConnectionReused:E006 ConnectionUsed:E015 ConstraintNotEnforced:E048 ConstraintNotSupported:E049
        CustomKeyInConfigDeprecation:D026 CustomKeyInObjectDeprecation:D027 CustomOutputPathInSourceFreshnessDeprecation:D029
        CustomTopLevelKeyDeprecation:D025 DatabaseErrorRunningHook:E045 DebugCmdOut:Z047 DebugCmdResult:Z048 DefaultSelector:Q023 DeprecatedModel:I065
        DeprecatedReference:I067 DeprecationsSummary:D028 DepsAddPackage:M032 DepsCreatingLocalSymlink:Z037 DepsFoundDuplicatePackage:M033
        DepsInstallInfo:M015 DepsListSubdirectory:M018 DepsLockUpdating:M031 DepsNoPackagesFound:M013 DepsNotifyUpdatesAvailable:M019
        DepsScrubbedPackageName:M035 DepsSetDownloadDirectory:M028 DepsStartPackageInstall:M014 DepsSymlinkNotAvailable:Z038 DepsUnpinned:M029
        DepsUpToDate:M017 DepsUpdateAvailable:M016 DisableTracking:Z039 DuplicateNameDistinctNodeTypesDeprecation:D040 DuplicateYAMLKeysDeprecation:D024
        EndOfRunSummary:Z030 EndRunResult:Q037 EnsureGitInstalled:Z036 EnvironmentVariableNamespaceDeprecation:D036 EnvironmentVariableRenamed:D009
        ExposureNameDeprecation:D007 FinishedCleanPaths:Z015 FinishedRunningStats:E047 FlushEvents:Z042 FlushEventsFailure:Z043 Formatting:Z017
        FoundStats:W006 FreshnessCheckComplete:Q003 FreshnessConfigProblem:I073 GenericExceptionOnRun:W004 GenericJSONSchemaValidationDeprecation:D022
        GetMetaKeyWarning:D041 GitNothingToDo:M005 GitProgressCheckedOutAt:M007 GitProgressCheckoutRevision:M002 GitProgressPullingNewDependency:M004
        GitProgressUpdatedCheckoutRange:M006 GitProgressUpdatingExistingDependency:M003 GitSparseCheckoutSubdirectory:M001 HooksRunning:E046
        InputFileDiffError:I001 InternalDeprecation:D008 InternalErrorOnRun:W003 InvalidConcurrentBatchesConfig:I075 InvalidDisabledTargetInTestNode:I050
        InvalidMacroAnnotation:I076 InvalidOptionYAML:A008 InvalidProfileTemplateYAML:A024 InvalidValueForField:I008 JinjaLogDebug:I063 JinjaLogInfo:I062
        JinjaLogWarning:I061 ListCmdOut:Z049 ListRelations:E014 LogBatchResult:Q046 LogCancelLine:Q022 LogDbtProfileError:A011 LogDbtProjectError:A009
        LogDebugStackTrace:Z011 LogFreshnessResult:Q018 LogFunctionResult:Q047 LogHookEndLine:Q033 LogHookStartLine:Q032 LogModelResult:Q012
        LogNodeNoOpResult:Q019 LogNodeResult:Q008 LogSeedResult:Q016 LogSkipBecauseError:Z034 LogSnapshotResult:Q015 LogStartBatch:Q045 LogStartLine:Q011
        LogTestResult:Q007 MFCumulativeTypeParamsDeprecation:D019 MFTimespineWithoutYamlConfigurationDeprecation:D018 MacroNotFoundForPatch:I059
        MainEncounteredError:Z002 MainKeyboardInterrupt:Z001 MainReportArgs:A002 MainReportVersion:A001 MainStackTrace:Z003 MainTrackingUserState:A003
        MarkSkippedChildren:Z033 MetricAttributesRenamed:D006 MicrobatchExecutionDebug:Q044 MicrobatchMacroOutsideOfBatchesDeprecation:D020
        MicrobatchModelNoEventTimeInputs:I074 MissingArgumentsPropertyInGenericTestDeprecation:D039 MissingPlusPrefixDeprecation:D037
        MissingProfileTarget:A005 ModelParamUsageDeprecation:D032 ModulesItertoolsUsageDeprecation:D034 NewConnection:E005 NewConnectionOpening:E037
        NoNodeForYamlKey:I058 NoNodesForSelectionCriteria:M030 NoNodesSelected:Q038 NoSampleProfileFound:A019 NodeCompiling:Q030
        NodeConnectionReleaseError:W005 NodeExecuting:Q031 NodeFinished:Q025 NodeNotFoundOrDisabled:I060 NodeStart:Q024 Note:Z050 NothingToDo:Q035
        OpenCommand:Z016 PackageInstallPathDeprecation:D002 PackageMaterializationOverrideDeprecation:D016 PackageNodeDependsOnRootProjectNode:I077
        PackageRedirectDeprecation:D001 ParseInlineNodeError:I069 ParsePerfInfoPath:I010 ParsedFileLoadFailed:I029 PartialParsingEnabled:I040
        PartialParsingError:I016 PartialParsingErrorProcessingFile:I014 PartialParsingFile:I041 PartialParsingNotEnabled:I028 PartialParsingSkipParsing:I017
        PluginLoadError:E036 PrintEvent:Z052 ProfileWrittenWithProjectTemplateYAML:A022 ProfileWrittenWithSample:A020
        ProfileWrittenWithTargetTemplateYAML:A021 ProjectCreated:A026 ProjectFlagsMovedDeprecation:D013 ProjectNameAlreadyExists:A025
        PropertyMovedToConfigDeprecation:D030 ProtectedCleanPath:Z014 QueryCancelationUnsupported:Q026 RecordReplayIssue:Z053 RecordRetryException:M021
        RegistryIndexProgressGETRequest:M022 RegistryIndexProgressGETResponse:M023 RegistryProgressGETRequest:M008 RegistryProgressGETResponse:M009
        RegistryResponseExtraNestedKeys:M027 RegistryResponseMissingNestedKeys:M026 RegistryResponseMissingTopKeys:M025 RegistryResponseUnexpectedType:M024
        ResourceNamesWithSpacesDeprecation:D015 ResourceReport:Z051 RetryExternalCall:M020 Rollback:E012 RollbackFailed:E009 RunResultError:Z024
        RunResultErrorNoMessage:Z025 RunResultFailure:Z022 RunResultWarning:Z021 RunResultWarningMessage:Z046 RunningOperationCaughtError:Q001
        RunningOperationUncaughtError:Q036 SQLCommit:E018 SQLCompiledPath:Z026 SQLQuery:E016 SQLQueryStatus:E017 SQLRunnerException:Q006 SchemaCreation:E020
        SchemaDrop:E021 SeedExceedsLimitAndPathChanged:I054 SeedExceedsLimitChecksumChanged:I055 SeedExceedsLimitSamePath:I053 SeedHeader:Q004
        SeedIncreased:I052 SelectorReportInvalidSelector:M010 SemanticValidationFailure:I070 SendEventFailure:Z041 SendingEvent:Z040 SettingUpProfile:A023
        ShowNode:Q041 SkippingDetails:Q034 SnapshotTimestampWarning:Q043 SourceFreshnessProjectHooksNotRun:D017 SourceOverrideDeprecation:D035
        SpacesInResourceNameDeprecation:D014 StarterProjectPath:A017 StateCheckVarsHash:I025 StatsLine:Z023 SystemCouldNotWrite:Z005 SystemExecutingCmd:Z006
        SystemReportReturnCode:Z009 SystemStdErr:Z008 SystemStdOut:Z007 TestsConfigDeprecation:D012 TimingInfoCollected:Z010 TrackingInitializeFailure:Z044
        TypeCodeNotFound:E050 UnableToPartialParse:I024 UnexpectedJinjaBlockDeprecation:D023 UnpinnedRefNewVersionAvailable:I064
        UnsupportedConstraintMaterialization:I068 UnusedResourceConfigPath:I051 UnusedTables:I056 UnversionedBreakingChange:I071
        UpcomingReferenceDeprecation:I066 ValidationWarning:I009 WEOIncludeExcludeDeprecation:D031 WarnStateTargetEqual:I072 WriteCatalogFailure:E041
        WritingInjectedSQLForNode:Q029 WrongResourceSchemaFile:I057
        """
}
