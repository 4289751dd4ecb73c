using Cdp.Streaming.Loop;
using Xunit;

namespace Cdp.Streaming.Tests.Loop;

public sealed class AbortStreakTests
{
    [Fact]
    public void Next_ConsecutiveAborts_DoublesThePauseUpToABound()
    {
        var streak = new AbortStreak();
        var pauses = Enumerable.Range(0, 20).Select(_ => streak.Next().TotalMilliseconds).ToList();
        Assert.Equal([50, 100, 200, 400, 800, 1_600, 3_200, 5_000], pauses.Take(8));
        Assert.All(pauses.Skip(8), pause => Assert.Equal(5_000, pause));
    }

    [Fact]
    public void IsLasting_ConsecutiveAborts_UntilACommit()
    {
        var streak = new AbortStreak();
        for (var i = 1; i < AbortStreak.NotReadyAfter; i++) streak.Next();
        Assert.False(streak.IsLasting);
        streak.Next();
        Assert.True(streak.IsLasting);
        streak.End();
        Assert.False(streak.IsLasting);
        Assert.Equal(50, streak.Next().TotalMilliseconds);
    }
}
