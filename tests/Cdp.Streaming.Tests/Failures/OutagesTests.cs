using Cdp.Streaming.Failures;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Streaming.Tests.Failures;

public sealed class OutagesTests
{
    [Fact]
    public void IsOutage_UnavailableDependencies_AreOutages()
    {
        Assert.True(IsOutage(new KafkaException(new Error(ErrorCode.Local_AllBrokersDown))));
        Assert.True(IsOutage(new SchemaUnavailableException("no schema")));
        Assert.True(IsOutage(new UnreadableHotStateException("unreadable", new InvalidOperationException())));
    }

    [Fact]
    public void IsOutage_FatalErrorsAndBugs_AreNot()
    {
        Assert.False(IsOutage(new KafkaException(new Error(ErrorCode.Local_Fenced, "fenced", isFatal: true))));
        Assert.False(IsOutage(new InvalidOperationException()));
    }

    [Fact]
    public void IsUnavailable_FatalErrors_AreButBugsAreNot()
    {
        Assert.True(Outages.IsUnavailable(new KafkaException(new Error(ErrorCode.Local_Fenced, "fenced", isFatal: true)), CancellationToken.None));
        Assert.True(Outages.IsUnavailable(new SchemaUnavailableException("no schema"), CancellationToken.None));
        Assert.False(Outages.IsUnavailable(new InvalidOperationException(), CancellationToken.None));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void IsOutage_Cancellation_IsATimeoutUnlessStopping(bool isStopping, bool isOutage) =>
        Assert.Equal(isOutage, Outages.IsOutage(new OperationCanceledException(), new CancellationToken(isStopping)));

    private static bool IsOutage(Exception exception) => Outages.IsOutage(exception, CancellationToken.None);
}
