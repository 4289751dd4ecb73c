namespace Cdp.LocalKafka.Log;

/// <summary>Wakes one long poll when any of the logs it watches grows or closes, or its time is over.</summary>
internal sealed class AppendSignal : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly ITimer _limit;
    private bool _set;
    private bool _over;

    public AppendSignal(TimeProvider time, TimeSpan limit) => _limit = time.CreateTimer(_ => End(), null, limit, Timeout.InfiniteTimeSpan);

    public void Set()
    {
        // Many logs may call at once; one permit is enough to look again.
        if (!Interlocked.Exchange(ref _set, true)) _signal.Release();
    }

    /// <summary>Waits for a log to change since the last call. False when the time is over.</summary>
    public async Task<bool> Wait(CancellationToken cancel)
    {
        await _signal.WaitAsync(cancel).ConfigureAwait(false);

        // With a full fence: were it seen only after the next line's read, the end of the time could pass between them and wake nobody.
        Interlocked.Exchange(ref _set, false);
        return !Volatile.Read(ref _over);
    }

    /// <summary>The logs must not know it any more. Its own timer may: the semaphore is left to the collector, for it holds nothing else.</summary>
    public void Dispose() => _limit.Dispose();

    private void End()
    {
        Volatile.Write(ref _over, true);
        Set();
    }
}
