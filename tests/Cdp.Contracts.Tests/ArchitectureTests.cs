using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Xunit;

namespace Cdp.Contracts.Tests;

/// <summary>Dependencies point one way: services to libs, never service to service (only Local may), and the contracts know Avro alone.</summary>
public sealed class ArchitectureTests
{
    private static readonly string Root = FindRoot();

    // The files in which the decisions are made; design: no clock, no Kafka, no Redis, no logger in them.
    public static TheoryData<string> PureFiles =>
    [
        "services/Ingestion/Parsing/BatchReader.cs",
        "services/Ingestion/Parsing/EventScanner.cs",
        "services/Ingestion/Parsing/EventParser.cs",
        "services/Ingestion/Parsing/SharedMembers.cs",
        "services/Ingestion/Parsing/ClockCorrection.cs",
        "services/Ingestion/Sources/WriteKeys.cs",
        "services/Ingestion/Parsing/JsonText.cs",
        "services/Ingestion/Parsing/Member.cs",
        "services/Ingestion/Parsing/EventTypes.cs",
        "services/Ingestion/Parsing/Rejection.cs",
        "services/Ingestion/Parsing/Quarantine.cs",
        "services/Ingestion/Parsing/Submission.cs",
        "services/Ingestion/Parsing/ScannedEvent.cs",
        "services/Ingestion/Parsing/Utf8Text.cs",
        "libs/Cdp.Contracts/AvroWriter.cs",
        "libs/Cdp.Contracts/AvroReader.cs",
        "services/Ingestion/Parsing/LimitOptions.cs",
        "services/Ingestion/Parsing/Shape.cs",
        "services/Ingestion/Parsing/Receipt.cs",
        "services/Ingestion/Sources/Origins.cs",
        "services/Ingestion/Sources/Rate.cs",
        "services/Ingestion/Sources/Source.cs",
        "services/Ingestion/Sources/SourceCatalog.cs",
        "services/Ingestion/Browser/BrowserSettings.cs",
        "services/Ingestion/Browser/FirstPartyCookie.cs",
        "services/Ingestion/Browser/PixelEvent.cs",
        "services/Ingestion/Browser/PublicAddress.cs",
        "services/Ingestion/Importing/RowJudge.cs",
        "services/Ingestion/Importing/ImportRequest.cs",
        "services/Ingestion/Importing/ImportRejections.cs",
        "services/Ingestion/Importing/ImportReport.cs",
        "services/Ingestion/Importing/Tally.cs",
        "services/Ingestion/Importing/Ledger/Checkpoint.cs",
        "services/Ingestion/Importing/Reading/RowSplitter.cs",
        "services/Ingestion/Importing/Reading/RowBatch.cs",
        "services/Ingestion/Importing/Reading/CsvFields.cs",
        "services/Ingestion/Importing/Reading/CsvHeader.cs",
        "services/Ingestion/Importing/Reading/CsvValues.cs",
        "services/Ingestion/Importing/Reading/ColumnTree.cs",
        "services/Ingestion/Importing/Reading/ParquetType.cs",
        "services/Ingestion/Mapping/Condition.cs",
        "services/Ingestion/Mapping/ConditionReader.cs",
        "services/Ingestion/Mapping/Conversions.cs",
        "services/Ingestion/Mapping/Cursor.cs",
        "services/Ingestion/Mapping/EventMapping.cs",
        "services/Ingestion/Mapping/EventTemplate.cs",
        "services/Ingestion/Mapping/Expression.cs",
        "services/Ingestion/Mapping/JsonPath.cs",
        "services/Ingestion/Mapping/MappingReader.cs",
        "services/Ingestion/Mapping/MappingResult.cs",
        "services/Ingestion/Mapping/MappingSamples.cs",
        "services/Ingestion/Mapping/Output.cs",
        "services/Ingestion/Mapping/Payload.cs",
        "services/Ingestion/Mapping/Presets.cs",
        "services/Ingestion/Mapping/Rule.cs",
        "services/Ingestion/Mapping/Template.cs",
        "services/Ingestion/Mapping/TemplateReader.cs",
        "services/Ingestion/Mapping/Values.cs",
        "services/Ingestion/Mapping/YamlJson.cs",
        "services/Ingestion/Webhooks/PayloadReader.cs",
        "services/Ingestion/Webhooks/UnplacedPayload.cs",
        "services/Ingestion/Webhooks/Verification.cs",
        "services/Ingestion/Webhooks/Verifier.cs",
        "services/Ingestion/Webhooks/WebhookReader.cs",
        "services/Ingestion/Reference/ReferencePage.cs",
        "services/Ingestion/Reference/ShapeTable.cs",
        "services/Ingestion/Reference/CurlCommand.cs",
        "services/Ingestion/Reference/JsonLayout.cs",
        "services/Ingestion/Reference/OpenApiDocument.cs",
        "services/Ingestion/Reference/Prose.cs",
        "services/Validation/Validator.cs",
        "services/Validation/Omission.cs",
        "services/Validation/Plans/SchemaCheck.cs",
        "services/Validation/Plans/JsonTree.cs",
        "services/Validation/Plans/TrackingPlan.cs",
        "services/Validation/Plans/ViolationKinds.cs",
        "libs/Cdp.Identifiers/BlockedValues.cs",
        "libs/Cdp.Identifiers/DefaultTypes.cs",
        "libs/Cdp.Identifiers/EventMembers.cs",
        "libs/Cdp.Identifiers/EventNames.cs",
        "libs/Cdp.Identifiers/Forms.cs",
        "libs/Cdp.Identifiers/IdentifierComparer.cs",
        "libs/Cdp.Identifiers/IdentifierType.cs",
        "libs/Cdp.Identifiers/IdentifierTypes.cs",
        "libs/Cdp.Identifiers/Place.cs",
        "services/Identity/Resolving/Detours.cs",
        "services/Identity/Resolving/Resolver.cs",
        "services/Identity/Linking/Graph.cs",
        "services/Identity/Linking/HotWrites.cs",
        "services/Identity/Linking/DecisionKind.cs",
        "services/Identity/Linking/Linker.cs",
        "services/Identity/Linking/Union.cs",
        "services/Identity/Refusal.cs",
        "services/Profiles/State/Accounts.cs",
        "services/Profiles/History/PastState.cs",
        "services/Profiles/Splitting/Coverage.cs",
        "services/Profiles/Splitting/Division.cs",
        "services/Profiles/Splitting/PendingSplits.cs",
        "services/Profiles/Splitting/Placement.cs",
        "services/Profiles/Splitting/Recomputation.cs",
        "services/Profiles/Splitting/Remainder.cs",
        "services/Profiles/Splitting/Routes.cs",
        "services/Profiles/Splitting/SplitReport.cs",
        "services/Profiles/Splitting/Splits.cs",
        "services/Profiles/Splitting/SplittingView.cs",
        "services/Profiles/Splitting/StateCodec.cs",
        "services/Profiles/Answering/AsOf.cs",
        "services/Profiles/State/Folding.cs",
        "services/Profiles/State/JsonMembers.cs",
        "services/Profiles/Rebuilding/Correction.cs",
        "services/Profiles/Rebuilding/Differences.cs",
        "services/Profiles/Rebuilding/DraftView.cs",
        "services/Profiles/Rebuilding/Fingerprint.cs",
        "services/Profiles/Rebuilding/Routing.cs",
        "services/Profiles/State/Latest.cs",
        "services/Profiles/State/Order.cs",
        "services/Profiles/State/Recent.cs",
        "services/Profiles/State/Sorted.cs",
        "services/Profiles/Deciding/ProfilesView.cs",
        "services/Profiles/Deciding/Decision.cs",
        "services/Profiles/Answering/ProfileJson.cs",
        "services/Profiles/Answering/ProfileParts.cs",
        "libs/Cdp.Destinations/Subscription.cs",
        "libs/Cdp.Destinations/EventJson.cs",
        "libs/Cdp.Destinations/IdempotencyKey.cs",
        "libs/Cdp.Destinations/Signature.cs",
    ];

