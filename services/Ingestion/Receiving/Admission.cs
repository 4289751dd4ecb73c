using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Receiving;

/// <summary>
/// Bounds what all requests together hold: how many are worked on at one time, and the bytes of their bodies. A request whose body is still on its way
/// is not among them, so that slow senders do not keep others out; what bounds those is the number of connections and the time a body may take.
/// </summary>
public sealed class Admission(LimitOptions limits)
{
    /// <summary>
    /// A buffer of this size or less is not counted among the bytes: every connection has one at most, and connections are bounded. So a few senders
    /// who leave large bodies unfinished do not keep out the many who send little.
    /// </summary>
    public const int FreeBuffer = 16 * 1024;

    private int _requests;
    private long _bytes;

    /// <summary>How long a body may be on its way.</summary>
    public TimeSpan BodyTime { get; } = TimeSpan.FromSeconds(limits.BodySeconds);

    /// <summary>Requests that are worked on now.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Bytes that bodies hold now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public bool TryEnter()
    {
        if (Return()) return true;
        Leave();
        return false;
    }

    /// <summary>Counts one who left before. False: there are too many, and this one is to be refused; it is counted all the same.</summary>
    public bool Return() => Interlocked.Increment(ref _requests) <= limits.Requests;

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
