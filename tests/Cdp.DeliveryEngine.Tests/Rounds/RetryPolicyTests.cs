using Cdp.DeliveryEngine.Configuration;
using Cdp.DeliveryEngine.Rounds;
using Cdp.Destinations.Delivery;

namespace Cdp.DeliveryEngine.Tests.Rounds;

public sealed class RetryPolicyTests
{
    private static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);
    private static readonly DeliverySettings Settings = new() { Id = "crm" };

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 2)]
    [InlineData(3, 10)]
    [InlineData(4, 20)]
    [InlineData(8, 300)]
    [InlineData(1_000, 300)]
    public void Decide_Retry_WaitsLongerAfterEachAttempt(int attempts, double seconds)
    {
        Assert.Equal(seconds, DelayAfter(attempts, null, jitter: 0));
        Assert.Equal(seconds * 1.2, DelayAfter(attempts, null, jitter: 1), 6);
    }

    [Theory]
    [InlineData(0.1, 0.5)]
    [InlineData(30, 30)]
    [InlineData(7_200, 3_600)]
    public void Decide_RetryAfter_IsHonoredUpToAnHour(double requested, double seconds) =>
        Assert.Equal(seconds, DelayAfter(1, TimeSpan.FromSeconds(requested), jitter: 0));

    [Theory]
    [InlineData(2, 5 * 60, false)]
    [InlineData(3, (4 * 60) - 1, false)]
    [InlineData(3, 4 * 60, true)]
    public void Decide_RetryWindow_EndsAfterTimeAndAttempts(int attempts, int minutes, bool isDead)
    {
        var outcome = RetryPolicy.Decide(Settings, new DeliveryResult.Retry(503, "HTTP 503"), attempts, Noon.AddMinutes(-minutes), Noon, 0);
        Assert.Equal(isDead, outcome is Outcome.Dead { Status: 503, Reason: "HTTP 503" });
    }

    [Fact]
    public void Decide_Refused_IsDeadAtOnce() =>
        Assert.Equal(
            new Outcome.Dead(400, "HTTP 400", 1, Noon), RetryPolicy.Decide(Settings, new DeliveryResult.Refused(400, "HTTP 400"), 1, null, Noon, 0));

    private static double DelayAfter(int attempts, TimeSpan? requested, double jitter)
    {
        var outcome = RetryPolicy.Decide(Settings, new DeliveryResult.Retry(503, "HTTP 503", requested), attempts, Noon, Noon, jitter);
        return (Assert.IsType<Outcome.Parked>(outcome).DueAt - Noon).TotalSeconds;
    }
}
