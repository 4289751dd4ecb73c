using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Receiving;

/// <summary>
/// Limits the number of requests in progress and the bytes of their bodies. A request whose body is still arriving does not count as in progress, so that slow
/// senders do not block others; slow senders are limited by the number of connections and by the time in which a body must arrive.
/// </summary>
public sealed class Admission(LimitOptions limits)
{
    /// <summary>
    /// A buffer of at most this size is not counted: every connection has at most one, and connections are limited. So a few senders that leave large bodies
    /// unfinished do not block the many that send small ones.
    /// </summary>
    public const int FreeBuffer = 16 * 1024;

    private int _requests;
    private long _bytes;

    /// <summary>The time in which a body must arrive.</summary>
    public TimeSpan BodyTime { get; } = TimeSpan.FromSeconds(limits.BodySeconds);

    /// <summary>The current number of requests in progress.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The current size of all counted buffers in bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _requests) <= limits.Requests) return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _requests);

    public bool TryReserve(int bytes)
    {
        if (bytes <= FreeBuffer || Interlocked.Add(ref _bytes, bytes) <= limits.BufferedBytes) return true;
        Release(bytes);
        return false;
    }

    public void Release(int bytes)
    {
        if (bytes > FreeBuffer) Interlocked.Add(ref _bytes, -bytes);
    }
}

/// <summary>A request's place among the requests in progress. The request gives it up while it waits for its body.</summary>
public sealed class AdmissionPlace(Admission admission)
{
    private bool _isTaken;

    /// <summary>Takes a place. False if all are taken and the request must be refused.</summary>
    public bool TryTake() => _isTaken = admission.TryEnter();

    /// <summary>Gives up the place if the request has one.</summary>
    public void Leave()
    {
        if (!_isTaken) return;
        _isTaken = false;
        admission.Leave();
    }
}