    [Theory]
    [InlineData("Ingestion", "Cdp.Hosting")]
    [InlineData("Validation", "Cdp.Hosting")]
    [InlineData("Identity", "Cdp.Hosting", "Cdp.Identifiers")]
    [InlineData("Profiles", "Cdp.Hosting", "Cdp.Identifiers")]
    [InlineData("Fanout", "Cdp.Hosting", "Cdp.Destinations")]
    public void Services_ProjectReferences_AreLibrariesOnly(string service, params string[] libraries) =>
        Assert.Equal(libraries.Order(), References($"services/{service}/{service}.csproj", "ProjectReference").Select(Path.GetFileNameWithoutExtension).Order());

    [Fact]
    public void Contracts_PackageReferences_AreAvroAlone() => Assert.Equal(["Apache.Avro"], References("libs/Cdp.Contracts/Cdp.Contracts.csproj", "PackageReference"));

    [Fact]
    public void LocalKafka_ReferencesNothingOfOurs() => Assert.Empty(References("libs/Cdp.LocalKafka/Cdp.LocalKafka.csproj", "ProjectReference"));

    [Theory]
    [MemberData(nameof(PureFiles))]
    public void PureFiles_Imports_AreFreeOfFrameworks(string file) =>
        Assert.DoesNotContain(File.ReadLines(Path.Combine(Root, file)), line =>
            line.StartsWith("using ", StringComparison.Ordinal) && (line.Contains("Confluent") || line.Contains("StackExchange") || line.Contains("Microsoft.Extensions") || line.Contains("Microsoft.AspNetCore")));

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Load(Path.Combine(Root, project)).Descendants(kind).Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/'));

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
