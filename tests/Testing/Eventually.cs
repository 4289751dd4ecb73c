using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace Cdp.Testing;

/// <summary>Waits for conditions, with a bound that a loaded machine and a real cluster can meet.</summary>
public static class Eventually
{
    private static readonly TimeSpan DefaultBound = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Polls a condition until it is true. Fails the test if it does not become true within the bound.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="description">What the condition means, for the message of a failed test; by default its source text.</param>
    /// <param name="within">The bound; 150 s by default.</param>
    public static async Task TrueAsync(
        Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string description = "", TimeSpan? within = null)
    {
        var bound = within ?? DefaultBound;
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(Interval))
        {
            if (waited.Elapsed > bound) Assert.Fail($"not true within {bound.TotalSeconds} s: {description}");
        }
    }

    /// <inheritdoc cref="TrueAsync(Func{Task{bool}}, string, TimeSpan?)"/>
    public static Task TrueAsync(
        Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string description = "", TimeSpan? within = null) =>
        TrueAsync(() => Task.FromResult(condition()), description, within);

    /// <summary>Polls a value until it equals the expected one. A failed test shows the last value.</summary>
    public static async Task EqualAsync<T>(T expected, Func<Task<T>> read, string description, TimeSpan? within = null)
    {
        var actual = await read();
        var bound = within ?? DefaultBound;
        for (var waited = Stopwatch.StartNew(); !Equals(expected, actual); actual = await read())
        {
            if (waited.Elapsed > bound)
            {
                Assert.Fail($"{description}: after {bound.TotalSeconds} s{Environment.NewLine}actual    {actual}{Environment.NewLine}expected  {expected}");
            }
            await Task.Delay(Interval);
        }
    }

    /// <summary>Polls until there is a value, and returns it.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> read, string description) where T : class
    {
        T? value = null;
        await TrueAsync(async () => (value = await read()) is not null, description);
        return value!;
    }

    /// <summary>Polls a condition until it is true and does not throw. When the time is up, its last exception is thrown.</summary>
    public static async Task SucceedsAsync(
        Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string description = "", TimeSpan? within = null)
    {
        var (bound, waited) = (within ?? DefaultBound, Stopwatch.StartNew());
        await TrueAsync(async () =>
        {
            try
            {
                return await condition();
            }
            catch (Exception) when (waited.Elapsed < bound)
            {
                return false;
            }
        }, description, bound);
    }
}
