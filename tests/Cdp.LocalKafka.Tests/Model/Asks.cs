using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>What a client asks, free of encoding: the model answers it, and the broker does once it is a frame.</summary>
/// <param name="Version">The version it is sent in; it decides which error codes the answer may carry.</param>
internal abstract record Ask(short Version);

/// <summary>A request that speaks for a transactional id's producer.</summary>
internal abstract record TransactionAsk(short Version, string Id, long Pid, short Epoch) : Ask(Version)
{
    protected string Producer => $"{Id} ({Pid}/{Epoch})";
}

/// <param name="Id">Null for a producer that is only idempotent.</param>
/// <param name="Pid">The producer id it claims to have; -1 when it starts.</param>
internal sealed record InitAsk(short Version, string? Id, int TimeoutMs, long Pid, short Epoch) : Ask(Version)
{
    public override string ToString() => $"init {Id ?? "an idempotent producer"}" + (Pid < 0 ? "" : $" as {Pid}/{Epoch}");
}

internal sealed record AddAsk(short Version, string Id, long Pid, short Epoch, int[] Partitions) : TransactionAsk(Version, Id, Pid, Epoch)
{
    public override string ToString() => $"{Producer} adds {string.Join(", ", Partitions.Select(p => $"p{p}"))}";
}

internal sealed record AddOffsetsAsk(short Version, string Id, long Pid, short Epoch) : TransactionAsk(Version, Id, Pid, Epoch)
{
    public override string ToString() => $"{Producer} adds the offsets";
}

/// <param name="Id">Null outside transactions.</param>
/// <param name="Batches">At most one for a partition.</param>
internal sealed record ProduceAsk(short Version, string? Id, long Pid, short Epoch, ProducedBatch[] Batches) : Ask(Version)
{
    public override string ToString() => $"{Id ?? "plain"} ({Pid}/{Epoch}) produces {string.Join<ProducedBatch>(", ", Batches)}";
}

internal sealed record ProducedBatch(int Partition, int Sequence, string[] Values)
{
    public override string ToString() => $"[{string.Join(' ', Values.Select(v => v.TrimEnd('.')))}] to p{Partition} seq {Sequence}";
}

internal sealed record TxnOffsetAsk(short Version, string Id, long Pid, short Epoch, int Partition, long Offset) : TransactionAsk(Version, Id, Pid, Epoch)
{
    public override string ToString() => $"{Producer} commits p{Partition}@{Offset} in its transaction";
}

internal sealed record EndAsk(short Version, string Id, long Pid, short Epoch, bool Commit) : TransactionAsk(Version, Id, Pid, Epoch)
{
    public override string ToString() => $"{Producer} {(Commit ? "COMMITS" : "ABORTS")}";
}

internal sealed record OffsetAsk(short Version, int Partition, long Offset) : Ask(Version)
{
    public override string ToString() => $"the group commits p{Partition}@{Offset}";
}

/// <summary>An answer: an error for each part of the request, with an offset (Produce) or producer id and epoch (InitProducerId).</summary>
internal sealed record Reply(params (ErrorCode Error, long Value)[] Parts)
{
    public ErrorCode Error => Parts[0].Error;

    public static Reply Of(ErrorCode error, long value = -1) => new((error, value));

    public bool Equals(Reply? other) => other is not null && Parts.SequenceEqual(other.Parts);

    public override int GetHashCode() => Parts.Length;

    public override string ToString() => string.Join(", ", Parts.Select(p => p.Error == ErrorCode.None ? $"ok {p.Value}" : $"{p.Error}"));
}
