namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>Wakes one long poll when any of the logs it watches grows or closes, or when its time is up.</summary>
internal sealed class AppendSignal : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly ITimer _limit;
    private bool _set;
    private bool _timedOut;

    public AppendSignal(TimeProvider time, TimeSpan limit) => _limit = time.CreateTimer(_ => End(), null, limit, Timeout.InfiniteTimeSpan);

    public void Set()
    {
        // Many logs may call this at once. One permit is enough, because the waiter looks at all logs again.
        if (!Interlocked.Exchange(ref _set, true)) _signal.Release();
    }

    /// <summary>Waits until a log has changed since the last call. Returns false when the time is up.</summary>
    public async Task<bool> Wait(CancellationToken cancel)
    {
        await _signal.WaitAsync(cancel).ConfigureAwait(false);

        // A full fence. Without it, the write could become visible only after the next line has read _timedOut, and a timeout between the two would wake no
        // waiter.
        Interlocked.Exchange(ref _set, false);
        return !Volatile.Read(ref _timedOut);
    }

    /// <summary>Call after all logs have stopped watching. The timer may still call <see cref="Set"/>, so the semaphore is left to the collector.</summary>
    public void Dispose() => _limit.Dispose();

    private void End()
    {
        Volatile.Write(ref _timedOut, true);
        Set();
    }
}
