using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>A transactional id between requests. Decisions are carried out before they are answered, so a transaction is either ongoing or over.</summary>
internal sealed class ModelTransaction
{
    private long _startedAt;

    public required long Pid { get; init; }
    public required int TimeoutMs { get; set; }
    public short Epoch { get; private set; }

    /// <summary>The epoch before the last bump that the producer itself asked for (KIP-360).</summary>
    public short LastEpoch { get; set; } = -1;
    public bool Ongoing { get; private set; }

    /// <summary>The outcome that a retry of EndTxn is compared with; null if no transaction has ended since the producer started.</summary>
    public bool? LastDecision { get; private set; }
    public HashSet<int> Partitions { get; } = [];
    public long Deadline => Ongoing ? _startedAt + TimeoutMs : long.MaxValue;

    /// <summary>CONCURRENT_TRANSACTIONS: the caller aborts the ongoing transaction, and the client retries.</summary>
    public ErrorCode Init(InitCall call)
    {
        if (call.Pid >= 0 && call.Pid != Pid) return ErrorCode.ProducerFenced;
        if (Ongoing) return ErrorCode.ConcurrentTransactions;
        if (call.Pid < 0) (Epoch, LastEpoch) = ((short)(Epoch + 1), -1);
        else if (call.Epoch == Epoch) (Epoch, LastEpoch) = ((short)(Epoch + 1), Epoch);
        else if (call.Epoch != LastEpoch) return ErrorCode.ProducerFenced;
        (LastDecision, TimeoutMs) = (null, call.TimeoutMs);
        return ErrorCode.None;
    }

    public void Add(IEnumerable<int> partitions, long now)
    {
        if (!Ongoing) (Ongoing, _startedAt) = (true, now);
        Partitions.UnionWith(partitions);
    }

    /// <summary>Fences the producer; its transaction has to be aborted with the new epoch.</summary>
    /// <returns>False: not a commit.</returns>
    public bool Fence()
    {
        (Epoch, LastEpoch) = ((short)(Epoch + 1), -1);
        return false;
    }

    public void End(bool commit)
    {
        (Ongoing, LastDecision) = (false, commit);
        Partitions.Clear();
    }
}
