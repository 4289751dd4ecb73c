using Cdp.DeliveryEngine.Sending;

namespace Cdp.DeliveryEngine.Tests.Sending;

public sealed class RequestRateTests
{
    private static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Take_Limit_AllowsABurstOfASecondAndThenTheRate()
    {
        var rate = new RequestRate(10);
        Assert.Equal(10, TakeAll(rate, Noon));
        Assert.Equal(TimeSpan.FromSeconds(0.1), rate.Take(Noon));
        Assert.Equal(5, TakeAll(rate, Noon.AddSeconds(0.5)));
        Assert.Equal(10, TakeAll(rate, Noon.AddSeconds(60)));
    }

    [Fact]
    public void Take_NoLimit_NeverWaits()
    {
        var rate = new RequestRate(null);
        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Equal(TimeSpan.Zero, rate.Take(Noon)));
    }

    [Fact]
    public void Lower_RetryAfter_PausesAllRequests()
    {
        var rate = new RequestRate(null);
        rate.Lower(Noon, TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.FromSeconds(30), rate.Take(Noon));
        Assert.Equal(TimeSpan.Zero, rate.Take(Noon.AddSeconds(31)));
    }

    [Fact]
    public void Lower_RequestsInFlightTogether_HalvesTheRateOnce()
    {
        var rate = new RequestRate(100);
        for (var i = 0; i < 50; i++) rate.Lower(Noon, null);
        Assert.Equal(50, rate.Current);
        rate.Lower(Noon.AddSeconds(2), null);
        Assert.Equal(25, rate.Current);
    }

    [Fact]
    public void Take_AfterALongTimeWithout429_RisesToTheLimitAndNoFurther()
    {
        var rate = new RequestRate(100);
        rate.Lower(Noon, null);
        for (var second = 5; second < 300; second += 5) rate.Take(Noon.AddSeconds(second));
        Assert.Equal(100, rate.Current);
    }

    [Fact]
    public void Take_NoLimitOfOurOwn_IsUnlimitedAgainInTheEnd()
    {
        var rate = new RequestRate(null);
        for (var i = 0; i < 200; i++) rate.Take(Noon.AddMilliseconds(i * 10));
        rate.Lower(Noon.AddSeconds(2), null);
        Assert.InRange(rate.Current!.Value, 40, 60);
        for (var second = 7; second < 600; second += 5) rate.Take(Noon.AddSeconds(second));
        Assert.Null(rate.Current);
    }

    [Fact]
    public void Lower_LimitBelowTheLowestRate_StaysAtTheLimit()
    {
        var rate = new RequestRate(1.0 / 60);
        rate.Lower(Noon, null);
        Assert.Equal(1.0 / 60, rate.Current);
    }

    private static int TakeAll(RequestRate rate, DateTime now)
    {
        var taken = 0;
        while (rate.Take(now) == TimeSpan.Zero) taken++;
        return taken;
    }
}
