using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>A transactional id between requests: decisions are carried out before they are answered, so it is ongoing or not.</summary>
internal sealed class ModelTransaction
{
    private long _startedAt;

    public required long Pid { get; init; }
    public required int TimeoutMs { get; set; }
    public short Epoch { get; private set; }

    /// <summary>The epoch before the last bump that the producer asked for itself (KIP-360).</summary>
    public short LastEpoch { get; set; } = -1;
    public bool Ongoing { get; private set; }

    /// <summary>What a retry of the end is compared with; null when nothing was decided since the producer began.</summary>
    public bool? LastDecision { get; private set; }
    public HashSet<int> Partitions { get; } = [];
    public long Deadline => Ongoing ? _startedAt + TimeoutMs : long.MaxValue;

    /// <summary>CONCURRENT_TRANSACTIONS: the caller aborts what is ongoing, and the client asks again.</summary>
    public ErrorCode Init(InitAsk ask)
    {
        if (ask.Pid >= 0 && ask.Pid != Pid) return ErrorCode.ProducerFenced;
        if (Ongoing) return ErrorCode.ConcurrentTransactions;
        if (ask.Pid < 0) (Epoch, LastEpoch) = ((short)(Epoch + 1), -1);
        else if (ask.Epoch == Epoch) (Epoch, LastEpoch) = ((short)(Epoch + 1), Epoch);
        else if (ask.Epoch != LastEpoch) return ErrorCode.ProducerFenced;
        (LastDecision, TimeoutMs) = (null, ask.TimeoutMs);
        return ErrorCode.None;
    }

    public void Add(IEnumerable<int> partitions, long now)
    {
        if (!Ongoing) (Ongoing, _startedAt) = (true, now);
        Partitions.UnionWith(partitions);
    }

    /// <summary>Shuts the producer out; its transaction is to be aborted in the new epoch.</summary>
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
