using Cdp.Streaming.Observability;
using Xunit;

namespace Cdp.Streaming.Tests.Observability;

public sealed class LogLimiterTests
{
    [Fact]
    public void IsDue_SameCondition_IsTrueOnceAMinute()
    {
        var time = new Clock();
        var limiter = new LogLimiter(time);
        Assert.True(limiter.IsDue("kafka"));
        time.Now += TimeSpan.FromSeconds(59);
        Assert.False(limiter.IsDue("kafka"));
        Assert.True(limiter.IsDue("redis"));
        time.Now += TimeSpan.FromSeconds(1);
        Assert.True(limiter.IsDue("kafka"));
        Assert.False(limiter.IsDue("kafka"));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
