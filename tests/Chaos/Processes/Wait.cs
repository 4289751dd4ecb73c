using System.Diagnostics;

namespace Cdp.Chaos.Processes;

/// <summary>Waits for conditions, with a bound.</summary>
public static class Wait
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    /// <exception cref="TimeoutException">The condition did not become true within the bound.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan bound, string description, CancellationToken stopping = default)
    {
        for (var since = Stopwatch.GetTimestamp(); !await condition();)
        {
            if (Stopwatch.GetElapsedTime(since) > bound) throw new TimeoutException($"timed out after {bound.TotalSeconds:0} s waiting until {description}");
            await Task.Delay(50, stopping);
        }
    }

    /// <summary>Whether a URL answers with a success status.</summary>
    public static async Task<bool> IsOkAsync(Uri url) => await ReadAsync(url) is not null;

    /// <summary>The body of a response with a success status; null for every other response, and if there is none.</summary>
    public static async Task<string?> ReadAsync(Uri url)
    {
        try
        {
            return await Http.GetStringAsync(url);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
