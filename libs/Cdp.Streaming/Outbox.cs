using Avro.Specific;
using Cdp.Contracts;

namespace Cdp.Streaming;

/// <summary>A record on its way out. <see cref="Offset"/> is known once the transaction has committed.</summary>
public sealed class Outgoing(Topic topic, string? key, ISpecificRecord value, int? partition)
{
    public Topic Topic { get; } = topic;
    public string? Key { get; } = key;
    public ISpecificRecord Value { get; } = value;

    /// <summary>The partition it was sent to by name, or by key once committed.</summary>
    public int? Partition { get; internal set; } = partition;

    /// <summary>-1 until the transaction that carried it has committed.</summary>
    public long Offset { get; internal set; } = -1;

    internal string? TraceParent { get; init; }
}

/// <summary>What a batch's decisions want written, in order. Nothing leaves before the loop commits.</summary>
public sealed class Outbox
{
    private readonly List<Outgoing> _records = [];

    public IReadOnlyList<Outgoing> Records => _records;

    /// <summary>The trace that the record being decided belongs to; what it causes is sent under it.</summary>
    public string? TraceParent { get; internal set; }

    /// <summary>
    /// Writes <paramref name="value"/> to <paramref name="topic"/>, in the partition that the key hashes to unless one is named, under
    /// <see cref="TraceParent"/> unless another trace is named (a batch's conclusion belongs to no single record).
    /// </summary>
    public Outgoing Add(Topic topic, string? key, ISpecificRecord value, int? partition = null, string? traceParent = null)
    {
        var record = new Outgoing(topic, key, value, partition) { TraceParent = traceParent ?? TraceParent };
        _records.Add(record);
        return record;
    }
}
