using System.Diagnostics;
using Xunit;

namespace Cdp.Integration.Stack;

/// <summary>Waiting for a condition, with a bound.</summary>
public static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Asks again and again until it is true; fails the test when it never is.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var bound = within ?? Bound;
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(25))
        {
            if (waited.Elapsed > bound) Assert.Fail($"not within {bound.TotalSeconds} s: {what}");
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? within = null) => TrueAsync(() => Task.FromResult(condition()), what, within);

    /// <summary>Asks until there is an answer.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> ask, string what) where T : class
    {
        T? answer = null;
        await TrueAsync(async () => (answer = await ask()) is not null, what);
        return answer!;
    }
}
