using Cdp.Ingestion.Parsing;
namespace Cdp.Ingestion.Receiving;

/// <summary>Bounds what all requests together hold: their number, and the bytes of the bodies being read.</summary>
public sealed class Admission(LimitOptions limits)
{
    private int _requests;
    private long _bytes;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _requests) <= limits.Requests) return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _requests);

    public bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= limits.BufferedBytes) return true;
        Release(bytes);
        return false;
    }

    public void Release(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}
