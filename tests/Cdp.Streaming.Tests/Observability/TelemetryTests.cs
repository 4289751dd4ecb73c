using System.Diagnostics;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Records;
using Xunit;

namespace Cdp.Streaming.Tests.Observability;

/// <summary>The span of a record follows the OpenTelemetry conventions for messaging.</summary>
public sealed class TelemetryTests : IDisposable
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";

    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = source => source.Name == Telemetry.Name,
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        SampleUsingParentId = (ref ActivityCreationOptions<string> _) => ActivitySamplingResult.AllDataAndRecorded,
    };

    public TelemetryTests() => ActivitySource.AddActivityListener(_listener);

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Start_SampledTrace_StartsProcessSpanUnderIt()
    {
        using var span = Telemetry.Start("validation", "cdp.events.collected", Record(Trace + "01"))!;
        Assert.Equal(("process cdp.events.collected", ActivityKind.Consumer, Trace + "01"), (span.OperationName, span.Kind, span.ParentId));
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["messaging.system"] = "kafka",
                ["messaging.operation.name"] = "process",
                ["messaging.operation.type"] = "process",
                ["messaging.destination.name"] = "cdp.events.collected",
                ["messaging.destination.partition.id"] = "3",
                ["messaging.consumer.group.name"] = "validation",
                ["messaging.kafka.offset"] = 42L,
            },
            span.TagObjects.ToDictionary());
    }

    [Fact]
    public void Start_UnsampledTrace_IsNoSpan() => Assert.Null(Telemetry.Start("validation", "t", Record(Trace + "00")));

    [Fact]
    public void Start_NoTrace_IsLeftToTheSampler()
    {
        using var span = Telemetry.Start("validation", "t", Record(null));
        Assert.NotNull(span);
    }

    [Theory]
    [InlineData("00", true), InlineData("01", false), InlineData("02", true), InlineData("03", false), InlineData("fe", true), InlineData("ff", false)]
    [InlineData("0x", false), InlineData("", false)]
    public void IsUnsampled_Flags_AreReadAsBits(string flags, bool isUnsampled) => Assert.Equal(isUnsampled, Telemetry.IsUnsampled(Trace + flags));

    private static Incoming Record(string? trace) =>
        new(Topics.EventsCollected, new RecordPosition { topic = "t", partition = 3, offset = 42 }, "k", new CollectedEvent(), DateTime.UnixEpoch, trace);
}
