using Cdp.Ingestion.Sources;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class TokenBucketTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Take_MoreThanTheBurst_PassesOnceAndDelaysTheNext()
    {
        var (bucket, rate) = (new TokenBucket(), new Rate(10, 20));

        Assert.Equal(TimeSpan.Zero, bucket.Take(rate, 50, Start));
        Assert.Equal(TimeSpan.FromSeconds(3.1), bucket.Take(rate, 1, Start));
        Assert.NotEqual(TimeSpan.Zero, bucket.Take(rate, 1, Start.AddSeconds(3)));
        Assert.Equal(TimeSpan.Zero, bucket.Take(rate, 1, Start.AddSeconds(3.1)));
    }

    [Fact]
    public void Take_ClockSetBack_AddsNoTokens()
    {
        var (bucket, rate) = (new TokenBucket(), new Rate(1, 1));
        bucket.Take(rate, 2, Start);

        Assert.NotEqual(TimeSpan.Zero, bucket.Take(rate, 1, Start.AddHours(-1)));
        Assert.NotEqual(TimeSpan.Zero, bucket.Take(rate, 1, Start.AddHours(-1).AddMilliseconds(500)));
    }

    [Fact]
    public void Take_AnyRequests_PassesAtMostBurstPlusRatePlusLargestRequest() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 100], Gen.Select(Gen.Int[0, 3000], Gen.Int[1, 40]).List[1, 200]).Sample((perSecond, burst, requests) =>
        {
            var (bucket, rate, now, passed, largest) = (new TokenBucket(), new Rate(perSecond, burst), Start, 0, 0);
            foreach (var (milliseconds, events) in requests)
            {
                now = now.AddMilliseconds(milliseconds);
                if (bucket.Take(rate, events, now) != TimeSpan.Zero) continue;
                (passed, largest) = (passed + events, Math.Max(largest, events));
                Assert.True(passed <= burst + ((now - Start).TotalSeconds * perSecond) + largest + 0.001);
            }
        });
}
