namespace Cdp.LocalKafka.Log;

/// <summary>Wakes one long poll when any of the logs it watches grows or closes.</summary>
internal sealed class AppendSignal : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);
    private bool _set;

    public void Set()
    {
        // Many logs may call at once; one permit is enough to look again.
        if (!Interlocked.Exchange(ref _set, true)) _signal.Release();
    }

    /// <summary>Waits for a log to change since the last call. False when <paramref name="limit"/> passed first.</summary>
    public async Task<bool> Wait(TimeSpan limit, CancellationToken cancel)
    {
        if (!await _signal.WaitAsync(limit, cancel).ConfigureAwait(false)) return false;
        Volatile.Write(ref _set, false);
        return true;
    }

    public void Dispose() => _signal.Dispose();
}
