using System.Diagnostics;

namespace Cdp.Chaos.Machines;

/// <summary>Waiting for a condition, with a bound.</summary>
public static class Waiting
{
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan bound, string what, CancellationToken stopping = default)
    {
        for (var since = Stopwatch.GetTimestamp(); !await condition();)
        {
            if (Stopwatch.GetElapsedTime(since) > bound) throw new TimeoutException($"not within {bound.TotalSeconds:0} s: {what}");
            await Task.Delay(50, stopping);
        }
    }
}

/// <summary>Asking a process whether it answers.</summary>
public static class Health
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    public static async Task<bool> IsOkAsync(Uri url)
    {
        try
        {
            using var response = await Http.GetAsync(url);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
