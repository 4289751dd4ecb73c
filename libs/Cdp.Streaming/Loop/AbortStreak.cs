namespace Cdp.Streaming.Loop;

/// <summary>Counts consecutive aborts: how long to pause before the next attempt, and when the loop is no longer ready. Pure.</summary>
internal sealed class AbortStreak
{
    /// <summary>From this many consecutive aborts on the loop is not ready. A rebalance or a moved coordinator causes one or two.</summary>
    public const int NotReadyAfter = 5;

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public int Count { get; private set; }

    public bool IsLasting => Count >= NotReadyAfter;

    /// <summary>Counts an abort and returns the pause before the next attempt. It doubles with each abort, from 50 ms to 5 s.</summary>
    public TimeSpan Next()
    {
        var pause = First * Math.Pow(2, Math.Min(Count, 10));
        Count++;
        return pause < Longest ? pause : Longest;
    }

    /// <summary>Ends the streak: a transaction has committed.</summary>
    public void End() => Count = 0;
}
