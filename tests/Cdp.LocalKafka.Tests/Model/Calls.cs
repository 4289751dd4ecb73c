using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>A client's request without its encoding: the model answers it directly, the broker as a frame.</summary>
/// <param name="Version">The version of the request, which determines the error codes that the response may contain.</param>
internal abstract record Call(short Version);

/// <summary>A request on behalf of a transactional id's producer.</summary>
internal abstract record TransactionCall(short Version, string Id, long Pid, short Epoch) : Call(Version)
{
    protected string Producer => $"{Id} ({Pid}/{Epoch})";
}

/// <param name="Id">Null for a producer that is only idempotent.</param>
/// <param name="Pid">The producer id that the client believes it has; -1 at its start.</param>
internal sealed record InitCall(short Version, string? Id, int TimeoutMs, long Pid, short Epoch) : Call(Version)
{
    public override string ToString() => $"init {Id ?? "an idempotent producer"}" + (Pid < 0 ? "" : $" as {Pid}/{Epoch}");
}

internal sealed record AddCall(short Version, string Id, long Pid, short Epoch, int[] Partitions) : TransactionCall(Version, Id, Pid, Epoch)
{
    public override string ToString() => $"{Producer} adds {string.Join(", ", Partitions.Select(p => $"p{p}"))}";
}

internal sealed record AddOffsetsCall(short Version, string Id, long Pid, short Epoch) : TransactionCall(Version, Id, Pid, Epoch)
{
    public override string ToString() => $"{Producer} adds the offsets";
}

/// <param name="Id">Null outside transactions.</param>
/// <param name="Batches">At most one for each partition.</param>
internal sealed record ProduceCall(short Version, string? Id, long Pid, short Epoch, ProducedBatch[] Batches) : Call(Version)
{
    public override string ToString() => $"{Id ?? "plain"} ({Pid}/{Epoch}) produces {string.Join<ProducedBatch>(", ", Batches)}";
}

internal sealed record ProducedBatch(int Partition, int Sequence, string[] Values)
{
    public override string ToString() => $"[{string.Join(' ', Values.Select(v => v.TrimEnd('.')))}] to p{Partition} seq {Sequence}";
}

internal sealed record TxnOffsetCall(short Version, string Id, long Pid, short Epoch, int Partition, long Offset) : TransactionCall(Version, Id, Pid, Epoch)
{
    public override string ToString() => $"{Producer} commits p{Partition}@{Offset} in its transaction";
}

internal sealed record EndCall(short Version, string Id, long Pid, short Epoch, bool Commit) : TransactionCall(Version, Id, Pid, Epoch)
{
    public override string ToString() => $"{Producer} {(Commit ? "COMMITS" : "ABORTS")}";
}

internal sealed record OffsetCall(short Version, int Partition, long Offset) : Call(Version)
{
    public override string ToString() => $"the group commits p{Partition}@{Offset}";
}

/// <summary>A response: an error for each part of the request, with an offset (Produce) or a producer id and epoch (InitProducerId).</summary>
internal sealed record Reply(params (ErrorCode Error, long Value)[] Parts)
{
    public ErrorCode Error => Parts[0].Error;

    public static Reply Of(ErrorCode error, long value = -1) => new((error, value));

    public bool Equals(Reply? other) => other is not null && Parts.SequenceEqual(other.Parts);

    public override int GetHashCode() => Parts.Length;

    public override string ToString() => string.Join(", ", Parts.Select(p => p.Error == ErrorCode.None ? $"ok {p.Value}" : $"{p.Error}"));
}
